"""Strays: facts that their own entry does not name, or that have no entry.

The database itself looks for them, since it has each row's entry at hand, so that verification need not ask every
table for every entry.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from ledger.base import Fact

STRIDE = 2000
"""Rows of each table that one statement looks through: well within the seconds that the database gives it."""
_COUNTED = """
    SELECT '{table}', max(stride.key), count(*), sum(CASE WHEN {named} THEN 0 ELSE 1 END)
    FROM (SELECT "{key}" AS key, entry_id FROM "{table}" {beyond} ORDER BY "{key}" LIMIT {stride}) AS stride
    LEFT JOIN entry ON entry.id = stride.entry_id
"""
_NAMED = {
    # In a list of facts as it was written (`rows.facts_of` reads no other), only a name stands before `": `.
    "sqlite": """instr(entry.facts, '"{table}/' || stride.key || '": ') > 0""",
    "postgresql": """entry.facts ? ('{table}/' || stride.key)""",
}


def tables_with_strays(database: Connection, fact_classes: Iterable[type[Fact]]) -> set[str]:
    """The tables that hold a stray. All are looked through side by side, by rising key, until each is at its end."""
    found: set[str] = set()
    keys = {made.__tablename__: next(iter(made.__table__.columns)).name for made in fact_classes}
    reached: dict[str, str | None] = dict.fromkeys(keys)
    while reached:
        named = _NAMED[database.dialect.name]
        looks = " UNION ALL ".join(
            _COUNTED.format(
                table=table, key=keys[table], named=named.format(table=table), stride=STRIDE,
                beyond="" if last is None else f'WHERE "{keys[table]}" > :{table}',
            )
            for table, last in reached.items()
        )  # fmt: skip
        beyond = {table: last for table, last in reached.items() if last is not None}
        reached = {}
        for table, last, rows, strays in database.execute(text(looks), beyond):
            if strays:
                found.add(table)
            elif rows >= STRIDE:
                reached[table] = last
    return found
