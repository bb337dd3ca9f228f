"""Applying a plan: each line once, in its officer's name, whatever happens meanwhile and however often it is killed."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ca.batches.apply import Tally, apply_plan, batch_named, tally
from ca.batches.columns import COLUMNS
from ca.batches.line import Line, read_line
from ca.batches.outcomes import LineOutcome, outcomes
from ca.batches.plan import Desk, StoredPlan, load_plan, make_plan
from ca.batches.source import opened
from ca.registration.enrolment import submit_many
from ca.tables.batches import EnrolmentBatch, EnrolmentBatchEnd, EnrolmentBatchLine
from ca.tables.registration import Enrolment
from ledger.acts import Act
from ledger.clock import system_randomness
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.sheet import Row
from tests.ca.batches.lists import desk_of, line, pem, written
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person, request_for
from tests.doubles import SteadyChance
from tests.issuing import new_key

PEOPLE = [str(number) for number in range(10000020, 10000028)]
OFFICER, STRANGER = "10000017", "10000099"


def stored(ca: PracticeCa, lines: Sequence[dict[str, str]], officer: str = FIRST) -> StoredPlan:
    """The plan of a list of these lines."""
    folder = ca.home.path / "plans" / "batches"
    with opened(written(ca.home.path / "list.csv", lines)) as source:
        return load_plan(folder, make_plan(desk_of(ca, officer), source, folder).digest)


def applied(ca: PracticeCa, plan: StoredPlan, officer: str = FIRST) -> EnrolmentBatch | Refuse:
    return apply_plan(desk_of(ca, officer), plan, lambda act: ca.sign(officer, act))


def done(ca: PracticeCa, digest: str) -> list[LineOutcome]:
    with ca.ledger.read() as session:
        batch = batch_named(session, digest)
        assert isinstance(batch, EnrolmentBatch)
        return list(outcomes(session, batch, ca.ledger.clock.now()))


def kinds(ca: PracticeCa) -> list[str]:
    with ca.ledger.read() as session:
        return list(session.scalars(select(Entry.kind).where(Entry.kind.startswith("batch."))))


def test_good_lines_are_taken_up_bad_ones_listed_and_a_line_that_became_bad_stops_none(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    request = request_for(new_key())
    later = line(ca, OFFICER, profile="officer-authentication")
    plan = stored(ca, [line(ca, OFFICER, request=pem(request)), line(ca, STRANGER), later, line(ca, "", desk="")])
    ca.hand_in(ca.application(OFFICER, request=request))  # the first line's key is used since

    batch = applied(ca, plan)

    assert isinstance(batch, EnrolmentBatch)
    with ca.ledger.read() as session:
        found, ended = tally(session, batch), session.get_one(EnrolmentBatchEnd, batch.id)
    assert [(one.line, one.state, one.code, one.field) for one in done(ca, plan.digest)] == [
        (2, "refused", "enrolment.key-used", "request"),
        (3, "refused", "enrolment.person-unknown", "number"),
        (4, "identity-checked", None, None),
        (5, "refused", "batch.missing", "number"),
    ]
    assert (found, ended.taken, ended.refused, batch.officer_id) == (Tally(4, 1, 3), 1, 3, f"p{FIRST}")
    assert kinds(ca) == ["batch.begun", "batch.ended"]
    assert not plan.path.exists()


def test_only_the_officer_who_saw_the_papers_hands_in_and_only_this_plan(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    plan = stored(ca, [line(ca, OFFICER)])

    others = [
        applied(ca, plan, SECOND),
        apply_plan(desk_of(ca), plan, lambda act: ca.sign(SECOND, act)),
        apply_plan(desk_of(ca), plan, lambda act: ca.sign(FIRST, Act(act.kind, {"batch": "00" * 32}, act.at))),
    ]

    assert others == [Refuse(code) for code in ("batch.other-officer", "batch.other-officer", "batch.other-act")]
    assert kinds(ca) == ["batch.refused"] * 3
    assert plan.path.exists()


BROKEN = "-----BEGIN CERTIFICATE REQUEST-----AAAA-----END CERTIFICATE REQUEST-----"
KINDS: list[dict[str, str]] = [
    {}, {}, {"number": STRANGER}, {"profile": "root-ca"}, {"desk": "nowhere"}, {"terms": "00" * 32},
    {"paper": "household-book"}, {"paper_expires": "2025-01-01"}, {"organisation": "MTC"}, {"names": "a.gov.la"},
    {"request": BROKEN}, {"number": FIRST},
]  # fmt: skip


def alone(ca: PracticeCa, fields: dict[str, str]) -> str | None:
    """The code by which the line is refused when it is handed in by itself; None if it is taken up."""
    read = read_line(Row(2, dict.fromkeys(COLUMNS, "") | fields), fields["request"].encode())
    assert isinstance(read, Line)
    outcome = ca.hand_in(read.application(f"p{FIRST}"))
    return outcome.code if isinstance(outcome, Refuse) else None


@pytest.fixture
def office(ca: PracticeCa) -> PracticeCa:
    """With as many officers as a list has lines."""
    for number in PEOPLE:
        register_person(ca.ledger, number)
    return ca


@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from(KINDS), min_size=1, max_size=len(PEOPLE)))
def test_any_mixture_of_lines_comes_to_what_each_would_alone(office: PracticeCa, chosen: list[dict[str, str]]) -> None:
    people = PEOPLE[: len(chosen)]
    one_by_one = [alone(office, line(office, person, **kind)) for person, kind in zip(people, chosen, strict=True)]

    plan = stored(office, [line(office, person, **kind) for person, kind in zip(people, chosen, strict=True)])
    applied(office, plan)

    assert [one.code for one in done(office, plan.digest)] == one_by_one


def lines_done(ca: PracticeCa) -> int:
    with ca.ledger.read() as session:
        return session.scalar(select(func.count(EnrolmentBatchLine.id))) or 0


def killed(ca: PracticeCa, plan: StoredPlan, after: float) -> None:
    """A process that applies the plan, which ends by SIGKILL so many seconds after it first wrote a line."""
    before, process = lines_done(ca), os.fork()
    if process == 0:
        ledger = Ledger(ca.ledger.url, ca.ledger.clock, system_randomness, "0.1.0", "test")
        desk = Desk(ledger, ca.fields, f"p{FIRST}", practice=True)
        apply_plan(desk, plan, lambda act: PracticeCa(ledger, ca.home, ca.fields).sign(FIRST, act))
        os._exit(0)
    while lines_done(ca) == before:
        time.sleep(0.001)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def test_killed_at_any_instant_and_run_again_no_line_is_lost_or_doubled(
    office: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.batches.plan.BATCH", 2)
    # A person once for each of five profiles, so as many lines as there are of both.
    profiles = ["officer-signing", "officer-authentication", "officer-encryption", "tls-client", "root-ca"]
    lines = [line(office, person, profile=profile) for profile in profiles for person in PEOPLE]
    plan, chance, seen = stored(office, lines), SteadyChance(7), [0]

    for _ in range(10):
        killed(office, plan, after=chance(1)[0] / 20_000)
        seen.append(lines_done(office))
    rows = office.ledger
    final = Ledger(rows.url, rows.clock, system_randomness, "0.1.0", "test")
    batch = apply_plan(
        Desk(final, office.fields, f"p{FIRST}", practice=True), plan, lambda act: office.sign(FIRST, act)
    )
    final.close()

    outcome = done(office, plan.digest)
    assert isinstance(batch, EnrolmentBatch)
    assert [one.line for one in outcome] == list(range(2, len(lines) + 2))
    with office.ledger.read() as session:
        enrolled = session.scalars(select(Enrolment.id)).all()
    assert sorted(enrolled) == sorted(one.enrolment for one in outcome if one.enrolment)
    assert (len(enrolled), lines_done(office)) == (3 * len(PEOPLE), len(lines))
    assert len(set(seen)) > 3, seen  # it was killed in the middle, several times
    assert kinds(office) == ["batch.begun", "batch.ended"]


def test_a_line_that_another_process_takes_up_in_the_same_instant_is_taken_up_once(
    office: PracticeCa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = stored(office, [line(office, person) for person in PEOPLE])
    copy = tmp_path / "elsewhere" / plan.path.name  # another home, so another lock
    copy.parent.mkdir()
    copy.write_bytes(plan.path.read_bytes())
    elsewhere = load_plan(copy.parent, plan.digest)

    def late(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr("ca.batches.apply.submit_many", submit_many)
        assert isinstance(applied(office, elsewhere), EnrolmentBatch)
        return submit_many(*given, **named)

    monkeypatch.setattr("ca.batches.apply.submit_many", late)

    overtaken, again = applied(office, plan), applied(office, plan)

    assert overtaken == Refuse("batch.busy")
    assert isinstance(again, EnrolmentBatch)
    assert [one.state for one in done(office, plan.digest)] == ["identity-checked"] * len(PEOPLE)
    with office.ledger.read() as session:
        assert session.scalar(select(func.count(Enrolment.id))) == len(PEOPLE)
