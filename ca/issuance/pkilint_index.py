"""A way through pkilint's rules that asks of each part of a certificate only those that can be about it.

pkilint asks every rule about every part, and nearly all say at once that it is none of theirs: that took most of the
time. Which rules can be about a part follows from its ASN.1 type and its path, so it is worked out once and kept.
"""

from collections.abc import Sequence
from typing import Any

from pkilint.document import NodeVisitor
from pkilint.validation import ValidatorContainer


def indexed(container: ValidatorContainer) -> ValidatorContainer:
    """The container, which from now on finds what it found before, in the same order, and asks less for it."""
    for rule in container.validators:
        if isinstance(rule, ValidatorContainer):
            indexed(rule)
    container._validate_rec = _Index(container.validators).walk  # noqa: SLF001 - the one place where it asks all
    return container


class _Index:
    """The rules of one container, by the kind of part."""

    def __init__(self, rules: Sequence[Any]) -> None:
        self._rules = rules
        self._paths = {rule._path for rule in rules} - {None}  # noqa: SLF001 - said to its constructor
        self._fit: dict[tuple[type[Any], str | None], Sequence[Any]] = {}

    def walk(self, node: Any, results: list[Any]) -> None:
        """What the rules find in the part and all that is in it is added to `results`."""
        path = node.path if self._paths else None
        kind = type(node.pdu), path if path in self._paths else None
        fitting = self._fit.get(kind)
        if fitting is None:
            fitting = self._fit[kind] = [rule for rule in self._rules if _may_match(rule, *kind)]
        for rule in fitting:
            if rule.match(node):
                found = rule.validate_wrapper(node)
                results += found if isinstance(found, list) else [found]
        for child in node.children.values():
            self.walk(child, results)


def _may_match(rule: Any, kind: type[Any], path: str | None) -> bool:
    """Whether the rule can be about such a part; one that decides all by itself is always asked."""
    if not _asks_the_visitor(type(rule)):
        return True
    same_path = rule._path in (None, path)  # noqa: SLF001
    return same_path and (rule._pdu_class is None or issubclass(kind, rule._pdu_class))  # noqa: SLF001


def _asks_the_visitor(rule: type[Any]) -> bool:
    """Whether its `match` is that of all, or begins with it."""
    return rule.match is NodeVisitor.match or "super" in rule.match.__code__.co_names
