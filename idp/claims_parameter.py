"""The `claims` parameter (OpenID Connect Core clause 5.5): what a service asks for claim by claim, and where.

Only names of `idp.claims.SCOPE_OF` count; all else in it is ignored, as that clause says. An `acr` that is called
essential is a demand: a service that says "not without this level" is never answered below it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from idp.assurance import ACR, HIGHEST
from idp.claims import SCOPE_OF
from pki.errors import PkiError
from pki.jws import object_of

UNREACHABLE = HIGHEST + 1


@dataclass(frozen=True)
class AskedClaims:
    """Names of claims that belong into the ID token and into userinfo, whatever the scopes."""

    id_token: tuple[str, ...] = ()
    userinfo: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    """Those that an essential `acr` names (UNREACHABLE when no value that would do is known here); any of them does."""
    acr_values: tuple[str, ...] = ()
    """Those that it names without calling them essential: a wish, as the parameter of this name is (clause 5.5.1.1)."""
    sub: str | None = None
    """The one person whom the service wants (clause 5.5.1)."""
    text: str = ""
    """As it was sent."""
    essential: frozenset[str] = frozenset()
    """Those of the names that the service cannot do without, as it says (clause 5.5.1)."""

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.id_token, *self.userinfo))


NOTHING_ASKED, UNREADABLE = AskedClaims(), AskedClaims(levels=(UNREACHABLE,))


@lru_cache(maxsize=256)
def parse_claims(text: str) -> AskedClaims:
    """What is asked; UNREADABLE, that very object, when the text is no JSON object of objects."""
    if not text:
        return NOTHING_ASKED
    try:
        asked = object_of(text.encode())
        identity, userinfo = _object(asked.get("id_token")), _object(asked.get("userinfo"))
        acr, subject = _object(identity.get("acr")), _object(identity.get("sub"))
        for each in (*identity.values(), *userinfo.values()):
            _object(each)
    except (ValueError, PkiError):
        return UNREADABLE
    wanted = subject.get("value")
    needed = frozenset((*_essential(identity), *_essential(userinfo)))
    return AskedClaims(
        _known(identity),
        _known(userinfo),
        _levels(acr),
        () if acr.get("essential") is True else _words(acr) or (),
        wanted if isinstance(wanted, str) else None,
        text,
        needed,
    )


def essential_level(asked: AskedClaims) -> int:
    """The level that an essential `acr` in the ID token demands; 0 when there is no such demand."""
    return min(asked.levels, default=0)


def told_level(asked: AskedClaims, reached: int) -> int:
    """What an ID token names: of the levels that an essential `acr` lists the highest that was reached (5.5.1.1)."""
    return max((level for level in asked.levels if level <= reached), default=reached)


def _known(members: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in members if name in SCOPE_OF)


def _essential(members: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in _known(members) if _object(members[name]).get("essential") is True)


def _levels(acr: Mapping[str, Any]) -> tuple[int, ...]:
    words = _words(acr) if acr.get("essential") is True else None
    if words is None:
        return ()
    return tuple(level for level, word in ACR.items() if word in words) or (UNREACHABLE,)


def _words(acr: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The values that it names; None where it names none."""
    values = acr.get("values", [acr["value"]] if "value" in acr else None)
    if values is None:
        return None
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, Sequence) else ()


def _object(value: Any) -> Mapping[str, Any]:
    """The JSON object; an absent or null one is empty (clause 5.5: null asks in the default manner)."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - as JSON's own faults
    return value
