"""The sentences of refusal codes: `code: (Lao, English)`, one file a house, merged here.

A house adds a file `web/words/<house>.py` with `WORDS = {…}`; each sentence says what to do. A code in two files
is an error at start.
"""

from importlib import import_module
from pkgutil import iter_modules

Sentences = dict[str, tuple[str, str]]


def _merged() -> Sentences:
    merged: Sentences = {}
    for module in sorted(iter_modules(__path__), key=lambda found: found.name):
        own: Sentences = import_module(f"{__name__}.{module.name}").WORDS
        twice = merged.keys() & own.keys()
        if twice:
            raise ValueError(f"web/words/{module.name}.py repeats {sorted(twice)}: keep each code in one file")
        merged |= own
    return merged


WORDS = _merged()
