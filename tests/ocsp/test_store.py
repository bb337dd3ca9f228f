from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.follow import follow
from ledger.ledger import Ledger, LedgerUnavailable
from ocsp.store import Authority, StatusStore, _batches
from pki.status import CertificateStatus, Good, Held, NeverIssued, Pending, Revoked
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from tests.issuing import PracticeIssuer
from tests.ledger.doubles import StopAtFirstWait
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
    (_, oldest), (early_id, early) = issuer.intend(), issuer.intend()
    issuer.revoke(early_id, clock.now(), "superseded")
    ids = [issuer.issue() for _ in range(4)]
    issuer.revoke(ids[0][0], clock.now())
    issuer.hold(ids[1][0], clock.now())
    issuer.release(issuer.hold(ids[2][0], clock.now()), clock.now())
    issuer.delegate()
    (_, pending), (abandoned_id, abandoned) = issuer.intend(), issuer.intend()
    issuer.revoke(abandoned_id, clock.now(), "superseded")

    store.look()
    loaded = StatusStore(ledger)

    numbers = [*(certificate.serial_number for _, certificate in ids), oldest, early, pending, abandoned]
    followed = [store.status(only(store), number) for number in numbers]
    assert followed == [loaded.status(only(loaded), number) for number in numbers]
    assert [type(status) for status in followed] == [Revoked, Held, Good, Good, Pending, Revoked, Pending, Revoked]
    assert len(loaded) == len(store)
    assert store.responders(only(store), clock.now()) == loaded.responders(only(loaded), clock.now())


def test_an_issuer_that_comes_later_is_answered_for(store: StatusStore, ledger: Ledger) -> None:
    RecordedIssuer(ledger, "citizens", PracticeIssuer("Practice citizens"))
    store.look()

    assert {authority.name for authority in store.authorities()} == {"officers", "citizens"}


@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "followed"])
def test_a_name_and_key_in_two_entries_are_one_authority_with_the_certificates_of_both(
    store: StatusStore, issuer: RecordedIssuer, ledger: Ledger, *, loaded: bool
) -> None:
    again = RecordedIssuer(ledger, "officers-anew", issuer.issuer, numbers=count(5000))
    certificates = [issuer.issue()[1], again.issue()[1]]
    store = StatusStore(ledger) if loaded else store
    store.look()

    statuses = [store.status(only(store), one.serial_number) for one in certificates]

    assert statuses == [Good(one.fingerprint(SHA256()).hex()) for one in certificates]


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


class Failing:
    """Stands for a reading that fails from its `good`-th time on, while `broken`."""

    def __init__(self, reading: Callable[[Sequence[str]], Iterator[Sequence[str]]], good: int = 0) -> None:
        self.reading, self.good, self.broken = reading, good, True

    def __call__(self, keys: Sequence[str]) -> Iterator[Sequence[str]]:
        for number, some in enumerate(self.reading(keys)):
            if self.broken and number >= self.good:
                raise LedgerUnavailable("the database went away between two statements")
            yield some


def test_status_is_fresh_only_when_what_was_seen_is_taken_in(
    store: StatusStore, issuer: RecordedIssuer, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.now()
    failing = Failing(_batches)
    monkeypatch.setattr("ocsp.store._batches", failing)
    _, certificate = issuer.issue()
    clock.turn(seconds=60)
    seen = store._follower.look()

    with pytest.raises(LedgerUnavailable):
        store.apply(seen)
    while_failing = store.looked_at
    failing.broken = False
    store.apply(seen)

    assert while_failing == began
    assert store.looked_at == clock.now()
    assert isinstance(store.status(only(store), certificate.serial_number), Good)


def test_a_look_that_failed_half_way_loses_nothing(
    store: StatusStore, issuer: RecordedIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(_batches)
    monkeypatch.setattr("ocsp.store._batches", failing)
    _, certificate = issuer.issue()

    with pytest.raises(LedgerUnavailable):
        store.look()
    failing.broken = False
    store.look()

    assert isinstance(store.status(only(store), certificate.serial_number), Good)


def test_a_ledger_in_which_nothing_happens_is_fresh_all_the_same(store: StatusStore, clock: TurnedClock) -> None:
    clock.turn(seconds=60)

    follow(store._follower, store.apply, StopAtFirstWait())

    assert store.looked_at == clock.now()


def test_watchers_are_told_of_a_change_though_taking_in_the_rest_failed(
    store: StatusStore, issuer: RecordedIssuer, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = [issuer.issue() for _ in range(2)]
    store.look()
    told: list[CertificateStatus] = []
    store.watch(lambda: told.extend(store.status(only(store), one.serial_number) for _, one in issued))
    monkeypatch.setattr("ocsp.store._AT_ONCE", 1)
    monkeypatch.setattr("ocsp.store._batches", Failing(_batches, good=1))
    for certificate_id, _ in issued:
        issuer.revoke(certificate_id, clock.now())

    with pytest.raises(LedgerUnavailable):
        store.look()

    assert [type(one) for one in told] == [Revoked, Good]


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
