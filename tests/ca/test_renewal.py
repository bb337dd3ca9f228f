"""Responders and the time-stamping unit get a new certificate at half their life; the old one answers until it ends."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder, OCSPResponse, load_der_ocsp_response

from ca.ceremonies.ceremony import Ceremony
from ca.issuance.renewal import renew_due
from ca.issuance.signing_room import STOP_FILE
from ledger.certificates import Certificate
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.parsed import certificates_from_pem, parse_certificate
from tests.ca.conftest import PracticeCa
from tests.doubles import TurnedClock
from web.home import Mode

RENEWABLE = [
    f"PRACTICE {name}" for name in ("ocsp-citizens", "ocsp-officers", "ocsp-officers-pq", "ocsp-services", "tsa")
]
HALF = 15
"""Days."""


def renewed(ca: PracticeCa) -> list[Certificate]:
    return renew_due(Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE), ca.room())


def common_name(certificate: Certificate) -> str:
    [name] = x509.load_der_x509_certificate(certificate.der).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value)


def on_file(ca: PracticeCa, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ca.home.certificate(name).read_bytes())


@pytest.fixture
def responder(ca: PracticeCa, clock: TurnedClock) -> OcspResponder:
    store = StatusStore(ca.ledger)
    store.look()
    return OcspResponder(store, lambda name: ca.issuing_signer(f"ocsp-{name}"), clock)


def answer(ca: PracticeCa, responder: OcspResponder, name: str) -> OCSPResponse:
    """What is said of one of our services' certificates."""
    builder = OCSPRequestBuilder().add_certificate(on_file(ca, name), on_file(ca, "services"), SHA256())
    responder.store.look()
    return load_der_ocsp_response(responder.respond(builder.build().public_bytes(Encoding.DER)).body)


def test_nothing_is_renewed_in_its_first_half(ca: PracticeCa, clock: TurnedClock) -> None:
    clock.turn(days=HALF - 1)

    assert renewed(ca) == []


def test_past_half_each_has_one_successor_of_the_same_name_and_key(ca: PracticeCa, clock: TurnedClock) -> None:
    before = on_file(ca, "tsa")
    clock.turn(days=HALF, hours=1)

    successors = renewed(ca)

    assert sorted(map(common_name, successors)) == RENEWABLE
    assert renewed(ca) == []
    [after] = certificates_from_pem(ca.home.certificate("tsa").read_bytes())
    assert after.sha256 in {one.sha256 for one in successors}
    assert after.spki == parse_certificate(before.public_bytes(Encoding.DER)).spki
    assert clock.now() - after.not_before < timedelta(seconds=2)


def test_the_roots_responder_is_renewed_by_a_ceremony_in_the_second_half_of_its_year(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    ceremony, root = Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE), ca.issuing("root")
    first = ceremony.service("ocsp-root", "ocsp-responder", root)
    clock.turn(days=180)
    same = ceremony.service("ocsp-root", "ocsp-responder", root)
    clock.turn(days=10)

    successor = ceremony.service("ocsp-root", "ocsp-responder", root)

    assert same.id == first.id
    assert successor.key_sha256 == first.key_sha256
    assert successor.not_before < first.not_after
    assert successor.not_after - successor.not_before == timedelta(days=366, seconds=-1)


def test_the_old_certificate_stays_good_and_answers_go_on_with_the_new_one(
    ca: PracticeCa, clock: TurnedClock, responder: OcspResponder
) -> None:
    old_responder, old_unit = on_file(ca, "ocsp-services"), on_file(ca, "tsa")
    ca.home.certificate("old-tsa").write_bytes(old_unit.public_bytes(Encoding.PEM))
    clock.turn(days=HALF, hours=1)
    last = answer(ca, responder, "tsa")
    renewed(ca)

    first, of_old = answer(ca, responder, "tsa"), answer(ca, responder, "old-tsa")

    assert last.certificates == [old_responder]
    assert first.certificates == of_old.certificates == [on_file(ca, "ocsp-services")]
    assert first.certificates != last.certificates
    statuses = [one.certificate_status for one in (last, first, of_old)]
    assert statuses == [OCSPCertStatus.GOOD] * 3


def test_renewals_go_on_while_issuing_is_stopped(ca: PracticeCa, clock: TurnedClock) -> None:
    (ca.home.path / STOP_FILE).touch()
    clock.turn(days=HALF, hours=1)

    assert sorted(map(common_name, renewed(ca))) == RENEWABLE
