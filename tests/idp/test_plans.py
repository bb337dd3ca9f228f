"""What the provider asks at each token and page is found by keys, also while its tables are small."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from idp import registered, told
from idp.grants import authorization_code, live, refresh_token
from idp.sessions import moments
from ledger.facts import Facts
from ledger.ledger import Ledger
from tests.doubles import SteadyChance, TurnedClock
from tests.idp.visitor import Person, Service, Visitor
from tests.ledger.test_plans import plan
from tests.postgresql import Cluster

pytestmark = pytest.mark.postgresql_only("SQLite goes by an index wherever there is one")
ASKED: dict[str, tuple[Facts, tuple[str, ...]]] = {
    "a client": (registered._KNOWN, ("clients",)),
    "a grant": (live._LIVE, ("grants",)),
    "a person": (told._KNOWN, ("accounts", "clients")),
    "a code": (authorization_code._CODES, ("digests",)),
    "a refresh token": (refresh_token._BY_TOKEN, ("digests",)),
}


@pytest.fixture
def by_keys(database_url: str, clock: TurnedClock, chance: SteadyChance) -> Iterator[Ledger]:
    found = Ledger(database_url, clock, chance, "0.1.0", "test", by_keys=True)
    yield found
    found.close()


@pytest.fixture
def small(app: Flask, visitor: Visitor, edocument: Service, somphone: Person, cluster: Cluster) -> None:
    """One login, and what the server has learned of its tables since."""
    edocument.redeem(app, visitor.sign_in(edocument, somphone)["code"])
    database = str(app.extensions["provider"].ledger.reading.url.database)
    cluster.execute("ANALYZE", database=database)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("what", ASKED)
def test_no_table_is_gone_through_from_end_to_end(by_keys: Ledger, what: str) -> None:
    asked, lists = ASKED[what]
    given = {name: ["x", "y"] for name in lists} | (moments(by_keys.clock.now()) if what == "a grant" else {})

    with by_keys.read() as reading:
        steps = plan(reading, asked, given)

    assert "Index" in steps
    assert "Seq Scan" not in steps
    assert "Hash" not in steps


@pytest.mark.usefixtures("small")
def test_nor_by_what_guards_a_commit(ledger: Ledger) -> None:
    with ledger.written() as connection:
        found = connection.execute(text("EXPLAIN SELECT 1 FROM entry WHERE id = 'x' AND facts ? 'attempt/1'")).scalars()
        steps = "\n".join(found)

    assert "Seq Scan" not in steps
