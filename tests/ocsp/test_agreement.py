"""CRL and OCSP are made from one table, by two rooms that do not know each other: they must agree (RV-09)."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from ca.policy import REASONS
from ca.publication.listing import listed
from ledger.ledger import Ledger
from ocsp.store import StatusStore
from pki.status import REASON_CODES, CertificateStatus, Held, Revoked
from tests.doubles import SteadyChance, TurnedClock
from tests.issuing import UNTIL
from tests.recorded import RecordedIssuer

EVENTS = 500


@dataclass
class Life:
    """Does one thing after the other to an issuer's certificates, as chance has it."""

    issuer: RecordedIssuer
    clock: TurnedClock
    chance: SteadyChance = field(default_factory=SteadyChance)
    living: list[str] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)
    serials: list[int] = field(default_factory=list)

    def go_on(self) -> None:
        self.clock.turn(seconds=1)
        kinds = (self.intend, self.intend, self.hold, self.release, self.revoke, self.revoke_held, self.expire)
        kinds[self.chance(1)[0] % len(kinds)]()

    def intend(self) -> None:
        intent_id, number = self.issuer.intend()
        self.serials.append(number)
        if self.chance(1)[0] % 4:
            self.issuer.finish(intent_id, self.issuer.issuer.leaf("ສົມພອນ", number))
        self.living.append(intent_id)

    def hold(self) -> None:
        intent_id, number = self.issuer.intend()
        self.serials.append(number)
        self.issuer.finish(intent_id, self.issuer.issuer.leaf("ສົມພອນ", number))
        self.held.append((intent_id, self.issuer.hold(intent_id, self.clock.now())))

    def release(self) -> None:
        if self.held:
            certificate_id, hold_id = self.held.pop(0)
            self.issuer.release(hold_id, self.clock.now())
            self.living.append(certificate_id)

    def revoke(self) -> None:
        if self.living:
            self.issuer.revoke(self.living.pop(), self.clock.now(), REASONS[self.chance(1)[0] % len(REASONS)])

    def expire(self) -> None:
        """Time goes by: in the end all certificates are past theirs, and what was said of them stays."""
        self.clock.turn(days=100)

    def revoke_held(self) -> None:
        if self.held:
            self.issuer.revoke(self.held.pop()[0], self.clock.now())


def on_crl(ledger: Ledger, issuer: RecordedIssuer) -> dict[int, tuple[object, str]]:
    with ledger.read() as session:
        return {entry.serial: (entry.at, entry.reason) for entry in listed(session, issuer.id)}


def by_ocsp(store: StatusStore, serials: list[int]) -> dict[int, tuple[object, str]]:
    (authority,) = store.authorities()
    told = {serial: _ended(store.status(authority, serial)) for serial in serials}
    return {serial: ended for serial, ended in told.items() if ended is not None}


def _ended(status: CertificateStatus) -> tuple[object, str] | None:
    match status:
        case Revoked(at, reason):
            return at, reason
        case Held(at):
            return at, "certificateHold"
    return None


@pytest.mark.parametrize("seed", [1, 2])
def test_crl_and_ocsp_agree_all_through_five_hundred_events(ledger: Ledger, clock: TurnedClock, seed: int) -> None:
    life = Life(RecordedIssuer(ledger), clock, SteadyChance(seed))
    store = StatusStore(ledger)
    agreed = []

    for _ in range(EVENTS // 10):
        for _ in range(10):
            life.go_on()
        store.look()
        agreed.append(on_crl(ledger, life.issuer) == by_ocsp(store, life.serials))

    assert clock.now() > UNTIL
    assert all(agreed)
    assert len(on_crl(ledger, life.issuer)) > 50


def test_of_several_holds_each_release_leaves_what_both_agree_upon(ledger: Ledger, clock: TurnedClock) -> None:
    issuer, store = RecordedIssuer(ledger), StatusStore(ledger)
    certificate_id, certificate = issuer.issue()
    holds, said = list[str](), list[dict[int, tuple[object, str]]]()
    began = clock.now()
    for _ in range(3):
        clock.turn(seconds=1)
        holds.append(issuer.hold(certificate_id, clock.now()))

    for hold_id in (holds[1], holds[0], holds[2]):
        clock.turn(seconds=1)
        issuer.release(hold_id, clock.now())
        store.look()
        said.append(by_ocsp(store, [certificate.serial_number]))
        assert said[-1] == on_crl(ledger, issuer)

    assert [[at for at, _ in one.values()] for one in said] == [
        [began + timedelta(seconds=1)], [began + timedelta(seconds=3)], [],
    ]  # fmt: skip


def test_every_ground_of_revocation_has_its_code_in_an_ocsp_answer() -> None:
    assert set(REASONS) <= set(REASON_CODES)
