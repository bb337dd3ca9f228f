"""In which mode an answer comes back: one of the profile's, or of those alone that a client registered (ASVS 5)."""

from idp.declared import Declared
from idp.profiles import Profile

_SHORT = {"": "query", "jwt": "query.jwt"}
"""What is said of a code for short (OAuth 2.0 Multiple Response Types clause 2.1, JARM clause 2.3.4)."""


def named(asked: str) -> str:
    """The mode by its whole name."""
    return _SHORT.get(asked, asked)


def permitted(profile: Profile, declared: Declared) -> tuple[str, ...]:
    """The modes that a client may ask for, by their whole names; the first is that of refusals of other modes."""
    return tuple(dict.fromkeys(map(named, declared.response_modes or profile.response_modes)))


def mode_of_refusal(asked: str, profile: Profile, declared: Declared) -> str:
    """As it was asked for, if it may be."""
    modes = permitted(profile, declared)
    return named(asked) if named(asked) in modes else modes[0]
