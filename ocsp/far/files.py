"""Answers as files whose names are the questions: nginx serves them to GET by itself (deploy/nginx-ocsp.conf).

A name is the question in base64 as it stands in the address (RFC 6960 appendix A.1), with `_` where that has `/`.
"""

import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

from ocsp.far.bundle import Bundle, Part, Row
from pki.ocsp import Refusal, plain_request

UNAUTHORIZED = "unauthorized"
"""The file for whatever has no other: RFC 9919 clause 3.2.3 has this answer for what cannot be told here."""


def name_of(request: bytes) -> str:
    """The name of the file with the answer to `request`."""
    return b64encode(request, altchars=b"+_").decode()


def write_files(bundle: Bundle, folder: Path, done: Callable[[int], None] = lambda _count: None) -> int:
    """Every answer of the bundle is a file in `folder`, as old as its thisUpdate. Returns how many were written.

    A file that has the age of its answer is it, and is left alone; each other is replaced at once, never half.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / UNAUTHORIZED, Refusal.UNAUTHORIZED.der, 0)
    written = 0
    for part in bundle.parts:
        for row in part.rows():
            written += sum(_write_form(part, row, form, folder) for form in range(len(part.head.forms)))
            done(1)
    return written


def _write_form(part: Part, row: Row, form: int, folder: Path) -> int:
    age = int(row.this_update.timestamp())
    due = [path for path in _paths(part, row, form, folder) if not _is_of(path, age)]
    if due:
        answer = part.answer(row, form)
        for path in due:
            _write(path, answer, age)
    return len(due)


def _paths(part: Part, row: Row, form: int, folder: Path) -> Iterator[Path]:
    for digest in part.head.forms[form]:
        yield folder / name_of(plain_request(part.certificate_id(row.serial, digest), None))


def _is_of(path: Path, age: int) -> bool:
    try:
        return int(path.stat().st_mtime) == age
    except FileNotFoundError:
        return False


def _write(path: Path, octets: bytes, age: int) -> None:
    half = path.with_name(".half")
    half.write_bytes(octets)
    half.chmod(0o644)
    os.utime(half, (age, age))
    half.replace(path)
