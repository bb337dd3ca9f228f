"""Passwords: Argon2id with the parameters of OWASP's first choice, and at most one hash a core at a time."""

import os
from threading import BoundedSemaphore

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.clock import Randomness
from ledger.spelling import PASSWORD_VERSION, prepare_password

SHORTEST, LONGEST = 8, 256
"""Characters after normalisation."""
_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1
_BOUNDS = (64 * 1024, 8, 4)
_HASHER = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)
_AT_A_TIME = BoundedSemaphore(os.cpu_count() or 1)
_NOBODY = b"0:" + _HASHER.hash("nobody", salt=bytes(16)).encode()


def verifier(password: str, randomness: Randomness) -> bytes:
    """What is kept of a password: how it was prepared, and an Argon2id string with a salt of its own."""
    with _AT_A_TIME:
        encoded = _HASHER.hash(prepare_password(password), salt=randomness(16))
    return f"{PASSWORD_VERSION}:{encoded}".encode()


def is_right(password: str, verifier: bytes | None) -> bool:
    """Whether the password is the one behind `verifier`. Without a verifier: False, after the same work."""
    _, _, encoded = (verifier or _NOBODY).decode().partition(":")
    with _AT_A_TIME:
        return _matches(prepare_password(password[:LONGEST]), encoded) and verifier is not None


def _matches(password: str, encoded: str) -> bool:
    try:
        found = extract_parameters(encoded)
        if any(f > b for f, b in zip((found.memory_cost, found.time_cost, found.parallelism), _BOUNDS, strict=True)):
            return False
        return _HASHER.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
