"""A desk without a ceremony: an issuer of the tests' own, persons with certificates, and their hands."""

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from ca.events.ceremonies import FirstOfficerAdmitted
from ca.tables.endings import EndingRequest, EndingRequestEnd
from ca.tables.registration import Desk as RegistrationDesk
from ca.tables.registration import Enrolment, EnrolmentScope
from ledger.acts import Act, SignedAct
from ledger.certificates import Certificate, Intent, KeyUse
from ledger.ledger import Deed, Ledger
from ledger.people import Duty, DutyKind, OrganisationDetail, PersonDetail
from pki.keys import key_sha256
from pki.parsed import parse_certificate
from tests.ca.conftest import TEST, register_person
from tests.ca.events import Registered
from tests.issuing import KeySigner, der
from tests.recorded import RecordedIssuer

CLERK, OTHER_CLERK, HOLDER = "10000001", "10000002", "10000017"


@dataclass
class Desk:
    """One issuer, two registration officers on duty, and a holder with a certificate for signing in and for signing."""

    ledger: Ledger
    issuer: RecordedIssuer = field(init=False)
    hands: dict[str, tuple[str, KeySigner]] = field(default_factory=dict)
    """By person number: the digest of his authentication certificate, and its key."""

    def __post_init__(self) -> None:
        self.issuer = RecordedIssuer(self.ledger)
        for number in (CLERK, OTHER_CLERK):
            self.person(number, DutyKind.REGISTRATION_OFFICER)
        self.person(HOLDER)

    def person(self, number: str, duty: DutyKind | None = None) -> str:
        """A person with an authentication certificate, on duty if `duty` says so; his id."""
        key = register_person(self.ledger, number)
        signer = KeySigner()
        self.hands[number] = (self.certify(key, "officer-authentication", signer).sha256, signer)
        if duty is not None:
            self.on_duty(number, duty)
        return key

    def on_duty(self, number: str, duty: DutyKind) -> str:
        fact = Duty(
            id=self.ledger.new_id(), person_id=f"p{number}", kind=duty.value, valid_from=self.ledger.clock.now()
        )
        # The signing room believes a duty that a ceremony gave, or a change that two persons agreed on.
        key = KeyUse(key_sha256=sha256(fact.id.encode()).hexdigest(), subject=fact.person_id)
        admitted = FirstOfficerAdmitted(f"p{number}", key.key_sha256)
        event = admitted if duty is DutyKind.REGISTRATION_OFFICER else Registered("p")
        self.ledger.entries([Deed(event, TEST, [fact, key])])
        return fact.id

    def certify(
        self, person_id: str | None, profile: str, signer: KeySigner | None = None, days: int = 365,
        enrolment_id: str | None = None,
    ) -> Certificate:  # fmt: skip
        signer = signer or KeySigner()
        number = next(self.issuer.numbers)
        encoded = der(self.issuer.issuer.leaf("ສົມພອນ", number, signer))
        now, key = self.ledger.clock.now(), self.ledger.new_id()
        intent = Intent(
            id=key, issuer_id=self.issuer.id, serial_number=f"{number:x}", dense_number=number, profile=profile,
            tbs=b"", enrolment_id=enrolment_id, person_id=person_id,
        )  # fmt: skip
        certificate = Certificate(
            id=key, issuer_id=self.issuer.id, serial_number=f"{number:x}", sha256=sha256(encoded).hexdigest(),
            key_sha256=key_sha256(parse_certificate(encoded).spki), der=encoded, profile=profile, person_id=person_id,
            not_before=now, not_after=now + timedelta(days=days),
        )  # fmt: skip
        self.write(KeyUse(key_sha256=certificate.key_sha256, subject=person_id or "body"), intent, certificate)
        return certificate

    def certify_body(self, number: str, profile: str = "organisation-seal", days: int = 365) -> Certificate:
        """A certificate of the organisation in which this person has his post; he answers for it."""
        return self.certify(None, profile, days=days, enrolment_id=self.enrol_body(number, f"o{number}", profile).id)

    def enrol_body(self, number: str, organisation_id: str, profile: str = "organisation-seal") -> Enrolment:
        """A request of this person for that organisation."""
        key = self.ledger.new_id()
        enrolment = Enrolment(
            id=key, person_id=f"p{number}", profile=profile, request=b"",
            key_sha256=sha256(key.encode()).hexdigest(), evidence_digest="00" * 32, digest="11" * 32,
        )  # fmt: skip
        scope = EnrolmentScope(
            enrolment_id=key, desk_id=f"desk-{key}", organisation_id=organisation_id, names="[]", backing="{}"
        )
        place = RegistrationDesk(id=scope.desk_id, code=key, province="LA-VT")
        self.write(KeyUse(key_sha256=enrolment.key_sha256, subject=organisation_id), place, enrolment, scope)
        with self.ledger.read() as session:
            return session.get_one(Enrolment, key)

    def contact(self, organisation_id: str, address: str) -> None:
        """The organisation can be reached at this address."""
        self.write(
            OrganisationDetail(
                id=f"contact-{organisation_id}", organisation_id=organisation_id, number=1, kind="ministry",
                name_lo="ກະຊວງ", name_en="Ministry", domains="mtc.gov.la", contact=address,
                valid_from=self.ledger.clock.now(),
            )
        )  # fmt: skip

    def write(self, *facts: object) -> None:
        self.ledger.entries([Deed(Registered("p"), TEST, facts)])  # type: ignore[arg-type]

    def sign(self, number: str, act: Act) -> SignedAct:
        digest, signer = self.hands[number]
        return SignedAct(act, digest, signer.sign(act.message()))

    def mail(self, number: str, address: str) -> None:
        """The person can be reached at this address."""
        self.write(
            PersonDetail(
                id=f"mail{number}", person_id=f"p{number}", number=2, given_lo="ສົມພອນ", family_lo="ວົງສາ",
                given_en="Somphone", family_en="Vongsa", search_key="x", source="officers", mail=address,
            )
        )  # fmt: skip

    def requests(self) -> list[tuple[str, str, str, str | None]]:
        """Channel, wish, authentication and outcome of each request."""
        with self.ledger.read() as session:
            found = session.query(EndingRequest).order_by(EndingRequest.id).all()
            ends = {one.request_id: one.code for one in session.query(EndingRequestEnd)}
        return [(one.channel, one.wish, one.authentication, ends.get(one.id)) for one in found]
