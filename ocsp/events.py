"""What the responder records: nothing. It only reads the ledger.

What strangers ask is counted and logged, never entered (docs/architecture.md, "Refusals").
"""

from ledger.event import Event

EVENTS: tuple[type[Event], ...] = ()
