"""One line of a list: read into an application, or its faults, all of them at once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TypeVar

from ca.policy import EvidenceKind, IdentificationMethod
from ca.registration.application import Agreed, AgreementMeans, Application, Shown
from ca.registration.rules import MOST_KIP
from ledger.dates import day_begins, parse_date
from ledger.sheet import Reading, Reason, Row, Unfit
from ledger.spelling import digits

_T = TypeVar("_T")
_Kind = TypeVar("_Kind", bound=Enum)
_SCAN = re.compile(r"[0-9a-f]{64}")
_BETWEEN = re.compile(r"[\s,;]+")
_LONGEST_CODE = 64
"""As the database keeps the issuer of a paper."""
_KIP = re.compile(r"[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_FIELDS = {
    "enrolment.person-unknown": "number",
    "enrolment.person-cut-off": "number",
    "enrolment.no-appointment": "number",
    "enrolment.too-young": "number",
    "enrolment.possible-double": "number",
    "enrolment.own-papers": "number",
    "enrolment.profile-not-for-persons": "profile",
    "enrolment.request-malformed": "request",
    "enrolment.proof-of-possession": "request",
    "enrolment.key-weak": "request",
    "enrolment.key-used": "request",
    "enrolment.key-not-for-profile": "request",
    "enrolment.asks-for-more": "request",
    "enrolment.organisation-missing": "organisation",
    "enrolment.organisation-not-named": "organisation",
    "enrolment.organisation-unknown": "organisation",
    "enrolment.organisation-ended": "organisation",
    "enrolment.no-mandate": "organisation",
    "enrolment.common-name": "common_name",
    "enrolment.name-unfit": "common_name",
    "enrolment.names-not-taken": "names",
    "enrolment.names-missing": "names",
    "enrolment.names-twice": "names",
    "enrolment.names-too-many": "names",
    "enrolment.host-label": "names",
    "enrolment.name-outside-zone": "names",
    "enrolment.mail-unproved": "names",
    "enrolment.value-limit-not-taken": "value_limit_lak",
    "enrolment.evidence-missing": "paper",
    "enrolment.evidence-insufficient": "paper",
    "enrolment.evidence-expired": "paper_expires",
    "enrolment.evidence-without-last-day": "paper_expires",
    "enrolment.evidence-not-yet-issued": "paper_issued",
    "enrolment.terms-not-accepted": "terms",
    "enrolment.terms-changed": "terms",
    "enrolment.terms-date": "agreed_on",
}
"""The column in which whoever filled the list in looks first."""
_BEGINNINGS = {"desk.": "desk", "decision.": "desk", "mail.": "names"}


@dataclass(frozen=True)
class Line:
    """What a line says: the application, but for the officer who saw the papers, and the names to compare."""

    request: bytes
    number: str
    profile: str
    papers: tuple["PaperSeen", ...]
    desk: str
    method: IdentificationMethod
    agreed: Agreed
    organisation: str | None
    names: tuple[str, ...]
    common_name: str | None
    value_limit_lak: int | None
    given_lo: str | None
    family_lo: str | None

    def application(self, officer_id: str) -> Application:
        """What is handed in, its papers seen by this officer."""
        shown = [
            Shown(
                one.kind, one.number, one.issuer, one.issued_on, one.expires_on, one.scan, officer_id, self.desk,
                self.method,
            )
            for one in self.papers
        ]  # fmt: skip
        return Application(
            self.request, self.number, self.profile, shown, self.agreed, self.organisation, self.names,
            self.common_name, self.value_limit_lak,
        )  # fmt: skip

    @property
    def asked(self) -> tuple[str, ...]:
        """What a second line would ask for once more: whose certificate, of which kind, with which names."""
        return (self.number, self.profile, self.organisation or "", self.common_name or "", *sorted(self.names))


@dataclass(frozen=True)
class PaperSeen:
    """A paper as the line describes it."""

    kind: EvidenceKind
    number: str
    issuer: str
    issued_on: date
    expires_on: date | None
    scan: str


def read_line(row: Row, request: bytes) -> Line | list[Reason]:
    """The line's values with the request that it names; or, if anything about it is unfit, every reason."""
    reading = Reading(row.fields, "batch")
    number, profile = reading.needed("number", digits), reading.needed("profile", str)
    desk = reading.needed("desk", str)
    method = reading.given("seen", _one_of(IdentificationMethod, "batch.seen")) or IdentificationMethod.IN_PERSON
    papers = [_paper(reading, "paper", "paper_", "scan_sha256")]
    if any(row.fields[name] for name in row.fields if name.startswith("second_")):
        papers.append(_paper(reading, "second_paper", "second_", "second_scan_sha256"))
    agreed = _agreed(reading)
    names = {name: reading.given(name, str) for name in ("given_lo", "family_lo", "common_name")}
    organisation = reading.given("organisation", str.upper)
    limit, wanted = reading.given("value_limit_lak", _kip), reading.given("names", _names)
    if not row.whole:
        return [Reason("line", "batch.columns")]
    if reading.faults or agreed is None:
        return reading.faults
    return Line(
        request=request, number=str(number), profile=str(profile), papers=tuple(one for one in papers if one),
        desk=str(desk), method=method, agreed=agreed, organisation=organisation, names=wanted or (),
        value_limit_lak=limit, **names,
    )  # fmt: skip


def field_of(code: str) -> str:
    """The column of a line to which a refusal belongs."""
    begun = next((column for beginning, column in _BEGINNINGS.items() if code.startswith(beginning)), "line")
    return _FIELDS.get(code, begun)


def _paper(reading: Reading, kind: str, prefix: str, scan: str) -> PaperSeen | None:
    values = (
        reading.needed(kind, _one_of(EvidenceKind, "batch.paper")),
        reading.needed(f"{prefix}number", str),
        reading.needed(f"{prefix}issuer", _code),
        reading.needed(f"{prefix}issued", parse_date),
        reading.given(f"{prefix}expires", parse_date),
        reading.needed(scan, _scan),
    )
    found, number, issuer, issued, expires, digest = values
    if found is None or number is None or issuer is None or issued is None or digest is None:
        return None
    return PaperSeen(found, number, issuer, issued, expires, digest)


def _agreed(reading: Reading) -> Agreed | None:
    terms = reading.needed("terms", str.lower)
    means, day = (
        reading.needed("agreed", _one_of(AgreementMeans, "batch.agreed")),
        reading.needed("agreed_on", parse_date),
    )
    publish = reading.given("publish", _yes)
    if terms is None or means is None or day is None:
        return None
    return Agreed(terms, means, day_begins(day), publication=bool(publish))


def _one_of(kind: type[_Kind], code: str) -> Callable[[str], _Kind]:
    def parse(text: str) -> _Kind:
        return _unless(kind, text.lower(), code)

    return parse


def _unless(parse: Callable[[str], _T], text: str, code: str) -> _T:
    try:
        return parse(text)
    except ValueError as fault:
        raise Unfit(code) from fault


def _code(text: str) -> str:
    if len(text) > _LONGEST_CODE:
        raise Unfit("batch.too-long")
    return text


def _scan(text: str) -> str:
    if not _SCAN.fullmatch(text.lower()):
        raise Unfit("batch.scan")
    return text.lower()


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in _BETWEEN.split(text) if name)


def _yes(text: str) -> bool:
    if text.lower() not in {"yes", "no"}:
        raise Unfit("batch.publish")
    return text.lower() == "yes"


def _kip(text: str) -> int:
    """Whole kip; points may part the thousands, and nothing else: 1500.00 is a hundred times less than 150000."""
    written = digits(text)
    value = _unless(int, written.replace(".", ""), "batch.limit") if _KIP.fullmatch(written) else 0
    if not 0 < value <= MOST_KIP:
        raise Unfit("batch.limit")
    return value
