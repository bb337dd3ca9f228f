"""Lists in the words of PostgreSQL, which takes any number of values as one array.

It plans each text anew on each connection, which for a statement over ten tables takes longer than a hundred
executions; and a row that is a message of its own costs both sides several times what inserting it does.

Of an array it knows no length when it plans, and of a table that has just been filled not what is in it: then it goes
through the table and holds each row against each value. Many values are therefore rows to join with.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    BinaryExpression,
    BindParameter,
    ColumnElement,
    Dialect,
    Insert,
    LargeBinary,
    Select,
    String,
    Table,
    any_,
    bindparam,
    column,
    func,
    insert,
    select,
)
from sqlalchemy.sql.operators import in_op
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import TypeEngine

from pki.json_text import compact

FEW = 16
"""So many values are looked for one by one; more are joined."""


def selection_by_arrays(selection: Select[*tuple[Any, ...]], *, many: bool = False) -> Select[*tuple[Any, ...]]:
    """The same with `= ANY (array)` for each `IN (list)`: one text for lists of any length (`many`: above FEW)."""
    by_array = cast("Any", partial(_by_array, many=many))
    replaced: Any = replacement_traverse(cast("ColumnElement[Any]", selection), {}, by_array)
    return cast("Select[*tuple[Any, ...]]", replaced)


def insertion_by_arrays(table: Table, names: Sequence[str]) -> Insert:
    """Any number of rows, in their order, from an array for each of these columns."""
    kinds = {name: _unbounded(table.c[name].type) for name in names}
    given = [bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()]
    rows = func.unnest(*given).table_valued(*(column(name, kind) for name, kind in kinds.items()), name="rows")
    return insert(table).from_select(names, select(*rows.render_derived().c))


def octets_as_they_are(statement: str, table: Table, names: Sequence[str]) -> str:
    """The text of such an insertion, in which arrays of octets are sent in psycopg's binary format (`%(name)b`).

    As text they would be hexadecimal with each backslash doubled: for a CRL of megabytes what takes longest.
    """
    for name in names:
        if isinstance(table.c[name].type, LargeBinary):
            statement = statement.replace(f"%({name})s", f"%({name})b")
    return statement


def bind_processor_of(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """How the driver is given a value of this type: arrays as text of ours, all else as SQLAlchemy gives it.

    psycopg looks at each value of a list several times in Python, which takes longer than all that it does besides.
    Arrays of octets stay its own: `octets_as_they_are`.
    """
    if dialect.name != "postgresql" or not isinstance(kind, ARRAY) or isinstance(kind.item_type, LargeBinary):
        return kind.dialect_impl(dialect).bind_processor(dialect)
    if isinstance(kind.item_type, JSON):
        return lambda values: array_text([compact(value) for value in values])
    of_each = kind.item_type.dialect_impl(dialect).bind_processor(dialect)
    return array_text if of_each is None else lambda values: array_text([of_each(value) for value in values])


def array_text(values: Sequence[Any]) -> Any:
    """`{"one","another",NULL}`: the array as PostgreSQL reads it (its manual, 8.15.6); a cast says of what kind.

    What has a value that is neither text nor a whole number, yes or no, or nothing, is left to the driver.
    """
    try:
        return "{" + ",".join([_WRITTEN[type(value)](value) for value in values]) + "}"
    except KeyError:
        return list(values)


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


_WRITTEN: dict[type[Any], Callable[[Any], str]] = {
    str: _quoted,
    int: str,
    bool: lambda value: "t" if value else "f",
    type(None): lambda _: "NULL",
}


def _by_array(part: Any, *, many: bool, **_: Any) -> Any:
    if not isinstance(part, BinaryExpression) or part.operator is not in_op:
        return None
    listed = part.right
    if not isinstance(listed, BindParameter) or not listed.expanding:
        return None
    kind = ARRAY(_unbounded(part.left.type))
    if listed.required:
        array = bindparam(listed.key, type_=kind)
        return part.left.in_(select(func.unnest(array))) if many else part.left == any_(array)
    return part.left == any_(bindparam(listed.key, list(cast("Any", listed.value)), type_=kind))


def _unbounded(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Text of any length in place of a bounded one: PostgreSQL's cast to `varchar(64)` cuts what is longer."""
    return String() if type(kind) is String else kind
