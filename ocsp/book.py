"""Signed answers, kept once in memory that all workers of a machine share.

A mapping of fixed slots, made before the workers are forked. Nobody locks it: a slot carries a checksum, so one that
is half written (by a worker that is writing, or was killed) is no answer. Which status and responder certificate an
answer was made for stands with it, so that an answer is found only by who knows the certificate in that very status.
"""

import mmap
import struct
from typing import NamedTuple
from zlib import crc32

SLOT = 1024
"""Octets of a slot. What is longer (answers with a post-quantum signature) is signed whenever it is asked for."""
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
        """Memory is taken only as answers come, a kibibyte each."""
        places = 1 << max(WAYS, answers - 1).bit_length()
        self._mask = (places - 1) & ~(WAYS - 1)
        self._memory = mmap.mmap(-1, places * SLOT)

    def find(self, name: bytes) -> Page | None:
        """The answer under `name`, which no other name begins with: CertID, record, and responder certificate."""
        memory, end = self._memory, len(name)
        place = (hash(name) & self._mask) * SLOT
        for at in range(place, place + WAYS * SLOT, SLOT):
            if memory[at : at + end] == name:
                return self._read(name, memory[at + end : at + SLOT])
        return None

    def keep(self, name: bytes, page: Page) -> None:
        """The answer may be found, by all workers, from now on."""
        content = _META.pack(0, len(page.signed), page.produced_at, page.next_update, page.sha256)[4:] + page.signed
        whole = name + crc32(content, crc32(name)).to_bytes(4, "little") + content
        if len(whole) <= SLOT:
            at = self._place_for(name, page.produced_at)
            self._memory[at : at + len(whole)] = whole

    def _read(self, name: bytes, rest: bytes) -> Page | None:
        check, length, produced_at, next_update, sha256 = _META.unpack_from(rest)
        end = _META.size + length
        if crc32(rest[4:end], crc32(name)) != check:
            return None
        return Page(rest[_META.size : end], produced_at, next_update, sha256)

    def _place_for(self, name: bytes, seed: int) -> int:
        place = (hash(name) & self._mask) * SLOT
        for at in range(place, place + WAYS * SLOT, SLOT):
            if not self._memory[at] or self._memory[at : at + len(name)] == name:
                return at
        return place + seed % WAYS * SLOT
