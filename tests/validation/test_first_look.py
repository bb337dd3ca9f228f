"""What costs more to read than a document may cost is found out elsewhere, before the process that answers reads it."""

import pytest

from validation.pades.first_look import is_affordable

_CATALOGUE = b"%PDF-1.7\n"


def with_cross_references(entries: bytes, size: int, widths: bytes) -> bytes:
    """A document that is nothing but a cross-reference stream."""
    dictionary = b"<</Type/XRef/W[%b]/Size %d/Root 1 0 R/Length %d>>" % (widths, size, len(entries))
    stream = b"5 0 obj\n" + dictionary + b"stream\n" + entries + b"\nendstream\nendobj\n"
    return _CATALOGUE + stream + b"startxref\n%d\n%%%%EOF\n" % len(_CATALOGUE)


def test_a_signed_document_is_affordable(signed: bytes) -> None:
    affordable = is_affordable(signed)

    assert affordable


@pytest.mark.parametrize("octets", [b"", b"%PDF-", b"%PDF-1.7\n%%EOF\n", b"\x00" * 1000])
def test_what_is_broken_is_affordable_for_it_is_judged_later(octets: bytes) -> None:
    affordable = is_affordable(octets)

    assert affordable


def test_a_thousand_million_objects_in_two_hundred_octets_are_not() -> None:
    document = with_cross_references(b"", 1_000_000_000, b"0 0 0")

    affordable = is_affordable(document)

    assert not affordable
