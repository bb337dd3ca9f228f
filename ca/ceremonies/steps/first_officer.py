"""`first-officer`: a person is made a registration officer, since before the first two nobody can decide.

Held again for one who is an officer it gives him a new key: no request with papers is behind the first one, so that
nothing follows it, and where there are two such officers neither finds two others to decide about him.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.files import write_whole
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.step import Agreed, Made, SoFar, Words, certificate_fault
from ca.events.ceremonies import FirstDeskOpened, FirstOfficerAdmitted, OfficerRekeyed
from ca.issuance.composition import IssuingKey, wanted_for
from ca.profiles import PROFILES
from ca.registration.applicants import Standing, by_number, duties
from ca.tables.registration import Desk, DeskTerm
from ledger.certificates import KeyUse
from ledger.people import Duty, DutyKind
from pki.errors import PkiError
from pki.request import SigningRequest, parse_request
from web.home import Mode

DESK, PROVINCE = "center", "LA-VT"
"""The first desk, of the CA's own, and where it is (ISO 3166-2): Vientiane prefecture."""
_PROFILE = PROFILES["officer-authentication"]
_DUTY = DutyKind.REGISTRATION_OFFICER


@dataclass(frozen=True)
class FirstOfficerStep:
    """The person of this number, who is in the register, and whose key signed the PKCS#10 `request` (PEM)."""

    kind: ClassVar[str] = "first-officer"
    number: str
    request: str = ""
    """Left out only in practice, where a key is made for him in the home."""
    issuer: str = "officers"
    desk: str = DESK
    province: str = PROVINCE

    def __post_init__(self) -> None:
        """Refuse a request that is not signed by its own key."""
        if self.request:
            try:
                self._asked()
            except PkiError as fault:
                raise ValueError(f"the request of {self.number} does not hold: {fault}") from fault

    def _asked(self) -> SigningRequest:
        return parse_request(_der(self.request))

    @property
    def about(self) -> str:
        """His number."""
        return self.number

    @property
    def needs(self) -> tuple[str, ...]:
        """The issuer with its key."""
        return (f"key {self.issuer}", f"certificate {self.issuer}")

    @property
    def gives(self) -> tuple[str, ...]:
        """His certificate."""
        return (f"certificate {self.number}",)

    def words(self) -> Words:
        """In words."""
        key = self._asked().key_sha256 if self.request else ""
        lao, english = (f" (SHA-256 ຂອງກະແຈ: {key})", f" (SHA-256 of the key: {key})") if key else ("", "")
        return Words(
            f"ບຸກຄົນເລກ {self.number} ເປັນເຈົ້າໜ້າທີ່ລົງທະບຽນ ແລະ ໄດ້ຮັບໃບຢັ້ງຢືນຈາກ {self.issuer}{lao}",
            f"Person {self.number} becomes a registration officer at {self.desk}, certified by {self.issuer}{english}",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """His certificate's bytes, if the register knows him by now and his request is there."""
        standing = sketch.person(self.number)
        if standing is None or not self.request:
            return None
        wanted = wanted_for(_PROFILE, standing, self._asked().spki, None)
        view = sketch.views[self.issuer]
        return sketch.certificate(_PROFILE, view, wanted.subject, wanted.spki, _PROFILE.longest_validity)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """He has the duty of registration officer, and an authentication certificate for his key."""
        return self.admitted(ceremony, so_far.issuing(ceremony, self.issuer))

    def admitted(self, ceremony: Ceremony, issuing: IssuingKey) -> Made:
        """The same, with the issuer at hand. Raises CeremonyFailed for an unknown person."""
        standing = _standing(ceremony, self.number)
        people = ceremony.home.path / "people"
        if not self.request and ceremony.mode is not Mode.PRACTICE:
            raise CeremonyFailed(
                f"the plan has no request of {self.number}: he makes it with his own key", "ceremony.request-missing"
            )
        asked = self._asked() if self.request else parse_request(_demo_request(people, self.number))
        self._open_desk(ceremony)
        self._admit(ceremony, standing.person_id, asked.key_sha256)
        wanted = wanted_for(_PROFILE, standing, asked.spki, None)
        certificate = ceremony.certify_person(issuing, wanted)
        ceremony.keep_at(people / f"{self.number}-authentication.pem", bytes(certificate.der))
        return {"public-key": asked.spki, "certificate": bytes(certificate.der)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """His issuer must have certified the key of his request."""
        key = self._asked().spki if self.request else made.get("public-key", b"")
        agreed = Agreed(_PROFILE.name, key, self.issuer, _PROFILE.longest_validity)
        return certificate_fault(made, agreed, so_far)

    def _open_desk(self, ceremony: Ceremony) -> None:
        """The desk where he registers is open; every further one is a change that two persons agree on."""
        ledger = ceremony.ledger
        desk = Desk(id=ledger.new_id(), code=self.desk, province=self.province)
        term = DeskTerm(id=ledger.new_id(), desk_id=desk.id, number=1, valid_from=ledger.clock.now())
        ceremony.write(FirstDeskOpened(desk.id, self.desk), desk, term)

    def _admit(self, ceremony: Ceremony, person_id: str, key: str) -> None:
        """His key is known as his, and he has the duty; who had it before keeps it, and has a new key.

        Raises CeremonyFailed for a key that belongs to somebody else, and for one whose duty has ended: that is given
        back by a change that two persons agree on, or by nobody.
        """
        ledger, now = ceremony.ledger, ceremony.ledger.clock.now()
        with ledger.read() as session:
            known = session.get(KeyUse, key)
            spans = [one for one in duties(session, [person_id]).get(person_id, ()) if one.kind is _DUTY]
        if known is not None and (known.subject != person_id or not spans):
            raise CeremonyFailed(
                f"the key of {self.number} was taken up before: a new one is needed", "ceremony.key-used"
            )
        if known is not None:
            return
        use = KeyUse(key_sha256=key, subject=person_id)
        if not spans:
            duty = Duty(id=ledger.new_id(), person_id=person_id, kind=_DUTY.value, desk=self.desk, valid_from=now)
            ceremony.write(FirstOfficerAdmitted(person_id, key), duty, use)
        elif any(one.holds(_DUTY, now) for one in spans):
            ceremony.write(OfficerRekeyed(person_id, key), use)
        else:
            raise CeremonyFailed(
                f"{self.number} is no registration officer any more: plan the change duty.grant", "ceremony.duty-ended"
            )


def _standing(ceremony: Ceremony, number: str) -> Standing:
    with ceremony.ledger.read() as session:
        standing = by_number(session, [number], ceremony.ledger.clock.now()).get(number)
    if standing is None:
        raise CeremonyFailed(
            f"person {number} is not in the register: bring the center's own staff in first", "ceremony.person-unknown"
        )
    return standing


def _der(pem: str) -> bytes:
    try:
        return x509.load_pem_x509_csr(pem.encode()).public_bytes(Encoding.DER)
    except ValueError as fault:
        raise PkiError("This is no PKCS#10 request in PEM.", "request.malformed") from fault


def _demo_request(folder: Path, number: str) -> bytes:
    """A PKCS#10 made with the person's demo key; the key is made first, unencrypted, mode 0600, if there is none."""
    file = folder / f"{number}-authentication.key.pem"
    if not file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        write_whole(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    private = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise CeremonyFailed(f"{file} is no P-256 key: remove it, and the ceremony makes one", "ceremony.key-unfit")
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(private, SHA256()).public_bytes(Encoding.DER)
