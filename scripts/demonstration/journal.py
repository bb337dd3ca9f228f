"""What `--once` prints: one line a step, with its time; a step that is not true stops the story."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console


class NotTrue(Exception):
    """A step of the story did not hold; the sentence says what was expected and what was seen."""


@dataclass
class Journal:
    """The lines of the story so far."""

    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    began: float = field(default_factory=time.monotonic)
    steps: int = 0

    def chapter(self, title: str) -> None:
        """A heading."""
        self.console.print(f"\n{title}", style="bold")

    @contextmanager
    def step(self, sentence: str) -> Iterator["Details"]:
        """One line: the sentence, what the block added to it, and how long it took. Raises what the block raises."""
        started, details = time.monotonic(), Details()
        try:
            yield details
        except BaseException:
            self.console.print(f"  ✗ {sentence}", style="red", markup=False)
            raise
        took = time.monotonic() - started
        self.steps += 1
        self.console.print(f"  ✓ {sentence}{details} [{took:.2f} s]", markup=False)

    def end(self) -> None:
        """The closing line."""
        self.console.print(f"\n{self.steps} steps, all true, in {time.monotonic() - self.began:.0f} s")


class Details:
    """What a step adds to its sentence."""

    def __init__(self) -> None:
        self._words: list[str] = []

    def say(self, words: str) -> None:
        """Adds `words`."""
        self._words.append(words)

    def __str__(self) -> str:
        return f": {', '.join(self._words)}" if self._words else ""


def require(condition: object, otherwise: str) -> None:
    """`condition` holds; else NotTrue with the sentence `otherwise`."""
    if not condition:
        raise NotTrue(otherwise)
