"""Ministries, desks and their people, as tests need them."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ca.events.ceremonies import FirstDeskOpened, FirstOfficerAdmitted
from ca.governance import changes
from ca.governance.plan import APPLY, APPROVE, PLAN, Plan, resolve
from ca.governance.plan import act_for as changing
from ca.governance.provenance import Provenance
from ca.tables.registration import Desk, DeskTerm
from ledger.certificates import KeyUse
from ledger.decision import Allow, Refuse
from ledger.ledger import Deed, Ledger
from ledger.people import (
    Appointment,
    AppointmentTerm,
    Duty,
    DutyKind,
    Mandate,
    MandateTerm,
    Organisation,
    OrganisationDetail,
    Post,
)
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person, request_for
from tests.ca.events import Registered
from tests.issuing import new_key

MONTH = timedelta(days=30)


def body(ledger: Ledger, code: str, kind: str = "ministry", domains: str = "mtc.gov.la") -> str:
    """An organisation of the register with one post; its id."""
    since = ledger.clock.now() - MONTH
    key = f"o-{code}"
    detail = OrganisationDetail(
        id=f"d-{code}", organisation_id=key, number=1, kind=kind, name_lo="ກະຊວງ", name_en=f"Ministry {code}",
        domains=domains, valid_from=since,
    )  # fmt: skip
    post = Post(id=f"t-{code}", code=f"{code}/clerk", organisation_id=key, name_lo="ພະນັກງານ", name_en="Clerk")
    ledger.entries([Deed(Registered(key), TEST, [Organisation(id=key, code=code), detail, post])])
    return key


def appoint(ledger: Ledger, number: str, code: str) -> None:
    """The person of this number holds the post of that organisation."""
    key = f"a-{number}-{code}"
    term = AppointmentTerm(
        id=f"m-{number}-{code}", appointment_id=key, number=1, valid_from=ledger.clock.now() - MONTH, acting=False,
        decree="12/MOHA",
    )  # fmt: skip
    appointment = Appointment(id=key, person_id=f"p{number}", post_id=f"t-{code}")
    ledger.entries([Deed(Registered(key), TEST, [appointment, term])])


def mandate(ledger: Ledger, number: str, code: str, act: str, limit_lak: int | None = None) -> None:
    """The person may do this for the organisation, through his post."""
    key = f"w-{number}-{code}"
    term = MandateTerm(
        id=f"x-{number}-{code}", mandate_id=key, number=1, valid_from=ledger.clock.now() - MONTH,
        limit_lak=limit_lak, decree="13/MOHA",
    )  # fmt: skip
    fact = Mandate(id=key, act=act, post_id=f"t-{code}", person_id=f"p{number}")
    ledger.entries([Deed(Registered(key), TEST, [fact, term])])


def desk(ledger: Ledger, code: str, province: str = "LA-CH", organisation: str | None = None) -> None:
    """An open desk; of an organisation it registers for its province alone."""
    place = Desk(id=f"desk-{code}", code=code, organisation_id=organisation, province=province)
    term = DeskTerm(id=f"term-{code}", desk_id=place.id, number=1, valid_from=ledger.clock.now() - MONTH)
    ledger.entries([Deed(FirstDeskOpened(place.id, code), TEST, [place, term])])


def close(ca: PracticeCa, code: str) -> None:
    """The desk's term is over from now on, as two officers agreed."""
    now = ca.ledger.clock.now()
    with ca.ledger.read() as session:
        plan = resolve(Provenance(session), "desk.close", {"desk": code}, now)
    assert isinstance(plan, Plan)
    assert isinstance(changes.plan(ca.ledger, plan, ca.sign(FIRST, changing(PLAN, plan.digest, now))), str)
    assert changes.approve(ca.ledger, plan.digest, ca.sign(SECOND, changing(APPROVE, plan.digest, now))) == Allow()
    assert changes.apply(ca.ledger, plan.digest, ca.sign(FIRST, changing(APPLY, plan.digest, now))) == Allow()


def lapse(ledger: Ledger, code: str) -> None:
    """The desk's term is over from now on, as the desk itself reads it: nobody agreed on it."""
    now = ledger.clock.now()
    term = DeskTerm(id=f"over-{code}", desk_id=f"desk-{code}", number=2, valid_from=now - MONTH, valid_to=now)
    ledger.entries([Deed(Registered(term.id), TEST, [term])])


def duty(ledger: Ledger, number: str, at: str | None) -> None:
    """The person is a registration officer at this desk, or everywhere."""
    fact = Duty(
        id=f"duty-{number}-{at}", person_id=f"p{number}", kind=DutyKind.REGISTRATION_OFFICER.value, desk=at,
        valid_from=ledger.clock.now() - MONTH,
    )  # fmt: skip
    key = KeyUse(key_sha256=sha256(fact.id.encode()).hexdigest(), subject=fact.person_id)
    ledger.entries([Deed(FirstOfficerAdmitted(fact.person_id, key.key_sha256), TEST, [fact, key])])


def certified(ca: PracticeCa, number: str, code: str | None = None) -> str:
    """An officer of that organisation with an authentication certificate and its key, so that he can sign acts."""
    person = register_person(ca.ledger, number)
    if code is not None:
        appoint(ca.ledger, number, code)
    key = new_key()
    encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = ca.home.path / "people" / f"{number}-authentication.key.pem"
    file.touch(0o600)
    file.write_bytes(encoded)
    enrolment = ca.hand_in(ca.application(number, "officer-authentication", request=request_for(key)))
    approve(ca, enrolment)
    [certificate] = ca.room().turn().issued
    assert certificate.person_id == person
    return person


def approve(ca: PracticeCa, enrolment: str | Refuse) -> str:
    """Both registration officers said yes."""
    outcomes = [ca.vote(number, enrolment) for number in (FIRST, SECOND)]
    assert all(isinstance(outcome, str) for outcome in outcomes), outcomes
    assert isinstance(enrolment, str)
    return enrolment


@dataclass(frozen=True)
class Ministry:
    """A ministry with a domain, the person who answers for its keys, and two who may confirm or may not."""

    code: str = "MTC"
    holder: str = "10000017"
    officer: str = "10000021"
    stranger: str = "10000022"

    def found(self, ca: PracticeCa) -> None:
        """All of them are in the register and have their certificates; the stranger is of another ministry."""
        body(ca.ledger, self.code)
        body(ca.ledger, "MOF", domains="mof.gov.la")
        register_person(ca.ledger, self.holder)
        appoint(ca.ledger, self.holder, self.code)
        certified(ca, self.officer, self.code)
        certified(ca, self.stranger, "MOF")
