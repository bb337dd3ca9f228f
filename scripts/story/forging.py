"""The tools of a hostile administrator: he takes the guards away and computes every hash anew.

He has neither the log's key nor the folder outside; `resign` uses a key of his own.
"""

import json
import sqlite3
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.canonical import moment
from ledger.checkpoint import sign_checkpoint
from ledger.entry import entry_digest
from ledger.log import node_number, stored
from ledger.merkle import Frontier
from ledger.verification.rows import fact_classes
from pki.signing import SignatureAlgorithm

Database = sqlite3.Connection


def take_guards_away(database: Database) -> None:
    """No trigger is left, once the transaction is committed that is open then."""
    if not database.in_transaction:
        database.execute("BEGIN")
    for statement in removals(database.execute("PRAGMA schema_version").fetchone()[0]):
        database.execute(statement)


def removals(schema_version: int) -> tuple[str, ...]:
    """What takes every trigger out of the schema's own table: there are hundreds, and DROP TRIGGER parses each.

    Other connections see by the raised version that the schema is another one.
    """
    return (
        "PRAGMA writable_schema = ON",
        "DELETE FROM sqlite_master WHERE type = 'trigger'",
        f"PRAGMA schema_version = {schema_version + 1}",
        "PRAGMA writable_schema = RESET",
    )


def log_size(database: Database) -> int:
    """How many leaves there are."""
    return int(database.execute("SELECT count(*) FROM leaf").fetchone()[0])


def middle(database: Database) -> int:
    """The first leaf from the middle on whose entry has a fact."""
    found = "SELECT number FROM leaf JOIN entry ON entry.id = entry_id WHERE facts <> '{}' AND number >= ? LIMIT 1"
    return int(database.execute(found, (log_size(database) // 2,)).fetchone()[0])


def entry_at(database: Database, number: int) -> Any:
    """The entry of this leaf."""
    return database.execute(
        "SELECT entry.* FROM entry JOIN leaf ON leaf.entry_id = entry.id WHERE number = ?", (number,)
    ).fetchone()


def fact_in_the_middle(database: Database) -> tuple[str, str, str, str]:
    """Entry id, table, key column and key of the first fact, from the middle on, that has text to change."""
    for number in range(middle(database), log_size(database)):
        entry = entry_at(database, number)
        for name in json.loads(entry["facts"]):
            table, _, key = name.partition("/")
            if text_column(table):
                return entry["id"], table, next(iter(fact_classes()[table].__table__.columns)).name, key
    raise LookupError("no fact in the second half of the log has a column of text")


def text_column(table: str) -> str | None:
    """A column of text that is neither the key nor the entry's id."""
    columns = list(fact_classes()[table].__table__.columns)[1:]
    texts = (column.name for column in columns if column.type.python_type is str and column.name != "entry_id")
    return next(texts, None)


def digest_of(values: Mapping[str, Any]) -> bytes:
    """The right digest over these raw values."""
    return entry_digest({**values, "at": moment(values["at"]), "facts": json.loads(values["facts"])})


def redigest(database: Database, entry_id: str) -> None:
    """The entry's digest is right over its columns as they are now."""
    entry = database.execute("SELECT * FROM entry WHERE id = ?", (entry_id,)).fetchone()
    database.execute("UPDATE entry SET digest = ? WHERE id = ?", (digest_of(dict(entry)), entry_id))


def releaf(database: Database) -> None:
    """Every leaf holds its entry's digest as it is now."""
    database.execute("UPDATE leaf SET digest = (SELECT digest FROM entry WHERE id = leaf.entry_id)")


def renumber(database: Database, table: str, column: str, first: int) -> None:
    """Numbers the rows anew from `first` on, without a gap."""
    numbers = [row[0] for row in database.execute(f"SELECT {column} FROM {table} ORDER BY {column}")]  # noqa: S608
    moved = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"  # noqa: S608
    # By way of negative numbers, so that no two rows meet.
    database.executemany(moved, [(-1 - place, number) for place, number in enumerate(numbers, first)])
    database.executemany(moved, [(place, -1 - place) for place, _ in enumerate(numbers, first)])


def regrow(database: Database) -> None:
    """Every node and head is the right one over the leaves as they are now."""
    tree, roots, nodes = Frontier(), {}, []
    for (digest,) in database.execute("SELECT digest FROM leaf ORDER BY number"):
        nodes += [(node_number(node), value) for node, value in tree.append(digest) if stored(node)]
        roots[tree.size] = tree.root()
    database.execute("DELETE FROM tree_node")
    database.executemany("INSERT INTO tree_node VALUES (?, ?)", nodes)
    for (size,) in database.execute("SELECT size FROM tree_head").fetchall():
        database.execute("UPDATE tree_head SET root = ? WHERE size = ?", (roots.get(size, tree.root()), size))


class _OwnKey:
    """A checkpoint key of the administrator's own."""

    algorithm = SignatureAlgorithm.ED25519

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(b"not the log's").digest())
        self.public_key = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def resign(database: Database) -> None:
    """Every checkpoint is signed over its head, by a key of the administrator's own."""
    name = database.execute("SELECT note FROM checkpoint").fetchone()[0].partition("\n")[0]
    for size, root, at in database.execute("SELECT size, root, at FROM tree_head").fetchall():
        note = sign_checkpoint(_OwnKey(), name, size, root, moment(at)).note
        database.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (note, size))
