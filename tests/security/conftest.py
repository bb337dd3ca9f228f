"""The provider of tests/idp, and a service of each strict profile beside the plain ones."""

import pytest
from flask import Flask

from tests.doubles import TurnedClock
from tests.idp.conftest import (
    app,
    desk,
    edocument,
    enrolled,
    estaff,
    library,
    provider,
    service,
    somphone,
    vanida,
    visitor,
)
from tests.idp.desk import Desk
from tests.idp.test_pushed import Strict

__all__ = [
    "app", "desk", "edocument", "enrolled", "estaff", "library", "provider", "somphone", "vanida", "visitor",
]  # fmt: skip


def strict_service(app: Flask, desk: Desk, clock: TurnedClock, port: int, profile: str, **changes: object) -> Strict:
    made = Strict(app, None, clock)  # type: ignore[arg-type]
    made.service = service(
        desk, port, profile=profile, auth_method="private_key_jwt", jwks=made.holder.jwks, **changes
    )
    return made


@pytest.fixture
def gov(app: Flask, desk: Desk, clock: TurnedClock) -> Strict:
    return strict_service(app, desk, clock, 8464, "gov")


@pytest.fixture
def fapi2(app: Flask, desk: Desk, clock: TurnedClock) -> Strict:
    return strict_service(app, desk, clock, 8465, "fapi2")
