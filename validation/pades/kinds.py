"""The types of asn1crypto, each used once before several threads do.

A type makes its tables of names and fields when it is used first. A second thread that comes meanwhile finds them half
made, and takes good octets, or a good name, for broken ones.
"""

from collections.abc import Iterator
from typing import Any

from asn1crypto import core


def use_each_once() -> None:
    """The tables of every type that has been loaded are there. Called when all that adds names to them is loaded."""
    for kind in _below(core.Asn1Value):
        if kind is not core.Choice:  # of nothing to choose from
            kind()


def _below(kind: Any) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
