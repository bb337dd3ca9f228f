"""Claims about a person, composed from what the register says now: which scope gives what is one table.

Pure: everything is an argument. A claim with nothing to say is left out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from idp.own_claims import TEXTS, Own
from ledger.people import PersonDetail
from ledger.standing import Held, OrganisationThen

Claims = dict[str, Any]


@dataclass(frozen=True)
class Described:
    """What the register has of a person at one moment."""

    number: str
    detail: PersonDetail | None
    post: Held | None
    """The first of those that he holds: own before acting, the longest held first."""
    own: Own | None = None
    """What the person says of himself."""


def profile(person: Described) -> Claims:
    """Names in both scripts (language tags by OpenID Connect Core clause 5.2); the untagged ones are Lao."""
    detail = person.detail
    own = {name: value for name, value in person.own.claims.items() if name in TEXTS} if person.own else {}
    if person.own is not None:
        own["updated_at"] = int(person.own.at.timestamp())
    if detail is None:
        return own
    lao, english = _whole(detail.given_lo, detail.family_lo), _whole(detail.given_en, detail.family_en)
    return {
        **own,
        "name": lao,
        "given_name": detail.given_lo,
        "family_name": detail.family_lo,
        "name#lo": lao,
        "given_name#lo": detail.given_lo,
        "family_name#lo": detail.family_lo,
        "name#en": english,
        "given_name#en": detail.given_en,
        "family_name#en": detail.family_en,
        "locale": "lo-LA",
        "zoneinfo": "Asia/Vientiane",
    }


def email(person: Described) -> Claims:
    """The address in the personnel list; nobody has written to it and got an answer."""
    mail = person.detail.mail if person.detail else None
    return {"email": mail, "email_verified": False} if mail else {}


def phone(person: Described) -> Claims:
    """The number in the personnel list; nobody has called it."""
    number = person.detail.phone if person.detail else None
    return {"phone_number": number, "phone_number_verified": False} if number else {}


def address(person: Described) -> Claims:
    """Where the person says that he is to be found."""
    found = person.own.claims.get("address") if person.own else None
    return {"address": found} if found else {}


def organisation(person: Described) -> Claims:
    """The permanent number, and the post now: own before acting, the longest held first."""
    here = person.post
    if here is None:
        return {"person_number": person.number}
    return {
        "person_number": person.number,
        "role": {"code": here.post, "lo": here.post_lo, "en": here.post_en, "acting": here.acting},
        "organisation": {
            **_organisation(here.organisation),
            "successor": [_organisation(successor) for successor in here.successors],
        },
        "decree": here.decree,
    }


BY_SCOPE: Mapping[str, Callable[[Described], Claims]] = {
    "profile": profile,
    "email": email,
    "phone": phone,
    "address": address,
    "organisation": organisation,
}
SCOPE_OF: Mapping[str, str] = {
    name: scope
    for scope, names in {
        "profile": ("name", "given_name", "family_name", "name#lo", "given_name#lo", "family_name#lo", "name#en",
                    "given_name#en", "family_name#en", "locale", "zoneinfo", "updated_at", *TEXTS),
        "email": ("email", "email_verified"),
        "phone": ("phone_number", "phone_number_verified"),
        "address": ("address",),
        "organisation": ("person_number", "role", "organisation", "decree"),
    }.items()
    for name in names
}  # fmt: skip
"""Claims that may be asked for one by one, with the scope that each belongs to. Nothing here can be `iss`, `sub`,
`aud`, `acr` or `cnf`."""
SUPPORTED = (
    "sub", "iss", "aud", "exp", "iat", "sid", "nonce", "acr", "amr", "auth_time",
    "name", "given_name", "family_name", "locale", "zoneinfo", "updated_at", *TEXTS,
    "email", "email_verified", "address", "phone_number", "phone_number_verified",
    "person_number", "role", "organisation", "decree",
)  # fmt: skip


def claims_for(scopes: Iterable[str], sub: str, person: Described) -> Claims:
    """What a service with these scopes learns of the person at userinfo (OpenID Connect Core clause 5.3.2)."""
    found: Claims = {"sub": sub}
    for scope in scopes:
        if scope in BY_SCOPE:
            found |= BY_SCOPE[scope](person)
    return {name: value for name, value in found.items() if value is not None}


def claims_named(names: Iterable[str], person: Described) -> Claims:
    """What the register has under these names now."""
    wanted = set(names)
    found: Claims = {}
    for scope in scopes_of(wanted):
        found |= BY_SCOPE[scope](person)
    return {name: value for name, value in found.items() if value is not None and name in wanted}


def scopes_of(names: Iterable[str]) -> set[str]:
    """The scopes that these claims belong to."""
    return {SCOPE_OF[name] for name in names}


def _organisation(then: OrganisationThen) -> dict[str, str]:
    return {"code": then.code, "lo": then.name_lo, "en": then.name_en}


def _whole(given: str, family: str | None) -> str:
    return f"{given} {family}" if family else given
