"""What those who agree to a plan are shown is all that it does, and looking at it does nothing.

Who writes a plan is not believed: he may hide words from a terminal, say two places for one key of which the first is
shown, name a service as a CA, or have a token's library of his own loaded on the machine of everybody who looks.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from ca.ceremonies.steps.step import Step
from signers.errors import KeyUnusable
from signers.sources import attributes, split
from web.home import ca_of

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_NAMING = ("key", "service", "destroy-key")
"""Kinds of steps whose name becomes that of files."""
_OF_OTHERS = ("service", "cross")
"""Kinds of steps that are about no CA of ours: what they make must not count as one's."""
_PEM = ("request", "outside", "other", "answer", "chain")
"""What is taken in from files and never printed."""
_UNSEEN = {"Cc", "Zl", "Zp", "Cs", "Co"}
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""By Unicode's bidirectional algorithm; the zero-width space stays, since Lao is broken into lines by it."""


def is_plain(text: str) -> bool:
    """Whether a terminal shows it as it is: nothing moves the cursor, hides, ends a line or turns the direction."""
    return not any(
        unicodedata.category(one) in _UNSEEN or unicodedata.bidirectional(one) in _TURNING for one in text
    )  # fmt: skip


def faults_of_words(texts: Sequence[str], steps: Sequence[Step]) -> Iterator[str]:
    """What is not plain, by its step; `texts` are those of the plan's head."""
    if not all(map(is_plain, texts)):
        yield "the plan's head has characters that nobody sees: write it without them"
    for number, step in enumerate(steps, start=1):
        if hidden := [name for name, text in _texts(step) if not is_plain(text)]:
            yield f"step {number} ({step.kind}): {', '.join(hidden)} has characters that nobody sees: write it without"


def faults_of_names(steps: Sequence[Step]) -> Iterator[str]:
    """Names that are no names of files, or of a service or another's CA and yet of a CA's key of ours or the log's."""
    for number, step in enumerate(steps, start=1):
        where = f"step {number} ({step.kind} {step.about!a})"
        if step.kind in _NAMING and not _NAME.fullmatch(step.about):
            yield f"{where}: a name has 1 to 48 small letters, digits and hyphens"
        elif step.kind in _OF_OTHERS and (ca_of(step.about) is not None or step.about == "checkpoint"):
            yield f"{where}: that is the name of a CA's key, or the log's: give it one of its own"


def faults_of_places(steps: Sequence[Step]) -> Iterator[str]:
    """A key that is in two places, or in a token whose library the plan itself names."""
    found: dict[str, str] = {}
    for number, step in enumerate(steps, start=1):
        where = getattr(step, "where", None)
        if where is None or (step.kind == "destroy-key" and not where):
            continue
        if found.setdefault(step.about, where) != where:
            yield f"step {number} ({step.kind}): {step.about} is said to be in another place before: say one where"
        try:
            loads = "module-path" in attributes(split(where).query, "&")
        except KeyUnusable as unusable:
            yield f"step {number} ({step.kind}): where: {unusable}"
            continue
        if loads:
            yield (
                f"step {number} ({step.kind}): module-path= would load a library on the machine of whoever looks: "
                "install it among the system's modules, and write module-name="
            )


def _texts(step: Step) -> Iterator[tuple[str, str]]:
    for one in fields(step):  # type: ignore[arg-type]
        value: Any = getattr(step, one.name)
        if isinstance(value, tuple):
            yield from ((one.name, text) for text in value)
        elif isinstance(value, str) and one.name not in _PEM:
            yield one.name, value
