"""What an allowance stands on at the door: read once in a snapshot, however many of its machines ask at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration, current
from ca.machines.allowances import granted
from ca.machines.identity import Identity, identity_of
from ca.machines.rules import Granted, may_run
from ca.registration.applicants import Standing, unnamed
from ca.registration.case import Asked, Case
from ca.registration.digests import evidence_digest
from ca.registration.succession import paper_of
from ca.registration.surroundings import Surroundings
from ca.tables.machines import Allowance, AllowanceAcceptance
from ca.tables.registration import Evidence
from ledger.decision import Refuse
from ledger.facts import Facts
from ledger.people import Organisation

_ALLOWANCE = Facts(
    select(Allowance, Organisation.code)
    .join(Organisation, Organisation.id == Allowance.organisation_id)
    .where(Allowance.id == bindparam("allowance"))
)


@dataclass(frozen=True)
class Ground:
    """An allowance that runs, the person who answers for it, what he signed, and what his papers say."""

    found: Granted
    standing: Standing
    configuration: Configuration
    identity: Identity
    acceptance: AllowanceAcceptance
    code: str
    """Of the organisation."""
    evidence_digest: str
    _around: Surroundings

    @property
    def allowance(self) -> Allowance:
        """What was granted."""
        return self.found.allowance

    @property
    def papers(self) -> Sequence[Evidence]:
        """Those that an officer saw of the person who answers."""
        return self.identity.request.papers

    def beside(self, taken: int) -> Granted:
        """The allowance as the next request meets it, when so many more than are in the snapshot were taken up."""
        return replace(self.found, running=self.found.running + taken, open=self.found.open + taken)

    def case(self, names: tuple[str, ...], common_name: str | None, now: datetime) -> Case:
        """The request for these names, with what surrounds it."""
        asked = Asked(self.allowance.profile, self.code, names, common_name)
        papers = {paper.id: paper_of(paper) for paper in self.papers}
        desk = self.found.desk.code if self.found.desk else ""
        return self._around.case(asked, now, self.standing, papers, {("", desk)}, carried=True)


@dataclass
class Grounds:
    """Those of one snapshot, as of `now`. In practice hosts may be this machine."""

    session: Session
    now: datetime
    practice: bool
    _known: dict[str, Ground | Refuse] = field(default_factory=dict)

    def of(self, allowance_id: str) -> Ground | Refuse:
        """That of the allowance, or why nothing may be asked for under it."""
        if allowance_id not in self._known:
            self._known[allowance_id] = self._read(allowance_id)
        return self._known[allowance_id]

    def _read(self, allowance_id: str) -> Ground | Refuse:
        session, now = self.session, self.now
        [(allowance, code)] = _ALLOWANCE.rows(session, {"allowance": allowance_id}) or [(None, "")]
        standing = unnamed(session, allowance.person_id, now) if allowance else None
        if allowance is None or standing is None:
            return Refuse("machine.allowance-unknown")
        found = granted(session, allowance, now)
        running = may_run(found, standing.applicant, standing.posts, now)
        if isinstance(running, Refuse):
            return running
        identity, acceptance = identity_of(session, allowance.person_id, now), found.acceptance
        if identity is None or acceptance is None or found.desk is None:
            return Refuse("machine.identity-lapsed")
        configuration = current(session)
        around = Surroundings(
            session, now, configuration=configuration, people=[standing], desks={found.desk.code: found.desk},
            duties={}, organisations=[code], practice=self.practice,
        )  # fmt: skip
        papers = evidence_digest(identity.request.papers)
        return Ground(found, standing, configuration, identity, acceptance, code, papers, around)
