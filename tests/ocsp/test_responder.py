from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, OCSPResponseStatus, load_der_ocsp_response
from sqlalchemy import func, select

from ledger.entry import Entry
from ledger.ledger import Ledger
from ocsp.book import Book
from ocsp.events import EVENTS
from ocsp.policy import may_answer
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki import der
from pki.signing import SignatureAlgorithm, Signer
from tests.doubles import TurnedClock
from tests.issuing import UNTIL, KeySigner, PracticeIssuer, new_key
from tests.ocsp.conftest import Ask, together
from tests.recorded import RecordedIssuer

NONCE = b"n" * 16


def read(body: bytes) -> OCSPResponse:
    return load_der_ocsp_response(body)


@pytest.mark.parametrize("digest", [SHA1(), SHA256()], ids=["sha1", "sha256"])
def test_an_issued_certificate_is_good_and_its_hash_is_named(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, digest: SHA1 | SHA256
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()

    reply = responder.respond(ask(certificate, issuer.issuer, NONCE, digest))

    answer = read(reply.body)
    signed_by = issuer.responder_signer.key.public_key()
    signed_by.verify(answer.signature, answer.tbs_response_bytes, ECDSA(SHA256()))  # type: ignore[call-arg, arg-type]
    hashed = answer.single_extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.36.8.3.13")).value
    assert answer.certificate_status is OCSPCertStatus.GOOD
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE
    assert der.parts(hashed.value)[1].content == certificate.fingerprint(SHA256())  # type: ignore[attr-defined]
    assert (reply.outcome, reply.digest) == ("good", digest.name)


def test_what_was_asked_with_a_nonce_is_prepared_for_the_rest_of_its_second(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    (_, first), (_, second) = issuer.issue(), issuer.issue()
    responder.store.look()
    question, now = ask(second, issuer.issuer, b"m" * 16), clock.now().timestamp()
    before = responder.prepared(question, now)

    responder.respond(ask(first, issuer.issuer, NONCE))

    found = responder.prepared(question, now)
    assert before is None
    assert found is not None
    answer = read(found.body)
    signed_by = issuer.responder_signer.key.public_key()
    signed_by.verify(answer.signature, answer.tbs_response_bytes, ECDSA(SHA256()))  # type: ignore[call-arg, arg-type]
    assert (answer.serial_number, answer.certificate_status) == (second.serial_number, OCSPCertStatus.GOOD)
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"m" * 16
    assert responder.prepared(question, now + 1) is None
    assert responder.prepared(ask(second, issuer.issuer), now) is None


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm))
def test_what_one_worker_signed_for_all_no_other_signs_again(
    ledger: Ledger, clock: TurnedClock, ask: Ask, algorithm: SignatureAlgorithm, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = RecordedIssuer(ledger, responder_signer=KeySigner(new_key(algorithm)))
    issuer.delegate()
    _, certificate = issuer.issue()
    book, store, question = Book(64), StatusStore(ledger), ask(certificate, issuer.issuer)
    signed: list[bytes] = []
    sign = issuer.responder_signer.sign

    def noting(octets: bytes) -> bytes:
        signed.append(octets)
        return sign(octets)

    monkeypatch.setattr(issuer.responder_signer, "sign", noting)
    workers = [OcspResponder(store, lambda _name: issuer.responder_signer, clock, book) for _ in range(2)]

    first, second = (worker.respond(question) for worker in workers)

    assert read(first.body).certificate_status is OCSPCertStatus.GOOD
    assert first == second
    assert len(signed) == 1


@pytest.mark.parametrize("how", ["revoked", "held", "pending", "never issued"])
def test_nothing_but_good_is_prepared(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock, how: str
) -> None:
    (certificate_id, certificate), (_, other) = issuer.issue(), issuer.issue()
    if how == "revoked":
        issuer.revoke(certificate_id, clock.now())
    elif how == "held":
        issuer.hold(certificate_id, clock.now())
    elif how == "pending":
        certificate = issuer.issuer.leaf("ສົມພອນ", issuer.intend()[1])
    else:
        certificate = issuer.issuer.leaf("signed past the ledger", certificate.serial_number ^ 1 << 30)
    responder.store.look()
    questions = [ask(one, issuer.issuer, NONCE) for one in (other, certificate)]
    for question in questions:
        responder.respond(question)

    of_other, found = (responder.prepared(question, clock.now().timestamp()) for question in questions)

    assert of_other is not None
    assert found is None


def test_a_certificate_that_was_never_issued_is_never_good(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask
) -> None:
    rogue = issuer.issuer.leaf("signed past the ledger", 666)

    answer = read(responder.respond(ask(rogue, issuer.issuer)).body)

    assert answer.certificate_status is OCSPCertStatus.REVOKED
    assert answer.revocation_time_utc == datetime(1970, 1, 1, tzinfo=UTC)
    assert answer.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.9"))


def test_while_an_intent_has_no_certificate_we_ask_to_try_later(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask
) -> None:
    intent_id, number = issuer.intend()
    certificate = issuer.issuer.leaf("ສົມພອນ", number)
    responder.store.look()
    before = responder.respond(ask(certificate, issuer.issuer))

    issuer.finish(intent_id, certificate)
    responder.store.look()

    assert (read(before.body).response_status, before.outcome) == (OCSPResponseStatus.TRY_LATER, "pending")
    assert responder.respond(ask(certificate, issuer.issuer)).outcome == "good"


def test_revocation_hold_and_release_show_at_the_next_look(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    certificate_id, certificate = issuer.issue()
    request = ask(certificate, issuer.issuer)

    hold_id = issuer.hold(certificate_id, clock.now())
    responder.store.look()
    held = responder.respond(request).outcome
    issuer.release(hold_id, clock.now())
    responder.store.look()
    released = responder.respond(request).outcome
    issuer.revoke(certificate_id, clock.now())
    responder.store.look()

    assert (held, released, responder.respond(request).outcome) == ("held", "good", "revoked")


def test_a_foreign_issuer_is_unauthorized(responder: OcspResponder, ask: Ask) -> None:
    stranger = PracticeIssuer("Practice officers")

    reply = responder.respond(ask(stranger.leaf("x", 5), stranger))

    assert read(reply.body).response_status is OCSPResponseStatus.UNAUTHORIZED
    assert reply.headers["Cache-Control"] == "no-store"


def test_an_issuer_that_delegated_nothing_is_unauthorized(responder: OcspResponder, ledger: Ledger, ask: Ask) -> None:
    root = RecordedIssuer(ledger, "root", PracticeIssuer("Practice root"))
    _, certificate = root.issue()
    responder.store.look()

    assert responder.respond(ask(certificate, root.issuer)).outcome == "unauthorized"


def test_a_request_that_mixes_issuers_is_unauthorized(
    responder: OcspResponder, issuer: RecordedIssuer, ledger: Ledger, ask: Ask
) -> None:
    citizens = RecordedIssuer(ledger, "citizens", PracticeIssuer("Practice citizens"))
    citizens.delegate(issuer.responder_signer)
    asked = [ask(one.issue()[1], one.issuer) for one in (issuer, citizens)]
    responder.store.look()

    assert [responder.respond(one).outcome for one in asked] == ["good", "good"]
    assert responder.respond(together(*asked)).outcome == "unauthorized"


def test_several_certificates_of_one_issuer_get_one_signature(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask
) -> None:
    asked = [ask(issuer.issue()[1], issuer.issuer) for _ in range(3)]
    responder.store.look()

    reply = responder.respond(together(*asked))

    answers = list(read(reply.body).responses)
    assert [one.certificate_status for one in answers] == [OCSPCertStatus.GOOD] * 3
    assert reply.outcome == "several"


@pytest.mark.parametrize("garbage", [b"", b"<html>", b"\x30\x03\x02\x01\x05", b"\x00" * 4096])
def test_garbage_is_malformed_and_never_enters_the_ledger(
    responder: OcspResponder, ledger: Ledger, garbage: bytes
) -> None:
    with ledger.read() as session:
        before = session.scalar(select(func.count()).select_from(Entry))

    reply = responder.respond(garbage)

    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == before
    assert read(reply.body).response_status is OCSPResponseStatus.MALFORMED_REQUEST
    assert EVENTS == ()


def test_an_oversize_request_is_malformed_and_counted_apart(responder: OcspResponder) -> None:
    reply = responder.respond(b"\x30" * 4097)

    assert (read(reply.body).response_status, reply.outcome) == (OCSPResponseStatus.MALFORMED_REQUEST, "oversize")


def test_status_that_was_not_seen_for_two_seconds_is_not_told(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()
    clock.turn(seconds=2)
    fresh = responder.respond(ask(certificate, issuer.issuer))

    clock.turn(microseconds=1)
    stale = responder.respond(ask(certificate, issuer.issuer))

    assert (fresh.outcome, stale.outcome) == ("good", "not-fresh")
    assert read(stale.body).response_status is OCSPResponseStatus.TRY_LATER
    assert "ocsp.not-fresh" in str(responder.fault())


def test_a_clock_behind_the_ledger_is_not_trusted(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()
    clock.turn(seconds=-3)
    responder.store.look()

    assert read(responder.respond(ask(certificate, issuer.issuer)).body).response_status is OCSPResponseStatus.TRY_LATER
    assert "ocsp.clock" in str(responder.fault())


def test_before_the_first_look_nothing_is_told() -> None:
    assert not may_answer(datetime(2026, 1, 1, tzinfo=UTC), None, None)


def test_a_renewed_certificate_for_the_same_key_is_used_without_a_restart(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    _, renewed = issuer.delegate(valid_from=clock.now() - timedelta(hours=1))
    responder.store.look()

    (sent,) = read(responder.respond(ask(certificate, issuer.issuer)).body).certificates

    assert sent == renewed


def test_who_was_revoked_while_he_was_being_chosen_signs_that_once_and_no_more(
    responder: OcspResponder, issuer: RecordedIssuer, ledger: Ledger, ask: Ask, clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    clock.turn(seconds=5)
    certificate_id, revoked = issuer.delegate(valid_from=clock.now())
    (_, certificate), find = issuer.issue(), responder.keys.find
    questions = [ask(certificate, issuer.issuer, nonce) for nonce in (None, NONCE)]
    clock.turn(seconds=2)
    responder.store.look()

    def found_and_then_revoked(*asked: object) -> object:
        found = find(*asked)  # type: ignore[arg-type]
        issuer.revoke(certificate_id, clock.now())
        responder.store.look()
        return found

    with monkeypatch.context() as during:
        during.setattr(responder.keys, "find", found_and_then_revoked)
        before = responder.respond(questions[1])
    after = [responder.respond(question) for question in questions]

    prepared = responder.prepared(questions[1], clock.now().timestamp())
    assert revoked in read(before.body).certificates
    assert prepared is not None
    assert not any(revoked in read(reply.body).certificates for reply in (*after, prepared))


def test_a_certificate_for_a_key_that_we_do_not_hold_is_passed_over(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    _, foreign = issuer.delegate(KeySigner(), valid_from=clock.now() - timedelta(hours=1))
    responder.store.look()

    (sent,) = read(responder.respond(ask(certificate, issuer.issuer)).body).certificates

    assert sent != foreign


def test_without_a_valid_responder_certificate_it_is_our_own_error(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    clock.turn(days=(UNTIL - clock.now()).days)
    responder.store.look()

    reply = responder.respond(ask(certificate, issuer.issuer))

    assert (read(reply.body).response_status, reply.outcome) == (OCSPResponseStatus.INTERNAL_ERROR, "no-responder")
    assert "officers" in str(responder.fault())


def test_an_issuer_past_its_end_without_a_responder_is_no_fault_of_the_house(
    responder: OcspResponder, clock: TurnedClock
) -> None:
    clock.turn(days=(UNTIL - clock.now()).days + 1)
    responder.store.look()

    assert responder.fault() is None


def test_all_is_well_when_status_is_fresh_and_keys_are_certified(responder: OcspResponder) -> None:
    assert responder.fault() is None


def test_an_answer_lives_twelve_hours_and_a_cache_keeps_it_for_half_a_minute(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    responder.store.look()

    reply = responder.respond(ask(certificate, issuer.issuer))

    answer = read(reply.body)
    assert answer.next_update_utc - answer.this_update_utc == timedelta(hours=12)  # type: ignore[operator]
    assert reply.headers["Cache-Control"] == "max-age=30, public, no-transform, must-revalidate"
    assert parsedate_to_datetime(reply.headers["Last-Modified"]) == answer.this_update_utc
    assert parsedate_to_datetime(reply.headers["Expires"]) == answer.next_update_utc
    assert reply.headers["ETag"] == f'"{sha256(reply.body).hexdigest()}"'


@pytest.mark.parametrize("how", ["good", "revoked", "never issued", "several"])
def test_a_signed_answer_has_the_lines_of_rfc_9919_with_a_nonce_too_and_is_never_no_store(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock, how: str
) -> None:
    certificate_id, certificate = issuer.issue()
    if how == "revoked":
        issuer.revoke(certificate_id, clock.now())
    elif how == "never issued":
        certificate = issuer.issuer.leaf("signed past the ledger", 666)
    responder.store.look()
    question = ask(certificate, issuer.issuer, NONCE)

    reply = responder.respond(_twice(question) if how == "several" else question)

    told = next(read(reply.body).responses)
    assert told.next_update_utc is not None
    assert dict(list(reply.headers.items())[3:]) == {
        "ETag": f'"{sha256(reply.body).hexdigest()}"',
        "Cache-Control": "max-age=30, public, no-transform, must-revalidate",
        "Last-Modified": format_datetime(told.this_update_utc, usegmt=True),
        "Expires": format_datetime(told.next_update_utc, usegmt=True),
    }
    assert read(reply.body).extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE


def _twice(question: bytes) -> bytes:
    """The same asked about twice, with its nonce."""
    requests, extensions = der.parts(der.parts(question)[0].whole)
    return der.sequence(der.sequence(der.sequence(requests.content * 2), extensions.whole))


def test_no_answer_outlives_the_responders_certificate(
    issuer: RecordedIssuer, ledger: Ledger, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    citizens = RecordedIssuer(ledger, "citizens", PracticeIssuer("Practice citizens"))
    _, short = citizens.delegate(valid_from=clock.now() - timedelta(hours=23), days=1)
    _, certificate = citizens.issue()
    responder = OcspResponder(StatusStore(ledger), lambda _name: citizens.responder_signer, clock)

    answer = read(responder.respond(ask(certificate, citizens.issuer)).body)

    assert answer.next_update_utc == short.not_valid_after_utc


def test_no_cache_has_an_answer_when_its_time_is_over(
    issuer: RecordedIssuer, ledger: Ledger, ask: Ask, clock: TurnedClock, open_signer: Callable[[str], Signer]
) -> None:
    issuer.delegate(valid_from=clock.now() - timedelta(days=30) + timedelta(seconds=100), days=30)
    responder = OcspResponder(StatusStore(ledger), open_signer, clock)
    question = ask(issuer.issue()[1], issuer.issuer)

    for _ in range(99):
        clock.turn(seconds=1)
        responder.store.look()
        reply = responder.respond(question)
        age = int(reply.headers["Cache-Control"].partition("max-age=")[2].partition(",")[0])
        ends = read(reply.body).next_update_utc
        assert ends is not None
        assert max(clock.now(), datetime.fromtimestamp(reply.keep_until, UTC)) + timedelta(seconds=age) <= ends


def test_fourteen_days_have_no_moment_without_a_valid_answer(
    responder: OcspResponder, issuer: RecordedIssuer, ask: Ask, clock: TurnedClock
) -> None:
    _, certificate = issuer.issue()
    request, lives = ask(certificate, issuer.issuer), []
    for _ in range(14 * 24):
        responder.store.look()
        answer = read(responder.respond(request).body)
        lives.append(answer.this_update_utc <= clock.now() < answer.next_update_utc)  # type: ignore[operator]
        clock.turn(hours=1)

    assert all(lives)


def test_a_key_is_opened_once(responder: OcspResponder, issuer: RecordedIssuer, ledger: Ledger, ask: Ask) -> None:
    opened: list[str] = []

    def open_signer(name: str) -> Signer:
        opened.append(name)
        return issuer.responder_signer

    _, certificate = issuer.issue()
    counting = OcspResponder(StatusStore(ledger), open_signer, ledger.clock)
    outcomes = {counting.respond(ask(certificate, issuer.issuer)).outcome for _ in range(5)}

    assert (outcomes, opened) == ({"good"}, ["officers"])
