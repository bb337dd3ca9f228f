"""What a PDF signature covers, octet by octet: nothing may hide beside it."""

from enum import Enum

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
    harmless = signature.summarise_integrity_info()["docmdp_ok"]
    return Coverage.EARLIER_REVISION if harmless else Coverage.CHANGED_LATER


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
