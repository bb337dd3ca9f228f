"""Each one-time thing has a typed table of its own: a hash that is there once, an end, what it is bound to, and a use.

What is bound is checked at redemption by tests of each (`test_walk`, `test_pushed`, `test_elsewhere`); here is looked
at what the database itself keeps apart.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Table, UniqueConstraint

from idp.elsewhere.tables import (
    BackchannelAnswer,
    BackchannelRequest,
    BackchannelUse,
    DeviceAnswer,
    DeviceRequest,
    DeviceUse,
)
from idp.tables import AuthorizationCode, CodeUse, Grant, PushedRequest, PushedRequestUse, RefreshToken

pytestmark = pytest.mark.sqlite_only("the tables are one metadata")


@dataclass(frozen=True)
class OneTime:
    """A thing, the column of its hash, its ends, and the columns that bind it, on it or on its grant."""

    thing: type[Any]
    hashed: str
    ends: tuple[type[Any], ...]
    bound: tuple[str, ...]


THINGS = (
    OneTime(AuthorizationCode, "code_sha256", (CodeUse,), ("grant_id", "redirect_uri", "code_challenge", "dpop_jkt")),
    OneTime(PushedRequest, "handle_sha256", (PushedRequestUse,), ("client_id", "parameters", "dpop_jkt")),
    OneTime(DeviceRequest, "handle_sha256", (DeviceAnswer, DeviceUse), ("client_id", "bound_to", "until")),
    OneTime(
        BackchannelRequest, "handle_sha256", (BackchannelAnswer, BackchannelUse), ("client_id", "account_id", "until")
    ),
)


def table(kind: type[Any]) -> Table:
    return kind.__table__  # type: ignore[no-any-return]


def unique(kind: type[Any]) -> set[tuple[str, ...]]:
    parts = table(kind).constraints
    return {tuple(column.name for column in part.columns) for part in parts if isinstance(part, UniqueConstraint)}


@pytest.mark.parametrize("one", THINGS, ids=lambda one: one.thing.__tablename__)
def test_a_one_time_thing_is_kept_by_its_hash_and_ends_once(one: OneTime) -> None:
    columns = set(table(one.thing).columns.keys())

    assert (one.hashed,) in unique(one.thing)
    assert {*one.bound, "at", "entry_id"} <= columns
    assert not {name for name in columns if "secret" in name or name in {"code", "handle", "token"}}
    for end in one.ends:
        [key] = table(end).primary_key.columns
        assert {foreign.column.table for foreign in key.foreign_keys} == {table(one.thing)}


def test_a_refresh_token_has_one_successor_and_hangs_on_client_and_session_by_its_grant() -> None:
    assert {("grant_id", "number"), ("token_sha256",)} <= unique(RefreshToken)
    assert {"client_id", "session_id", "authentication_id", "subject_id"} <= set(table(Grant).columns.keys())
    assert "bound_to" in table(RefreshToken).columns
