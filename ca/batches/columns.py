"""The columns of a list of requests, what each holds, and the list's empty form."""

import csv
from dataclasses import dataclass
from io import StringIO

from ca.policy import PAPERS, IdentificationMethod
from ca.registration.application import AgreementMeans


@dataclass(frozen=True)
class Column:
    """A column: its name in the header, what it holds, an example, and whether a list must have it."""

    name: str
    holds: str
    example: str = ""
    needed: bool = False


_PAPERS = ", ".join(kind.value for kind in PAPERS)
_ENDING = ", ".join(kind.value for kind, rule in PAPERS.items() if rule.has_last_day)
TABLE = (
    Column("number", "number of the person who asks, or answers for an organisation's key", "10000017", needed=True),
    Column("given_lo", "Lao given name; if it is there it must be the register's", "ສົມພອນ"),
    Column("family_lo", "Lao family name; as `given_lo`", "ວົງສາ"),
    Column("profile", "profile of the certificate (`profile-list`)", "officer-signing", needed=True),
    Column(
        "request", "PKCS#10 as PEM, or the name of its file (PEM or DER) beside the list", "10000017.csr", needed=True
    ),
    Column("organisation", "code of the organisation that the certificate is to name"),
    Column("common_name", "name of the service or device"),
    Column("names", "host names, or the mail address; spaces between them"),
    Column("value_limit_lak", "limit of a signature's value, whole kip"),
    Column("desk", "code of the desk where the person was seen", "center", needed=True),
    Column("seen", f"{' or '.join(one.value for one in IdentificationMethod)}; empty is in-person"),
    Column("paper", f"paper that was seen: {_PAPERS}", "chip-identity-card", needed=True),
    Column("paper_number", "its number; kept encrypted", "0123456789", needed=True),
    Column("paper_issuer", "who issued it, by its code", "MPS", needed=True),
    Column("paper_issued", "date of issue", "01/05/2024", needed=True),
    Column("paper_expires", f"its last day; needed for {_ENDING}", "30/04/2034"),
    Column("scan_sha256", "SHA-256 of the scan, 64 hex digits", "9f" * 32, needed=True),
    Column("second_paper", "a second paper, where one does not suffice; its columns as above"),
    Column("second_number", ""),
    Column("second_issuer", ""),
    Column("second_issued", ""),
    Column("second_expires", ""),
    Column("second_scan_sha256", ""),
    Column("terms", "digest of the terms that he accepted (page /terms)", needed=True),
    Column("agreed", f"how: {', '.join(means.value for means in AgreementMeans)}", "written", needed=True),
    Column("agreed_on", "on which day", "01/11/2026", needed=True),
    Column("publish", "yes if the certificate may go into a directory; empty is no", "no"),
)
"""Dates are 2025-12-29, 29/12/2025 or 29 ທັນວາ 2025, of the Christian era; digits may be Lao."""
COLUMNS = tuple(column.name for column in TABLE)
NEEDED = tuple(column.name for column in TABLE if column.needed)
_BYTE_ORDER_MARK = "\ufeff"
"""By which spreadsheets know UTF-8."""


def template(terms_digest: str) -> str:
    """The header and one line as an example, as a spreadsheet opens it; the terms are those in force."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerow([terms_digest if column.name == "terms" else column.example for column in TABLE])
    return _BYTE_ORDER_MARK + text.getvalue()
