"""Lists in the words of PostgreSQL, which takes any number of values as one array.

It plans each text anew on each connection, which for a statement over ten tables takes longer than a hundred
executions; and a row that is a message of its own costs both sides several times what inserting it does.

Of an array it knows no length when it plans, and of a table that has just been filled not what is in it: then it goes
through the table and holds each row against each value. Many values are therefore rows to join with.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    BinaryExpression,
    BindParameter,
    ColumnElement,
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
