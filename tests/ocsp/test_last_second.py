"""At a CA's end one responder follows the other: no instant of any second is without one, and none has a wrong one."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from ledger.ledger import Ledger
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from tests.doubles import TurnedClock
from tests.issuing import FROM, UNTIL
from tests.ocsp.conftest import Ask
from tests.recorded import RecordedIssuer

SECOND = timedelta(seconds=1)


@pytest.fixture
def issuer(ledger: Ledger) -> RecordedIssuer:
    """Its responder's certificate lives as long as it does itself."""
    issuer = RecordedIssuer(ledger)
    issuer.delegate(valid_from=FROM, days=(UNTIL - FROM).days)
    return issuer


@pytest.fixture
def last(issuer: RecordedIssuer) -> x509.Certificate:
    """The certificate of the responder behind its end."""
    return issuer.delegate(valid_from=UNTIL + SECOND)[1]


@pytest.mark.parametrize("microseconds", [-1, 0, 1, 500_000, 999_999, 1_000_000, 1_000_001, 1_999_999])
@pytest.mark.parametrize("nonce", [None, b"n" * 32], ids=["plain", "nonce"])
def test_there_is_a_responder_at_each_instant_of_a_ca_s_last_second_and_of_the_first_behind_it(
    issuer: RecordedIssuer, last: x509.Certificate, clock: TurnedClock, ask: Ask, nonce: bytes | None, microseconds: int
) -> None:
    _, certificate = issuer.issue()
    responder = OcspResponder(StatusStore(issuer.ledger), lambda _name: issuer.responder_signer, clock)
    clock.time = UNTIL + timedelta(microseconds=microseconds)
    responder.store.look()

    answer = load_der_ocsp_response(responder.respond(ask(certificate, issuer.issuer, nonce)).body)

    [signed_by] = answer.certificates
    assert answer.certificate_status is OCSPCertStatus.GOOD
    assert (signed_by == last) == (microseconds >= 1_000_000)
    assert signed_by.not_valid_before_utc <= answer.produced_at_utc <= signed_by.not_valid_after_utc


def test_a_ca_is_over_when_its_last_second_is(issuer: RecordedIssuer) -> None:
    store = StatusStore(issuer.ledger)
    (authority,) = store.authorities()
    instants = [UNTIL, UNTIL + timedelta(microseconds=999_999), UNTIL + SECOND]

    assert [store.is_over(authority, now) for now in instants] == [False, False, True]
    assert [len(store.responders(authority, now)) for now in instants] == [1, 1, 0]
