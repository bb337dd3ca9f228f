"""Which release of laotrust this is; every audit entry names it."""

RELEASE = "0.1.0"
