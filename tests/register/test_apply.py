import fcntl
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from examples.data.dirt import lines, look_alike
from ledger.acts import Act, ActInvalid, SignedAct
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, LedgerUnavailable
from ledger.people import Duty, Person, PersonDetail
from ledger.standing import detail_of, person_by_number, standing
from register.apply import Sign
from register.changes import Verdict
from register.policy import APPLY, act_fields
from register.receipt import verify_receipt
from register.tables import Import, ImportProof
from tests.doubles import START, TurnedClock
from tests.recorded import Noted
from tests.register.conftest import TESTER, Desk, citizen_rows, officer_rows

Certify = Callable[[str], Sign]


def entries(ledger: Ledger) -> int:
    with ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def persons(ledger: Ledger) -> int:
    with ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def kinds(ledger: Ledger) -> list[str]:
    with ledger.read() as session:
        return list(session.scalars(select(Entry.kind).where(Entry.kind.like("register.%")).order_by(Entry.position)))


@pytest.fixture
def clerk(desk: Desk, ledger: Ledger, certify: Certify) -> Sign:
    """The key of a person in the register who has the duty to keep it."""
    desk.put(citizen_rows(1))
    with ledger.read() as session:
        person = person_by_number(session, "20000001")
    assert person is not None
    with ledger.entry(Noted(person.id), TESTER) as tx:
        tx.add(Duty(id="clerk", person_id=person.id, kind="register-clerk", valid_from=START))
    return certify(person.id)


def test_good_lines_are_done_and_bad_ones_listed(desk: Desk, ledger: Ledger) -> None:
    samples = list(lines(60, 40, 0.1))
    planned = desk.plan([sample.row for sample in samples])

    applied = desk.apply(planned.digest)

    assert (applied.applied, persons(ledger)) == (planned.counts["new"], planned.counts["new"])
    assert [left.line for left in applied.left] == [shown.line for shown in planned.shown]


def test_applying_again_changes_nothing(desk: Desk, ledger: Ledger) -> None:
    digest = desk.plan([sample.row for sample in lines(30, 30, 0.1)]).digest
    first = desk.apply(digest)
    before = entries(ledger)

    again = desk.apply(digest)

    assert (again.applied, again.same, again.receipt, entries(ledger)) == (0, first.applied, None, before)


def test_an_officers_line_is_a_person_a_post_an_appointment_and_a_mandate(desk: Desk, ledger: Ledger) -> None:
    row = officer_rows(1, mandate="approve-payment", limit_lak="50.000.000", valid_to="")[0]
    desk.put([row])

    with ledger.read() as session:
        person = person_by_number(session, row["number"])
        assert person is not None
        (stands,) = standing(session, person.id, START)
        detail = detail_of(session, person.id)

    assert (stands.post, stands.decree) == (row["post_code"], row["decree"])
    assert [(one.act, one.limit_lak) for one in stands.mandates] == [("approve-payment", 50_000_000)]
    assert detail is not None
    assert (detail.given_lo, detail.mail) == (row["given_lo"], row["mail"])


def test_each_fact_has_its_event(desk: Desk, ledger: Ledger) -> None:
    desk.put(officer_rows(1, mandate="sign-decree"))

    assert [kind for kind in kinds(ledger) if "organisation" not in kind and "succession" not in kind] == [
        "register.import-begun",
        "register.person-registered",
        "register.post-created",
        "register.appointment-made",
        "register.mandate-granted",
        "register.import-ended",
    ]


def test_entries_name_nobody(desk: Desk, ledger: Ledger) -> None:
    row = officer_rows(1)[0]
    desk.put([row])

    with ledger.read() as session:
        bodies = " ".join(session.scalars(select(Entry.body)))

    assert not [name for name in ("number", "given_lo", "given_en", "mail", "phone", "born") if row[name] in bodies]


def test_an_end_and_a_correction_are_further_versions(desk: Desk, ledger: Ledger, clock: TurnedClock) -> None:
    row = officer_rows(1)[0]
    desk.put([row])
    clock.turn(days=1)
    desk.put([row | {"valid_to": "2026-11-30", "phone": ""}])

    with ledger.read() as session:
        person = person_by_number(session, row["number"])
        assert person is not None
        then = [len(standing(session, person.id, START + timedelta(days=days))) for days in (0, 7)]
        as_known_before = len(standing(session, person.id, START + timedelta(days=7), known_at=START))
        details = session.scalar(select(func.count()).select_from(PersonDetail))

    assert (then, as_known_before, details) == ([1, 0], 1, 2)


def test_a_suspicious_line_is_applied_only_when_a_person_vouches_for_it(
    desk: Desk, ledger: Ledger, clerk: Sign
) -> None:
    known, other = citizen_rows(2)
    digest = desk.plan([known | {"number": other["number"], "given_lo": look_alike(known["given_lo"])}]).digest

    held_back = desk.apply(digest, clerk)
    vouched = desk.apply(digest, clerk, vouched=(2,))

    assert [left.verdict for left in held_back.left] == [Verdict.SUSPICIOUS]
    assert (vouched.applied, vouched.left, persons(ledger)) == (1, [], 2)


def test_vouching_for_both_lines_of_one_number_gives_it_to_the_first_alone(
    desk: Desk, ledger: Ledger, clerk: Sign
) -> None:
    first, second, third = officer_rows(3)
    digest = desk.plan([second, third | {"number": second["number"]}, first]).digest

    applied = desk.apply(digest, clerk, vouched=(2, 3))

    assert (applied.applied, [left.line for left in applied.left]) == (2, [3])


def test_a_line_beside_which_the_register_changed_is_stale(desk: Desk, ledger: Ledger) -> None:
    rows = citizen_rows(2)
    desk.put(rows)
    digest = desk.plan([rows[0] | {"phone": "020 55512345"}, rows[1] | {"phone": "020 55512345"}]).digest
    desk.put([rows[0] | {"phone": "020 77712345"}])

    applied = desk.apply(digest)

    assert applied.applied == 1
    assert [(left.line, left.reasons[0].code) for left in applied.left] == [(2, "register.stale")]


class Killed(Exception):
    pass


class MortalLedger(Ledger):
    """Dies before or after its n-th batch, as the process would."""

    batches_left = 1

    def entries(self, deeds: "list[Deed] | tuple[Deed, ...]") -> list[str]:  # type: ignore[override]
        if self.batches_left == 0:
            raise Killed
        self.batches_left -= 1
        return super().entries(deeds)


class DeafLedger(MortalLedger):
    """Does its last batch, but the word that it is done is lost."""

    def entries(self, deeds: "list[Deed] | tuple[Deed, ...]") -> list[str]:  # type: ignore[override]
        done = Ledger.entries(self, deeds)
        self.batches_left -= 1
        if self.batches_left < 0:
            raise LedgerUnavailable("the line broke")
        return done


@pytest.mark.parametrize("kind", [MortalLedger, DeafLedger])
def test_a_killed_import_goes_on_where_it_was(desk: Desk, ledger: Ledger, kind: type[MortalLedger]) -> None:
    digest = desk.plan(officer_rows(300)).digest
    dying = kind(ledger.url, ledger.clock, ledger.randomness, "0.1.0", "test")
    with pytest.raises((Killed, LedgerUnavailable)):
        Desk(dying, desk.folder).apply(digest)
    dying.close()
    done = persons(ledger)

    applied = desk.apply(digest)

    assert 0 < done < 300
    assert (applied.same, applied.applied, applied.left, persons(ledger)) == (done, 300 - done, [], 300)


def test_once_somebody_has_a_key_an_import_needs_a_person(desk: Desk, ledger: Ledger, clerk: Sign) -> None:
    before = persons(ledger)

    refused = desk.attempt(desk.plan(officer_rows(2)).digest)

    assert (refused, persons(ledger)) == (Refuse("register.needs-person"), before)
    assert kinds(ledger)[-1] == "register.import-refused"


def test_an_import_hangs_on_the_clerks_act(desk: Desk, ledger: Ledger, clerk: Sign) -> None:
    digest = desk.plan(officer_rows(2)).digest
    desk.apply(digest, clerk)

    with ledger.read() as session:
        person = person_by_number(session, "20000001")
        proof, plan = session.execute(select(ImportProof, Import.plan).join(Import)).one()
        actors = set(session.scalars(select(Entry.actor).where(Entry.kind == "register.appointment-made")))

    assert person is not None
    assert (proof.person_id, plan, actors) == (person.id, digest, {str(Actor.person(person.id))})


def test_a_person_without_duty_is_refused(desk: Desk, ledger: Ledger, certify: Certify) -> None:
    desk.put(citizen_rows(1))
    with ledger.read() as session:
        person = person_by_number(session, "20000001")
    assert person is not None

    refused = desk.attempt(desk.plan(officer_rows(1)).digest, certify(person.id))

    assert refused == Refuse("register.no-duty")


def test_an_act_for_another_plan_is_refused(desk: Desk, clerk: Sign) -> None:
    def elsewhere(act: Act) -> SignedAct:
        return clerk(Act(APPLY, act_fields("0" * 64, ()), act.at))

    assert desk.attempt(desk.plan(officer_rows(1)).digest, elsewhere) == Refuse("register.other-act")


def test_a_signature_by_another_key_is_refused(desk: Desk, clerk: Sign) -> None:
    def forged(act: Act) -> SignedAct:
        signed = clerk(Act(act.kind, act.fields, act.at - timedelta(seconds=1)))
        return SignedAct(act, signed.certificate_sha256, signed.signature)

    assert desk.attempt(desk.plan(officer_rows(1)).digest, forged) == Refuse("act.signature-invalid")


def test_a_stale_act_is_refused(desk: Desk, clerk: Sign) -> None:
    def early(act: Act) -> SignedAct:
        return clerk(Act(act.kind, act.fields, act.at - timedelta(minutes=6)))

    assert desk.attempt(desk.plan(officer_rows(1)).digest, early) == Refuse("act.stale")


def test_the_receipt_is_under_the_clerks_signature(desk: Desk, ledger: Ledger, clerk: Sign) -> None:
    applied = desk.apply(desk.plan(officer_rows(2, phone="") + officer_rows(1, number="1")).digest, clerk)
    assert applied.receipt is not None
    receipt = json.loads(applied.receipt.read_text("utf-8"))

    with ledger.read() as session:
        person = person_by_number(session, "20000001")
        assert person is not None
        assert verify_receipt(session, receipt) == person.id
    assert (receipt["body"]["applied"], len(receipt["body"]["left"])) == (2, 1)


def test_an_altered_receipt_does_not_verify(desk: Desk, ledger: Ledger, clerk: Sign) -> None:
    applied = desk.apply(desk.plan(officer_rows(2)).digest, clerk)
    assert applied.receipt is not None
    receipt = json.loads(applied.receipt.read_text("utf-8"))
    receipt["body"]["applied"] = 3

    with ledger.read() as session, pytest.raises(ActInvalid):
        verify_receipt(session, receipt)


def test_two_plans_are_not_applied_at_once(desk: Desk) -> None:
    digest = desk.plan(citizen_rows(1)).digest
    with (desk.folder / "plans" / "lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        refused = desk.attempt(digest)

    assert refused == Refuse("register.busy")
