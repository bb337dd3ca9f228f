"""What a room remembers of the lists' entries is, octet by octet, what it would read anew."""

from hypothesis import given

from ca.publication.entries import Entries
from ca.publication.listing import listed
from ledger.ledger import Ledger
from pki.crl import encoded
from tests.ca.test_crl_histories import ACTS, FEW, SHARDS, History
from tests.doubles import TurnedClock


def read(entries: Entries, ledger: Ledger) -> Entries:
    with ledger.read() as session:
        entries.read(session)
    return entries


@FEW
@given(before=ACTS, after=ACTS)
def test_what_is_read_on_is_what_is_read_anew_after_any_history(
    ledger: Ledger, clock: TurnedClock, before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    history = History(ledger, clock)
    history.go_through(before)
    remembered = read(Entries(history.issuer.id), ledger)

    history.go_through(after)
    for dense in history.serials:  # both are one number in these tests
        remembered.changed(dense)

    anew = read(Entries(history.issuer.id), ledger).shares(SHARDS)
    with ledger.read() as session:
        entries = list(map(encoded, listed(session, history.issuer.id)))
    assert read(remembered, ledger).shares(SHARDS) == anew
    assert list(anew[None].entries) == entries


def test_what_it_was_not_told_of_is_as_it_was_until_it_forgets(ledger: Ledger, clock: TurnedClock) -> None:
    history = History(ledger, clock)
    history.go_through([("issue", 0), ("revoke", 0)])
    remembered = read(Entries(history.issuer.id), ledger)
    before = remembered.shares(None)[None]

    history.go_through([("issue", 0)])
    untold = read(remembered, ledger).shares(None)[None]
    remembered.forget()

    assert untold == before
    assert read(remembered, ledger).shares(None)[None].changes == before.changes + 1


def test_so_many_changes_that_all_is_read_anew_lose_none(ledger: Ledger, clock: TurnedClock) -> None:
    history = History(ledger, clock)
    remembered = read(Entries(history.issuer.id), ledger)

    history.go_through([])
    for dense in range(2_000, 22_001):  # not the one that changed: it is found because all is read
        remembered.changed(dense)

    assert read(remembered, ledger).shares(None)[None].changes == 1
