"""Status does not end with the certificate: what was revoked stays so, on both channels."""

from ca.publication.listing import listed
from ledger.ledger import Ledger
from ocsp.store import StatusStore
from pki.status import Good, Revoked
from tests.doubles import TurnedClock
from tests.recorded import RecordedIssuer


def test_a_revoked_certificate_is_revoked_on_both_channels_long_after_its_time(
    ledger: Ledger, clock: TurnedClock
) -> None:
    issuer = RecordedIssuer(ledger)
    certificate_id, certificate = issuer.issue()
    at = clock.now()
    issuer.revoke(certificate_id, at)

    clock.turn(days=10 * 366)
    store = StatusStore(ledger)
    with ledger.read() as session:
        entries = [(entry.serial, entry.at) for entry in listed(session, issuer.id)]

    (authority,) = store.authorities()
    assert clock.now() > certificate.not_valid_after_utc
    assert store.status(authority, certificate.serial_number) == Revoked(at, "keyCompromise")
    assert entries == [(certificate.serial_number, at)]


def test_a_certificate_that_was_good_to_its_end_was_never_revoked(ledger: Ledger, clock: TurnedClock) -> None:
    issuer = RecordedIssuer(ledger)
    _, certificate = issuer.issue()

    clock.turn(days=10 * 366)
    store = StatusStore(ledger)

    (authority,) = store.authorities()
    assert isinstance(store.status(authority, certificate.serial_number), Good)
