"""Nothing goes past the entries: every attempt of the story is refused, on both engines, and leaves no trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from ledger.base import Base
from ledger.entry import Entry
from ledger.event import Actor, Event, Id
from ledger.incarnation import begin_incarnation
from ledger.ledger import Ledger, LedgerRefused
from ledger.log import Leaf
from ledger.people import Person
from scripts.story.attacks import ATTACKS, Attack
from tests.conftest import url_of

DESK = Actor.system("test")


@dataclass(frozen=True)
class PersonRegistered(Event):
    kind: ClassVar[str] = "person.registered"
    person: Id


@pytest.fixture
def attacked(ledger: Ledger) -> Ledger:
    """Two persons, the first one's entry sealed."""
    for number in ("1", "2"):
        with ledger.entry(PersonRegistered(f"p{number}"), DESK) as tx:
            tx.add(Person(id=f"p{number}", number=f"1000000{number}"))
    with ledger.writing.begin() as connection:
        first = connection.execute(select(Entry.id, Entry.digest).order_by(Entry.position).limit(1)).one()
        connection.execute(insert(Leaf), {"number": 0, "entry_id": first.id, "digest": first.digest})
    return ledger


def _contents(ledger: Ledger) -> Mapping[str, Any]:
    with ledger.read() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: session.execute(select(table).order_by(*table.primary_key)).all() for table in tables}


def _made_on(engine: str) -> list[Any]:
    return [pytest.param(attack, id=attack.name.replace(" ", "-")) for attack in ATTACKS if engine in attack.engines]


@pytest.mark.sqlite_only("the list differs by engine")
@pytest.mark.parametrize("attack", _made_on("sqlite"))
def test_sqlite_refuses(attack: Attack, attacked: Ledger) -> None:
    before = _contents(attacked)

    assert attack.run(attacked.url)

    assert _contents(attacked) == before


@pytest.mark.postgresql_only("the list differs by engine")
@pytest.mark.parametrize("attack", _made_on("postgresql"))
def test_postgresql_refuses(attack: Attack, attacked: Ledger) -> None:
    before = _contents(attacked)

    assert attack.run(attacked.url)

    assert _contents(attacked) == before


def test_a_later_incarnation_closes_the_entries_of_an_earlier_one_and_stamps_the_next(ledger: Ledger) -> None:
    ledger.record(PersonRegistered("p1"), DESK)

    number = begin_incarnation(ledger, "restore", DESK)
    ledger.record(PersonRegistered("p2"), DESK)

    with ledger.read() as session:
        stamps = session.scalars(select(Entry.incarnation).order_by(Entry.position)).all()
    assert (number, stamps) == (1, [0, 0, 1])


def test_entries_are_stamped_with_their_order(ledger: Ledger) -> None:
    ids = [ledger.record(PersonRegistered(f"p{number}"), DESK) for number in range(3)]

    with ledger.read() as session:
        assert session.scalars(select(Entry.id).order_by(Entry.position)).all() == ids


@pytest.mark.postgresql_only("SQLite has no roles")
def test_an_entry_bears_the_role_and_the_transaction_that_wrote_it_whatever_it_says(ledger: Ledger) -> None:
    ledger.record(PersonRegistered("p1"), DESK)

    with ledger.writing.begin() as connection:
        columns = "id, at, actor, kind, release, salt, body, facts, digest, incarnation"
        forged = f"INSERT INTO entry ({columns}, writer, transaction_id) SELECT 'x', {columns[4:]}, 'ca', 1 FROM entry"
        connection.execute(text(forged))
        transaction = connection.scalar(text("SELECT pg_current_xact_id()::text::bigint"))

    with ledger.read() as session:
        entry = session.get_one(Entry, "x")
    assert (entry.writer, entry.transaction_id) == ("laotrust_owner", transaction)


def test_a_process_of_its_own_role_writes_what_is_its_own(ledger: Ledger) -> None:
    sealer = Ledger(url_of("seal", ledger.url), ledger.clock, ledger.randomness, "0.1.0", "seal")
    entry_id = ledger.record(PersonRegistered("p1"), DESK)

    with sealer.writing.begin() as connection:
        connection.execute(insert(Leaf), {"number": 0, "entry_id": entry_id, "digest": bytes(32)})

    with sealer.read() as session:
        assert session.scalar(select(func.count()).select_from(Leaf)) == 1
    sealer.close()


def test_what_the_guards_refuse_is_no_key_taken(ledger: Ledger) -> None:
    person = Person(id="p1", number="10000001")

    with pytest.raises(LedgerRefused, match="laotrust: person"), ledger.entry(PersonRegistered("p1"), DESK) as tx:
        tx.add(person)
        tx.facts.append(Person(id="p2", number="10000002", entry_id="no-such-entry"))


@pytest.mark.postgresql_only("SQLite asks when the log takes the entry")
@pytest.mark.parametrize("name", ["person/p9", "person/", "person", "leaf/0", "no_such_table/p1", "/p1", ""])
def test_an_entry_that_names_what_is_no_fact_of_its_own_is_refused_at_commit(ledger: Ledger, name: str) -> None:
    with ledger.entry(PersonRegistered("p9"), DESK) as tx:
        tx.add(Person(id="p9", number="9"))
    forged = text(
        "INSERT INTO entry (id, at, actor, kind, release, salt, body, facts, digest, incarnation) "
        "SELECT 'x', at, actor, kind, release, salt, body, jsonb_build_object(CAST(:name AS text), '1:0'), digest, 0 "
        "FROM entry"
    )

    missing = pytest.raises(DBAPIError, match="laotrust: entry: a fact that it names is missing")
    with missing, ledger.writing.begin() as connection:
        connection.execute(forged, {"name": name})

    with ledger.read() as session:
        assert session.get(Entry, "x") is None


_FORGED = text(
    "INSERT INTO entry (id, at, actor, kind, release, salt, body, facts, digest, incarnation) "
    "SELECT :id, at, actor, kind, release, salt, body, CAST(:facts AS jsonb), digest, 0 FROM entry WHERE id = :like"
)
_ASKED = text("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'person'")
_COUNTED_BY_TABLE = (
    "DISCARD PLANS", "SET LOCAL enable_seqscan = on", "SET LOCAL enable_indexscan = off",
    "SET LOCAL enable_indexonlyscan = off", "SET LOCAL enable_bitmapscan = off",
)  # fmt: skip
"""Each statement goes through the table once, where an index would be entered for each key."""


@pytest.mark.postgresql_only("SQLite asks when the log takes the entry")
@pytest.mark.parametrize(
    "after",
    [
        (),
        ('{"person/p8": "1:0"}',),
        ('{"person/p8": "1:0"}', "{}"),
    ],
    ids=["by-itself", "before-a-complete-one", "before-one-without-facts"],
)
@pytest.mark.parametrize("at_once", [False, True], ids=["at-commit", "at-once"])
def test_of_several_entries_each_has_its_facts(ledger: Ledger, after: tuple[str, ...], *, at_once: bool) -> None:
    like = ledger.record(PersonRegistered("p9"), DESK)
    person = text("INSERT INTO person (id, number, entry_id) VALUES ('p8', '8', :entry)")

    missing = pytest.raises(DBAPIError, match="laotrust: entry: a fact that it names is missing from person")
    with missing, ledger.writing.begin() as connection:
        if at_once:
            connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        connection.execute(_FORGED, {"id": "first", "facts": '{"person/p7": "1:0"}', "like": like})
        for number, facts in enumerate(after):
            connection.execute(_FORGED, {"id": f"later-{number}", "facts": facts, "like": like})
            if facts != "{}":
                connection.execute(person, {"entry": f"later-{number}"})

    assert _contents(ledger)["person"] == []


@pytest.mark.postgresql_only("SQLite asks when the log takes the entry")
def test_a_fact_is_no_other_entrys_that_names_it_too(ledger: Ledger) -> None:
    like = ledger.record(PersonRegistered("p9"), DESK)

    missing = pytest.raises(DBAPIError, match="laotrust: entry: a fact that it names is missing from person")
    with missing, ledger.writing.begin() as connection:
        for name in ("one", "other"):
            connection.execute(_FORGED, {"id": name, "facts": '{"person/p8": "1:0"}', "like": like})
        connection.execute(text("INSERT INTO person (id, number, entry_id) VALUES ('p8', '8', 'one')"))

    assert _contents(ledger)["person"] == []


@pytest.mark.postgresql_only("SQLite asks when the log takes the entry")
def test_the_facts_of_a_transaction_are_asked_for_together(ledger: Ledger) -> None:
    like = ledger.record(PersonRegistered("p9"), DESK)

    with ledger.writing.begin() as connection:
        for one in range(20):
            forged = {"id": f"e{one}", "facts": f'{{"person/p{one}": "1:0"}}', "like": like}
            connection.execute(_FORGED, forged)
            connection.execute(text(f"INSERT INTO person (id, number, entry_id) VALUES ('p{one}', '{one}', 'e{one}')"))
        for statement in _COUNTED_BY_TABLE:
            connection.execute(text(statement))
        before = connection.scalar(_ASKED) or 0
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        asked = (connection.scalar(_ASKED) or 0) - before

    assert asked == 1
