"""How old status is that was carried somewhere, and what may still be believed of it."""

from datetime import datetime, timedelta
from enum import Enum

DAY = timedelta(days=1)


class Age(Enum):
    """FRESH is of the last day; AGED still counts; PAST counts no more, but what was revoked then is revoked."""

    FRESH = "fresh"
    AGED = "aged"
    PAST = "past"


def age_of(made_at: datetime, until: datetime, now: datetime) -> Age:
    """The age at `now` of what was made at `made_at` and may be relied on until `until`."""
    if now > until:
        return Age.PAST
    return Age.FRESH if now - made_at <= DAY else Age.AGED
