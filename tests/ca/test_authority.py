"""The ministry's leave: while none is in force nothing is issued, all else goes on, and everybody can see it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ca.app import create_app
from ca.closing.authority import Granted, act_for, may_issue_now, record, withdraw, withdrawal_act
from ca.closing.unproven import unentered
from ca.endings.revocation import Receipt, revoke_certificate
from ca.endings.revocation import act_for as revoking
from ca.governance.provenance import Provenance
from ca.policy import Leave, leave_holds
from ca.tables.hierarchy import AuthorityRecord, AuthorityRecordAct, AuthorityWithdrawal
from ledger.acts import proof_columns
from ledger.certificates import Certificate, Revocation
from ledger.decision import Allow, Refuse
from ledger.ledger import Deed, Ledger
from ledger.sealed_fields import SealedFields
from tests.ca.agreeing import operated
from tests.ca.closers import CLOSERS, admit_closers
from tests.ca.conftest import FIRST, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from tests.ca.held import inaugurate
from tests.doubles import START, TurnedClock
from web.home import Mode
from web.settings import HouseSettings

OFFICER = "10000017"
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("leaves", "needed", "outcome"),
    [
        ([], False, Allow()),
        ([], True, Refuse("authority.missing")),
        ([Leave(START - YEAR, None)], True, Allow()),
        ([Leave(START - YEAR, START)], True, Refuse("authority.ended")),
        ([Leave(START + YEAR, None)], True, Refuse("authority.not-yet")),
        ([Leave(START - YEAR, START), Leave(START, START + YEAR)], True, Allow()),
    ],
    ids=["practice without", "production without", "no end", "ended", "not begun", "renewed"],
)
def test_one_leave_that_runs_is_needed(leaves: list[Leave], needed: bool, outcome: Allow | Refuse) -> None:
    assert leave_holds(leaves, START, needed=needed) == outcome


def entered_by(ca: PracticeCa, number: str, granted: Granted) -> int | Refuse:
    """How many have entered it now."""
    outcome = record(ca.ledger, granted, ca.sign(number, act_for(granted, ca.ledger.clock.now())))
    return outcome if isinstance(outcome, Refuse) else outcome.acts


def entered(ca: PracticeCa, granted: Granted) -> None:
    assert [entered_by(ca, number, granted) for number in CLOSERS] == [1, 2]


def withdrawn_by(ca: PracticeCa, number: str, leave: str) -> int | Refuse:
    """How many have acted for its end now."""
    outcome = withdraw(ca.ledger, leave, ca.sign(number, withdrawal_act(leave, ca.ledger.clock.now())))
    return outcome if isinstance(outcome, Refuse) else outcome.acts


def may_issue(ca: PracticeCa, *, needed: bool = True) -> Allow | Refuse:
    with ca.ledger.read() as session:
        return may_issue_now(session, ca.ledger.clock.now(), needed=needed)


@pytest.fixture
def unlicensed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PracticeCa:
    """A CA whose ceremony entered no leave of practice, so that only what the test enters counts."""
    monkeypatch.setattr("ca.ceremonies.practice.record_practice", lambda *_: None)
    home = inaugurate(ledger, tmp_path / "home")
    return PracticeCa(ledger, home, SealedFields.open(home.key_uri("fields")))


def page(ca: PracticeCa, language: str) -> str:
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    return create_app(settings, ledger=ca.ledger).test_client().get(f"/authority?lang={language}").text


def test_past_its_end_nothing_is_issued_and_revocation_and_crl_go_on(
    unlicensed: PracticeCa, clock: TurnedClock
) -> None:
    ca = unlicensed
    admit_closers(ca, operated(ca))
    entered(ca, Granted("12/MTC", "MTC", clock.now(), clock.now() + timedelta(days=30)))
    for number in (OFFICER, "10000018"):
        register_person(ca.ledger, number)
    ca.approved(OFFICER)
    [certificate] = ca.room().turn().issued
    clock.turn(days=30)
    ca.approved("10000018")
    room = ca.room()

    held = room.turn()
    act = revoking("certificate.revoke", certificate.sha256, "superseded", clock.now())
    revoked = revoke_certificate(ca.ledger, certificate.sha256, "superseded", ca.sign(FIRST, act))
    clock.turn(seconds=2)
    after = room.turn()

    assert (held.issued, held.refused, held.held) == ([], [], "authority.ended")
    assert isinstance(revoked, Receipt)
    assert len(after.crls) == 1
    assert "No leave is in force" in page(ca, "en")
    entered(ca, Granted("13/MTC", "MTC", clock.now()))
    assert len(room.turn().issued) == 1


def test_the_page_shows_number_and_dates_in_both_languages(ca: PracticeCa, clock: TurnedClock) -> None:
    admit_closers(ca)
    entered(ca, Granted("12/MTC", "MTC", clock.now(), clock.now() + YEAR))

    english, lao = page(ca, "en"), page(ca, "lo")

    assert "Leave number 12/MTC, given by MTC" in english
    assert "From 2026-11-24 to 2027-11-24" in english
    assert "officers: issues certificates" in english
    assert "ອະນຸຍາດເລກທີ 12/MTC" in lao


@pytest.mark.sqlite_only("nothing is written but the refusal")
def test_who_is_no_ca_operator_enters_none_and_none_twice_nor_backwards(ca: PracticeCa, clock: TurnedClock) -> None:
    admit_closers(ca)
    granted = Granted("12/MTC", "MTC", clock.now(), clock.now() + YEAR)

    stranger = entered_by(ca, FIRST, granted)
    first, again = entered_by(ca, CLOSERS[0], granted), entered_by(ca, CLOSERS[0], granted)
    backwards = entered_by(ca, CLOSERS[0], replace(granted, number="14/MTC", valid_to=clock.now() - YEAR))
    other = record(ca.ledger, replace(granted, number="15/MTC"), ca.sign(CLOSERS[0], act_for(granted, clock.now())))

    assert [stranger, first, again, backwards, other] == [
        Refuse("closing.no-duty"), 1, Refuse("authority.known"), Refuse("authority.dates"),
        Refuse("closing.not-about-this"),
    ]  # fmt: skip


def test_one_operator_alone_lets_nothing_be_issued_nor_two_by_different_papers(
    unlicensed: PracticeCa, clock: TurnedClock
) -> None:
    admit_closers(unlicensed)
    granted = Granted("12/MTC", "MTC", clock.now(), clock.now() + YEAR)
    none = may_issue(unlicensed)

    alone = (entered_by(unlicensed, CLOSERS[0], granted), may_issue(unlicensed))
    longer = entered_by(unlicensed, CLOSERS[1], replace(granted, valid_to=None))
    shown = page(unlicensed, "en")
    both = (entered_by(unlicensed, CLOSERS[1], granted), may_issue(unlicensed))

    assert (none, alone) == (Refuse("authority.missing"), (1, Refuse("authority.one-act")))
    assert longer == Refuse("authority.known")
    assert "12/MTC" not in shown
    assert both == (2, Allow())


def test_two_operators_withdraw_a_leave_and_everybody_sees_its_end(unlicensed: PracticeCa, clock: TurnedClock) -> None:
    admit_closers(unlicensed)
    entered(unlicensed, Granted("12/MTC", "MTC", clock.now()))
    clock.turn(days=10)

    alone = (withdrawn_by(unlicensed, CLOSERS[0], "12/MTC"), may_issue(unlicensed))
    again = withdrawn_by(unlicensed, CLOSERS[0], "12/MTC")
    clock.turn(days=1)
    both = (withdrawn_by(unlicensed, CLOSERS[1], "12/MTC"), may_issue(unlicensed))

    assert (alone, again) == ((1, Allow()), Refuse("closing.twice"))
    assert both == (2, Refuse("authority.ended"))
    assert "From 2026-11-24 to 2026-12-05" in page(unlicensed, "en")


@pytest.mark.sqlite_only("nothing is written but the refusal")
def test_who_is_no_ca_operator_withdraws_none_and_nobody_one_that_is_not_there(ca: PracticeCa) -> None:
    admit_closers(ca)

    assert withdrawn_by(ca, FIRST, "PRACTICE") == Refuse("closing.no-duty")
    assert withdrawn_by(ca, CLOSERS[0], "99/MTC") == Refuse("authority.unknown")


@pytest.mark.sqlite_only("nothing is written but the refusal")
def test_the_leave_of_practice_is_none_where_one_is_needed(ca: PracticeCa, clock: TurnedClock) -> None:
    admit_closers(ca)

    entering = entered_by(ca, CLOSERS[0], Granted("PRACTICE", "PRACTICE", clock.now()))

    assert (may_issue(ca, needed=False), may_issue(ca)) == (Allow(), Refuse("authority.missing"))
    assert entering == Refuse("authority.known")


def forge(ca: PracticeCa, **said: object) -> None:
    """Two acts for a leave, as a process writes them that has no operator's key; `said` is true of the second."""
    now = ca.ledger.clock.now()
    granted = Granted("12/MTC", "MTC", now)
    row = AuthorityRecord(id="leave", number="12/MTC", issued_by="MTC", valid_from=now)
    acts = []
    for number in CLOSERS:
        signed = ca.sign(number, act_for(granted, now))
        acts.append(
            AuthorityRecordAct(id=f"act{number}", record_id="leave", person_id=f"p{number}", **proof_columns(signed))
        )
    for name, value in said.items():
        setattr(acts[1], name, value)
    ca.ledger.entries([Deed(Registered("leave"), TEST, [row, *acts])])


@pytest.mark.parametrize(
    "said",
    [{"act_signature": bytes(64)}, {"act_certificate": "0" * 64}, {"person_id": f"p{FIRST}"}, {"act_at": START - YEAR}],
    ids=["no signature", "no certificate", "another's", "another time"],
)
def test_by_acts_that_nobody_provably_signed_the_room_issues_nothing(
    unlicensed: PracticeCa, said: dict[str, object]
) -> None:
    ca = unlicensed
    admit_closers(ca, operated(ca))
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)

    forge(ca, **said)
    held = replace(ca.room(), leave_needed=True).turn()

    assert (held.issued, held.held) == ([], "authority.unproven")


def test_operators_whom_nobody_agreed_on_enter_no_leave_that_the_room_believes(unlicensed: PracticeCa) -> None:
    ca = unlicensed
    admit_closers(ca)
    entered(ca, Granted("12/MTC", "MTC", ca.ledger.clock.now()))
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)

    held = replace(ca.room(), leave_needed=True).turn()

    assert (may_issue(ca), held.issued, held.held) == (Allow(), [], "authority.unproven")


def test_what_two_operators_entered_stays_entered_when_one_of_them_goes(
    unlicensed: PracticeCa, clock: TurnedClock
) -> None:
    ca, office = unlicensed, operated(unlicensed)
    admit_closers(ca, office)
    entered(ca, Granted("12/MTC", "MTC", clock.now()))
    clock.turn(days=1)
    with ca.ledger.read() as session:
        his = select(Certificate.id).where(Certificate.person_id == f"p{CLOSERS[0]}")
        [certificate] = session.scalars(his)
    gone = Revocation(certificate_id=certificate, at=clock.now(), reason="keyCompromise")
    ca.ledger.entries([Deed(Registered("gone"), TEST, [gone])])
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)

    done = replace(ca.room(), leave_needed=True).turn()

    assert len(done.issued) == 1


def test_a_withdrawal_that_nobody_signed_is_obeyed(unlicensed: PracticeCa, clock: TurnedClock) -> None:
    ca = unlicensed
    admit_closers(ca, operated(ca))
    entered(ca, Granted("12/MTC", "MTC", clock.now()))
    with ca.ledger.read() as session:
        [record_id] = session.scalars(select(AuthorityRecord.id))
    signed = ca.sign(FIRST, act_for(Granted("12/MTC", "MTC", clock.now()), clock.now()))
    acts = [
        AuthorityWithdrawal(id=f"w{number}", record_id=record_id, person_id=f"p{number}", **proof_columns(signed))
        for number in CLOSERS
    ]
    ca.ledger.entries([Deed(Registered("back"), TEST, acts)])

    assert replace(ca.room(), leave_needed=True).turn().held == "authority.ended"
    assert doubted(ca) == [("authority_withdrawal", "unproven.obeyed")] * 2


def doubted(ca: PracticeCa) -> list[tuple[str, str]]:
    """Table and code of what `unproven-list` says of leaves and issuers."""
    with ca.ledger.read() as session:
        return [(one.kind, one.code) for one in unentered(Provenance(session))]


def test_a_leave_of_acts_that_nobody_provably_signed_is_told(unlicensed: PracticeCa) -> None:
    admit_closers(unlicensed, operated(unlicensed))

    forge(unlicensed, act_signature=bytes(64))

    assert doubted(unlicensed) == [("authority_record_act", "unproven.leave")]


def test_a_leave_that_no_act_entered_is_told(unlicensed: PracticeCa) -> None:
    bare = AuthorityRecord(id="leave", number="12/MTC", issued_by="MTC", valid_from=unlicensed.ledger.clock.now())

    unlicensed.ledger.entries([Deed(Registered("leave"), TEST, [bare])])

    assert doubted(unlicensed) == [("authority_record", "unproven.leave")]


def test_of_what_operators_entered_and_withdrew_there_is_nothing_to_tell(
    unlicensed: PracticeCa, clock: TurnedClock
) -> None:
    admit_closers(unlicensed, operated(unlicensed))
    entered(unlicensed, Granted("12/MTC", "MTC", clock.now()))
    clock.turn(days=10)

    withdrawn = [withdrawn_by(unlicensed, number, "12/MTC") for number in CLOSERS]

    assert (withdrawn, doubted(unlicensed)) == ([1, 2], [])
