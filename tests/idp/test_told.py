"""What is told of a person is looked up at once, and is what the four looks by themselves say."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from idp.consents import withheld
from idp.consents.tables import ConsentVersion
from idp.own_claims import own_claims
from idp.tables import Account, SelfDescription
from idp.told import Known, known_of
from ledger.base import Fact
from ledger.entry import fact_values
from ledger.ledger import Ledger
from ledger.people import Person as PersonRow
from ledger.people import PersonDetail
from ledger.rounds import in_rounds
from ledger.standing import detail_of
from tests.doubles import TurnedClock
from tests.idp.conftest import DESK, PersonRegistered
from tests.idp.visitor import Person, Service

NOBODY = "nobody"


def plain(fact: Fact | None) -> dict[str, Any] | None:
    return fact_values(fact) if fact is not None else None


def by_themselves(ledger: Ledger, account_id: str, client_id: str) -> tuple[Any, ...] | None:
    with ledger.read() as reading:
        account = reading.get(Account, account_id)
        person = reading.get(PersonRow, account.person_id) if account else None
        if person is None:
            return None
        own = own_claims(reading, account_id)
        detail = detail_of(reading, person.id)
        return plain(person), plain(detail), own, withheld(reading, account_id, client_id)


def at_once(ledger: Ledger, account_id: str, client_id: str) -> tuple[Any, ...] | None:
    with ledger.read() as reading:
        known: Known | None = known_of(reading, account_id, client_id)
    return (plain(known.person), plain(known.detail), known.own, known.withheld) if known else None


def word(clock: TurnedClock, account_id: str, client_id: str, number: int, withheld_: str) -> ConsentVersion:
    return ConsentVersion(
        id=f"c-{account_id}-{client_id}-{number}"[-64:], account_id=account_id, client_id=client_id, number=number,
        scope="profile", at=clock.now(), until=clock.now(), claims="", withheld=withheld_,
    )  # fmt: skip


@pytest.fixture
def accounts(
    ledger: Ledger, clock: TurnedClock, somphone: Person, vanida: Person, edocument: Service, library: Service
) -> Sequence[str]:
    """One with several versions of all, one with the first of each, one whose names were erased, and nobody's."""
    rich, poor, one, other = (
        somphone.account.account_id, vanida.account.account_id, edocument.client.client_id, library.client.client_id,
    )  # fmt: skip
    names = {"family_lo": None, "given_en": "Som", "family_en": None, "search_key": "x", "source": "citizens"}
    with ledger.entry(PersonRegistered("10000031"), DESK) as tx:
        tx.add(PersonRow(id="p-erased", number="10000031"), Account(id="a-erased", person_id="p-erased"))
    with ledger.entry(PersonRegistered(somphone.number), DESK) as tx:
        tx.add(
            *(
                PersonDetail(id=f"v{number}", person_id=somphone.id, number=number, given_lo=f"{number}", **names)
                for number in (10, 2, 9)
            ),
            *(
                SelfDescription(
                    id=f"s{number}", account_id=rich, number=number, claims=f'{{"nickname":"{number}"}}', at=clock.now()
                )
                for number in (1, 10, 9)
            ),
            *(word(clock, rich, one, number, f"email x{number}") for number in (1, 2)),
            word(clock, rich, other, 11, ""),
            word(clock, rich, other, 3, "phone_number"),
            word(clock, poor, other, 1, "name"),
        )
    return rich, poor, "a-erased", NOBODY


def test_one_look_says_what_four_say(
    ledger: Ledger, accounts: Sequence[str], edocument: Service, library: Service
) -> None:
    clients = [edocument.client.client_id, library.client.client_id, NOBODY]
    pairs = [(account, client) for account in accounts for client in clients]

    alone = [at_once(ledger, *pair) for pair in pairs]
    together = [one.value for one in in_rounds([partial(at_once, ledger, *pair) for pair in pairs])]  # type: ignore[union-attr]

    expected = [by_themselves(ledger, *pair) for pair in pairs]
    assert alone == together == expected
    assert expected[0] is not None
    assert (expected[0][1]["given_lo"], expected[0][2].claims, expected[0][3]) == (
        "10", {"nickname": "10"}, {"email", "x2"},
    )  # fmt: skip
    assert [one is None for one in expected] == [False] * 9 + [True] * 3
    assert expected[6] is not None
    assert expected[6][1] is None
