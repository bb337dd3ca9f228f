"""An HR list as it comes: CSV in UTF-8 with one header, a line for each person in each post with each mandate.

`list` officers or citizens · `number` 8 digits, permanent, never used for another · `title`, `given_lo`,
`family_lo`, `given_en`, `family_en` as the person spells them (no rule makes one from the other; a family name may
be missing) · `born` a date of the Christian era · `mail` under a domain of the organisation · `phone` · then, for
officers: `organisation` its code · `post_code` organisation/…/post · `post_lo`, `post_en` · `acting` yes or no ·
`decree` · `valid_from` first day, `valid_to` last day, both included, in Lao time; empty = no end known ·
`mandate` what the person may do in this post (empty leaves mandates as they are) · `limit_lak` whole kip, empty =
no limit. Dates are 2025-12-29, 29/12/2025 or 29 ທັນວາ 2025.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ledger.sheet import Row
from ledger.sheet import rows as rows_of

PERSON_COLUMNS = (
    "list", "number", "title", "given_lo", "family_lo", "given_en", "family_en", "born", "mail", "phone",
)  # fmt: skip
POST_COLUMNS = (
    "organisation", "post_code", "post_lo", "post_en", "acting", "decree", "valid_from", "valid_to", "mandate",
    "limit_lak",
)  # fmt: skip
COLUMNS = PERSON_COLUMNS + POST_COLUMNS


def rows(path: Path) -> Iterator[Row]:
    """The lines of the list, one by one, as `ledger.sheet.rows` reads them. Raises FileUnfit, also half-way."""
    with path.open("rb") as raw:
        yield from rows_of(raw, COLUMNS, "register")


def file_sha256(path: Path) -> str:
    """SHA-256 of the file's octets, hex."""
    digest = sha256()
    with path.open("rb") as raw:
        while part := raw.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
