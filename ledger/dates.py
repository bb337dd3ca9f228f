"""Dates as people in Laos write them: Gregorian, day first, Lao month names; Buddhist years are not taken."""

import re
from datetime import UTC, date, datetime, time, timedelta

from ledger.clock import VIENTIANE
from ledger.spelling import digits, fold

MONTHS = ("ມັງກອນ", "ກຸມພາ", "ມີນາ", "ເມສາ", "ພຶດສະພາ", "ມິຖຸນາ", "ກໍລະກົດ", "ສິງຫາ", "ກັນຍາ", "ຕຸລາ", "ພະຈິກ", "ທັນວາ")
BUDDHIST_YEARS = range(2400, 2701)
"""Years that are surely meant in the Buddhist era, 543 ahead of the Christian one."""
_MONTH_NUMBERS = {fold(name): number for number, name in enumerate(MONTHS, 1)}
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})[/.](?P<month>[0-9]{1,2})[/.](?P<year>[0-9]{4})")
_NAMED = re.compile(r"(?P<day>[0-9]{1,2}) ?(?P<month>[^0-9 ]+) ?(?P<year>[0-9]{4})")


class DateUnfit(Exception):
    """It is no date that we take. `code` is public."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_date(text: str) -> date:
    """The date that `text` names: 2025-12-29, 29/12/2025 or 29 ທັນວາ 2025, in Lao digits too. Raises DateUnfit."""
    ascii_text = digits(text)
    found = next((match for form in (_ISO, _DAY_FIRST, _NAMED) if (match := form.fullmatch(ascii_text))), None)
    if found is None:
        raise DateUnfit("register.date")
    if int(found["year"]) in BUDDHIST_YEARS:
        raise DateUnfit("register.buddhist-year")
    month = found["month"]
    try:
        return date(
            int(found["year"]), int(month) if month.isdigit() else _MONTH_NUMBERS[fold(month)], int(found["day"])
        )
    except (ValueError, KeyError) as fault:
        raise DateUnfit("register.date") from fault


def day_begins(day: date) -> datetime:
    """The instant at which `day` begins in Vientiane, in UTC."""
    return datetime.combine(day, time.min, VIENTIANE).astimezone(UTC)


def day_after_begins(day: date) -> datetime:
    """The instant at which `day` is over in Vientiane, in UTC: the half-open end of a period whose last day it is."""
    return day_begins(day + timedelta(days=1))


def day_of(moment: datetime) -> date:
    """The date that a calendar in Vientiane shows at `moment`."""
    return moment.astimezone(VIENTIANE).date()


def age(born: date, today: date) -> int:
    """Years completed between the two."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
