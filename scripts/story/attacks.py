"""Attempts to change the ledger past its entries, each of which the database itself must refuse.

They come by a plain connection of their own, as an attacker would, with none of our engine's settings. They
need a ledger with at least one person and one leaf. On PostgreSQL they act as whoever the URL names (try the
owner, who may do the most); those of a process's role take that role.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, create_engine, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from ledger.entry import Entry
from ledger.people import Person

BOTH = ("sqlite", "postgresql")
_REFUSALS = ("laotrust:", "permission denied", "must be owner")
_ROW = {"id": "intruder", "number": "99999999"}


class NotRefused(Exception):
    """The attack went through: the ledger's guards do not hold."""


@dataclass(frozen=True)
class Attack:
    """One attempt. `act` runs in a transaction of `role` (a process; None: whoever the URL names)."""

    name: str
    act: Callable[[Connection], object]
    engines: tuple[str, ...] = BOTH
    role: str | None = None

    def run(self, url: str) -> str:
        """The database refused and nothing was changed: its words are returned. Raises NotRefused."""
        target = make_url(url)
        if self.role is not None:
            target = target.set(username=f"laotrust_{self.role}")
        engine = create_engine(target, poolclass=NullPool)
        try:
            with engine.begin() as connection:
                self.act(connection)
        except DBAPIError as fault:
            words = str(fault.orig)
            if any(refusal in words for refusal in _REFUSALS):
                return words
            raise
        raise NotRefused(f"{self.name}: not refused")


def _sql(statement: str) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(statement))


def _orm_add(connection: Connection) -> None:
    with Session(connection) as session:
        session.add(Person(**_ROW, entry_id="no-such-entry"))
        session.flush()


def _orm_add_under_existing_entry(connection: Connection) -> None:
    with Session(connection) as session:
        session.add(Person(**_ROW, entry_id=session.scalars(select(Entry.id)).first()))
        session.flush()


def _orm_bulk_insert(connection: Connection) -> None:
    with Session(connection) as session:
        session.execute(insert(Person), [{**_ROW, "entry_id": "no-such-entry"}])


def _orm_bulk_update(connection: Connection) -> None:
    with Session(connection) as session:
        session.execute(update(Person).values(number="99999999"))


def _orm_delete(connection: Connection) -> None:
    with Session(connection) as session:
        session.delete(session.scalars(select(Person)).first())
        session.flush()


def _core_insert(connection: Connection) -> None:
    connection.execute(insert(Person.__table__).values(**_ROW, entry_id="no-such-entry"))  # type: ignore[arg-type]


def _entry_row(facts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": "intruder-entry", "at": datetime(2026, 11, 24, tzinfo=UTC), "actor": "system:intruder",
        "kind": "person.registered",
        "release": "0", "salt": bytes(32), "body": "{}", "facts": dict(facts), "digest": bytes(32),
    }  # fmt: skip


def _write_entry(connection: Connection, facts: Mapping[str, str], **values: Any) -> None:
    connection.execute(insert(Entry).values(**{**_entry_row(facts), **values}))


def _fact_that_its_entry_does_not_name(connection: Connection) -> None:
    _write_entry(connection, {"person/somebody-else": "1:00"})
    connection.execute(insert(Person).values(**_ROW, entry_id="intruder-entry"))


def _entry_without_its_fact(connection: Connection) -> None:
    _write_entry(connection, {"person/intruder": "1:00"})


def _sealed_without_its_fact(connection: Connection) -> None:
    _write_entry(connection, {"person/intruder": "1:00"})
    leaf = "INSERT INTO leaf (number, entry_id, digest) VALUES (1000000, 'intruder-entry', zeroblob(32))"
    connection.execute(text(leaf))


def _temporary_entry_table(connection: Connection) -> None:
    """A table of the attacker's own named `entry`, before ours on the search path."""
    connection.execute(text("CREATE TEMPORARY TABLE entry (LIKE public.entry INCLUDING DEFAULTS)"))
    _write_entry(connection, {"person/intruder": "1:00"}, transaction_id=text("pg_current_xact_id()::text::bigint"))
    row = "INSERT INTO public.person (id, number, entry_id) VALUES ('intruder', '9', 'intruder-entry')"
    connection.execute(text(row))


_SQLITE, _POSTGRESQL = ("sqlite",), ("postgresql",)
_STAMPED = "at, actor, kind, release, salt, body, facts, digest"
_COPIED = f"{_STAMPED}, incarnation"
_STATEMENTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("a fact inserted by raw SQL, without an entry", BOTH,
     "INSERT INTO person (id, number, entry_id) VALUES ('intruder', '9', NULL)"),
    ("a fact slipped in under the newest entry", BOTH,
     "INSERT INTO person (id, number, entry_id) SELECT 'intruder', '9', id FROM entry ORDER BY position DESC LIMIT 1"),
    ("a fact slipped in under a sealed entry", BOTH,
     "INSERT INTO person (id, number, entry_id) SELECT 'intruder', '9', entry_id FROM leaf LIMIT 1"),
    ("an entry changed", BOTH, "UPDATE entry SET actor = 'system:nobody'"),
    ("a fact changed", BOTH, "UPDATE person SET number = '99999999'"),
    ("a leaf changed", BOTH, "UPDATE leaf SET number = number + 1000"),
    ("all entries deleted", BOTH, "DELETE FROM entry"),
    ("all facts deleted", BOTH, "DELETE FROM person"),
    ("all leaves deleted", BOTH, "DELETE FROM leaf"),
    ("entries truncated", _POSTGRESQL, "TRUNCATE entry CASCADE"),
    ("facts truncated", _POSTGRESQL, "TRUNCATE person CASCADE"),
    ("leaves truncated", _POSTGRESQL, "TRUNCATE leaf CASCADE"),
    ("a fact replaced by its key (INSERT OR REPLACE)", _SQLITE,
     "INSERT OR REPLACE INTO person (id, number, entry_id) SELECT id, '9', entry_id FROM person LIMIT 1"),
    ("a fact replaced by a unique column (INSERT OR REPLACE)", _SQLITE,
     "INSERT OR REPLACE INTO person (id, number, entry_id) SELECT 'intruder', number, entry_id FROM person LIMIT 1"),
    ("a fact replaced by its hidden rowid (INSERT OR REPLACE)", _SQLITE,
     "INSERT OR REPLACE INTO person (rowid, id, number, entry_id) SELECT rowid, 1, 9, entry_id FROM person LIMIT 1"),
    ("an entry replaced by its key (INSERT OR REPLACE)", _SQLITE,
     f"INSERT OR REPLACE INTO entry (id, {_COPIED}) SELECT id, {_COPIED} FROM entry LIMIT 1"),
    ("an entry replaced by its place (INSERT OR REPLACE)", _SQLITE,
     f"INSERT OR REPLACE INTO entry (id, position, {_COPIED}) SELECT 'x', position, {_COPIED} FROM entry LIMIT 1"),
    ("a leaf replaced (INSERT OR REPLACE)", _SQLITE,
     "INSERT OR REPLACE INTO leaf (number, entry_id, digest) SELECT number, entry_id, zeroblob(32) FROM leaf LIMIT 1"),
    ("an entry put before others by a place of its own", _SQLITE,
     f"INSERT INTO entry (id, position, {_COPIED}) SELECT 'intruder', -5, {_COPIED} FROM entry LIMIT 1"),
    ("an entry of another incarnation", _SQLITE,
     f"INSERT INTO entry (incarnation, id, {_STAMPED}) SELECT 7, 'intruder', {_STAMPED} FROM entry LIMIT 1"),
    ("a fact changed on conflict", BOTH,
     "INSERT INTO person SELECT * FROM person WHERE true ON CONFLICT (id) DO UPDATE SET number = '9'"),
    ("triggers silenced by the replication role", _POSTGRESQL, "SET session_replication_role = replica"),
)  # fmt: skip

_OF_A_ROLE: tuple[tuple[str, str, Callable[[Connection], object]], ...] = (
    ("an entry by the responder, which only reads", "ocsp", lambda connection: _write_entry(connection, {})),
    ("a leaf by the provider", "idp", _sql("INSERT INTO leaf SELECT 1000, id, digest FROM entry LIMIT 1")),
    ("a revocation by the provider", "idp",
     _sql("INSERT INTO revocation (certificate_id, at, reason, entry_id) SELECT 'x', 1, 'x', id FROM entry LIMIT 1")),
    ("an entry of the CA's kind by the provider", "idp",
     lambda connection: _write_entry(connection, {}, kind="certificate.revoked")),
    ("a person's row read by the responder", "ocsp", _sql("SELECT * FROM person_detail")),
    ("a table made by the CA", "ca", _sql("CREATE TABLE public.own (id text)")),
    ("a trigger dropped by the CA", "ca", _sql("ALTER TABLE person DISABLE TRIGGER ALL")),
)  # fmt: skip

ATTACKS: tuple[Attack, ...] = (
    Attack("a fact added by the ORM, without an entry", _orm_add),
    Attack("a fact added by the ORM, under an entry of another", _orm_add_under_existing_entry),
    Attack("facts added by the ORM in bulk", _orm_bulk_insert),
    Attack("facts changed by the ORM in bulk", _orm_bulk_update),
    Attack("a fact deleted by the ORM", _orm_delete),
    Attack("a fact inserted by Core", _core_insert),
    Attack("a fact that its own entry does not name", _fact_that_its_entry_does_not_name),
    Attack("an entry that names a fact which does not come", _entry_without_its_fact, _POSTGRESQL),
    Attack("an entry sealed while a fact of it is missing", _sealed_without_its_fact, _SQLITE),
    Attack("an entry table of the attacker's own", _temporary_entry_table, _POSTGRESQL),
    *(Attack(name, _sql(statement), engines) for name, engines, statement in _STATEMENTS),
    *(Attack(name, act, _POSTGRESQL, role) for name, role, act in _OF_A_ROLE),
)
"""Every attempt; `engines` says where it can be made at all."""
