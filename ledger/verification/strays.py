"""Strays: facts that their own entry does not name, or that have no entry.

The database itself looks for them, since it has each row's entry at hand, so that verification need not ask every
table for every entry.
"""

from sqlalchemy import Connection, text

from ledger.base import Fact

STRIDE = 20_000
"""Rows that one statement looks through: well within the seconds that the database gives it."""
_COUNTED = """
    SELECT max(stride.key), count(*), sum(CASE WHEN {named} THEN 0 ELSE 1 END)
    FROM (SELECT "{key}" AS key, entry_id FROM "{table}" {beyond} ORDER BY "{key}" LIMIT {stride}) AS stride
    LEFT JOIN entry ON entry.id = stride.entry_id
"""
_NAMED = {
    # In a list of facts as it was written (`rows.facts_of` reads no other), only a name stands before `": `.
    "sqlite": """instr(entry.facts, '"{table}/' || stride.key || '": ') > 0""",
    "postgresql": """entry.facts ? ('{table}/' || stride.key)""",
}


def has_strays(database: Connection, fact_class: type[Fact]) -> bool:
    """Whether a row of the table is a stray. It may be wrong about a key that JSON escapes: then it says yes."""
    table, key = fact_class.__tablename__, next(iter(fact_class.__table__.columns)).name
    named = _NAMED[database.dialect.name].format(table=table)
    last, beyond = None, ""
    while True:
        counted = text(_COUNTED.format(table=table, key=key, named=named, beyond=beyond, stride=STRIDE))
        last, rows, strays = database.execute(counted, {"last": last} if beyond else {}).one()
        if rows < STRIDE or strays:
            return bool(strays)
        beyond = f'WHERE "{key}" > :last'
