"""Time-based one-time codes (RFC 6238): six digits, thirty seconds, one step early or late."""

import hmac
from base64 import b32encode
from datetime import datetime

import pyotp

from ledger.clock import Randomness
from ledger.spelling import digits

STEP_SECONDS = 30
TOLERANCE = 1
"""Steps that a person's clock, or slowness, may be off (RFC 6238 clause 5.2)."""


def new_secret(randomness: Randomness) -> bytes:
    """160 random bits (RFC 4226 clause 4, R6)."""
    return randomness(20)


def base32(secret: bytes) -> str:
    """The secret as authenticator apps take it."""
    return b32encode(secret).decode()


def code(secret: bytes, now: datetime) -> str:
    """The code of this moment."""
    return str(pyotp.TOTP(base32(secret)).generate_otp(_step(now)))


def matching_step(secret: bytes, typed: str, now: datetime) -> int | None:
    """The step whose code was typed, in ASCII, Lao or Thai digits; None when there is none.

    The caller keeps the step from being used twice (RFC 6238 clause 5.2).
    """
    shown = "".join(digits(typed).split())
    generator, here = pyotp.TOTP(base32(secret)), _step(now)
    steps = range(here - TOLERANCE, here + TOLERANCE + 1)
    right = [step for step in steps if hmac.compare_digest(generator.generate_otp(step).encode(), shown.encode())]
    return right[0] if right else None


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS
