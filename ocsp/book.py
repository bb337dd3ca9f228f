"""Signed answers, kept once in memory that all workers of a machine share.

Mappings of fixed slots, made before the workers are forked: one for answers under usual signatures, one for those under
post-quantum ones, which are ten times as long. Nobody locks them: a slot carries a checksum, so one that is half
written (by a worker that is writing, or was killed) is no answer. Which status and responder certificate an answer was
made for stands with it, so that an answer is found only by who knows the certificate in that very status.
"""

import mmap
import struct
from typing import NamedTuple
from zlib import crc32

SLOT, LONG_SLOT = 1024, 8192
"""Octets of a slot, and of one for what does not fit into that; what is longer still is signed whenever asked for."""
LONG_SHARE = 32
"""For so many answers there is room for one long one beside them: a quarter of the memory at most."""
WAYS = 4
"""Slots that an answer may be in: the fifth of the same place takes another's."""
_META = struct.Struct("<IHqq32s")


class Page(NamedTuple):
    """A kept answer: the signed part, its times in seconds since 1970, and the digest of the whole body."""

    signed: bytes
    produced_at: int
    next_update: int
    sha256: bytes


class Book:
    """Room for so many answers. Only for processes that were forked from the one that made it (`hash` is theirs)."""

    def __init__(self, answers: int = 1 << 20) -> None:
        """Memory is taken only as answers come, a slot each."""
        self._usual, self._long = Shelf(answers, SLOT), Shelf(answers // LONG_SHARE, LONG_SLOT)

    def find(self, name: bytes) -> Page | None:
        """The answer under `name`, which no other name begins with: CertID, record, and responder certificate."""
        return self._usual.find(name) or self._long.find(name)

    def keep(self, name: bytes, page: Page) -> None:
        """The answer may be found, by all workers, from now on."""
        content = _META.pack(0, len(page.signed), page.produced_at, page.next_update, page.sha256)[4:] + page.signed
        whole = name + crc32(content, crc32(name)).to_bytes(4, "little") + content
        if len(whole) <= SLOT:
            self._usual.put(name, whole, page.produced_at)
        elif len(whole) <= LONG_SLOT:
            self._long.put(name, whole, page.produced_at)


class Shelf:
    """Slots of one size, in sets of WAYS."""

    def __init__(self, answers: int, slot: int) -> None:
        self._slot, sets = slot, 1 << max(0, -(-answers // WAYS) - 1).bit_length()
        self.memory = mmap.mmap(-1, sets * WAYS * slot)
        self._begun = mmap.mmap(-1, sets)
        """An octet for each set, whether anything was ever put there: to look into memory is to take it."""
        self._last = sets - 1

    def find(self, name: bytes) -> Page | None:
        """The answer under `name`."""
        number = hash(name) & self._last
        if not self._begun[number]:
            return None
        memory, slot, end = self.memory, self._slot, len(name)
        for at in self._ways(number):
            if memory[at : at + end] == name:
                return _read(name, memory[at + end : at + slot])
        return None

    def put(self, name: bytes, whole: bytes, seed: int) -> None:
        """`whole`, which begins with `name` and fits into a slot, is what is under that name."""
        number = hash(name) & self._last
        at = self._free(number, name, seed)
        self.memory[at : at + len(whole)] = whole
        self._begun[number] = 1

    def _free(self, number: int, name: bytes, seed: int) -> int:
        memory, ways = self.memory, self._ways(number)
        free = (at for at in ways if not memory[at] or memory[at : at + len(name)] == name)
        return next(free, ways[seed % WAYS])

    def _ways(self, number: int) -> range:
        first, slot = number * WAYS * self._slot, self._slot
        return range(first, first + WAYS * slot, slot)


def _read(name: bytes, rest: bytes) -> Page | None:
    check, length, produced_at, next_update, sha256 = _META.unpack_from(rest)
    end = _META.size + length
    if crc32(rest[4:end], crc32(name)) != check:
        return None
    return Page(rest[_META.size : end], produced_at, next_update, sha256)
