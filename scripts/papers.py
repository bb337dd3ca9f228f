"""The paper that an officer saw, as options of a verb."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import click

from ca.policy import PAPERS, EvidenceKind
from ca.registration.application import Shown

_F = TypeVar("_F", bound=Callable[..., object])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])
_ENDING = ", ".join(kind.value for kind, rule in PAPERS.items() if rule.has_last_day)
_NEEDED = ("paper", "paper_number", "paper_issuer", "issued", "scan", "desk")


def for_paper(*, required: bool) -> Callable[[_F], _F]:
    """Adds the options of one paper, and the desk where it was seen."""
    options = (
        click.option("--paper", required=required, type=click.Choice([kind.value for kind in EvidenceKind])),
        click.option("--paper-number", required=required, type=_FILE, help="A file that holds the number alone."),
        click.option("--paper-issuer", required=required, help="Who issued the paper, by its code."),
        click.option("--issued", required=required, type=_DAY, help="The paper's date of issue (Gregorian)."),
        click.option("--expires", type=_DAY, help=f"The paper's last day (Gregorian); needed for {_ENDING}."),
        click.option("--scan", required=required, type=_FILE, help="The scan; only its digest is kept here."),
        click.option("--desk", required=required, help="Where the person was seen, by its code."),
    )

    def add(function: _F) -> _F:
        for option in options:
            function = option(function)
        return function

    return add


def paper_shown(officer_id: str, given: Mapping[str, Any]) -> Shown:
    """The paper of these options, seen by that officer."""
    scan, number, issued, expires = given["scan"], given["paper_number"], given["issued"], given["expires"]
    assert isinstance(scan, Path) and isinstance(number, Path) and isinstance(issued, datetime)
    try:
        digits = number.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise click.UsageError("--paper-number is a text in UTF-8 that holds the number alone") from None
    return Shown(
        EvidenceKind(str(given["paper"])),
        digits,
        str(given["paper_issuer"]),
        issued.date(),
        expires.date() if isinstance(expires, datetime) else None,
        sha256(scan.read_bytes()).hexdigest(),
        officer_id,
        str(given["desk"]),
    )


def lacking(given: Mapping[str, Any], *besides: str) -> list[str]:
    """The options of a paper, and those named besides, that are not given, as they are typed."""
    return [f"--{name.replace('_', '-')}" for name in (*_NEEDED, *besides) if given[name] is None]
