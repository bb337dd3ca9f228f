"""Lists of requests as an office hands them in."""

import csv
from collections.abc import Sequence
from hashlib import sha256
from io import StringIO
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

from ca.batches.columns import COLUMNS
from ca.batches.plan import Desk
from ca.statement import terms
from tests.ca.conftest import FIRST, PracticeCa, request_for
from tests.issuing import new_key


def pem(request: bytes) -> str:
    """A PKCS#10 as a file has it."""
    return DER_cert_to_PEM_cert(request).replace("CERTIFICATE-----", "CERTIFICATE REQUEST-----")


def line(ca: PracticeCa, person: str, /, **changed: str) -> dict[str, str]:
    """A good line for the person of that number, whose request is in it."""
    with ca.ledger.read() as session:
        accepted = terms.current(session).digest
    fields = {
        "number": person, "profile": "officer-signing", "request": pem(request_for(new_key())), "desk": "center",
        "paper": "chip-identity-card", "paper_number": f"card of {person}", "paper_issuer": "MPS",
        "paper_issued": "2020-01-01", "paper_expires": "2030-01-01", "terms": accepted,
        "scan_sha256": sha256(f"scan of {person}".encode()).hexdigest(), "agreed": "written", "agreed_on": "2026-11-23",
    }  # fmt: skip
    return fields | changed


def written(path: Path, lines: Sequence[dict[str, str]], *, delimiter: str = ",", mark: str = "") -> Path:
    """The list at `path`, as a spreadsheet writes it."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    path.write_text(mark + text.getvalue(), encoding="utf-8", newline="")
    return path


def desk_of(ca: PracticeCa, officer: str = FIRST) -> Desk:
    """Where the officer hands lists in."""
    return Desk(ca.ledger, ca.fields, f"p{officer}", practice=True)
