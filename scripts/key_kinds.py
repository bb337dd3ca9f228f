"""The options that say of which kind the key of a next generation is to be."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from pki.key_kind import key_kind
from pki.signing import SignatureAlgorithm

_F = TypeVar("_F", bound=Callable[..., Any])
_ALGORITHM = click.option(
    "--algorithm",
    type=click.Choice([one.value for one in SignatureAlgorithm]),
    help="Of the key, no weaker than the one before it. Left out: of its kind.",
)
_RSA_BITS = click.option("--rsa-bits", type=int, help="Of an RS256 key: 3072 (if nothing is said), 4096.")


def with_kind(function: _F) -> _F:
    """The verb takes both options, and is given `kind`: what they say, or None."""

    @wraps(function)
    def kinded(*words: Any, algorithm: str | None, rsa_bits: int | None, **given: Any) -> Any:
        if algorithm is None and rsa_bits is not None:
            raise click.UsageError("--rsa-bits needs --algorithm RS256 beside it")
        try:
            kind = key_kind(SignatureAlgorithm(algorithm), rsa_bits) if algorithm else None
        except ValueError as fault:
            raise click.UsageError(str(fault)) from fault
        return function(*words, kind=kind, **given)

    return _ALGORITHM(_RSA_BITS(kinded))  # type: ignore[return-value]
