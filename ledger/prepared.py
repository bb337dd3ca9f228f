"""A selection in the words of one driver: SQLAlchemy writes it once, and from then on the driver itself is asked.

What SQLAlchemy does around a statement costs twenty times what SQLite does for it, each time anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError

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
    """A selection of columns as `dialect` says it. Its texts are made when lists of their lengths first come."""

    def __init__(self, selection: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        self._compiled = selection.compile(dialect=dialect)
        self._constants: Mapping[str, Any] = self._compiled.params
        types = [column.type.dialect_impl(dialect) for column in selection.selected_columns]
        columns = [each.result_processor(dialect, None) for each in types]
        self._read = [(place, process) for place, process in enumerate(columns) if process is not None]
        self._process: Mapping[str, _Processor] = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in self._compiled.binds.items()
        }
        self._texts: dict[tuple[int, ...], _Text] = {}

    def rows(self, connection: Connection, given: Mapping[str, Any]) -> list[list[Any]]:
        """What is found with these parameters in the connection's transaction. Raises DBAPIError."""
        lengths = tuple([len(given[name]) for name in sorted(given) if isinstance(given[name], list | tuple)])
        values = {**self._constants, **given}
        text = self._texts.get(lengths)
        if text is None:
            text = self._texts[lengths] = self._text(values)
        found = _asked(connection, text.statement, text.filled(values))
        rows = list(map(list, found))
        for place, process in self._read:
            for row in rows:
                row[place] = process(row[place])
        return rows

    def _text(self, values: Mapping[str, Any]) -> _Text:
        state = self._compiled.construct_expanded_state(dict(values))
        sources: dict[str, tuple[str, int | None]] = {name: (name, None) for name in values}
        for name, placeholders in state.parameter_expansion.items():
            sources |= {placeholder: (name, number) for number, placeholder in enumerate(placeholders)}
            del sources[name]
        order = state.positiontup or list(sources)
        places = [_Place(one, *sources[one], self._process[sources[one][0]]) for one in order]
        return _Text(state.statement, places, by_position=state.positiontup is not None)


def _asked(connection: Connection, statement: str, parameters: Any) -> Sequence[Sequence[Any]]:
    driver, dialect = connection.connection.driver_connection, connection.dialect
    assert driver is not None, "the connection is open"
    module = dialect.loaded_dbapi
    try:
        found: Sequence[Sequence[Any]] = driver.execute(statement, parameters).fetchall()
    except module.Error as fault:
        gone = dialect.is_disconnect(fault, driver, None)
        if gone:
            connection.invalidate(fault)
        raise DBAPIError.instance(
            statement, None, fault, module.Error, connection_invalidated=gone, dialect=dialect
        ) from fault
    return found
