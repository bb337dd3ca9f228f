"""What this house records: nothing, since all that it does is to let the log be read."""

from ledger.event import Event

EVENTS: tuple[type[Event], ...] = ()
