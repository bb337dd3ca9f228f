"""A version on paper: made once per process and kept, since shaping Lao takes seconds and a version never changes."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from ca.statement.text import blocks
from ca.tables.statement import StatementVersion
from web.documents import Passage, paper

_MOST = 24
"""Papers that are kept; the oldest goes first."""


@dataclass
class Papers:
    """The PDFs of a house. One is made at a time, however many ask."""

    practice: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def of(self, version: StatementVersion, language: str, title: str) -> bytes:
        """The version in this language, the same octets each time."""
        with self._lock:
            key = (version.id, language)
            if key not in self._made:
                self._made[key] = self._paper(version, language, title)
                while len(self._made) > _MOST:
                    del self._made[next(iter(self._made))]
            return self._made[key]

    def _paper(self, version: StatementVersion, language: str, title: str) -> bytes:
        below = f"{version.document} {version.number} · SHA-256 {version.digest}"
        passages = _passages(getattr(version, language))
        return paper(title, below, passages, created=version.valid_from, practice=self.practice)


def _passages(text: str) -> Iterator[Passage]:
    for block in blocks(text):
        if block.level:
            yield Passage(f"{block.number} {block.text}", block.level)
        elif block.items:
            yield from (Passage(item, item=True) for item in block.items)
        else:
            yield Passage(block.text)
