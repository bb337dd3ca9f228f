import re
from pathlib import Path

import pytest

from ocsp.book import LONG_SLOT, SLOT, WAYS, Book, Page

PAGE = Page(b"signed part", 1_700_000_000, 1_700_043_200, b"d" * 32)


def test_what_is_kept_is_found_by_its_whole_name() -> None:
    book = Book(64)
    book.keep(b"certificate and good", PAGE)

    assert book.find(b"certificate and good") == PAGE
    assert book.find(b"certificate and held") is None


def test_an_answer_takes_the_place_of_the_one_of_the_same_name() -> None:
    book = Book(64)
    book.keep(b"name", PAGE)
    book.keep(b"name", PAGE._replace(signed=b"newer"))

    found = book.find(b"name")

    assert found is not None
    assert found.signed == b"newer"


def test_a_slot_that_is_half_written_is_no_answer() -> None:
    book = Book(1)
    book.keep(b"name", PAGE._replace(signed=b"s" * 500))
    at = book._usual.memory.find(b"s" * 500)
    book._usual.memory[at + 250 : at + 500] = b"t" * 250

    assert book.find(b"name") is None


@pytest.mark.parametrize("octets", [SLOT, 5000, LONG_SLOT - 100])
def test_what_is_too_long_for_a_usual_slot_is_kept_in_a_long_one(octets: int) -> None:
    book, long = Book(64), PAGE._replace(signed=b"s" * octets)
    book.keep(b"name", long)
    book.keep(b"other", PAGE)

    assert (book.find(b"name"), book.find(b"other")) == (long, PAGE)


def test_what_is_too_long_for_a_long_slot_is_not_kept() -> None:
    book = Book(64)
    book.keep(b"name", PAGE._replace(signed=b"s" * LONG_SLOT))

    assert book.find(b"name") is None


def test_to_look_for_what_nobody_kept_takes_no_memory() -> None:
    before = _shared()
    book = Book(1 << 20)

    for number in range(20_000):
        assert book.find(b"%d" % number) is None

    assert _shared() - before < 1_000_000


def _shared() -> int:
    """Octets of shared memory that this process has touched."""
    found = re.search(r"RssShmem:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def test_a_full_place_gives_up_one_answer_and_keeps_the_others() -> None:
    book = Book(1)
    names = [b"name %d" % number for number in range(4 * WAYS)]
    for name in names:
        book.keep(name, PAGE)

    found = [name for name in names if book.find(name)]

    assert book.find(names[-1]) == PAGE
    assert len(found) <= len(names)
