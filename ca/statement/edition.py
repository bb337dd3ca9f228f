"""What would be published now: each document that would differ from its newest version, under one digest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256

from sqlalchemy.orm import Session

from ca.governance.provenance import verified
from ca.statement.figures import Figures, changed, figures
from ca.statement.text import DOCUMENTS, LANGUAGES, Rendered, render
from ca.statement.versions import newest
from ca.tables.statement import StatementVersion
from ledger.canonical import Portable, canonical
from web.home import Home


@dataclass(frozen=True)
class Draft:
    """A document's next version."""

    document: str
    number: int
    rendered: Rendered
    before: StatementVersion | None

    def difference(self) -> list[str]:
        """A unified diff from the version in force, both languages."""
        lines: list[str] = []
        for language in LANGUAGES:
            old = getattr(self.before, language).splitlines() if self.before else []
            new = getattr(self.rendered, language).splitlines()
            name = f"{self.document} {language}"
            lines += unified_diff(old, new, f"{name} {self.number - 1}", f"{name} {self.number}", n=1, lineterm="")
        return lines


@dataclass(frozen=True)
class Edition:
    """The next versions of some documents, with the figures that they are rendered with. Empty: nothing is new."""

    drafts: Sequence[Draft]
    figures: Figures
    changes: Sequence[tuple[str, Portable, Portable]]
    """The numbers that differ from those of the practice statement in force."""

    @property
    def digest(self) -> str:
        """Hex SHA-256 over what would be published: what two persons agree to."""
        digests = {draft.document: (draft.number, draft.rendered.digest) for draft in self.drafts}
        return plan_digest(digests, figures_digest(self.figures))


def edition(session: Session, home: Home) -> Edition:
    """What would be published with the configuration, profiles and texts that are in force in this snapshot."""
    now = figures(verified(session), home)
    drafts, changes = [], list(changed({}, now))
    for document in DOCUMENTS:
        version, rendered = newest(session, document), render(document, now)
        if document == "cps" and version is not None:
            changes = changed(json.loads(version.figures), now)
        if version is None or version.digest != rendered.digest:
            drafts.append(Draft(document, version.number + 1 if version else 1, rendered, version))
    return Edition(drafts, now, changes)


def figures_digest(figures: Figures) -> str:
    """Hex SHA-256 of the canonical JSON of the figures."""
    return sha256(canonical(figures)).hexdigest()


def plan_digest(versions: Mapping[str, tuple[int, str]], figures: str) -> str:
    """The digest of a plan: number and digest of each document's new version, and the digest of the figures."""
    return sha256(canonical({"figures": figures, "versions": versions})).hexdigest()
