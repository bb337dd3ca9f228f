"""The outcomes of a decision. Verify functions raise; decide functions return one of these."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Allow:
    """Yes."""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True)
class Refuse:
    """No, and why: `code` is a dotted public word (`decision.own-request`), the same in every language.

    Words for people are made from it at the edge (`web/words.py`). Falsy, so `if not may_decide(…)` reads well.
    """

    code: str

    def __bool__(self) -> bool:
        return False


Decision = Allow | Refuse
