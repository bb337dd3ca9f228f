"""What people are asked about, in their own words: single claims, or the few that are one thing to a person.

A name in two scripts is one matter, and so is an address with the word on whether it was proven. Every claim that a
scope or the `claims` parameter can give is in exactly one.
"""

from collections.abc import Collection, Iterable, Mapping

from idp.claims import SCOPE_OF

_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "name": (
        "name", "given_name", "family_name", "name#lo", "given_name#lo", "family_name#lo", "name#en", "given_name#en",
        "family_name#en",
    ),
    "locale": ("locale", "zoneinfo", "updated_at"),
    "email": ("email", "email_verified"),
    "phone_number": ("phone_number", "phone_number_verified"),
}  # fmt: skip
MATTER_OF: Mapping[str, str] = {claim: claim for claim in SCOPE_OF} | {
    claim: matter for matter, claims in _TOGETHER.items() for claim in claims
}
MATTERS: tuple[str, ...] = tuple(dict.fromkeys(MATTER_OF[claim] for claim in SCOPE_OF))
"""In the order in which people read them. `idp.claim-…` has the words for each."""


def matters_of(claims: Collection[str]) -> tuple[str, ...]:
    """The matters that these claims belong to."""
    named = {MATTER_OF[claim] for claim in claims}
    return tuple(matter for matter in MATTERS if matter in named)


def claims_of_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Every claim that these scopes give (OpenID Connect Core clause 5.4)."""
    wanted = set(scopes)
    return frozenset(claim for claim, scope in SCOPE_OF.items() if scope in wanted)
