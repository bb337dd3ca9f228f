"""Each sentence of what an exact responder answers, beside what `test_responder.py` says of its life."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus, load_der_ocsp_response

from ledger.ledger import Ledger
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki import der
from pki.keys import verify
from pki.ocsp import ARCHIVE_CUTOFF, CERT_HASH, EXTENDED_REVOKE, NONCE, issuer_keys, parse_request
from pki.parsed import parse_certificate
from pki.profile import FOR_EVER
from pki.signing import SignatureAlgorithm
from tests.doubles import TurnedClock
from tests.issuing import KeySigner, PracticeIssuer, new_key
from tests.ocsp.conftest import Ask, together
from tests.recorded import RecordedIssuer
from tests.vectors.rfc9919 import ISSUER, REQUEST, RESPONSE


def _with_extensions(request: bytes, *extensions: bytes) -> bytes:
    requests = der.parts(der.parts(request)[0].whole)[0].whole
    return der.sequence(der.sequence(requests, der.explicit(2, der.sequence(*extensions))))


def _nonce(octets: bytes) -> bytes:
    return der.sequence(NONCE, der.octet_string(der.octet_string(octets)))


def test_what_was_never_issued_holds_for_a_minute_at_most(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask
) -> None:
    reply = responder.respond(ask(issuer.issuer.leaf("rogue", 666), issuer.issuer))

    answer = load_der_ocsp_response(reply.body)
    assert answer.next_update_utc is not None
    assert answer.next_update_utc - answer.this_update_utc == timedelta(seconds=60)
    assert reply.headers["Cache-Control"].startswith("max-age=30,")
    assert reply.keep_until == 0


def _archive_cutoff(issuer: RecordedIssuer) -> bytes:
    """The extension as it stands in an answer: status is kept from the CA's beginning on."""
    began = der.generalized_time(issuer.issuer.certificate.not_valid_before_utc)
    return der.sequence(ARCHIVE_CUTOFF, der.octet_string(began))


def test_among_several_what_was_never_issued_holds_for_a_minute_and_what_was_says_all_that_it_says_alone(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()
    never = issuer.issuer.leaf("rogue", 666)

    reply = responder.respond(together(ask(certificate, issuer.issuer), ask(never, issuer.issuer)))

    told = list(load_der_ocsp_response(reply.body).responses)
    assert [one.certificate_status for one in told] == [OCSPCertStatus.GOOD, OCSPCertStatus.REVOKED]
    assert {one.next_update_utc - one.this_update_utc for one in told if one.next_update_utc} == {timedelta(seconds=60)}
    assert reply.headers["Cache-Control"].startswith("max-age=30,")
    assert [reply.body.count(one) for one in (_archive_cutoff(issuer), CERT_HASH, EXTENDED_REVOKE)] == [1, 1, 1]


@pytest.mark.parametrize("nonce", [None, b"n" * 16], ids=["plain", "nonce"])
def test_every_good_answer_has_the_archive_cutoff_and_the_hash(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, nonce: bytes | None
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()

    body = responder.respond(ask(certificate, issuer.issuer, nonce)).body

    assert [body.count(one) for one in (_archive_cutoff(issuer), CERT_HASH)] == [1, 1]
    assert certificate.fingerprint(SHA256()) in body


def test_a_closed_ca_is_answered_for_without_end(ledger: Ledger, clock: TurnedClock, ask: Ask) -> None:
    closed = RecordedIssuer(ledger)
    began = datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC)
    closed.delegate(valid_from=began, days=(FOR_EVER - began).days)
    _, certificate = closed.issue()
    responder = OcspResponder(StatusStore(ledger), lambda _name: closed.responder_signer, clock)

    reply = responder.respond(ask(certificate, closed.issuer))

    assert load_der_ocsp_response(reply.body).next_update_utc == FOR_EVER
    assert b"\x18\x0f99991231235959Z" in reply.body
    assert reply.headers["Expires"] == "Fri, 31 Dec 9999 23:59:59 GMT"


def test_the_status_of_an_issuing_ca_is_told_for_its_root(ledger: Ledger, clock: TurnedClock, ask: Ask) -> None:
    root = RecordedIssuer(ledger, "root", PracticeIssuer("Practice root"))
    root.delegate()
    below = PracticeIssuer("Practice officers", root.issuer)
    intent_id, number = root.intend("issuing-ca", below.certificate.serial_number)
    root.finish(intent_id, below.certificate, "issuing-ca")
    responder = OcspResponder(StatusStore(ledger), lambda _name: root.responder_signer, clock)

    answer = load_der_ocsp_response(responder.respond(ask(below.certificate, root.issuer)).body)

    assert (answer.certificate_status, answer.serial_number) == (OCSPCertStatus.GOOD, number)


@pytest.mark.parametrize(
    "algorithm",
    [SignatureAlgorithm.RSA_PKCS1_SHA256, SignatureAlgorithm.ECDSA_P384_SHA384, SignatureAlgorithm.ML_DSA_65],
)
def test_responders_of_every_algorithm_answer_with_and_without_a_nonce(
    ledger: Ledger, clock: TurnedClock, ask: Ask, algorithm: SignatureAlgorithm
) -> None:
    issuer = RecordedIssuer(ledger, responder_signer=KeySigner(new_key(algorithm)))
    issuer.delegate()
    _, certificate = issuer.issue()
    responder = OcspResponder(StatusStore(ledger), lambda _name: issuer.responder_signer, clock)

    for nonce in (None, b"n" * 16):
        answer = load_der_ocsp_response(responder.respond(ask(certificate, issuer.issuer, nonce)).body)
        assert answer.certificate_status is OCSPCertStatus.GOOD
        verify(issuer.responder_signer.public_key, algorithm, answer.tbs_response_bytes, answer.signature)


@pytest.mark.parametrize("length", [16, 20, 32])
def test_a_nonce_of_16_to_32_octets_is_echoed_each_time(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, length: int
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()

    for filling in (b"a", b"b"):
        nonce = filling * length
        answer = load_der_ocsp_response(responder.respond(ask(certificate, issuer.issuer, nonce)).body)
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


@pytest.mark.parametrize("length", [1, 15, 33, 128])
def test_other_lawful_nonces_are_answered_without(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, length: int
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()

    reply = responder.respond(_with_extensions(ask(certificate, issuer.issuer), _nonce(b"n" * length)))

    assert reply.outcome == "good"
    assert len(load_der_ocsp_response(reply.body).extensions) == 0


@pytest.mark.parametrize("length", [0, 129, 300])
def test_nonces_that_rfc_9654_forbids_are_malformed(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, length: int
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()

    reply = responder.respond(_with_extensions(ask(certificate, issuer.issuer), _nonce(b"n" * length)))

    assert load_der_ocsp_response(reply.body).response_status is OCSPResponseStatus.MALFORMED_REQUEST


def test_a_name_of_ours_with_a_key_of_another_is_unauthorized(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask
) -> None:
    other = PracticeIssuer(issuer.issuer.common_name)

    assert responder.respond(ask(other.leaf("x", 1001), other)).outcome == "unauthorized"


def test_the_same_question_gets_the_same_octets_until_status_changes(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    certificate_id, certificate = issuer.issue()
    request = ask(certificate, issuer.issuer)
    responder.store.look()
    first = responder.respond(request)
    clock.turn(minutes=59)
    responder.store.look()
    again = responder.respond(request)

    issuer.revoke(certificate_id, clock.now())
    responder.store.look()

    assert first.body == again.body
    assert responder.respond(request).outcome == "revoked"


def test_an_answer_is_signed_anew_after_an_hour_and_when_the_clock_was_turned_back(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    request = ask(certificate, issuer.issuer)
    responder.store.look()
    first = responder.respond(request).body
    clock.turn(hours=1)
    responder.store.look()
    later = load_der_ocsp_response(responder.respond(request).body)
    clock.turn(seconds=-1)

    back = load_der_ocsp_response(responder.respond(request).body)

    assert load_der_ocsp_response(first).this_update_utc < later.this_update_utc
    assert back.this_update_utc == later.this_update_utc - timedelta(seconds=1)


def test_signed_and_unsigned_requests_get_the_same_answer(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask
) -> None:
    _, certificate = issuer.issue()
    plain = ask(certificate, issuer.issuer)
    responder.store.look()

    signed = der.sequence(der.parts(plain)[0].whole, der.explicit(0, der.sequence()))

    assert responder.respond(signed).body == responder.respond(plain).body


def test_the_request_of_rfc_9919_appendix_b_asks_what_the_rfc_says() -> None:
    asked = parse_request(b64decode(REQUEST))

    issuer = parse_certificate(b64decode(ISSUER))
    (one,) = asked.certificates
    assert (one.digest, one.serial_number, asked.nonce) == ("sha256", 27979789, None)
    assert (one.digest, one.issuer_name_hash, one.issuer_key_hash) in issuer_keys(issuer.subject, issuer.spki)


def test_our_answer_to_appendix_b_has_the_form_of_the_one_in_the_rfc(ledger: Ledger, clock: TurnedClock) -> None:
    theirs = RecordedIssuer(ledger, issuer=_Foreign())
    theirs.delegate()
    intent_id, _ = theirs.intend(serial_number=27979789)
    theirs.finish(intent_id, theirs.issuer.leaf("xn--18j4d.example", 27979789))
    responder = OcspResponder(StatusStore(ledger), lambda _name: theirs.responder_signer, clock)

    ours = load_der_ocsp_response(responder.respond(b64decode(REQUEST)).body)

    rfc = load_der_ocsp_response(b64decode(RESPONSE))
    assert (ours.issuer_name_hash, ours.issuer_key_hash) == (rfc.issuer_name_hash, rfc.issuer_key_hash)
    assert _certificate_id(ours.public_bytes(Encoding.DER)) == _certificate_id(b64decode(RESPONSE))
    assert (ours.certificate_status, ours.serial_number) == (rfc.certificate_status, rfc.serial_number)
    assert ours.responder_name is rfc.responder_name is None
    assert ours.next_update_utc is not None


class _Foreign(PracticeIssuer):
    """The issuer of the RFC, as far as status needs it: its certificate, and leaves by a key of ours."""

    @property
    def der(self) -> bytes:
        return b64decode(ISSUER)


def _certificate_id(body: bytes) -> bytes:
    basic = der.parts(der.parts(der.children(der.parts(body)[1].content)[0].whole)[1].content)
    fields = der.children(basic[0].content)
    singles = next(field for field in fields if field.tag == der.SEQUENCE)
    return der.parts(der.children(singles.content)[0].whole)[0].whole
