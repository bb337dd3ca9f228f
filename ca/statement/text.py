"""From the files of `text/` and the numbers in force to a document's canonical text, and from that to its blocks.

The canonical text is a small part of Markdown: headings with their number, paragraphs, lists. A `{name}` in a file is
the figure of that name; one that stands alone on its line and is a list becomes a list. Nothing else is replaced.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from ca.statement.figures import Figures, flat
from ca.statement.labels import label
from ledger.canonical import Portable, canonical

DOCUMENTS: Mapping[str, tuple[str, ...]] = {
    "cps": (*(f"cps-{chapter}" for chapter in range(1, 10)), "cps-annex"),
    "disclosure": ("disclosure",),
    "terms": ("terms",),
}
"""Each document and the files that it is made of, in their order."""
LANGUAGES = ("lo", "en")
_FOLDER = Path(__file__).parent / "text"
_PLACE = re.compile(r"\{([a-z_]+)\}")
_HEADING = re.compile(r"(#+) (\S+) (.+)")
_LOOKED_UP = ("longest_days", "longest_minutes", "policy", "key_usages", "extended_key_usages")
ALL = "all_figures"


@dataclass(frozen=True)
class Rendered:
    """A document in both languages with its numbers filled in."""

    lo: str
    en: str

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the canonical JSON of both texts."""
        return sha256(canonical({"en": self.en, "lo": self.lo})).hexdigest()


@dataclass(frozen=True)
class Block:
    """A heading (`level` 1 to 3, with its `number`), a list (`items`) or a paragraph."""

    text: str
    level: int = 0
    number: str = ""
    items: tuple[str, ...] = ()


def render(document: str, figures: Figures) -> Rendered:
    """The document as it would be published with these figures. Raises KeyError for a figure that there is not."""
    return Rendered(*(_rendered(document, language, figures) for language in LANGUAGES))


def blocks(text: str) -> Iterator[Block]:
    """The parts of a canonical text, in order."""
    for paragraph in text.strip().split("\n\n"):
        lines = paragraph.splitlines()
        heading = _HEADING.fullmatch(lines[0])
        if heading:
            yield Block(heading[3], len(heading[1]), heading[2])
        elif all(line.startswith("- ") for line in lines):
            yield Block("", items=tuple(line[2:] for line in lines))
        else:
            yield Block(" ".join(lines))


@cache
def source(language: str, name: str) -> str:
    """A file of `text/`, as people wrote it."""
    return (_FOLDER / language / f"{name}.md").read_text(encoding="utf-8")


def _rendered(document: str, language: str, figures: Figures) -> str:
    written = "\n".join(source(language, name) for name in DOCUMENTS[document])
    lines = (_line(line, language, figures) for line in written.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _line(line: str, language: str, figures: Figures) -> str:
    alone = _PLACE.fullmatch(line)
    if alone and alone[1] == ALL:
        return "\n".join(f"- {name}: {_inline(value, language)}" for name, value in flat(figures))
    if alone and isinstance(value := figures[alone[1]], list):
        return "\n".join(f"- {_inline(item, language)}" for item in value)
    if alone and isinstance(value, Mapping):
        return "\n".join(f"- {_kind(name, each, language)}" for name, each in value.items())
    return _PLACE.sub(lambda found: _inline(figures[found[1]], language), line)


def _kind(name: str, profile: Portable, language: str) -> str:
    """A profile in one line: what it is for, and what of it people look up."""
    said = profile if isinstance(profile, Mapping) else {}
    parts = [f"{label(part, language)} {_inline(said[part], language)}" for part in _LOOKED_UP if part in said]
    return f"{name} ({label(name, language)}): {'; '.join(parts)}"


def _inline(value: Portable, language: str) -> str:
    if isinstance(value, list):
        return ", ".join(_inline(item, language) for item in value)
    return label(str(value), language)


def sections(text: str) -> Sequence[tuple[Block, list[Block]]]:
    """Each heading with the blocks beneath it, up to the next."""
    found: list[tuple[Block, list[Block]]] = []
    for block in blocks(text):
        if block.level:
            found.append((block, []))
        elif found:
            found[-1][1].append(block)
    return found
