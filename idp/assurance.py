"""How sure we are who it is: one ladder, told to services as `acr`, with the factors that were shown as `amr`."""

from collections.abc import Iterable

ACR = {1: "urn:laotrust:acr:1", 2: "urn:laotrust:acr:2", 3: "urn:laotrust:acr:3"}

LADDER: tuple[tuple[int, frozenset[str]], ...] = (
    (3, frozenset({"certificate"})),
    (2, frozenset({"password", "totp"})),
    (1, frozenset({"password"})),
)
"""From the top: the level, and the factors that together reach it.

3: a key that two registration officers certified in person, shown over mutual TLS, so that no look-alike site
can use it. 2: something known and something held. 1: something known.
"""

METHODS = {"password": "pwd", "totp": "otp", "certificate": "swk"}
"""RFC 8176 clause 2. `swk`, since no profile of ours demands that the key is held by hardware."""


def level(kinds: Iterable[str]) -> int:
    """The level that factors of these kinds reach together; 0 when they reach none."""
    shown = frozenset(kinds)
    return next((level for level, needed in LADDER if needed <= shown), 0)


def methods(kinds: Iterable[str]) -> tuple[str, ...]:
    """The `amr` values of these factors, sorted, with `mfa` when there was more than one (RFC 8176)."""
    words = {METHODS[kind] for kind in kinds}
    return tuple(sorted(words | {"mfa"} if len(words) > 1 else words))


def asked_level(acr_values: Iterable[str]) -> int:
    """The lowest known level among `acr_values` (any of them satisfies the service); 0 when none is known."""
    return min((level for level, acr in ACR.items() if acr in set(acr_values)), default=0)
