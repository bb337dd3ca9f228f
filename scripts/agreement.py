"""The options of an agreement, the same for every verb that takes one (law DP-04)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from idp.agreements import Agreed

_F = TypeVar("_F", bound=Callable[..., Any])
_DAY = click.DateTime(["%Y-%m-%d"])


def with_agreement(*, required: bool) -> Callable[[_F], _F]:
    """Adds `--organisation`, `--agreement`, `--from` and `--until`."""

    def add(function: _F) -> _F:
        for option in reversed((
            click.option("--organisation", required=required, help="Its code in the register."),
            click.option("--agreement", required=required, help="The agreement's number on paper."),
            click.option("--from", "agreed_from", type=_DAY, required=required, help="First day, UTC."),
            click.option("--until", "agreed_until", type=_DAY, required=required, help="Over from this day, UTC."),
        )):  # fmt: skip
            function = option(function)
        return function

    return add


def agreed_by(
    organisation: str | None, agreement: str | None, agreed_from: datetime | None, agreed_until: datetime | None
) -> Agreed | None:
    """The agreement; None when none was given. Raises UsageError for half of one."""
    if organisation and agreement and agreed_from and agreed_until:
        return Agreed(organisation, agreement, agreed_from.replace(tzinfo=UTC), agreed_until.replace(tzinfo=UTC))
    if organisation or agreement or agreed_from or agreed_until:
        raise click.UsageError("--organisation, --agreement, --from and --until go together.")
    return None
