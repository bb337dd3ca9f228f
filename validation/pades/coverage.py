"""What a PDF signature covers, octet by octet: nothing may hide beside it."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel


class Coverage(Enum):
    """How much of the document a signature speaks for."""

    WHOLE_FILE = "whole-file"
    EARLIER_REVISION = "earlier-revision"
    """The whole of an earlier revision; what came later changes nothing that was signed."""
    CHANGED_LATER = "changed-later"
    """What came later changes what was signed, or is of no kind that may come later."""
    UNCLEAR = "unclear"


def coverage_of(signature: EmbeddedPdfSignature) -> Coverage:
    """What `signature` covers, by its byte range (ISO 32000-2 clause 12.8.1) and what was appended after it."""
    signature.compute_integrity_info()  # type: ignore[no-untyped-call]
    if signature.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return Coverage.WHOLE_FILE
    appended_outside_any_revision = signature.signed_revision + 1 >= signature.reader.total_revisions
    if signature.coverage is not SignatureCoverageLevel.ENTIRE_REVISION or appended_outside_any_revision:
        return Coverage.CHANGED_LATER
    harmless = signature.summarise_integrity_info()["docmdp_ok"] and not _shows_more(signature)
    return Coverage.EARLIER_REVISION if harmless else Coverage.CHANGED_LATER


def _shows_more(signature: EmbeddedPdfSignature) -> bool:
    """Whether a reader sees what the signer did not: a form filled in later, or a field drawn over the page later.

    ISO 32000-2 clause 12.8.2.2 lets both pass unless the signer forbade it; what they show is not what was signed.
    """
    reader = signature.reader
    then = dict(_fields(reader.get_historical_root(signature.signed_revision)))
    for name, field in _fields(reader.root):
        before = then.get(name)
        if before is None or _of(field, "/Rect") != _of(before, "/Rect"):
            if _has_area(field):
                return True
        elif _of(field, "/FT") != "/Sig" and _of(field, "/V") != _of(before, "/V"):
            return True
    return False


def _fields(root: Any) -> Iterator[tuple[str, Any]]:
    """Every field and widget of the form, by its place in the tree (ISO 32000-2 clause 12.7.4)."""
    waiting = [("", field) for field in _each(_of(_of(root, "/AcroForm") or {}, "/Fields"))]
    while waiting:
        path, field = waiting.pop()
        name = f"{path}.{_of(field, '/T')}"
        yield name, field
        waiting += [(f"{name}[{number}]", kid) for number, kid in enumerate(_each(_of(field, "/Kids")))]


def _of(dictionary: Any, name: str) -> Any:
    """The value, references followed (which pyHanko does for `[]` alone); None if there is none."""
    return dictionary[name] if name in dictionary else None  # noqa: SIM401


def _each(array: Any) -> list[Any]:
    return [array[index] for index in range(len(array or ()))]


def _has_area(field: Any) -> bool:
    left, bottom, right, top = _each(_of(field, "/Rect")) or (0, 0, 0, 0)
    return bool(left != right and bottom != top)


def unexplained_octets(document: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Whether the gap of the byte range holds more than the hex of one DER value and the zeros that fill it up.

    The gap is what no signature protects: hex digits of mixed case, or anything after the DER value but zeros,
    would be a change that no digest sees.
    """
    _, start, resume, _ = (int(number) for number in signature.byte_range)
    gap = document[start:resume]
    if len(gap) < 2 or gap[:1] != b"<" or gap[-1:] != b">":
        return True
    digits = gap[1:-1]
    if digits not in (digits.lower(), digits.upper()):
        return True
    try:
        value = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return True
    return value[_der_length(value) :].strip(b"\0") != b""


def _der_length(value: bytes) -> int:
    """Octets of the DER value that `value` begins with (X.690 clause 8.1.3)."""
    first = value[1] if len(value) > 1 else 0
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    return 2 + count + int.from_bytes(value[2 : 2 + count], "big")
