"""Whether what runs is what the practice statement says: when it is not, nothing is issued (CA-03)."""

import json
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.configuration import practice_contacts
from ca.governance.provenance import verified
from ca.statement.faults import StatementDisagrees
from ca.statement.figures import changed, figures
from ca.statement.publishing import proven
from ca.statement.versions import newest
from ca.tables.configuration import ConfigurationVersion
from ca.tables.statement import StatementVersion
from ledger.canonical import Portable
from ledger.facts import Facts
from ledger.ledger import Ledger
from web.home import Home, Mode

NEWEST_ONES = Facts(
    select(
        select(func.max(StatementVersion.number)).where(StatementVersion.document == "cps").scalar_subquery(),
        select(func.max(ConfigurationVersion.number)).scalar_subquery(),
    )
)
PUBLISH = "publish a new version: `python -m scripts statement-plan` shows it, two persons agree to it"


def disagreements(session: Session, home: Home) -> list[str]:
    """A sentence for each number in force that the practice statement says otherwise, and then what to do.

    None: the CA may work. Configuration, profiles and the tables of the code are compared with the newest version.
    """
    faults = differing(session, home)
    practice = practice_contacts(verified(session)) if home.mode() is Mode.PRODUCTION else []
    return [*faults, f"the contact still says practice: set {', '.join(practice)}"] if practice else faults


def differing(session: Session, home: Home) -> list[str]:
    """As `disagreements`, for a ceremony, which may be held before there is an address."""
    version = newest(session, "cps")
    if version is None:
        return [f"no practice statement was published: hold the ceremony again, or {PUBLISH}"]
    if not proven(session, version):
        return [f"nobody agreed to version {version.number} of the practice statement: tell the auditor; {PUBLISH}"]
    changes = changed(json.loads(version.figures), figures(verified(session), home))
    sentences = [
        f"{name} is {_said(now)}, but version {version.number} of the practice statement says {_said(before)}"
        for name, before, now in changes
    ]
    return [*sentences, PUBLISH] if sentences else []


@dataclass
class Agreement:
    """The disagreements of one ledger, found again only when there is a newer statement or configuration."""

    home: Home
    _found: tuple[tuple[int | None, ...], list[str]] | None = None

    def faults(self, session: Session) -> list[str]:
        """As `disagreements`, by two short looks when nothing is newer."""
        (newest_ones,) = NEWEST_ONES.rows(session)
        if self._found is None or self._found[0] != newest_ones:
            self._found = (newest_ones, disagreements(session, self.home))
        return self._found[1]


def require_agreement(ledger: Ledger, home: Home) -> None:
    """Raises StatementDisagrees when what is in force is not what was published."""
    with ledger.read() as session:
        faults = disagreements(session, home)
    if faults:
        raise StatementDisagrees(faults)


def _said(value: Portable) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
