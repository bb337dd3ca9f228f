"""The `claims` parameter (OpenID Connect Core clause 5.5): what a service asks for claim by claim, and where.

Only names of `idp.claims.SCOPE_OF` count; all else in it is ignored, as that clause says. An `acr` that is called
essential is a demand: a service that says "not without this level" is never answered below it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from idp.assurance import HIGHEST, asked_level
from idp.claims import SCOPE_OF
from pki.errors import PkiError
from pki.jws import object_of

UNREACHABLE = HIGHEST + 1


@dataclass(frozen=True)
class AskedClaims:
    """Names of claims that belong into the ID token and into userinfo, whatever the scopes."""

    id_token: tuple[str, ...] = ()
    userinfo: tuple[str, ...] = ()
    level: int = 0
    """What an essential `acr` demands; UNREACHABLE when no value that would do is known here."""
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


NOTHING_ASKED, UNREADABLE = AskedClaims(), AskedClaims(level=UNREACHABLE)


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
        _known(identity), _known(userinfo), _level(acr), wanted if isinstance(wanted, str) else None, text, needed
    )


def essential_level(asked: AskedClaims) -> int:
    """The level that an essential `acr` in the ID token demands; 0 when there is no such demand."""
    return asked.level


def _known(members: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in members if name in SCOPE_OF)


def _essential(members: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in _known(members) if _object(members[name]).get("essential") is True)


def _level(acr: Mapping[str, Any]) -> int:
    if acr.get("essential") is not True:
        return 0
    values = acr.get("values", [acr["value"]] if "value" in acr else None)
    if values is None:
        return 0
    words = [value for value in values if isinstance(value, str)] if isinstance(values, Sequence) else []
    return asked_level(words) or UNREACHABLE


def _object(value: Any) -> Mapping[str, Any]:
    """The JSON object; an absent or null one is empty (clause 5.5: null asks in the default manner)."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - as JSON's own faults
    return value
