"""What a hostile administrator could do to the embedded database, each with the word that verification must say.

Only for copies: every guard is taken away first, as he would do it. He has the whole database in his hands,
can compute every hash anew, and may have keys of his own; he has neither the log's key nor the folder outside.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ledger.verification import Wrong
from ledger.verification.rows import fact_classes
from ledger.verification.written import row_hash
from scripts.story.forging import (
    Database,
    digest_of,
    entry_at,
    fact_in_the_middle,
    middle,
    redigest,
    regrow,
    releaf,
    renumber,
    resign,
    take_guards_away,
    text_column,
)


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
        take_guards_away(database)
        tampering.apply(database)
    database.close()


def _edit_entry(database: Database) -> None:
    entry_id = entry_at(database, middle(database))["id"]
    database.execute("UPDATE entry SET actor = 'system:nobody' WHERE id = ?", (entry_id,))


def _edit_entry_and_digest(database: Database) -> None:
    entry_id = entry_at(database, middle(database))["id"]
    _edit_entry(database)
    redigest(database, entry_id)


def _edit_entry_and_leaf(database: Database) -> None:
    _edit_entry_and_digest(database)
    releaf(database)


def _edit_entry_and_tree(database: Database) -> None:
    _edit_entry_and_leaf(database)
    regrow(database)


def _edit_entry_and_checkpoints(database: Database) -> None:
    _edit_entry_and_tree(database)
    resign(database)


def _delete_entry(database: Database) -> None:
    entry_id = entry_at(database, middle(database))["id"]
    for table in fact_classes():
        database.execute(f'DELETE FROM "{table}" WHERE entry_id = ?', (entry_id,))  # noqa: S608
    database.execute("DELETE FROM entry WHERE id = ?", (entry_id,))


def _delete_entry_and_leaf(database: Database) -> None:
    number = middle(database)
    _delete_entry(database)
    database.execute("DELETE FROM leaf WHERE number = ?", (number,))


def _delete_entry_and_regrow(database: Database) -> None:
    _delete_entry_and_leaf(database)
    renumber(database, "leaf", "number", 0)
    regrow(database)


def _delete_entry_without_a_trace(database: Database) -> None:
    _delete_entry_and_regrow(database)
    renumber(database, "entry", "position", 1)


def _insert_entry(database: Database) -> None:
    """A copy of the entry in the middle, without facts, stands before it from now on."""
    entry = dict(entry_at(database, middle(database)))
    place = entry["position"]
    database.execute("UPDATE entry SET position = -position WHERE position >= ?", (place,))
    database.execute("UPDATE entry SET position = 1 - position WHERE position < 0")
    entry |= {"id": entry["id"][:-4] + "ffff", "facts": "{}"}
    entry["digest"] = digest_of(entry)
    columns = ", ".join(entry)
    database.execute(f"INSERT INTO entry ({columns}) VALUES ({', '.join('?' * len(entry))})", tuple(entry.values()))  # noqa: S608


def _insert_entry_and_tree(database: Database) -> None:
    number = middle(database)
    _insert_entry(database)
    database.execute("UPDATE leaf SET number = -number WHERE number >= ?", (number,))
    database.execute("UPDATE leaf SET number = 1 - number WHERE number < 0")
    database.execute(
        "INSERT INTO leaf SELECT ?, id, digest FROM entry WHERE id NOT IN (SELECT entry_id FROM leaf) LIMIT 1",
        (number,),
    )
    regrow(database)


def _insert_leaf(database: Database) -> None:
    database.execute("INSERT INTO leaf SELECT (SELECT max(number) + 1 FROM leaf), id || '-', digest FROM entry LIMIT 1")


def _reorder_entries(database: Database) -> None:
    first = entry_at(database, middle(database))["position"]
    for before, after in ((first, -1), (first + 1, first), (-1, first + 1)):
        database.execute("UPDATE entry SET position = ? WHERE position = ?", (after, before))


def _reorder_leaves(database: Database) -> None:
    first = middle(database)
    for before, after in ((first, -1), (first + 1, first), (-1, first + 1)):
        database.execute("UPDATE leaf SET number = ? WHERE number = ?", (after, before))


def _reorder_leaf_digests(database: Database) -> None:
    first = middle(database)
    digests = [entry_at(database, number)["digest"] for number in (first + 1, first)]
    for number, digest in zip((first, first + 1), digests, strict=True):
        database.execute("UPDATE leaf SET digest = ? WHERE number = ?", (digest, number))


def _reorder_all(database: Database) -> None:
    _reorder_entries(database)
    _reorder_leaves(database)
    regrow(database)


def _truncate_leaves(database: Database) -> None:
    database.execute("DELETE FROM leaf WHERE number >= ?", (middle(database),))


def _roll_back(database: Database) -> None:
    """The state of an earlier checkpoint, to the last row: nothing in the database contradicts it."""
    size = database.execute("SELECT min(size) FROM tree_head").fetchone()[0]
    later = "SELECT entry_id FROM leaf WHERE number >= ?"
    for table in fact_classes():
        database.execute(f'DELETE FROM "{table}" WHERE entry_id IN ({later})', (size,))  # noqa: S608
    database.execute(f"DELETE FROM entry WHERE id IN ({later})", (size,))  # noqa: S608
    database.execute("DELETE FROM leaf WHERE number >= ?", (size,))
    database.execute("DELETE FROM checkpoint WHERE size > ?", (size,))
    database.execute("DELETE FROM tree_head WHERE size > ?", (size,))
    database.execute("UPDATE sqlite_sequence SET seq = (SELECT max(position) FROM entry) WHERE name = 'entry'")
    regrow(database)


def _edit_entry_and_drop_checkpoints(database: Database) -> None:
    _edit_entry_and_tree(database)
    database.execute("DELETE FROM checkpoint")


def _truncate_log(database: Database) -> None:
    """The entries stand, as if they had never been sealed."""
    size = database.execute("SELECT min(size) FROM tree_head").fetchone()[0]
    database.execute("DELETE FROM leaf WHERE number >= ?", (size,))
    database.execute("DELETE FROM checkpoint WHERE size > ?", (size,))
    database.execute("DELETE FROM tree_head WHERE size > ?", (size,))
    regrow(database)


def _truncate_entries(database: Database) -> None:
    """The last entries are gone; their leaves stand."""
    database.execute("DELETE FROM entry WHERE id IN (SELECT entry_id FROM leaf WHERE number >= ?)", (middle(database),))


def _edit_fact(database: Database) -> None:
    _, table, column, key = fact_in_the_middle(database)
    target = text_column(table)
    database.execute(f'UPDATE "{table}" SET "{target}" = \'tampered\' WHERE "{column}" = ?', (key,))  # noqa: S608


def _edit_fact_and_tree(database: Database) -> None:
    entry_id, table, column, key = fact_in_the_middle(database)
    _edit_fact(database)
    row = database.execute(f'SELECT * FROM "{table}" WHERE "{column}" = ?', (key,)).fetchone()  # noqa: S608
    fact_class = fact_classes()[table]
    told = row_hash(fact_class)([row[name] for name in fact_class.__table__.columns.keys()])  # noqa: SIM118 - no dict
    _rename_facts(database, entry_id, {f"{table}/{key}": told})


def _rename_facts(database: Database, entry_id: str, changed: Mapping[str, str | None]) -> None:
    """The entry's list of facts is changed, and everything above it is computed anew."""
    facts = json.loads(database.execute("SELECT facts FROM entry WHERE id = ?", (entry_id,)).fetchone()[0])
    facts = {name: told for name, told in {**facts, **changed}.items() if told is not None}
    database.execute("UPDATE entry SET facts = ? WHERE id = ?", (json.dumps(facts), entry_id))
    redigest(database, entry_id)
    releaf(database)
    regrow(database)


def _delete_fact(database: Database) -> None:
    _, table, column, key = fact_in_the_middle(database)
    database.execute(f'DELETE FROM "{table}" WHERE "{column}" = ?', (key,))  # noqa: S608


def _delete_fact_and_tree(database: Database) -> None:
    entry_id, table, _, key = fact_in_the_middle(database)
    _delete_fact(database)
    _rename_facts(database, entry_id, {f"{table}/{key}": None})


def _truncate_facts(database: Database) -> None:
    _, table, _, _ = fact_in_the_middle(database)
    database.execute(f'DELETE FROM "{table}"')  # noqa: S608


def _copy_fact(database: Database, entry_id: str) -> None:
    """A further fact, with a key of its own, under an entry that exists."""
    _, table, column, key = fact_in_the_middle(database)
    row = dict(database.execute(f'SELECT * FROM "{table}" WHERE "{column}" = ?', (key,)).fetchone())  # noqa: S608
    for index in database.execute(f'SELECT name FROM pragma_index_list("{table}") WHERE "unique"').fetchall():  # noqa: S608
        for (name,) in database.execute(f'SELECT name FROM pragma_index_info("{index[0]}")').fetchall():  # noqa: S608
            row[name] = f"{str(row[name])[:-2]}zz" if isinstance(row[name], str) else row[name]
    row |= {column: "inserted", "entry_id": entry_id}
    columns = ", ".join(f'"{name}"' for name in row)
    places = ", ".join("?" * len(row))
    database.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({places})', tuple(row.values()))  # noqa: S608


def _insert_fact(database: Database) -> None:
    _copy_fact(database, fact_in_the_middle(database)[0])


def _insert_fact_without_entry(database: Database) -> None:
    _copy_fact(database, "no-such-entry")


def _reorder_facts(database: Database) -> None:
    """A fact is moved under another entry."""
    _, table, column, key = fact_in_the_middle(database)
    other = entry_at(database, 0)["id"]
    database.execute(f'UPDATE "{table}" SET entry_id = ? WHERE "{column}" = ?', (other, key))  # noqa: S608


def _edit_leaf(database: Database) -> None:
    database.execute("UPDATE leaf SET digest = zeroblob(32) WHERE number = ?", (middle(database),))


def _edit_head(database: Database) -> None:
    database.execute("UPDATE tree_head SET root = zeroblob(32) WHERE size = (SELECT min(size) FROM tree_head)")


def _edit_checkpoint(database: Database) -> None:
    database.execute(
        "UPDATE checkpoint SET note = replace(note, '— ', '— x') WHERE size = (SELECT min(size) FROM checkpoint)"
    )


def _delete_checkpoint(database: Database) -> None:
    database.execute("DELETE FROM checkpoint WHERE size = (SELECT min(size) FROM checkpoint)")


def _delete_newest_checkpoint(database: Database) -> None:
    database.execute("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")


def _delete_newest_head(database: Database) -> None:
    _delete_newest_checkpoint(database)
    database.execute("DELETE FROM tree_head WHERE size = (SELECT max(size) FROM tree_head)")


TAMPERINGS = (
    Tampering("an entry edited", _edit_entry, Wrong.EDITED),
    Tampering("an entry edited, with its digest", _edit_entry_and_digest, Wrong.EDITED),
    Tampering("an entry edited, with its leaf", _edit_entry_and_leaf, Wrong.REWRITTEN),
    Tampering("an entry edited, with the whole tree", _edit_entry_and_tree, Wrong.REWRITTEN),
    Tampering("an entry edited, with checkpoints under another key", _edit_entry_and_checkpoints, Wrong.FORGED),
    Tampering("an entry edited, with checkpoints taken away", _edit_entry_and_drop_checkpoints, Wrong.REWRITTEN),
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
    Tampering("a leaf inserted", _insert_leaf, Wrong.INSERTED),
    Tampering("leaves reordered", _reorder_leaves, Wrong.REORDERED),
    Tampering("digests of leaves reordered", _reorder_leaf_digests, Wrong.REORDERED),
    Tampering("leaves truncated", _truncate_leaves, Wrong.TRUNCATED),
    Tampering("leaves truncated, with their checkpoints", _truncate_log, Wrong.TRUNCATED),
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
    Tampering("the newest checkpoint deleted", _delete_newest_checkpoint, Wrong.DELETED),
    Tampering("the newest head deleted, with its checkpoint", _delete_newest_head, Wrong.DELETED),
)
"""Every way tried: of entries and facts, with and without their leaves and checkpoints."""
