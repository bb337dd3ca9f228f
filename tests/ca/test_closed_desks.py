"""Who was to register at a desk that is closed acts for nobody: he ends, pauses, frees and tells apart nothing."""

from dataclasses import dataclass

import pytest

from ca.ceremonies.steps.first_officer import DESK
from ca.endings.keys import block_act, block_by_officer
from ca.endings.paper import Drawn, draw, issue
from ca.endings.pausing import hold, release
from ca.endings.requests import Report, close, close_act, report
from ca.endings.revocation import Receipt, act_for, revoke_certificate
from ca.registration.doubles import ClearanceReason, clear
from ca.registration.doubles import act_for as clearing
from ca.retention.holds import HoldReason, hold_act, hold_records
from ledger.certificates import Certificate, HoldRelease
from ledger.decision import Refuse
from tests.ca.conftest import FIRST, PracticeCa, register_person
from tests.ca.following import HOLDER, Holder
from tests.ca.registration import offices

ALIKE = "10000031"


@dataclass
class Closed:
    """A certificate that was suspended while the officer's desk was open, which is closed since."""

    ca: PracticeCa
    certificate: Certificate

    def ended(self) -> object:
        act = act_for("certificate.revoke", self.certificate.sha256, "misuse", self.ca.ledger.clock.now())
        return revoke_certificate(self.ca.ledger, self.certificate.sha256, "misuse", self.ca.sign(FIRST, act))

    def freed(self) -> object:
        act = act_for("certificate.release", self.certificate.sha256, "released", self.ca.ledger.clock.now())
        return release(self.ca.ledger, self.certificate.sha256, self.ca.sign(FIRST, act))

    def printed(self) -> object:
        drawn = draw(self.ca.ledger, HOLDER)
        assert isinstance(drawn, Drawn)
        return issue(self.ca.ledger, drawn, self.ca.sign(FIRST, drawn.act(self.ca.ledger.clock.now())))

    def blocked(self) -> object:
        act = block_act(self.certificate.key_sha256, self.ca.ledger.clock.now())
        return block_by_officer(self.ca.ledger, self.certificate.key_sha256, self.ca.sign(FIRST, act))

    def buried(self) -> object:
        request = report(self.ca.ledger, Report("misuse", "x"))
        assert isinstance(request, str)
        signed = self.ca.sign(FIRST, close_act([request], "unfounded", self.ca.ledger.clock.now()))
        return close(self.ca.ledger, [request], "unfounded", signed)

    def told_apart(self) -> object:
        register_person(self.ca.ledger, ALIKE)
        act = clearing(f"p{HOLDER}", f"p{ALIKE}", ClearanceReason.TWINS, self.ca.ledger.clock.now())
        return clear(self.ca.ledger, (HOLDER, ALIKE), ClearanceReason.TWINS, self.ca.sign(FIRST, act))

    def held(self) -> object:
        act = hold_act(HOLDER, HoldReason.COURT, self.ca.ledger.clock.now())
        return hold_records(self.ca.ledger, HOLDER, HoldReason.COURT, self.ca.sign(FIRST, act))


@pytest.fixture
def suspended(ca: PracticeCa) -> Closed:
    certificate = Holder.of(ca).first()
    act = act_for("certificate.hold", certificate.sha256, "certificateHold", ca.ledger.clock.now())
    assert isinstance(hold(ca.ledger, certificate.sha256, ca.sign(FIRST, act)), Receipt)
    return Closed(ca, certificate)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("ended", "revocation.no-duty"), ("freed", "revocation.no-duty"), ("printed", "revocation.no-duty"),
        ("blocked", "revocation.no-duty"), ("buried", "revocation.no-duty"), ("told_apart", "decision.no-duty"),
        ("held", "erasure.no-duty"),
    ],
)  # fmt: skip
def test_an_officer_of_a_closed_desk_does_nothing(
    suspended: Closed, what: str, code: str
) -> None:
    offices.close(suspended.ca, DESK)

    assert getattr(suspended, what)() == Refuse(code)


def test_a_release_that_was_ordered_before_the_desk_closed_is_not_honoured_after_it(suspended: Closed) -> None:
    ordered = suspended.freed()
    offices.close(suspended.ca, DESK)

    suspended.ca.room().turn()

    assert isinstance(ordered, Receipt)
    assert suspended.freed() == Refuse("revocation.no-duty")
    with suspended.ca.ledger.read() as session:
        assert session.query(HoldRelease).count() == 0


@pytest.mark.parametrize("what", ["ended", "freed", "printed", "blocked", "buried", "told_apart", "held"])
def test_while_it_is_open_he_does_all_of_that(suspended: Closed, what: str) -> None:
    assert not isinstance(getattr(suspended, what)(), Refuse)
