"""A CA ends, and CRL and OCSP go on to agree (RV-09): by the octets of both, as whoever fetches and asks has them.

The CA is one after its ceremony; it publishes a whole list and shards. Its certificates are held, released and revoked
as chance has it, then it is terminated, lost, or reaches its own end. `cryptography` alone reads what comes out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder, OCSPResponse, load_der_ocsp_response
from sqlalchemy import select

from ca.ceremonies.rollover import roll_over
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Way
from ca.configuration import Configuration
from ca.issuance.composition import Wanted
from ca.issuance.line import Line, no_last_look
from ca.issuance.renewal import renew_due
from ca.policy import REASONS
from ca.profiles import PROFILES
from ca.tables.publication import Crl
from ledger.base import Fact
from ledger.certificates import Certificate, Hold, HoldRelease, Revocation
from ledger.ledger import Deed
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.names import person_name
from pki.profile import FOR_EVER
from tests.ca.agreeing import agree_in
from tests.ca.closers import admit_closers, both_acted, ceremony_of
from tests.ca.conftest import TEST, PracticeCa, ca  # noqa: F401 - `ca` is a fixture
from tests.ca.events import Registered
from tests.doubles import SteadyChance, TurnedClock
from tests.issuing import KeySigner

SHARDS, CERTIFICATES, ACTS = 3, 12, 12
GENERATION = "officers-2"
"""The one that is made when shards were agreed on."""
_PROFILE = PROFILES["officer-authentication"]
Ended = tuple[datetime, x509.ReasonFlags | None]


@dataclass
class Office:
    """A CA, what it issued, and its OCSP house, which goes on through everything that happens."""

    ca: PracticeCa
    clock: TurnedClock
    chance: SteadyChance
    issuer_id: str = ""
    issued: list[Certificate] = field(default_factory=list)
    living: list[str] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        admit_closers(self.ca)
        agree_in(self.ca, Configuration(crl_shards=SHARDS, crl_full=True))
        roll_over(ceremony_of(self.ca), "officers", self.clock.now())
        issuing = self.ca.issuing("officers")
        self.issuer_id, self.above = issuing.id, x509.load_pem_x509_certificate(
            self.ca.home.certificate(GENERATION).read_bytes()
        )
        name = person_name("ສົມພອນ", "ວົງສາ", "Somphone", "Vongsa", "10000001")
        wanted = [
            Wanted(_PROFILE, name, KeySigner().public_key, _PROFILE.longest_validity, person_id="p10000001")
            for _ in range(CERTIFICATES)
        ]
        made = Line(self.ca.ledger, issuing, self.ca.await_seal, no_last_look, TEST).issue(wanted)
        self.issued = [one for one in made if isinstance(one, Certificate)]
        assert len(self.issued) == CERTIFICATES
        self.living = [one.id for one in self.issued]
        self.house = OcspResponder(
            StatusStore(self.ca.ledger), lambda name: self.ca.issuing_signer(f"ocsp-{name}"), self.clock
        )

    def go_on(self) -> None:
        """Something happens to a certificate, or nothing can."""
        self.clock.turn(seconds=1)
        (self.hold, self.release, self.revoke, self.revoke_held)[self.chance(1)[0] % 4]()

    def hold(self) -> None:
        if self.living:
            certificate_id, hold_id = self.living.pop(), self.ca.ledger.new_id()
            until = self.clock.now() + timedelta(days=36_000)
            self.write(Hold(id=hold_id, certificate_id=certificate_id, at=self.clock.now(), until=until))
            self.held.append((certificate_id, hold_id))

    def release(self) -> None:
        if self.held:
            certificate_id, hold_id = self.held.pop(0)
            self.write(HoldRelease(hold_id=hold_id, at=self.clock.now()))
            self.living.append(certificate_id)

    def revoke(self) -> None:
        if self.living:
            reason = REASONS[self.chance(1)[0] % len(REASONS)]
            self.write(Revocation(certificate_id=self.living.pop(0), at=self.clock.now(), reason=reason))

    def revoke_held(self) -> None:
        if self.held:
            self.write(Revocation(certificate_id=self.held.pop()[0], at=self.clock.now(), reason="superseded"))

    def write(self, fact: Fact) -> None:
        self.ca.ledger.entries([Deed(Registered("x"), TEST, [fact])])

    def publish(self) -> None:
        """The signing room does all that is due, and what had to wait for another second."""
        for _ in range(SHARDS + 2):
            self.ca.room().turn()
        renew_due(ceremony_of(self.ca), self.ca.room())
        self.clock.turn(seconds=1)

    def lists(self) -> dict[int | None, x509.CertificateRevocationList]:
        """The newest list of the whole and of each shard, as it was published."""
        ours = select(Crl).where(Crl.issuer_id == self.issuer_id, Crl.base_number.is_(None)).order_by(Crl.number)
        with self.ca.ledger.read() as session:
            newest = {crl.shard: bytes(crl.der) for crl in session.scalars(ours)}
        found = {shard: x509.load_der_x509_crl(octets) for shard, octets in newest.items()}
        assert all(one.is_signature_valid(self.above.public_key()) for one in found.values())  # type: ignore[arg-type]
        return found

    def told(self, certificate: Certificate) -> OCSPResponse:
        asked = x509.load_der_x509_certificate(bytes(certificate.der))
        builder = OCSPRequestBuilder().add_certificate(asked, self.above, SHA256())
        answer = load_der_ocsp_response(self.house.respond(builder.build().public_bytes(Encoding.DER)).body)
        [signed_by] = answer.certificates
        signed_by.verify_directly_issued_by(self.above)
        return answer

    def by_ocsp(self) -> dict[int, Ended]:
        self.house.store.look()
        answers = [self.told(one) for one in self.issued]
        return {
            one.serial_number: (one.revocation_time_utc, one.revocation_reason)
            for one in answers
            if one.certificate_status is OCSPCertStatus.REVOKED and one.revocation_time_utc is not None
        }

    def by_lists(self, *shards: int | None) -> dict[int, Ended]:
        """Of those that were issued to people: the CA's own services are on its lists too."""
        ours, lists = {int(one.serial_number, 16) for one in self.issued}, self.lists()
        entries = [entry for shard in shards for entry in lists[shard] if entry.serial_number in ours]
        assert len({entry.serial_number for entry in entries}) == len(entries)
        return {entry.serial_number: (entry.revocation_date_utc, _reason(entry)) for entry in entries}

    def agrees(self) -> bool:
        """Whoever asks OCSP, fetches the whole list or fetches all shards knows the same."""
        told = self.by_ocsp()
        return told == self.by_lists(None) == self.by_lists(*range(SHARDS))


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return None


def terminated(office: Office) -> None:
    carry_out(office.ca.ledger, both_acted(office.ca, GENERATION))


def lost(office: Office) -> None:
    carry_out(office.ca.ledger, both_acted(office.ca, GENERATION, Way.COMPROMISE))


def past_its_end(office: Office) -> None:
    """Its responder is renewed till the last one, which begins with the end; its last lists are made before."""
    end = office.above.not_valid_after_utc
    for days in (16, 10, 2):
        office.clock.turn(days=(end - office.clock.now()).days - days)
        office.publish()
    assert office.agrees()
    office.clock.turn(seconds=int((end - office.clock.now()).total_seconds()))
    office.clock.turn(microseconds=500_000)  # in its last second
    assert office.agrees()
    office.clock.turn(seconds=1)


@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("end", [terminated, lost, past_its_end])
def test_crl_and_ocsp_agree_through_a_ca_s_end_and_for_ever_after(
    ca: PracticeCa,  # noqa: F811
    clock: TurnedClock,
    seed: int,
    end: Callable[[Office], None],
) -> None:
    office, agreed = Office(ca, clock, SteadyChance(seed)), []
    for _ in range(ACTS // 4):
        for _ in range(4):
            office.go_on()
        office.publish()
        agreed.append(office.agrees())
    before = office.by_ocsp()

    end(office)
    office.publish()
    for days in (0, 1, 40, 365 * 60):
        clock.turn(days=days)
        agreed.append(office.agrees())

    after = office.by_ocsp()
    assert all(agreed)
    assert before and before.keys() <= after.keys()
    assert all(after[serial] == ended for serial, ended in before.items() if end is past_its_end)
    assert len(after) == (len(before) if end is past_its_end else CERTIFICATES)
    assert {office.told(one).next_update_utc for one in office.issued} == {FOR_EVER}
    assert end is past_its_end or {one.next_update_utc for one in office.lists().values()} == {FOR_EVER}
