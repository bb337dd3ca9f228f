"""A line of an HR list on its own: read into values, or its faults, all of them at once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from ledger.addresses import parse_mail
from ledger.dates import day_after_begins, day_begins, parse_date
from ledger.sheet import Reading, Reason, Row, Unfit
from ledger.spelling import digits, is_lao, is_roman
from register.columns import POST_COLUMNS
from register.contacts import parse_phone

_T = TypeVar("_T")
_NUMBER = re.compile(r"[1-9][0-9]{7}")
_POST = re.compile(r"[A-Z0-9-]{2,32}(?:/[a-z0-9-]{1,40}){1,3}")
_WORD = re.compile(r"[a-z][a-z0-9-]{1,63}")
_DECREE = re.compile(r"[0-9A-Za-z\u0e81-\u0edf][0-9A-Za-z\u0e81-\u0edf /.\-]{0,63}")
_TITLE = re.compile(r"[A-Za-z\u0e81-\u0edf][A-Za-z\u0e81-\u0edf .\-]{0,39}")
_POST_CODE_MOST = 64
_MOST_KIP = 10**15
_YES = {"yes": True, "no": False, "1": True, "0": False, "": False}


@dataclass(frozen=True)
class Office:
    """What a line says of a person in a post; times in UTC, half-open."""

    organisation: str
    post: str
    name_lo: str
    name_en: str
    acting: bool
    decree: str
    valid_from: datetime
    valid_to: datetime | None
    mandate: str | None
    limit_lak: int | None


@dataclass(frozen=True)
class Line:
    """What a line says; None in `office` for citizens."""

    line: int
    source: str
    number: str
    title: str | None
    given_lo: str
    family_lo: str | None
    given_en: str
    family_en: str | None
    born: date
    mail: str | None
    phone: str | None
    office: Office | None

    def person_values(self) -> dict[str, str | None]:
        """What is kept of the person, by the columns of PersonDetail."""
        return {
            "given_lo": self.given_lo,
            "family_lo": self.family_lo,
            "given_en": self.given_en,
            "family_en": self.family_en,
            "title": self.title,
            "born": self.born.isoformat(),
            "mail": self.mail,
            "phone": self.phone,
        }


def read_line(row: Row) -> Line | list[Reason]:
    """The line's values; or, if anything about it is unfit, every reason."""
    if not row.whole:
        return [Reason("line", "register.columns")]
    reading = Reading(row.fields, "register")
    source = reading.needed("list", _source)
    names = {
        "given_lo": reading.needed("given_lo", _lao),
        "family_lo": reading.given("family_lo", _lao),
        "given_en": reading.needed("given_en", _roman),
        "family_en": reading.given("family_en", _roman),
        "title": reading.given("title", _title),
    }
    number, born = reading.needed("number", _number), reading.needed("born", parse_date)
    take_mail = reading.needed if source == "officers" else reading.given
    mail, phone = take_mail("mail", _mail), reading.given("phone", _phone)
    office = _office(reading) if source == "officers" else _no_office(reading)
    if reading.faults:
        return reading.faults
    return Line(
        line=row.line, source=source, number=number, born=born, mail=mail, phone=phone, office=office, **names  # type: ignore[arg-type]  # no faults: what is needed is there
    )  # fmt: skip


def _office(reading: Reading) -> Office | None:
    organisation, post = reading.needed("organisation", _organisation), reading.needed("post_code", _post)
    if organisation and post and not post.startswith(f"{organisation}/"):
        reading.faults.append(Reason("post_code", "register.post-code"))
    valid_from, valid_to = reading.needed("valid_from", parse_date), reading.given("valid_to", parse_date)
    if valid_from and valid_to and valid_to < valid_from:
        reading.faults.append(Reason("valid_to", "register.ends-before"))
    name_lo, name_en = reading.needed("post_lo", str), reading.needed("post_en", str)
    acting, decree = reading.given("acting", _yes), reading.needed("decree", _decree)
    mandate, limit = reading.given("mandate", _mandate), reading.given("limit_lak", _kip)
    if limit is not None and not reading.fields["mandate"]:
        reading.faults.append(Reason("limit_lak", "register.limit-without-mandate"))
    if reading.faults or valid_from is None:
        return None
    return Office(
        str(organisation), str(post), str(name_lo), str(name_en), bool(acting), str(decree), day_begins(valid_from),
        day_after_begins(valid_to) if valid_to else None, mandate, limit,
    )  # fmt: skip


def _no_office(reading: Reading) -> Office | None:
    filled = [name for name in POST_COLUMNS if reading.fields[name] and name != "acting"]
    reading.faults += [Reason(name, "register.citizen-with-post") for name in filled[:1]]
    return None


def _unfit(code: str) -> _T:  # type: ignore[type-var]  # it never returns
    raise Unfit(code)


def _matching(pattern: re.Pattern[str], code: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        return text if pattern.fullmatch(text) else _unfit(code)

    return parse


_title = _matching(_TITLE, "register.title")
_mandate = _matching(_WORD, "register.mandate")


def _source(text: str) -> str:
    return text if text in {"officers", "citizens"} else _unfit("register.list")


def _number(text: str) -> str:
    return number if _NUMBER.fullmatch(number := digits(text)) else _unfit("register.number")


def _organisation(text: str) -> str:
    return text.upper()


def _post(text: str) -> str:
    return text if len(text) <= _POST_CODE_MOST and _POST.fullmatch(text) else _unfit("register.post-code")


def _lao(text: str) -> str:
    return text if is_lao(text) else _unfit("register.not-lao")


def _roman(text: str) -> str:
    return text if is_roman(text) else _unfit("register.not-roman")


def _mail(text: str) -> str:
    return parse_mail(text) or _unfit("register.mail")


def _phone(text: str) -> str:
    return parse_phone(text) or _unfit("register.phone")


def _decree(text: str) -> str:
    return decree if _DECREE.fullmatch(decree := digits(text)) else _unfit("register.decree")


def _yes(text: str) -> bool:
    return _YES[text.lower()] if text.lower() in _YES else _unfit("register.acting")


def _kip(text: str) -> int:
    """Whole kip; points may part the thousands, as in 1.234.567."""
    plain = digits(text)
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+", plain):
        plain = plain.replace(".", "")
    return int(plain) if plain.isascii() and plain.isdigit() and int(plain) <= _MOST_KIP else _unfit("register.limit")
