"""RFC 8555 clause 7.1.6, line by line."""

from datetime import timedelta

import pytest

from ca.machines.acme.status import (
    Issuance,
    Status,
    Trial,
    account_status,
    authorization_status,
    challenge_status,
    order_status,
)
from tests.doubles import START

BEFORE, AFTER = START + timedelta(hours=1), START - timedelta(seconds=1)
MET, FAILED, TRIED, UNTRIED = Trial(answered=True, valid=True), Trial(answered=True, valid=False), Trial(True), Trial()
UP = Trial(answered=True, valid=True, given_up=True)
V, P, R, D = Status.VALID, Status.PENDING, Status.REVOKED, Status.DEACTIVATED


@pytest.mark.parametrize(
    ("ended", "allowed", "status"),
    [(False, True, "valid"), (True, True, "deactivated"), (True, False, "deactivated"), (False, False, "revoked")],
)
def test_an_account_is_valid_until_its_client_or_its_allowance_ends_it(ended: bool, allowed: bool, status: str) -> None:
    assert account_status(ended=ended, allowed=allowed).value == status


@pytest.mark.parametrize(
    ("trial", "expires", "account", "status"),
    [
        (UNTRIED, BEFORE, V, "pending"),
        (TRIED, BEFORE, V, "pending"),
        (MET, BEFORE, V, "valid"),
        (FAILED, BEFORE, V, "invalid"),
        (UNTRIED, AFTER, V, "invalid"),
        (TRIED, START, V, "invalid"),
        (MET, START, V, "expired"),
        (FAILED, AFTER, V, "invalid"),
        (UP, BEFORE, V, "deactivated"),
        (UP, AFTER, V, "deactivated"),
        (MET, BEFORE, D, "deactivated"),
        (MET, BEFORE, R, "revoked"),
        (UNTRIED, BEFORE, R, "revoked"),
    ],
)
def test_an_authorization_is_as_its_trial_its_account_and_the_time_have_it(
    trial: Trial, expires: object, account: Status, status: str
) -> None:
    assert authorization_status(trial, expires, START, account).value == status  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trial", "status"), [(UNTRIED, "pending"), (TRIED, "processing"), (MET, "valid"), (FAILED, "invalid")]
)
def test_a_challenge_is_as_its_trial_has_it(trial: Trial, status: str) -> None:
    assert challenge_status(trial).value == status


@pytest.mark.parametrize(
    ("authorizations", "issuance", "expires", "status"),
    [
        ([P, V], Issuance.NONE, BEFORE, "pending"),
        ([V, V], Issuance.NONE, BEFORE, "ready"),
        ([V, Status.INVALID], Issuance.NONE, BEFORE, "invalid"),
        ([V, D], Issuance.NONE, BEFORE, "invalid"),
        ([V, Status.EXPIRED], Issuance.NONE, BEFORE, "invalid"),
        ([V, R], Issuance.NONE, BEFORE, "invalid"),
        ([V], Issuance.NONE, START, "invalid"),
        ([V], Issuance.WAITING, BEFORE, "processing"),
        ([V], Issuance.ISSUED, BEFORE, "valid"),
        ([Status.EXPIRED], Issuance.ISSUED, AFTER, "valid"),
        ([V], Issuance.REFUSED, BEFORE, "invalid"),
    ],
)
def test_an_order_is_as_its_authorizations_and_what_came_of_it_have_it(
    authorizations: list[Status], issuance: Issuance, expires: object, status: str
) -> None:
    assert order_status(authorizations, issuance, expires, START).value == status  # type: ignore[arg-type]
