from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.ledger import Ledger
from ocsp.store import Authority, StatusStore
from pki.status import Good, Held, NeverIssued, Pending, Revoked
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from tests.issuing import PracticeIssuer
from tests.recorded import RecordedIssuer


@pytest.fixture
def issuer(ledger: Ledger) -> RecordedIssuer:
    return RecordedIssuer(ledger)


@pytest.fixture
def store(issuer: RecordedIssuer, ledger: Ledger) -> StatusStore:
    """A store that was loaded when the issuer existed and nothing was issued yet."""
    return StatusStore(ledger)


def only(store: StatusStore) -> Authority:
    (authority,) = store.authorities()
    return authority


def test_what_was_never_issued_is_never_good(store: StatusStore) -> None:
    assert store.status(only(store), 12345) == NeverIssued()


def test_an_intent_is_pending_until_its_certificate_is_there(store: StatusStore, issuer: RecordedIssuer) -> None:
    intent_id, number = issuer.intend()
    store.look()
    before = store.status(only(store), number)

    certificate = issuer.finish(intent_id, issuer.issuer.leaf("ສົມພອນ", number))
    store.look()

    assert before == Pending()
    assert store.status(only(store), number) == Good(certificate.fingerprint(SHA256()).hex())


def test_an_intent_ended_without_certificate_is_revoked(
    store: StatusStore, issuer: RecordedIssuer, clock: TurnedClock
) -> None:
    intent_id, number = issuer.intend()
    issuer.revoke(intent_id, clock.now(), "superseded")
    store.look()

    assert store.status(only(store), number) == Revoked(clock.now(), "superseded")


def test_a_hold_pauses_and_a_release_ends_it(store: StatusStore, issuer: RecordedIssuer, clock: TurnedClock) -> None:
    certificate_id, certificate = issuer.issue()
    hold_id = issuer.hold(certificate_id, clock.now())
    store.look()
    held = store.status(only(store), certificate.serial_number)

    issuer.release(hold_id, clock.now())
    store.look()

    assert held == Held(clock.now())
    assert isinstance(store.status(only(store), certificate.serial_number), Good)


def test_a_revocation_outlasts_every_hold_and_release(
    store: StatusStore, issuer: RecordedIssuer, clock: TurnedClock
) -> None:
    certificate_id, certificate = issuer.issue()
    hold_id = issuer.hold(certificate_id, clock.now())
    issuer.revoke(certificate_id, clock.now())
    issuer.release(hold_id, clock.now())
    store.look()

    assert store.status(only(store), certificate.serial_number) == Revoked(clock.now(), "keyCompromise")


def test_a_store_that_loads_knows_what_a_store_that_followed_knows(
    store: StatusStore, issuer: RecordedIssuer, ledger: Ledger, clock: TurnedClock
) -> None:
    ids = [issuer.issue() for _ in range(4)]
    issuer.revoke(ids[0][0], clock.now())
    issuer.hold(ids[1][0], clock.now())
    issuer.release(issuer.hold(ids[2][0], clock.now()), clock.now())
    issuer.delegate()

    store.look()
    loaded = StatusStore(ledger)

    numbers = [certificate.serial_number for _, certificate in ids]
    followed = [store.status(only(store), number) for number in numbers]
    assert followed == [loaded.status(only(loaded), number) for number in numbers]
    assert [type(status) for status in followed] == [Revoked, Held, Good, Good]
    assert store.responders(only(store), clock.now()) == loaded.responders(only(loaded), clock.now())


def test_an_issuer_that_comes_later_is_answered_for(store: StatusStore, ledger: Ledger) -> None:
    RecordedIssuer(ledger, "citizens", PracticeIssuer("Practice citizens"))
    store.look()

    assert {authority.name for authority in store.authorities()} == {"officers", "citizens"}


def test_the_newest_valid_responder_certificate_comes_first(
    store: StatusStore, issuer: RecordedIssuer, clock: TurnedClock
) -> None:
    month = 30
    _, older = issuer.delegate(valid_from=clock.now().replace(month=10), days=90)
    _, newer = issuer.delegate(valid_from=clock.now().replace(day=1), days=month)
    issuer.delegate(valid_from=clock.now().replace(month=9), days=month)
    store.look()

    found = store.responders(only(store), clock.now())

    assert [one.serial_number for one in found] == [newer.serial_number, older.serial_number]


def test_a_revoked_responder_certificate_is_not_used(
    store: StatusStore, issuer: RecordedIssuer, clock: TurnedClock
) -> None:
    certificate_id, _ = issuer.delegate()
    issuer.revoke(certificate_id, clock.now())
    store.look()

    assert store.responders(only(store), clock.now()) == []
    assert store.serves(only(store))


@pytest.fixture
def another_process(database_url: str) -> Iterator[Ledger]:
    """The responder's own view of the same database, under its own role, with a clock of the machine's pace."""
    ledger = Ledger(url_of("ocsp", database_url), TurnedClock(), SteadyChance(2), "0.1.0", "ocsp")
    yield ledger
    ledger.close()


def test_every_process_sees_a_revocation_within_a_second(
    issuer: RecordedIssuer, another_process: Ledger, clock: TurnedClock
) -> None:
    certificate_id, certificate = issuer.issue()
    store = StatusStore(another_process)
    store.start()

    issuer.revoke(certificate_id, clock.now())

    took = _seconds_until_revoked(store, certificate)
    store.stop()
    assert took < 1.0


def _seconds_until_revoked(store: StatusStore, certificate: x509.Certificate) -> float:
    began = monotonic()
    while monotonic() - began < 5:
        if isinstance(store.status(only(store), certificate.serial_number), Revoked):
            break
        sleep(0.01)
    return monotonic() - began


@pytest.mark.sqlite_only("a file can be taken away from under a process, a server has tests of its own")
def test_a_lost_database_is_noticed_and_so_is_its_return(
    store: StatusStore, issuer: RecordedIssuer, ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    store.start()
    _take_away(ledger, tmp_path)
    clock.turn(seconds=60)
    sleep(0.5)
    lost = store.looked_at

    _give_back(ledger, tmp_path)
    _, certificate = issuer.issue()
    sleep(1.0)

    store.stop()
    assert lost is not None
    assert clock.now() - lost >= timedelta(seconds=60)
    assert store.looked_at == clock.now()
    assert isinstance(store.status(only(store), certificate.serial_number), Good)


def _take_away(ledger: Ledger, folder: Path) -> None:
    """The database file is gone, and nothing can be opened in its place."""
    ledger.close()
    (folder / "laotrust.db").rename(folder / "kept.db")
    (folder / "laotrust.db").mkdir()
    ledger.close()


def _give_back(ledger: Ledger, folder: Path) -> None:
    (folder / "laotrust.db").rmdir()
    (folder / "kept.db").rename(folder / "laotrust.db")
    ledger.close()
