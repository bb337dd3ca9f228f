"""docs/events.md lists every kind of event with what its fields may hold, and no field may hold free text."""

from dataclasses import dataclass

import pytest

from ledger.event import Event
from tests.architecture.documents import ROOT, described, table_rows
from tests.architecture.inventory import event_types

ROWS = table_rows(ROOT / "docs" / "events.md")
DOCUMENTED = {row[0].strip("`"): row[1:] for row in ROWS}


@dataclass(frozen=True)
class Told(Event):
    """An event with free text, as none of ours may be."""

    text: str


def test_the_document_lists_the_kinds_that_there_are_each_once_and_no_others() -> None:
    listed = sorted(row[0].strip("`") for row in ROWS)

    assert listed == sorted(event.kind for event in event_types())


@pytest.mark.parametrize("event", event_types(), ids=lambda event: event.kind)
def test_a_kind_of_event_is_documented_with_its_fields_and_their_types(event: type[Event]) -> None:
    meaning, written = DOCUMENTED[event.kind]

    assert (meaning != "", written) == (True, described(event))


def test_a_field_of_free_text_cannot_be_documented() -> None:
    with pytest.raises(TypeError):
        described(Told)
