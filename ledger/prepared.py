"""Statements in the words of one driver: SQLAlchemy writes each once, and from then on the driver itself is asked.

What SQLAlchemy does around a statement costs twenty times what SQLite does for it, each time anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Select, Table, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

from ledger.arrays import bind_processor_of, insertion_by_arrays, octets_as_they_are, selection_by_arrays

_Processor = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Place:
    """Where the value of one placeholder comes from: what was given under a name, or one of a list that was."""

    placeholder: str
    name: str
    number: int | None
    process: _Processor

    def of(self, values: Mapping[str, Any]) -> Any:
        """The value, as the driver takes it."""
        value = values[self.name] if self.number is None else values[self.name][self.number]
        return value if self.process is None else self.process(value)


@dataclass(frozen=True)
class _Text:
    """The statement for lists of certain lengths."""

    statement: str
    places: Sequence[_Place]
    by_position: bool

    def filled(self, values: Mapping[str, Any]) -> Sequence[Any] | dict[str, Any]:
        """The parameters in the driver's form."""
        if self.by_position:
            return tuple([place.of(values) for place in self.places])
        return {place.placeholder: place.of(values) for place in self.places}


class Prepared:
    """A selection of columns as `dialect` says it; `many` as for `selection_by_arrays`.

    Where it takes a list as so many values, a text is made when lists of such lengths first come.
    """

    def __init__(self, selection: Select[*tuple[Any, ...]], dialect: Dialect, *, many: bool = False) -> None:
        stated = selection_by_arrays(selection, many=many) if dialect.name == "postgresql" else selection
        self._compiled = stated.compile(dialect=dialect)
        self._constants: Mapping[str, Any] = self._compiled.params
        types = [column.type.dialect_impl(dialect) for column in selection.selected_columns]
        columns = [each.result_processor(dialect, None) for each in types]
        self._read = [(place, process) for place, process in enumerate(columns) if process is not None]
        self._process: Mapping[str, _Processor] = {
            name: bind_processor_of(bind.type, dialect) for bind, name in self._compiled.bind_names.items()
        }
        self._lists = [name for bind, name in self._compiled.bind_names.items() if bind.expanding]
        self._texts: dict[tuple[int, ...], _Text] = {}

    def rows(self, connection: Connection, given: Mapping[str, Any]) -> list[list[Any]]:
        """What is found with these parameters in the connection's transaction. Raises DBAPIError."""
        text, values = self.filled(given)
        with _known_faults(connection, text.statement) as driver:
            rows = _asked(driver, text.statement, values)
        return self.read(rows)

    def read(self, rows: list[list[Any]]) -> list[list[Any]]:
        """What the driver gave, as what it stands for."""
        for place, process in self._read:
            for row in rows:
                row[place] = process(row[place])
        return rows

    def pieces(self, connection: Connection, given: Mapping[str, Any], size: int) -> Iterator[list[Any]]:
        """The same, `size` rows at a time, so that they need not all be in memory. Raises DBAPIError."""
        if self._read:
            raise TypeError("in pieces only what the driver gives as it is")
        text, values = self.filled(given)
        with _known_faults(connection, text.statement) as driver:
            # PostgreSQL keeps the rest on its side only for a cursor that has a name.
            cursor = driver.cursor("pieces") if connection.dialect.name == "postgresql" else driver.cursor()
            with closing(cursor.execute(text.statement, values)) as found:
                while some := found.fetchmany(size):
                    yield some

    def filled(self, given: Mapping[str, Any]) -> tuple[_Text, Any]:
        """The text for lists of such lengths, and the parameters in the driver's form."""
        lengths = tuple([len(given[name]) for name in self._lists if name in given])
        values = {**self._constants, **given}
        text = self._texts.get(lengths)
        if text is None:
            text = self._texts[lengths] = self._text(values)
        return text, text.filled(values)

    def _text(self, values: Mapping[str, Any]) -> _Text:
        state = self._compiled.construct_expanded_state(dict(values))
        sources: dict[str, tuple[str, int | None]] = {name: (name, None) for name in self._process}
        for name, placeholders in state.parameter_expansion.items():
            sources |= {placeholder: (name, number) for number, placeholder in enumerate(placeholders)}
            del sources[name]
        order = state.positiontup or list(sources)
        places = [_Place(one, *sources[one], self._process[sources[one][0]]) for one in order]
        return _Text(state.statement, places, by_position=state.positiontup is not None)


def rows_of_each(
    connection: Connection, several: Sequence[tuple[Prepared, Mapping[str, Any]]]
) -> list[list[list[Any]]]:
    """What each finds, one asked behind the other: a driver that can (`ledger.wire`) waits once. Raises DBAPIError."""
    given = [(text.statement, values) for text, values in (one.filled(values) for one, values in several)]
    with _known_faults(connection, "; ".join(statement for statement, _ in given)) as driver:
        if (ask_each := getattr(driver, "asked_each", None)) is not None:
            found = ask_each(given)
        else:
            found = [_asked(driver, statement, values) for statement, values in given]
    return [one.read(rows) for (one, _), rows in zip(several, found, strict=True)]


TOGETHER = 25
"""Rows of one statement on SQLite: for each that a trigger may refuse it keeps a copy of the pages that it changes."""


class Insertion:
    """Rows of these columns go into `table`, as `dialect` says it."""

    def __init__(self, table: Table, names: Sequence[str], dialect: Dialect) -> None:
        self._by_arrays = dialect.name == "postgresql"
        if self._by_arrays:
            compiled: SQLCompiler = insertion_by_arrays(table, names).compile(dialect=dialect)
        else:
            compiled = insert(table).compile(dialect=dialect, column_keys=names)
        self._statement = str(compiled)
        self._of_many = self._statement + f", {self._statement.partition(' VALUES ')[2]}" * (TOGETHER - 1)
        if self._by_arrays:
            self._statement = octets_as_they_are(self._statement, table, names)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        order = compiled.positiontup or names
        self._columns = [(name, bind_processor_of(binds[name].type, dialect)) for name in order]

    def given(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Any]]:
        """The statements, each with what the driver is to be given for its rows."""
        if self._by_arrays:
            by_column = {name: _by(process, [row[name] for row in rows]) for name, process in self._columns}
            return [(self._statement, by_column)]
        given = [[row[name] for name, _ in self._columns] for row in rows]
        for place, (_, process) in enumerate(self._columns):
            if process is not None:
                for values in given:
                    values[place] = process(values[place])
        whole = len(given) - len(given) % TOGETHER
        starts = range(0, whole, TOGETHER)
        together: list[list[Any]] = [list(chain.from_iterable(given[at : at + TOGETHER])) for at in starts]
        return [(self._of_many, together), (self._statement, given[whole:])]


def put_each(
    connection: Connection,
    several: Iterable[tuple[Insertion, Sequence[Mapping[str, Any]]]],
    before: Sequence[str] = (),
    behind: str | None = None,
) -> None:
    """The rows of each are in the connection's transaction, in this order; statements that go `before`, without values.

    With something `behind`, be it empty, nothing more comes: a driver that can (`ledger.wire`) commits at once, and
    tells the database that. Raises DBAPIError.
    """
    given: list[tuple[str, Any]] = [(statement, {}) for statement in before]
    given += [one for insertion, rows in several for one in insertion.given(rows)]
    with _known_faults(connection, "; ".join(statement for statement, _ in given)) as driver:
        if behind is not None and (enter := getattr(driver, "enter", None)) is not None:
            enter(given, behind)
        elif (ask_each := getattr(driver, "asked_each", None)) is not None:
            ask_each(given)
        else:
            for statement, values in given:
                if values:
                    driver.executemany(statement, values)


def _by(process: _Processor, value: Any) -> Any:
    return value if process is None else process(value)


def _asked(driver: Any, statement: str, values: Any) -> list[list[Any]]:
    """The rows, the short way where the driver has one (`ledger.wire`)."""
    if (ask := getattr(driver, "asked", None)) is not None:
        rows: list[list[Any]] = ask(statement, values)
        return rows
    found = driver.execute(statement, values)
    return list(map(list, found.fetchall())) if found.description else []


@contextmanager
def _known_faults(connection: Connection, statement: str) -> Iterator[Any]:
    """The driver's own connection; what it raises is raised as SQLAlchemy would."""
    driver, dialect = connection.connection.driver_connection, connection.dialect
    module = dialect.loaded_dbapi
    try:
        yield driver
    except module.Error as fault:
        gone = dialect.is_disconnect(fault, cast("Any", driver), None)
        if gone:
            connection.invalidate(fault)
        raise DBAPIError.instance(
            statement, None, fault, module.Error, connection_invalidated=gone, dialect=dialect
        ) from fault
