"""CRLs are renewed in time, and their numbers only rise."""

from datetime import timedelta

from pki.crl import parse_crl
from tests.ca.conftest import PracticeCa


def test_a_crl_without_changes_is_renewed_after_a_day_and_not_before(ca: PracticeCa) -> None:
    room = ca.room()
    room.turn()

    ca.ledger.clock.turn(hours=23)  # type: ignore[attr-defined]
    early = room.turn().crls
    ca.ledger.clock.turn(hours=1)  # type: ignore[attr-defined]
    due = room.turn().crls

    assert early == []
    assert sorted(crl.number for crl in due) == [2, 2, 2]


def test_the_numbers_of_an_issuers_crls_rise_by_one_and_none_lapses_before_the_next(ca: PracticeCa) -> None:
    room = ca.room()

    lists = []
    for _ in range(14):
        ca.ledger.clock.turn(days=1)  # type: ignore[attr-defined]
        lists.append(next(parse_crl(crl.der) for crl in room.turn().crls if crl.issuer_id == ca.issuing("officers").id))

    assert [one.number for one in lists] == list(range(2, 16))
    assert {one.next_update - one.this_update for one in lists} == {timedelta(days=3)}
