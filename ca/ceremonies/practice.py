"""The practice ceremony: everything that an installation needs before the first person can enrol, in one call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from sqlalchemy import select

from ca.ceremonies.ceremony import ISSUERS, RESPONDER_LIFE, Ceremony, CeremonyFailed, write_whole
from ca.ceremonies.keyring import HomeKeyring, Keyring
from ca.closing.authority import record_practice
from ca.events.ceremonies import FirstDeskOpened, FirstOfficerAdmitted
from ca.issuance.composition import IssuingKey, wanted_for
from ca.profiles import PROFILES
from ca.publication.publisher import publish_due
from ca.registration.applicants import by_number
from ca.tables.registration import Desk, DeskTerm
from ledger.certificates import KeyUse
from ledger.clock import Clock
from ledger.ledger import Ledger
from ledger.people import Duty, DutyKind
from pki.request import parse_request
from web.home import Home, Mode

TLS_SERVERS = ("idp", "idp-mtls", "validation", "audit", "register", "edocument", "estaff")
TLS_NAMES = ("localhost", "127.0.0.1")
DESK, PROVINCE = "center", "LA-VT"
"""The first desk, of the CA's own, and where it is (ISO 3166-2): Vientiane prefecture."""
_FIELDS_OCTETS = 32


@dataclass(frozen=True)
class Held:
    """What a ceremony left behind."""

    issuers: int
    services: int
    officers: int

    def __str__(self) -> str:
        return f"{self.issuers} issuers, {self.services} service certificates, {self.officers} registration officers"


def hold_practice_ceremony(
    ledger: Ledger,
    home: Home,
    officers: Sequence[str],
    *,
    clock: Clock,
    keys: Mapping[str, str] | None = None,
    keyring: Keyring | None = None,
) -> Held:
    """Root, issuers, responders, units, TLS servers and the first registration officers are there, each once.

    `officers` are numbers of persons in the register; their demo keys are made in `<home>/people` if they are not
    there. `keys` maps names of keys to URIs. Killed at any step and called again, it goes on from there.
    Raises CeremonyFailed, KeyUnusable and what the ledger raises.
    """
    ceremony = Ceremony(ledger, home, keyring or HomeKeyring(home, keys or {}), Mode.PRACTICE)
    ceremony.begin()
    record_practice(ledger, ceremony.actor)
    _fields_key(home, ledger)
    root = ceremony.root()
    issuing = {name: ceremony.issuer(name, root) for name in ISSUERS}
    services = certify_services(ceremony, root, issuing)
    open_first_desk(ceremony, clock)
    for number in officers:
        admit_first_officer(ceremony, issuing["officers"], number, clock)
    ceremony.list_endings(root)
    publish_due(ledger, issuing.values(), ceremony.actor)
    ceremony.await_seal(())
    return Held(len(issuing) + 1, services, len(officers))


def certify_services(ceremony: Ceremony, root: IssuingKey, issuing: Mapping[str, IssuingKey]) -> int:
    """Responders, time-stamping unit, token signer and TLS servers have certificates. Returns how many."""
    ceremony.service("ocsp-root", "ocsp-responder", root)
    for name, key in issuing.items():
        ceremony.service(f"ocsp-{name}", "ocsp-responder", key, validity=RESPONDER_LIFE)
    services = issuing["services"]
    ceremony.service("tsa", "tsa-unit", services)
    ceremony.service("token", "token-signer", services)
    for house in TLS_SERVERS:
        name = f"tls-{house}"
        ceremony.service(name, "tls-server", services, alternative_names=TLS_NAMES, chain=("services",))
    return 1 + len(issuing) + 2 + len(TLS_SERVERS)


def open_first_desk(ceremony: Ceremony, clock: Clock) -> None:
    """The desk where the first officers register is open; every further one is a change that two persons agree on."""
    desk = Desk(id=ceremony.ledger.new_id(), code=DESK, province=PROVINCE)
    term = DeskTerm(id=ceremony.ledger.new_id(), desk_id=desk.id, number=1, valid_from=clock.now())
    ceremony.write(FirstDeskOpened(desk.id, DESK), desk, term)


def admit_first_officer(ceremony: Ceremony, officers: IssuingKey, number: str, clock: Clock) -> None:
    """The person has the duty of registration officer and an authentication certificate for his key.

    Only a ceremony may do this, since nobody could have decided yet. Raises CeremonyFailed for an unknown person.
    """
    with ceremony.ledger.read() as session:
        standing = by_number(session, [number], clock.now()).get(number)
    if standing is None:
        raise CeremonyFailed(f"person {number} is not in the register: bring the center's own staff in first")
    profile = PROFILES["officer-authentication"]
    request = parse_request(_demo_request(ceremony.home.path / "people", number))
    _admit(ceremony, standing.person_id, request.key_sha256, clock)
    certificate = ceremony.certify_person(officers, wanted_for(profile, standing, request.spki, None))
    ceremony.keep_at(ceremony.home.path / "people" / f"{number}-authentication.pem", bytes(certificate.der))


def _admit(ceremony: Ceremony, person_id: str, key: str, clock: Clock) -> None:
    with ceremony.ledger.read() as session:
        held = select(Duty.id).where(Duty.person_id == person_id, Duty.kind == DutyKind.REGISTRATION_OFFICER.value)
        if session.scalar(held.limit(1)) is not None:
            return
    duty = Duty(
        id=ceremony.ledger.new_id(),
        person_id=person_id,
        kind=DutyKind.REGISTRATION_OFFICER.value,
        desk=DESK,
        valid_from=clock.now(),
    )
    ceremony.write(FirstOfficerAdmitted(person_id, key), duty, KeyUse(key_sha256=key, subject=person_id))


def _demo_request(folder: Path, number: str) -> bytes:
    """A PKCS#10 made with the person's demo key; the key is made first, unencrypted, mode 0600, if there is none."""
    file = folder / f"{number}-authentication.key.pem"
    if not file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        write_whole(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    private = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise CeremonyFailed(f"{file} is no P-256 key: remove it, and the ceremony makes one")
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(private, SHA256()).public_bytes(Encoding.DER)


def _fields_key(home: Home, ledger: Ledger) -> None:
    """The key of sealed columns is in the home: 32 octets in hex, mode 0600."""
    file = home.key("fields")
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(file, ledger.randomness(_FIELDS_OCTETS).hex().encode(), 0o600)
