"""What a process that makes certificates for days does once, when all that it needs is loaded."""

import gc

_YOUNG, _OLDER, _OLDEST = 50_000, 20, 100
"""A batch makes some hundred thousand objects, which all live until it is written; hardly one is part of a ring."""


def settle() -> None:
    """What was loaded by now stays, and no search for rings goes through it again; for new ones it is seldom made.

    At Python's own measure the objects of a batch are gone through again and again while they are made.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDEST)
