"""An officer whom a ceremony admitted gets his next key by another ceremony: no request is behind his first one."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.steps.first_officer import FirstOfficerStep
from ledger.certificates import Certificate, KeyUse
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.people import Duty, DutyEnd
from pki.keys import key_sha256
from tests.ca.closers import ceremony_of
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person, request_for
from tests.ca.events import Registered
from tests.issuing import KeySigner

CITIZEN = "10000031"


def admitted(ca: PracticeCa, number: str, signer: KeySigner) -> None:
    """In a ceremony; from then on he acts by this key."""
    request = x509.load_der_x509_csr(request_for(signer.key)).public_bytes(Encoding.PEM).decode()
    FirstOfficerStep(number, request).admitted(ceremony_of(ca), ca.issuing("officers"))
    (ca.home.path / "people" / f"{number}-authentication.key.pem").write_bytes(signer.pem)


def test_two_officers_whose_certificates_have_ended_decide_again_by_new_keys(ca: PracticeCa) -> None:
    register_person(ca.ledger, CITIZEN)
    ca.ledger.clock.turn(days=731)  # type: ignore[attr-defined]
    enrolment = ca.apply(CITIZEN, "citizen-authentication")
    lapsed = ca.vote(FIRST, enrolment)

    for number in (FIRST, SECOND):
        admitted(ca, number, KeySigner())
    votes = [ca.vote(number, enrolment) for number in (FIRST, SECOND)]

    assert isinstance(lapsed, Refuse)
    assert [isinstance(one, str) for one in votes] == [True, True]
    assert [one.person_id for one in ca.room().turn().issued] == [f"p{CITIZEN}"]


def test_his_new_key_is_his_for_ever(ca: PracticeCa) -> None:
    signer = KeySigner()

    admitted(ca, FIRST, signer)

    with ca.ledger.read() as session:
        assert session.get_one(KeyUse, key_sha256(signer.public_key)).subject == f"p{FIRST}"


def test_the_key_of_another_is_refused_and_nobody_is_certified(ca: PracticeCa) -> None:
    signer = KeySigner()
    admitted(ca, SECOND, signer)

    with pytest.raises(CeremonyFailed) as fault:
        admitted(ca, FIRST, signer)

    assert fault.value.code == "ceremony.key-used"
    with ca.ledger.read() as session:
        holders = session.query(Certificate.person_id).filter_by(key_sha256=key_sha256(signer.public_key)).all()
    assert [one for (one,) in holders] == [f"p{SECOND}"]


def test_whose_duty_has_ended_gets_no_new_key(ca: PracticeCa) -> None:
    with ca.ledger.read() as session:
        [duty] = [one.id for one in session.query(Duty).filter_by(person_id=f"p{FIRST}")]
    end = DutyEnd(duty_id=duty, at=ca.ledger.clock.now())
    ca.ledger.entries([Deed(Registered("e"), TEST, [end])])

    with pytest.raises(CeremonyFailed) as fault:
        admitted(ca, FIRST, KeySigner())

    assert fault.value.code == "ceremony.duty-ended"
