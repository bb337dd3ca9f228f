"""A CA reaches its own end, and nobody closed it: what is told of its certificates from then on, and of others'."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, OCSPResponseStatus, load_der_ocsp_response

from ledger.ledger import Ledger
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.profile import FOR_EVER
from tests.doubles import TurnedClock
from tests.issuing import UNTIL, PracticeIssuer
from tests.ocsp.conftest import asked
from tests.recorded import RecordedIssuer

SECOND = timedelta(seconds=1)
ENDED_AT = datetime(2027, 5, 1, 8, 30, tzinfo=UTC)
LATER = [timedelta(), timedelta(hours=13), timedelta(days=40), timedelta(days=60 * 366)]
"""Since the second after the end; by all but the first, whatever was signed before it has passed its time."""
nonces = pytest.mark.parametrize("nonce", [None, b"n" * 16], ids=["plain", "nonce"])


@pytest.fixture
def certificates(issuer: RecordedIssuer) -> dict[str, x509.Certificate]:
    """By what was so of each when the CA ended."""
    (_, good), (held_id, held), (revoked_id, revoked) = issuer.issue(), issuer.issue(), issuer.issue()
    issuer.hold(held_id, ENDED_AT)
    issuer.revoke(revoked_id, ENDED_AT)
    never = issuer.issuer.leaf("signed past the ledger", 1 << 80)
    return {"good": good, "held": held, "revoked": revoked, "never issued": never}


@pytest.fixture
def responder(
    issuer: RecordedIssuer, certificates: dict[str, x509.Certificate], ledger: Ledger, clock: TurnedClock
) -> OcspResponder:
    return OcspResponder(StatusStore(ledger), lambda _name: issuer.responder_signer, clock)


def told(
    responder: OcspResponder, certificate: x509.Certificate, issuer: RecordedIssuer, nonce: bytes | None
) -> OCSPResponse:
    return load_der_ocsp_response(responder.respond(asked(certificate, issuer.issuer, nonce)).body)


@nonces
@pytest.mark.parametrize("later", LATER, ids=str)
@pytest.mark.parametrize("what", ["good", "held", "revoked"])
def test_the_last_responder_tells_for_ever_what_was_so_at_the_end(
    responder: OcspResponder, issuer: RecordedIssuer, certificates: dict[str, x509.Certificate], clock: TurnedClock,
    what: str, later: timedelta, nonce: bytes | None,
) -> None:  # fmt: skip
    _, last = issuer.delegate(valid_from=UNTIL + SECOND, until=FOR_EVER)
    clock.time = UNTIL + SECOND + later
    responder.store.look()

    answer = told(responder, certificates[what], issuer, nonce)

    [signed_by] = answer.certificates
    assert (signed_by, answer.this_update_utc, answer.next_update_utc) == (last, clock.now(), FOR_EVER)
    assert answer.certificate_status is (OCSPCertStatus.GOOD if what == "good" else OCSPCertStatus.REVOKED)
    assert answer.revocation_time_utc == (None if what == "good" else ENDED_AT)
    assert answer.revocation_reason == {"held": x509.ReasonFlags.certificate_hold,
                                        "revoked": x509.ReasonFlags.key_compromise}.get(what)  # fmt: skip
    assert responder.fault() is None


def test_what_was_never_issued_is_still_never_good_and_holds_for_a_minute(
    responder: OcspResponder, issuer: RecordedIssuer, certificates: dict[str, x509.Certificate], clock: TurnedClock
) -> None:
    issuer.delegate(valid_from=UNTIL + SECOND, until=FOR_EVER)
    clock.time = UNTIL + timedelta(days=40)
    responder.store.look()

    answer = told(responder, certificates["never issued"], issuer, None)

    assert answer.certificate_status is OCSPCertStatus.REVOKED
    assert answer.next_update_utc == clock.now() + timedelta(seconds=60)


@nonces
@pytest.mark.parametrize("later", LATER, ids=str)
def test_without_a_last_responder_nothing_is_told_of_it_and_all_of_the_others(
    responder: OcspResponder, issuer: RecordedIssuer, certificates: dict[str, x509.Certificate], ledger: Ledger,
    clock: TurnedClock, later: timedelta, nonce: bytes | None,
) -> None:  # fmt: skip
    clock.time = UNTIL + SECOND + later
    citizens = RecordedIssuer(ledger, "citizens", PracticeIssuer("Practice citizens"))
    citizens.delegate(issuer.responder_signer, valid_from=clock.now())
    _, other = citizens.issue()
    responder.store.look()

    silent = [told(responder, one, issuer, nonce).response_status for one in certificates.values()]

    assert silent == [OCSPResponseStatus.INTERNAL_ERROR] * 4
    assert told(responder, other, citizens, nonce).certificate_status is OCSPCertStatus.GOOD
    assert responder.fault() is None


@nonces
def test_what_was_kept_before_the_end_is_not_told_behind_it(
    responder: OcspResponder, issuer: RecordedIssuer, certificates: dict[str, x509.Certificate], clock: TurnedClock,
    nonce: bytes | None,
) -> None:  # fmt: skip
    _, until_the_end = issuer.delegate(valid_from=UNTIL - timedelta(days=30), until=UNTIL)
    _, last = issuer.delegate(valid_from=UNTIL + SECOND, until=FOR_EVER)
    clock.time = UNTIL - timedelta(minutes=5)
    responder.store.look()
    before = told(responder, certificates["good"], issuer, nonce)

    clock.time = UNTIL + SECOND
    responder.store.look()
    after = told(responder, certificates["good"], issuer, nonce)

    assert (before.certificates, before.next_update_utc) == ([until_the_end], UNTIL)
    assert (after.certificates, after.next_update_utc) == ([last], FOR_EVER)
