"""What a hostile administrator could do to the embedded database, each with the word that verification must say.

Only for copies: every guard is taken away first, as he would do it. He has the whole database in his hands,
can compute every hash anew, and may have keys of his own; he has neither the log's key nor the folder outside.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.canonical import moment
from ledger.checkpoint import sign_checkpoint
from ledger.entry import entry_digest
from ledger.log import node_number, stored
from ledger.merkle import Frontier
from ledger.verification.report import Wrong
from ledger.verification.rows import fact_classes, hash_of
from pki.signing import SignatureAlgorithm

Database = sqlite3.Connection


@dataclass(frozen=True)
class Tampering:
    """One deed: what it is, how it is done, and the word for the first bad row."""

    name: str
    apply: Callable[[Database], None]
    expected: Wrong


def tamper(path: str, tampering: Tampering) -> None:
    """The copy at `path` has been tampered with; it held at least eight sealed entries under two checkpoints."""
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        tampering.apply(database)
    database.close()


def _number(database: Database) -> int:
    """The leaf in the middle whose entry has a fact."""
    size = database.execute("SELECT count(*) FROM leaf").fetchone()[0]
    found = "SELECT number FROM leaf JOIN entry ON entry.id = entry_id WHERE facts <> '{}' AND number >= ? LIMIT 1"
    row = database.execute(found, (size // 2,)).fetchone()
    return int(row[0])


def _entry(database: Database, number: int) -> Any:
    return database.execute(
        "SELECT entry.* FROM entry JOIN leaf ON leaf.entry_id = entry.id WHERE number = ?", (number,)
    ).fetchone()


def _fact(database: Database) -> tuple[str, str, str, str]:
    """Entry id, table, key column and key of the first fact of the entry in the middle."""
    entry = _entry(database, _number(database))
    table, _, key = next(iter(json.loads(entry["facts"]))).partition("/")
    return entry["id"], table, next(iter(fact_classes()[table].__table__.columns)).name, key


def _digest(values: Mapping[str, Any]) -> bytes:
    return entry_digest({**values, "at": moment(values["at"]), "facts": json.loads(values["facts"])})


def _redigest(database: Database, entry_id: str) -> None:
    entry = database.execute("SELECT * FROM entry WHERE id = ?", (entry_id,)).fetchone()
    database.execute("UPDATE entry SET digest = ? WHERE id = ?", (_digest(dict(entry)), entry_id))


def _releaf(database: Database) -> None:
    database.execute("UPDATE leaf SET digest = (SELECT digest FROM entry WHERE id = leaf.entry_id)")


def _renumber(database: Database, table: str, column: str, order: str) -> None:
    """Numbers the rows anew without a gap, from 0 (leaves) or 1 (positions)."""
    first = 0 if table == "leaf" else 1
    rowids = [row[0] for row in database.execute(f"SELECT rowid FROM {table} ORDER BY {order}")]  # noqa: S608
    for sign in (-1, 1):
        for place, rowid in enumerate(rowids, first):
            where = rowid if sign < 0 else -1000 - place
            database.execute(
                f"UPDATE {table} SET {column} = ? WHERE {column} = ?",  # noqa: S608
                (-1000 - place if sign < 0 else place, where),
            )


def _regrow(database: Database) -> None:
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


def _resign(database: Database) -> None:
    name = database.execute("SELECT note FROM checkpoint").fetchone()[0].partition("\n")[0]
    for size, root, at in database.execute("SELECT size, root, at FROM tree_head").fetchall():
        note = sign_checkpoint(_OwnKey(), name, size, root, moment(at)).note
        database.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (note, size))


def _edit_entry(database: Database) -> None:
    entry_id = _entry(database, _number(database))["id"]
    database.execute("UPDATE entry SET actor = 'system:nobody' WHERE id = ?", (entry_id,))


def _edit_entry_and_digest(database: Database) -> None:
    entry_id = _entry(database, _number(database))["id"]
    _edit_entry(database)
    _redigest(database, entry_id)


def _edit_entry_and_leaf(database: Database) -> None:
    _edit_entry_and_digest(database)
    _releaf(database)


def _edit_entry_and_tree(database: Database) -> None:
    _edit_entry_and_leaf(database)
    _regrow(database)


def _edit_entry_and_checkpoints(database: Database) -> None:
    _edit_entry_and_tree(database)
    _resign(database)


def _delete_entry(database: Database) -> None:
    entry_id = _entry(database, _number(database))["id"]
    for table in fact_classes():
        database.execute(f'DELETE FROM "{table}" WHERE entry_id = ?', (entry_id,))  # noqa: S608
    database.execute("DELETE FROM entry WHERE id = ?", (entry_id,))


def _delete_entry_and_leaf(database: Database) -> None:
    number = _number(database)
    _delete_entry(database)
    database.execute("DELETE FROM leaf WHERE number = ?", (number,))


def _delete_entry_and_regrow(database: Database) -> None:
    _delete_entry_and_leaf(database)
    _renumber(database, "leaf", "number", "number")
    _regrow(database)


def _delete_entry_without_a_trace(database: Database) -> None:
    _delete_entry_and_regrow(database)
    _renumber(database, "entry", "position", "position")


def _insert_entry(database: Database) -> None:
    """A copy of the entry in the middle, without facts, stands before it from now on."""
    entry = dict(_entry(database, _number(database)))
    place = entry["position"]
    database.execute("UPDATE entry SET position = -position WHERE position >= ?", (place,))
    database.execute("UPDATE entry SET position = 1 - position WHERE position < 0")
    entry |= {"id": entry["id"][:-4] + "ffff", "facts": "{}"}
    entry["digest"] = _digest(entry)
    columns = ", ".join(entry)
    database.execute(f"INSERT INTO entry ({columns}) VALUES ({', '.join('?' * len(entry))})", tuple(entry.values()))  # noqa: S608


def _insert_entry_and_tree(database: Database) -> None:
    number = _number(database)
    _insert_entry(database)
    database.execute("UPDATE leaf SET number = -number WHERE number >= ?", (number,))
    database.execute("UPDATE leaf SET number = 1 - number WHERE number < 0")
    database.execute(
        "INSERT INTO leaf SELECT ?, id, digest FROM entry WHERE id NOT IN (SELECT entry_id FROM leaf) LIMIT 1",
        (number,),
    )
    _regrow(database)


def _insert_leaf(database: Database) -> None:
    database.execute("INSERT INTO leaf SELECT (SELECT max(number) + 1 FROM leaf), id || '-', digest FROM entry LIMIT 1")


def _reorder_entries(database: Database) -> None:
    first = _entry(database, _number(database))["position"]
    for before, after in ((first, -1), (first + 1, first), (-1, first + 1)):
        database.execute("UPDATE entry SET position = ? WHERE position = ?", (after, before))


def _reorder_leaves(database: Database) -> None:
    first = _number(database)
    for before, after in ((first, -1), (first + 1, first), (-1, first + 1)):
        database.execute("UPDATE leaf SET number = ? WHERE number = ?", (after, before))


def _reorder_leaf_digests(database: Database) -> None:
    first = _number(database)
    digests = [_entry(database, number)["digest"] for number in (first + 1, first)]
    for number, digest in zip((first, first + 1), digests, strict=True):
        database.execute("UPDATE leaf SET digest = ? WHERE number = ?", (digest, number))


def _reorder_all(database: Database) -> None:
    _reorder_entries(database)
    _reorder_leaves(database)
    _regrow(database)


def _truncate_leaves(database: Database) -> None:
    database.execute("DELETE FROM leaf WHERE number >= ?", (_number(database),))


def _roll_back(database: Database) -> None:
    """The state of an earlier checkpoint, to the last row: nothing in the database contradicts it."""
    size = database.execute("SELECT size FROM tree_head ORDER BY size LIMIT 1").fetchone()[0]
    later = "SELECT entry_id FROM leaf WHERE number >= ?"
    for table in fact_classes():
        database.execute(f'DELETE FROM "{table}" WHERE entry_id IN ({later})', (size,))  # noqa: S608
    database.execute(f"DELETE FROM entry WHERE id IN ({later})", (size,))  # noqa: S608
    database.execute("DELETE FROM leaf WHERE number >= ?", (size,))
    database.execute("DELETE FROM checkpoint WHERE size > ?", (size,))
    database.execute("DELETE FROM tree_head WHERE size > ?", (size,))
    database.execute("UPDATE sqlite_sequence SET seq = (SELECT max(position) FROM entry) WHERE name = 'entry'")
    _regrow(database)


def _truncate_entries(database: Database) -> None:
    """The last entries are gone; their leaves stand."""
    database.execute(
        "DELETE FROM entry WHERE id IN (SELECT entry_id FROM leaf WHERE number >= ?)", (_number(database),)
    )


def _edit_fact(database: Database) -> None:
    _, table, column, key = _fact(database)
    target = next(c.name for c in fact_classes()[table].__table__.columns if c.name not in {column, "entry_id"})
    database.execute(f'UPDATE "{table}" SET "{target}" = \'tampered\' WHERE "{column}" = ?', (key,))  # noqa: S608


def _edit_fact_and_tree(database: Database) -> None:
    entry_id, table, column, key = _fact(database)
    _edit_fact(database)
    row = database.execute(f'SELECT * FROM "{table}" WHERE "{column}" = ?', (key,)).fetchone()  # noqa: S608
    told = hash_of(fact_classes()[table], dict(row))
    _rename_facts(database, entry_id, {f"{table}/{key}": told})


def _rename_facts(database: Database, entry_id: str, changed: Mapping[str, str | None]) -> None:
    """The entry's list of facts is changed, and everything above it is computed anew."""
    facts = json.loads(database.execute("SELECT facts FROM entry WHERE id = ?", (entry_id,)).fetchone()[0])
    facts = {name: told for name, told in {**facts, **changed}.items() if told is not None}
    database.execute("UPDATE entry SET facts = ? WHERE id = ?", (json.dumps(facts), entry_id))
    _redigest(database, entry_id)
    _releaf(database)
    _regrow(database)


def _delete_fact(database: Database) -> None:
    _, table, column, key = _fact(database)
    database.execute(f'DELETE FROM "{table}" WHERE "{column}" = ?', (key,))  # noqa: S608


def _delete_fact_and_tree(database: Database) -> None:
    entry_id, table, _, key = _fact(database)
    _delete_fact(database)
    _rename_facts(database, entry_id, {f"{table}/{key}": None})


def _truncate_facts(database: Database) -> None:
    _, table, _, _ = _fact(database)
    database.execute(f'DELETE FROM "{table}"')  # noqa: S608


def _copy_fact(database: Database, entry_id: str) -> None:
    """A further fact, with a key of its own, under an entry that exists."""
    _, table, column, key = _fact(database)
    row = dict(database.execute(f'SELECT * FROM "{table}" WHERE "{column}" = ?', (key,)).fetchone())  # noqa: S608
    for index in database.execute(f'SELECT name FROM pragma_index_list("{table}") WHERE "unique"').fetchall():  # noqa: S608
        for (name,) in database.execute(f'SELECT name FROM pragma_index_info("{index[0]}")').fetchall():  # noqa: S608
            row[name] = f"{str(row[name])[:-2]}zz" if isinstance(row[name], str) else row[name]
    row |= {column: "inserted", "entry_id": entry_id}
    columns = ", ".join(f'"{name}"' for name in row)
    places = ", ".join("?" * len(row))
    database.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({places})', tuple(row.values()))  # noqa: S608


def _insert_fact(database: Database) -> None:
    _copy_fact(database, _fact(database)[0])


def _insert_fact_without_entry(database: Database) -> None:
    _copy_fact(database, "no-such-entry")


def _reorder_facts(database: Database) -> None:
    """A fact is moved under another entry."""
    _, table, column, key = _fact(database)
    other = _entry(database, 0)["id"]
    database.execute(f'UPDATE "{table}" SET entry_id = ? WHERE "{column}" = ?', (other, key))  # noqa: S608


def _edit_leaf(database: Database) -> None:
    database.execute("UPDATE leaf SET digest = zeroblob(32) WHERE number = ?", (_number(database),))


def _edit_head(database: Database) -> None:
    database.execute("UPDATE tree_head SET root = zeroblob(32) WHERE size = (SELECT min(size) FROM tree_head)")


def _edit_checkpoint(database: Database) -> None:
    database.execute(
        "UPDATE checkpoint SET note = replace(note, '— ', '— x') WHERE size = (SELECT min(size) FROM checkpoint)"
    )


def _delete_checkpoint(database: Database) -> None:
    database.execute("DELETE FROM checkpoint WHERE size = (SELECT min(size) FROM checkpoint)")


TAMPERINGS = (
    Tampering("an entry edited", _edit_entry, Wrong.EDITED),
    Tampering("an entry edited, with its digest", _edit_entry_and_digest, Wrong.EDITED),
    Tampering("an entry edited, with its leaf", _edit_entry_and_leaf, Wrong.REWRITTEN),
    Tampering("an entry edited, with the whole tree", _edit_entry_and_tree, Wrong.REWRITTEN),
    Tampering("an entry edited, with checkpoints under another key", _edit_entry_and_checkpoints, Wrong.FORGED),
    Tampering("an entry deleted", _delete_entry, Wrong.DELETED),
    Tampering("an entry deleted, with its leaf", _delete_entry_and_leaf, Wrong.DELETED),
    Tampering("an entry deleted, with the whole tree", _delete_entry_and_regrow, Wrong.DELETED),
    Tampering("an entry deleted, and all others moved up", _delete_entry_without_a_trace, Wrong.REWRITTEN),
    Tampering("an entry inserted", _insert_entry, Wrong.INSERTED),
    Tampering("an entry inserted, with the whole tree", _insert_entry_and_tree, Wrong.REWRITTEN),
    Tampering("entries reordered", _reorder_entries, Wrong.REORDERED),
    Tampering("entries reordered, with the whole tree", _reorder_all, Wrong.REWRITTEN),
    Tampering("entries truncated", _truncate_entries, Wrong.DELETED),
    Tampering("an older state brought back", _roll_back, Wrong.TRUNCATED),
    Tampering("a leaf edited", _edit_leaf, Wrong.EDITED),
    Tampering("a leaf inserted", _insert_leaf, Wrong.DELETED),
    Tampering("leaves reordered", _reorder_leaves, Wrong.REORDERED),
    Tampering("digests of leaves reordered", _reorder_leaf_digests, Wrong.REORDERED),
    Tampering("leaves truncated", _truncate_leaves, Wrong.TRUNCATED),
    Tampering("a fact edited", _edit_fact, Wrong.EDITED),
    Tampering("a fact edited, with the whole tree", _edit_fact_and_tree, Wrong.REWRITTEN),
    Tampering("a fact deleted", _delete_fact, Wrong.DELETED),
    Tampering("a fact deleted, with the whole tree", _delete_fact_and_tree, Wrong.REWRITTEN),
    Tampering("a fact inserted under an older entry", _insert_fact, Wrong.INSERTED),
    Tampering("a fact inserted without an entry", _insert_fact_without_entry, Wrong.INSERTED),
    Tampering("a fact moved to another entry", _reorder_facts, Wrong.REORDERED),
    Tampering("facts truncated", _truncate_facts, Wrong.DELETED),
    Tampering("a head edited", _edit_head, Wrong.EDITED),
    Tampering("a checkpoint edited", _edit_checkpoint, Wrong.FORGED),
    Tampering("a checkpoint deleted", _delete_checkpoint, Wrong.DELETED),
)
"""Every way tried: of entries and facts, with and without their leaves and checkpoints."""
