"""Two CA operators with certificates, and their acts for the end of an issuer."""

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.steps.first_officer import FirstOfficerStep
from ca.closing.ending import Acted, Way, act, act_for
from ledger.certificates import Issuer
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.people import Duty, DutyKind
from tests.ca.agreeing import certified
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from tests.ca.governance.conftest import Office
from web.home import Mode

CLOSERS = ("10000005", "10000006")


def ceremony_of(ca: PracticeCa) -> Ceremony:
    return Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE)


def admit_closers(ca: PracticeCa, office: Office | None = None) -> None:
    """Both are on duty as CA operators and have authentication certificates; by agreement, if it is at an office."""
    for number in CLOSERS:
        if office is not None:
            _agreed_on(ca, office, number)
            continue
        register_person(ca.ledger, number)
        FirstOfficerStep(number).admitted(ceremony_of(ca), ca.issuing("officers"))
        duty = Duty(
            id=f"c{number}", person_id=f"p{number}", kind=DutyKind.CA_OPERATOR.value, valid_from=ca.ledger.clock.now()
        )
        ca.ledger.entries([Deed(Registered(f"p{number}"), TEST, [duty])])


def _agreed_on(ca: PracticeCa, office: Office, number: str) -> None:
    hand = certified(ca, number)
    file = ca.home.path / "people" / f"{number}-authentication.key.pem"
    file.touch(mode=0o600)
    file.write_bytes(hand.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    office.agreed("duty.grant", FIRST, SECOND, person=number, duty=DutyKind.CA_OPERATOR.value)


def issuer_of(ca: PracticeCa, key_name: str) -> Issuer:
    name, _, generation = key_name.partition("-")
    with ca.ledger.read() as session:
        return session.query(Issuer).filter_by(name=name, generation=int(generation or 1)).one()


def acted(ca: PracticeCa, number: str, key_name: str, way: Way = Way.TERMINATE) -> Acted | Refuse:
    signed = ca.sign(number, act_for(way, issuer_of(ca, key_name), ca.ledger.clock.now()))
    return act(ca.ledger, key_name, way, signed)


def both_acted(ca: PracticeCa, key_name: str, way: Way = Way.TERMINATE) -> str:
    """The issuer ended under two acts; its id."""
    outcomes = [acted(ca, number, key_name, way) for number in CLOSERS]
    assert outcomes == [Acted(1, ended=False), Acted(2, ended=True)]
    return issuer_of(ca, key_name).id
