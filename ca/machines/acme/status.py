"""In what state accounts, orders, authorizations and challenges are (RFC 8555 clause 7.1.6): of facts and now.

No state is ever written down, so none can disagree with what happened.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Status(Enum):
    """The words of RFC 8555 clause 7.1.6."""

    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    VALID = "valid"
    INVALID = "invalid"
    EXPIRED = "expired"
    DEACTIVATED = "deactivated"
    REVOKED = "revoked"


class Issuance(Enum):
    """What became of the request to which an order led."""

    NONE = "none"
    WAITING = "waiting"
    ISSUED = "issued"
    REFUSED = "refused"


@dataclass(frozen=True)
class Trial:
    """What is known of one authorization: whether it was tried, with which end, and whether it was given up."""

    answered: bool = False
    valid: bool | None = None
    """What our look-ups found; None before they are over."""
    given_up: bool = False


def account_status(*, ended: bool, allowed: bool) -> Status:
    """`allowed`: the allowance to which the account is bound counts now."""
    if ended:
        return Status.DEACTIVATED
    return Status.VALID if allowed else Status.REVOKED


def authorization_status(trial: Trial, expires: datetime, now: datetime, account: Status) -> Status:
    """An authorization's state. What expires before it is met is invalid; what was met before, expired."""
    if trial.given_up or account is Status.DEACTIVATED:
        return Status.DEACTIVATED
    if account is Status.REVOKED:
        return Status.REVOKED
    if trial.valid is False:
        return Status.INVALID
    if now >= expires:
        return Status.EXPIRED if trial.valid else Status.INVALID
    return Status.VALID if trial.valid else Status.PENDING


def challenge_status(trial: Trial) -> Status:
    """The state of the challenge that was tried, or of all that could be."""
    if trial.valid is not None:
        return Status.VALID if trial.valid else Status.INVALID
    return Status.PROCESSING if trial.answered else Status.PENDING


_AFTER = {Issuance.WAITING: Status.PROCESSING, Issuance.ISSUED: Status.VALID, Issuance.REFUSED: Status.INVALID}


def order_status(authorizations: Collection[Status], issuance: Issuance, expires: datetime, now: datetime) -> Status:
    """An order's state, from those of its authorizations and what came of it."""
    if issuance in _AFTER:
        return _AFTER[issuance]
    if now >= expires or not set(authorizations) <= {Status.PENDING, Status.VALID}:
        return Status.INVALID
    return Status.READY if set(authorizations) == {Status.VALID} else Status.PENDING
