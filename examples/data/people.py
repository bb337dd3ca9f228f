"""Made-up officers and citizens: any number, the same for the same seed, line by line and without end.

A line depends on its seed and place alone, so 35,000 lines begin with the same 200 as a list of 200.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

Row = dict[str, str]
HERE = Path(__file__).parent
OFFICERS_FROM, CITIZENS_FROM = 10_000_000, 20_000_000
"""The numbers just before the first officer's and the first citizen's."""
_TITLES = ("ທ້າວ", "ນາງ")


@dataclass
class Dice:
    """Draws that are the same whenever the same dice are thrown: SHA-256 over the seed and a count."""

    seed: str
    thrown: int = 0

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        self.thrown += 1
        return int.from_bytes(sha256(f"{self.seed}/{self.thrown}".encode()).digest()[:8], "big") % limit

    def one_of(self, choices: Any) -> Any:
        """One of the choices."""
        return choices[self.below(len(choices))]

    def day(self, first: date, last: date) -> date:
        """A day between the two, both included."""
        return first + timedelta(days=self.below((last - first).days + 1))


@cache
def words() -> dict[str, Any]:
    """The parts that names and posts are made of."""
    found: dict[str, Any] = json.loads((HERE / "names.json").read_text("utf-8"))
    return found


@cache
def organisations() -> list[dict[str, Any]]:
    """The organisations of the state, as `organisations.json` has them."""
    found: list[dict[str, Any]] = json.loads((HERE / "organisations.json").read_text("utf-8"))["organisations"]
    return found


@cache
def _standing() -> list[dict[str, Any]]:
    return [one for one in organisations() if one["valid_to"] is None]


def officers(count: int, seed: int = 1, first: int = 1) -> Iterator[Row]:
    """The officers at places `first` … `first` + `count` - 1, without a fault in their lines."""
    return (officer(place, seed) for place in range(first, first + count))


def citizens(count: int, seed: int = 1, first: int = 1) -> Iterator[Row]:
    """The citizens at places `first` … `first` + `count` - 1, without a fault in their lines."""
    return (citizen(place, seed) for place in range(first, first + count))


def officer(place: int, seed: int = 1) -> Row:
    """The officer at that place, in his post; every tenth only acts in it."""
    dice = Dice(f"officer/{seed}/{place}")
    organisation = dice.one_of(_standing())
    row = _person(dice, "officers", OFFICERS_FROM + place)
    row["mail"] = _mail(row, organisation["domains"].split()[0])
    row["born"] = dice.day(date(1964, 1, 1), date(2002, 12, 31)).isoformat()
    return row | _post(dice, organisation)


def citizen(place: int, seed: int = 1) -> Row:
    """The citizen at that place; one in three has no mail."""
    dice = Dice(f"citizen/{seed}/{place}")
    row = _person(dice, "citizens", CITIZENS_FROM + place)
    row["born"] = dice.day(date(1945, 1, 1), date(2008, 12, 31)).isoformat()
    row["mail"] = _mail(row, "mail.example") if dice.below(3) else ""
    return row | dict.fromkeys(_POST_COLUMNS, "")


_POST_COLUMNS = (
    "organisation", "post_code", "post_lo", "post_en", "acting", "decree", "valid_from", "valid_to", "mandate",
    "limit_lak",
)  # fmt: skip


def _person(dice: Dice, source: str, number: int) -> Row:
    given_lo, given_en = _joined(dice, "given")
    family_lo, family_en = _joined(dice, "family") if dice.below(12) else ("", "")
    return {
        "list": source,
        "number": str(number),
        "title": dice.one_of(_TITLES),
        "given_lo": given_lo,
        "family_lo": family_lo,
        "given_en": given_en,
        "family_en": family_en,
        "born": "",
        "mail": "",
        "phone": f"+85620{dice.one_of('23579')}{dice.below(10_000_000):07d}",
    }


def _joined(dice: Dice, kind: str) -> tuple[str, str]:
    first_lo, first_en = dice.one_of(words()[f"{kind}_first"])
    second_lo, second_en = dice.one_of(words()[f"{kind}_second"])
    return first_lo + second_lo, first_en + second_en


def _mail(row: Row, domain: str) -> str:
    name = ".".join(part for part in (row["given_en"], row["family_en"]) if part).lower()
    return f"{name}{int(row['number']) % 1_000_000}@{domain}"


def _post(dice: Dice, organisation: dict[str, Any]) -> Row:
    department, department_lo, department_en = dice.one_of(words()["departments"])
    rank, rank_lo, rank_en, mandate, limit = dice.one_of(words()["ranks"])
    valid_from = dice.day(date(2025, 4, 1), date(2026, 6, 30))
    return {
        "organisation": organisation["code"],
        "post_code": f"{organisation['code']}/{department}/{rank}",
        "post_lo": f"{rank_lo}{department_lo}",
        "post_en": f"{rank_en}, {department_en}",
        "acting": "yes" if dice.below(10) == 0 else "no",
        "decree": f"{1 + dice.below(999):03d}/{organisation['code']}/{valid_from.year}",
        "valid_from": valid_from.isoformat(),
        "valid_to": "",
        "mandate": mandate,
        "limit_lak": limit,
    }
