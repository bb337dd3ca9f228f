"""Guards in SQLite's words.

`INSERT OR REPLACE` deletes the row in its way without asking a DELETE trigger, so each BEFORE INSERT trigger
looks for every primary and unique key itself, and for the hidden rowid, by which a row can be replaced too.
"""

from collections.abc import Iterable, Iterator


def frozen(table: str) -> Iterator[str]:
    """No row of `table` is changed or taken away."""
    for act in ("update", "delete"):
        yield _trigger(f"{table}_no_{act}", f"BEFORE {act.upper()}", table, f"SELECT {_raise(table, f'{act} refused')}")


def erasable(table: str, key: str) -> Iterator[str]:
    """A row of `table` goes only under the newest purge entry, while that is open and names the row."""
    name = f"""'{table}/' || OLD."{key}" || '='"""
    newest = "(SELECT max(position) FROM entry WHERE kind = 'ledger.purged')"
    named = (
        "SELECT 1 FROM entry, json_each(entry.body, '$.rows') AS named "
        f"WHERE entry.position = {newest} AND substr(named.value, 1, length({name})) = {name} "
        "AND NOT EXISTS (SELECT 1 FROM leaf WHERE entry_id = entry.id)"
    )
    yield f'DROP TRIGGER "{table}_no_delete"'
    yield _trigger(
        f"{table}_no_delete", "BEFORE DELETE", table, _refusal(table, "delete refused", f"NOT EXISTS ({named})")
    )


def expiring(table: str, column: str) -> Iterator[str]:
    """A row of `table` goes only an hour after `column` (microseconds), by the machine's own clock."""
    now = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"  # the Julian day of 1 January 1970
    yield f'DROP TRIGGER "{table}_no_delete"'
    early = _refusal(table, "delete refused", f'OLD."{column}" + 3600000000 > {now}')
    yield _trigger(f"{table}_no_delete", "BEFORE DELETE", table, early)


def entry() -> Iterator[str]:
    """The order of entries is the database's own, and so is the incarnation; who wrote is not known here."""
    incarnation = "(SELECT coalesce(max(number), 0) FROM incarnation)"
    checks = [
        ("its incarnation is not this database's", f"NEW.incarnation IS NOT {incarnation}"),
        ("a stamp of PostgreSQL", "NEW.writer IS NOT NULL OR NEW.transaction_id IS NOT NULL"),
        ("facts must be a JSON object", "json_type(NEW.facts) IS NOT 'object'"),
        ("a digest has 32 octets", "length(NEW.digest) <> 32 OR typeof(NEW.digest) <> 'blob'"),
    ]
    yield _trigger("entry_stamp", "BEFORE INSERT", "entry", *(_refusal("entry", *check) for check in checks))
    last = "(SELECT coalesce(max(position), 0) FROM entry WHERE position < NEW.position)"
    yield _trigger(
        "entry_order", "AFTER INSERT", "entry", _refusal("entry", "out of order", f"NEW.position <> {last} + 1")
    )


def log(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The log takes an entry only when each fact that it names is there; after that `insertion` takes no more.

    `facts` are all tables of facts with their key columns.
    """
    present = " ".join(
        f"""WHEN '{table}' THEN EXISTS (SELECT 1 FROM "{table}" """
        f"""WHERE "{key}" = substr(fact.key, {len(table) + 2}) AND entry_id = NEW.entry_id)"""
        for table, key in facts
    )
    table_name = "substr(fact.key, 1, instr(fact.key, '/') - 1)"
    missing = (
        "EXISTS (SELECT 1 FROM entry, json_each(entry.facts) AS fact WHERE entry.id = NEW.entry_id "
        f"AND NOT CASE {table_name} {present} ELSE 0 END)"
    )
    yield 'DROP TRIGGER IF EXISTS "leaf_complete"'
    refusal = _refusal("leaf", "a fact that its entry names is missing", missing)
    yield _trigger("leaf_complete", "BEFORE INSERT", "leaf", refusal)


def insertion(table: str, key: str, unique: tuple[tuple[str, ...], ...], *, fact: bool) -> Iterator[str]:
    """A row goes in only under an open entry that names it, and never in the place of another."""
    checks = _entry_checks(table, key) if fact else []
    for columns in ((key,), *unique):
        there = " AND ".join(f'"{column}" = NEW."{column}"' for column in columns)
        checks.append((f"{', '.join(columns)} exists", f'EXISTS (SELECT 1 FROM "{table}" WHERE {there})'))
    checks.append(("this row exists", f'EXISTS (SELECT 1 FROM "{table}" WHERE rowid = NEW.rowid)'))
    yield _trigger(f"{table}_insert", "BEFORE INSERT", table, *(_refusal(table, *check) for check in checks))
    # Without an explicit rowid a BEFORE trigger sees -1: a row that really had it would block all further ones.
    yield _trigger(f"{table}_rowid", "AFTER INSERT", table, _refusal(table, "rowid below 0", "NEW.rowid < 0"))


def _entry_checks(table: str, key: str) -> list[tuple[str, str]]:
    path = f"""'$."{table}/' || NEW."{key}" || '"'"""
    named = f"SELECT 1 FROM entry WHERE id = NEW.entry_id AND json_type(facts, {path}) IS NOT NULL"
    return [
        ("no entry names this fact", f"NOT EXISTS ({named})"),
        ("its entry is sealed", "EXISTS (SELECT 1 FROM leaf WHERE entry_id = NEW.entry_id)"),
    ]


def _trigger(name: str, moment: str, table: str, *body: str) -> str:
    return f'CREATE TRIGGER "{name}" {moment} ON "{table}" BEGIN {" ".join(f"{part};" for part in body)} END'


def _refusal(table: str, reason: str, condition: str) -> str:
    return f"SELECT {_raise(table, reason)} WHERE {condition}"


def _raise(table: str, reason: str) -> str:
    words = f"laotrust: {table}: {reason}".replace("'", "''")
    return f"RAISE(ABORT, '{words}')"
