"""A configuration that two persons provably agreed on, in any ledger: written alone, no room that signs goes by it."""

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import func, select

from ca.configuration import Configuration, current, difference
from ca.issuance.composition import Wanted
from ca.issuance.line import Line, no_last_look
from ca.profiles import PROFILES
from ledger.certificates import Certificate
from ledger.ledger import Ledger
from ledger.people import Person
from pki.names import person_name
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person
from tests.ca.governance.conftest import Hand, Office
from tests.issuing import KeySigner

OPERATOR = "10700000"
_PROFILE = PROFILES["officer-authentication"]


def agree(ledger: Ledger, configuration: Configuration) -> None:
    """It is in force from now on. Planner and approver are new, with certificates of an issuer of the test."""
    office = Office(ledger)
    with ledger.read() as session:
        if current(session) == configuration:
            return
        there = session.scalar(select(func.count()).select_from(Person)) or 0
    planner, other, operator = (str(10800000 + there + place) for place in range(3))
    for number in (planner, other):
        office.admit_first_officer(number)
    office.admit(operator)
    _set(office, planner, other, operator, configuration)


def agree_in(ca: PracticeCa, configuration: Configuration) -> None:
    """The same in a CA, once, between its first officers and an operator, all with certificates of its own issuer."""
    _set(_office(ca), FIRST, SECOND, OPERATOR, configuration)


def operated(ca: PracticeCa) -> Office:
    """The first officers, and an operator on whom they agreed; between them rules are changed."""
    office = _office(ca)
    office.agreed("duty.grant", FIRST, SECOND, person=OPERATOR, duty="ca-operator")
    return office


def _office(ca: PracticeCa) -> Office:
    office = Office(ca.ledger, {number: _hand(ca, number) for number in (FIRST, SECOND)})
    office.hands[OPERATOR] = certified(ca, OPERATOR)
    return office


def certified(ca: PracticeCa, number: str) -> Hand:
    """A new person of the register with a key that the officers' issuer certified for authentication."""
    register_person(ca.ledger, number)
    return keyed(ca, number)


def keyed(ca: PracticeCa, number: str, signer: KeySigner | None = None) -> Hand:
    """A further key of this person for authentication, or a further certificate of this one."""
    person_id, signer = f"p{number}", signer or KeySigner()
    name = person_name("ສົມພອນ", "ວົງສາ", "Somphone", "Vongsa", number)
    wanted = Wanted(_PROFILE, name, signer.public_key, _PROFILE.longest_validity, person_id=person_id)
    [made] = Line(ca.ledger, ca.issuing("officers"), ca.await_seal, no_last_look, TEST).issue([wanted])
    assert isinstance(made, Certificate), made
    return Hand(person_id, signer, made.sha256)


def _hand(ca: PracticeCa, number: str) -> Hand:
    key = load_pem_private_key((ca.home.path / "people" / f"{number}-authentication.key.pem").read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    with ca.ledger.read() as session:
        shown = session.scalars(select(Certificate.sha256).where(Certificate.person_id == f"p{number}")).first()
    return Hand(f"p{number}", KeySigner(key), str(shown))


def _set(office: Office, planner: str, other: str, operator: str, configuration: Configuration) -> None:
    office.agreed("duty.grant", planner, other, person=operator, duty="ca-operator")
    with office.ledger.read() as session:
        wanted = {name: new for name, (_, new) in difference(current(session), configuration).items()}
    office.agreed("configuration.set", planner, operator, **wanted)
