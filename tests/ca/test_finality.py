"""After an issuer's end nothing of it changes any more: OCSP has said its final answer, and no CRL is signed."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder, load_der_ocsp_response
from sqlalchemy import select

from ca.ceremonies.rollover import roll_over
from ca.closing.carrying_out import carry_out
from ca.endings.blocked import end_living
from ca.endings.pausing import hold
from ca.endings.revocation import Receipt, act_for, revoke_certificate, revoke_person
from ca.endings.settlement import next_end, settle
from ca.tables.publication import Crl
from ledger.certificates import Certificate, Hold
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.people import Cutoff, Duty
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.crl import parse_crl
from pki.profile import FOR_EVER
from tests.ca.closers import CLOSERS, admit_closers, both_acted, ceremony_of
from tests.ca.conftest import FIRST, TEST, PracticeCa
from tests.ca.events import Registered
from tests.ca.test_endings import OFFICER, issued
from tests.ca.test_renewal import renewed, turned_near_the_end
from tests.doubles import TurnedClock

Told = tuple[OCSPCertStatus | None, datetime | None]
ANSWERED_FINALLY = (OCSPCertStatus.GOOD, FOR_EVER)


def told(ca: PracticeCa, certificate: Certificate, clock: TurnedClock) -> Told:
    """What OCSP says of an officer's certificate now, and until when it says so."""
    responder = OcspResponder(StatusStore(ca.ledger), lambda name: ca.issuing_signer(f"ocsp-{name}"), clock)
    above = x509.load_pem_x509_certificate(ca.home.certificate("officers").read_bytes())
    builder = OCSPRequestBuilder().add_certificate(x509.load_der_x509_certificate(certificate.der), above, SHA256())
    answer = load_der_ocsp_response(responder.respond(builder.build().public_bytes(Encoding.DER)).body)
    return answer.certificate_status, answer.next_update_utc


def on_a_list(ca: PracticeCa, certificate: Certificate) -> bool:
    with ca.ledger.read() as session:
        lists = session.scalars(select(Crl.der).where(Crl.issuer_id == certificate.issuer_id)).all()
    return any(int(certificate.serial_number, 16) in parse_crl(bytes(der)).by_serial for der in lists)


def officer_of_the_next(ca: PracticeCa, clock: TurnedClock) -> str:
    """A registration officer whose own certificate is of `officers-2`; his number."""
    roll_over(ceremony_of(ca), "officers", clock.now())
    admit_closers(ca)
    with ca.ledger.read() as session:
        kinds = session.scalars(select(Duty.kind).where(Duty.person_id == f"p{FIRST}")).all()
    duties = [Duty(id=f"of-{kind}", person_id=f"p{CLOSERS[0]}", kind=kind, valid_from=clock.now()) for kind in kinds]
    ca.ledger.entries([Deed(Registered("x"), TEST, duties)])
    clock.turn(seconds=5)
    return CLOSERS[0]


@pytest.fixture
def certificate(ca: PracticeCa) -> Certificate:
    return issued(ca)


@pytest.fixture(params=["its own end", "its last CRL"])
def over(ca: PracticeCa, clock: TurnedClock, certificate: Certificate, request: pytest.FixtureRequest) -> str:
    """`officers` is past its end, or closed with all that it must sign; `officers-2` follows. Who may revoke."""
    if request.param == "its own end":
        turned_near_the_end(ca, clock)
        renewed(ca)
        renewed(ca)
        clock.turn(days=40)
        return officer_of_the_next(ca, clock)
    clock.turn(days=(certificate.not_after - clock.now()).days + 1)
    officer = officer_of_the_next(ca, clock)
    carry_out(ca.ledger, both_acted(ca, "officers"))
    ca.room().turn()
    renewed(ca)
    clock.turn(seconds=2)
    return officer


def test_whoever_revokes_a_person_leaves_what_was_told_for_ever(
    ca: PracticeCa, clock: TurnedClock, certificate: Certificate, over: str
) -> None:
    before = told(ca, certificate, clock)

    act = act_for("person.revoke", OFFICER, "keyCompromise", clock.now())
    done = revoke_person(ca.ledger, OFFICER, "keyCompromise", ca.sign(over, act))
    clock.turn(seconds=2)

    with ca.ledger.read() as session:
        cut = session.scalars(select(Cutoff.person_id)).all()
    assert isinstance(done, Receipt) and done.serial_numbers == ()
    assert cut == [f"p{OFFICER}"]
    assert before == told(ca, certificate, clock) == ANSWERED_FINALLY
    assert not on_a_list(ca, certificate)


def test_its_certificate_is_neither_revoked_nor_held_and_the_refusal_says_why(
    ca: PracticeCa, clock: TurnedClock, certificate: Certificate, over: str
) -> None:
    revoking = act_for("certificate.revoke", certificate.sha256, "keyCompromise", clock.now())
    until = clock.now() + timedelta(days=1)
    holding = act_for("certificate.hold", certificate.sha256, "certificateHold", clock.now(), until)

    outcomes = [
        revoke_certificate(ca.ledger, certificate.sha256, "keyCompromise", ca.sign(over, revoking)),
        hold(ca.ledger, certificate.sha256, ca.sign(over, holding), until),
    ]

    assert outcomes == [Refuse("revocation.final")] * 2
    assert told(ca, certificate, clock) == ANSWERED_FINALLY


def test_a_key_in_other_hands_ends_nothing_of_it(
    ca: PracticeCa, clock: TurnedClock, certificate: Certificate, over: str
) -> None:
    ended = end_living(ca.ledger, certificate.key_sha256, TEST)

    assert ended == []
    assert told(ca, certificate, clock) == ANSWERED_FINALLY


def test_what_was_held_at_its_end_stays_so(ca: PracticeCa, clock: TurnedClock, certificate: Certificate) -> None:
    turned_near_the_end(ca, clock)
    renewed(ca)
    renewed(ca)
    end = ca.issuing("officers").view.not_after
    pause = Hold(id="hold", certificate_id=certificate.id, at=clock.now(), until=end + timedelta(days=1))
    ca.ledger.entries([Deed(Registered("x"), TEST, [pause])])
    clock.turn(days=40)
    before = told(ca, certificate, clock)

    settled = settle(ca.ledger, TEST)

    assert (settled, next_end(ca.ledger, clock.now())) == (0, None)
    assert before == told(ca, certificate, clock) == (OCSPCertStatus.REVOKED, FOR_EVER)


def test_a_ca_that_is_closed_in_its_last_month_gives_final_answers_from_then_on(
    ca: PracticeCa, clock: TurnedClock, certificate: Certificate
) -> None:
    turned_near_the_end(ca, clock)
    renewed(ca)
    renewed(ca)
    officer_of_the_next(ca, clock)
    carry_out(ca.ledger, both_acted(ca, "officers"))
    ca.room().turn()

    made = [[one.not_after for one in renewed(ca) if one.issuer_id == certificate.issuer_id] for _ in range(2)]
    clock.turn(seconds=2)

    assert made == [[FOR_EVER], []]
    assert told(ca, certificate, clock) == ANSWERED_FINALLY
