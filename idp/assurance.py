"""How sure we are who it is: one ladder, told to services as `acr`, with the factors that were shown as `amr`."""

from collections.abc import Iterable

ACR = {1: "urn:laotrust:acr:1", 2: "urn:laotrust:acr:2", 3: "urn:laotrust:acr:3"}

LADDER: tuple[tuple[int, frozenset[str]], ...] = (
    (2, frozenset({"certificate"})),
    (2, frozenset({"password", "totp"})),
    (1, frozenset({"password"})),
)
"""From the top: the level, and the factors that together reach it.

2: something known and something held, or a key that two registration officers certified in person, shown over
mutual TLS, so that no look-alike site can use it. 1: something known. Level 3 is such a key held by hardware: no
profile of this release demands that, so no factor reaches it. `/assurance` publishes what stands here.
"""
HIGHEST = max(level for level, _ in LADDER)
"""What can be reached."""
REACHABLE = tuple(acr for level, acr in ACR.items() if level <= HIGHEST)
"""What discovery lists, and a registration may name: no other level is promised to anybody."""

METHODS = {"password": ("pwd",), "totp": ("otp",), "certificate": ("pop", "swk")}
"""RFC 8176 clause 2. `swk`, since a key may be in a file; whether a passphrase opened it we cannot know: no `mfa`."""


def level(kinds: Iterable[str]) -> int:
    """The level that factors of these kinds reach together; 0 when they reach none."""
    shown = frozenset(kinds)
    return next((level for level, needed in LADDER if needed <= shown), 0)


def methods(kinds: Iterable[str]) -> tuple[str, ...]:
    """The `amr` values of these factors, sorted, with `mfa` when there was more than one (RFC 8176)."""
    shown = frozenset(kinds)
    words = {word for kind in shown for word in METHODS[kind]}
    return tuple(sorted(words | {"mfa"} if len(shown) > 1 else words))


def asked_level(acr_values: Iterable[str]) -> int:
    """The lowest known level among `acr_values` (any of them satisfies the service); 0 when none is known."""
    return min((level for level, acr in ACR.items() if acr in set(acr_values)), default=0)
