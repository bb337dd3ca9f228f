"""Days in a file of a change: ISO 8601, Gregorian, as they are counted in Vientiane; `until` is the last day."""

from datetime import date, datetime, timedelta

from ca.governance.kind import Given, Unfit
from ledger.canonical import microseconds, moment
from ledger.clock import VIENTIANE

Span = tuple[int | None, int | None]
"""Half-open, in microseconds since 1970; None: from the moment of application, or without a known end."""


def span_in(given: Given, now: datetime) -> Span | Unfit:
    """From the day `from` to the last day `until`; a beginning that has passed cannot be agreed on any more."""
    try:
        begins, ends = _start(given.get("from"), 0), _start(given.get("until"), 1)
    except (TypeError, ValueError, OverflowError):
        return Unfit("change.unfit", ("from and until are days like 2027-01-31, by the Gregorian calendar",))
    if begins is not None and begins <= microseconds(now):
        return Unfit("change.unfit", ("from has passed: leave it out, and it begins when the change is applied",))
    if ends is not None and ends <= (begins or microseconds(now)):
        return Unfit("change.unfit", ("until lies before the beginning",))
    return begins, ends


def begins_at(begins: int | None, applied_at: datetime) -> datetime:
    """When what was agreed on begins: never before it was applied."""
    return applied_at if begins is None else max(moment(begins), applied_at)


def shown(at: datetime | None) -> str | None:
    """The time as a difference shows it."""
    return None if at is None else at.astimezone(VIENTIANE).isoformat(timespec="seconds")


def _start(day: object, later: int) -> int | None:
    if day is None:
        return None
    first = date.fromisoformat(str(day)) + timedelta(days=later)
    return microseconds(datetime(first.year, first.month, first.day, tzinfo=VIENTIANE))
