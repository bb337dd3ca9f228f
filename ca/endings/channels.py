"""By which way somebody asks, and what that way is good for: a pause takes less proof than an end (RV-01, RV-02)."""

from enum import Enum


class Wish(Enum):
    """What is asked for."""

    REVOKE = "revoke"
    SUSPEND = "suspend"
    RELEASE = "release"


class Channel(Enum):
    """Who asks, by what he proved."""

    OFFICER = "officer"
    """A registration officer or CA operator on duty, by his signed act."""
    HOLDER = "holder"
    """The person whose certificate it is, by an act under his own key."""
    SIGNED_IN = "signed-in"
    """The same person, by a fresh sign-in whose token names what he wants."""
    PAPER_CODE = "paper-code"
    """Whoever has the slip with the code that was printed for it."""
    AGENCY = "agency"
    """An officer of a body in which the holder has a post, by his signed act."""
    HELP_DESK = "help-desk"
    """A person on duty at the help desk, by his signed act, for somebody who calls."""
    STRANGER = "stranger"
    """Anybody: nothing is proved."""
    ARITHMETIC = "arithmetic"
    """Nobody: the signing room met another key that has a prime in common with this certificate's."""


class Power(Enum):
    """What comes of a request of one channel."""

    AT_ONCE = "at-once"
    DECISION = "decision"
    """The request is taken up, its clock runs, and an officer decides."""
    NEVER = "never"


POWERS: dict[Channel, dict[Wish, Power]] = {
    Channel.OFFICER: {Wish.REVOKE: Power.AT_ONCE, Wish.SUSPEND: Power.AT_ONCE, Wish.RELEASE: Power.AT_ONCE},
    Channel.HOLDER: {Wish.REVOKE: Power.AT_ONCE, Wish.SUSPEND: Power.AT_ONCE, Wish.RELEASE: Power.NEVER},
    Channel.SIGNED_IN: {Wish.REVOKE: Power.AT_ONCE, Wish.SUSPEND: Power.AT_ONCE, Wish.RELEASE: Power.NEVER},
    Channel.PAPER_CODE: {Wish.REVOKE: Power.AT_ONCE, Wish.SUSPEND: Power.NEVER, Wish.RELEASE: Power.NEVER},
    Channel.AGENCY: {Wish.REVOKE: Power.DECISION, Wish.SUSPEND: Power.AT_ONCE, Wish.RELEASE: Power.DECISION},
    Channel.HELP_DESK: {Wish.REVOKE: Power.DECISION, Wish.SUSPEND: Power.AT_ONCE, Wish.RELEASE: Power.NEVER},
    Channel.STRANGER: {Wish.REVOKE: Power.DECISION, Wish.SUSPEND: Power.DECISION, Wish.RELEASE: Power.NEVER},
    Channel.ARITHMETIC: {Wish.REVOKE: Power.DECISION, Wish.SUSPEND: Power.NEVER, Wish.RELEASE: Power.NEVER},
}
"""The holder of a stolen key could release himself, so nobody but an officer ends a pause."""
