"""An event says what happened, in ids, numbers and codes; it is documented and listed."""

import re
from collections import Counter
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest

from ledger.event import Code, Digest, Event, Id
from tests.architecture.inventory import HOUSES, event_types

EVENTS = event_types()
_PLAIN = (int, bool, datetime, NoneType)
_LABELLED = (Id, Digest, Code)


def _named(event: type[Event]) -> str:
    return event.kind


def _permitted(annotation: Any) -> bool:
    if annotation in _LABELLED or annotation in _PLAIN:
        return True
    if get_origin(annotation) in (UnionType, Union, tuple):
        return all(part is Ellipsis or _permitted(part) for part in get_args(annotation))
    return isinstance(annotation, type) and issubclass(annotation, Enum)


@pytest.mark.parametrize("event", EVENTS, ids=_named)
def test_an_event_is_a_frozen_documented_value(event: type[Event]) -> None:
    assert is_dataclass(event)
    assert event.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert event.__doc__
    assert not event.__doc__.startswith(f"{event.__name__}(")


@pytest.mark.parametrize("event", EVENTS, ids=_named)
def test_an_events_fields_hold_nothing_personal(event: type[Event]) -> None:
    hints = get_type_hints(event, include_extras=True)

    assert [field.name for field in fields(event) if not _permitted(hints[field.name])] == []


def test_free_text_is_not_permitted() -> None:
    assert not _permitted(str)
    assert not _permitted(Annotated[str, "name"])
    assert _permitted(tuple[Id, ...])


def test_no_two_events_have_one_kind() -> None:
    counted = Counter(event.kind for event in EVENTS)

    assert [kind for kind, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("event", EVENTS, ids=_named)
def test_a_kind_is_a_dotted_word(event: type[Event]) -> None:
    assert re.fullmatch(r"[a-z-]+\.[a-z-]+", event.kind)


@pytest.mark.parametrize("house", HOUSES)
def test_a_house_lists_all_its_events(house: str) -> None:
    listed = import_module(f"{house}.events").EVENTS

    assert {event for event in EVENTS if event.__module__.startswith(f"{house}.")} == set(listed)
