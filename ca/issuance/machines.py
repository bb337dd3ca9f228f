"""What machines asked for, as the signing room believes it: nothing that a listening process wrote counts by itself.

Two officers provably agreed on the allowance; an officer of the organisation and the person who answers signed for it;
the protocol's proof is verified again; and the request is within what was allowed, as everything stands now.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ca.governance.provenance import Issuers, Provenance
from ca.issuance.examination import Examination, Honoured
from ca.issuance.ground import Ground, ground_of
from ca.machines.doors import Doors
from ca.machines.forms import fits_form, parsed_form
from ca.machines.keys import Key, Keys
from ca.machines.poison import apart
from ca.machines.proofs import PROOFS
from ca.machines.proofs.shown import Room
from ca.machines.rules import CredentialKind, Granted, Shown, allowed_backing, may_ask, may_run
from ca.machines.worn import worn
from ca.registration.applicants import Standing
from ca.registration.application import AgreementMeans
from ca.registration.case import Asked, Case
from ca.registration.digests import enrolment_digest, evidence_digest, names_of, spelt_names
from ca.registration.succession import paper_of, papers_of
from ca.registration.surroundings import Surroundings
from ca.tables.machines import Allowance, MachineRequest, in_one_entry
from ca.tables.registration import Agreement, Enrolment, EnrolmentEnd, EnrolmentScope, Evidence
from ledger.base import without
from ledger.decision import Allow, Refuse
from ledger.decision import Decision as Outcome
from ledger.entry import Entry
from ledger.facts import Facts
from ledger.ledger import CLOCK_TOLERANCE
from ledger.people import Organisation
from pki.request import SigningRequest

TAKEN_UP_WITHIN = timedelta(hours=1)
"""When a request was taken up is the word of who wrote it; what is older than this, or from the future, is refused."""


BY_MACHINES = Facts(
    select(MachineRequest.enrolment_id)
    .join(Enrolment, in_one_entry())
    .where(MachineRequest.enrolment_id.in_(bindparam("ids", expanding=True)))
)


def by_machines(session: Session, ids: Collection[str]) -> set[str]:
    """Those of these requests that machines asked for; what is said later of a person's makes it no machine's."""
    return set(BY_MACHINES.values(session, {"ids": list(ids)}))


@cache
def _waiting() -> Facts:
    asked = (
        select(Enrolment, MachineRequest, Entry.at, EnrolmentScope, Agreement)
        .join(MachineRequest, in_one_entry())
        .join(Entry, Entry.id == Enrolment.entry_id)
        .join(EnrolmentScope, EnrolmentScope.enrolment_id == Enrolment.id, isouter=True)
        .join(Agreement, Agreement.enrolment_id == Enrolment.id, isouter=True)
        .where(Enrolment.id.in_(bindparam("ids", expanding=True)))
    )
    return Facts(without(asked, Enrolment.id, EnrolmentEnd).order_by(Enrolment.id))


_CODE = Facts(select(Organisation.code).where(Organisation.id == bindparam("organisation")))


class _Row(NamedTuple):
    """A request as the ledger has it."""

    enrolment: Enrolment
    request: MachineRequest
    asked_at: datetime
    scope: EnrolmentScope | None
    agreement: Agreement | None


@dataclass(frozen=True)
class Gate:
    """Before which machines' requests come in one snapshot, as of `now`."""

    session: Session
    now: datetime
    issuers: Issuers
    practice: bool
    doors: Doors | None
    _grounds: dict[str, Ground | None] = field(default_factory=dict)
    """By allowance, for the requests that are examined."""
    _around: dict[tuple[str, str | None], tuple[str | None, Surroundings]] = field(default_factory=dict)
    """By allowance and the organisation that is named."""

    def examine(self, ids: Collection[str], seen: Examination) -> None:
        """Adds to `seen` what comes of these requests, the oldest first."""
        provenance = Provenance(self.session, self.issuers)
        given = {"ids": sorted(ids)}
        rows = [_Row(*found) for found in _waiting().rows(self.session, given)]
        self._grounds.clear()
        room = Room(provenance, self.doors, {one.request.entry_id: one.asked_at for one in rows}, asking=ids)
        keys = Keys(self.session, [one.enrolment.key_sha256 for one in rows])
        papers = papers_of(self.session, ids)
        for one in rows:
            enrolment = one.enrolment
            provenance.configuration  # noqa: B018 - read here, so that what is wrong with it is no row's fault
            supports = papers.get(enrolment.id, [])
            outcome = apart(f"enrolment {enrolment.id}", partial(self._judged, room, one, keys, supports, ids))
            if isinstance(outcome, Refuse):
                seen.refused.append((enrolment.id, outcome.code))
            else:
                seen.honoured.append(outcome)

    def _ground(self, provenance: Provenance, allowance_id: str, ids: Collection[str]) -> Ground | None:
        if allowance_id not in self._grounds:
            self._grounds[allowance_id] = ground_of(self.session, provenance, allowance_id, self.now, ids)
        return self._grounds[allowance_id]

    def _judged(
        self, room: Room, one: "_Row", keys: Keys, papers: Sequence[Evidence], ids: Collection[str]
    ) -> Honoured | Refuse:
        session, now, provenance = self.session, self.now, room.provenance
        enrolment, row, asked_at, scope, agreement = one
        ground = self._ground(provenance, row.allowance_id, ids)
        if scope is None or agreement is None or ground is None:
            return Refuse("enrolment.digest-wrong")
        allowance = ground.found.allowance
        request = parsed_form(bytes(enrolment.request))
        if isinstance(request, Refuse):
            return request
        found, standing = ground.beside(enrolment.id), ground.standing
        running = may_run(found, standing.applicant, standing.posts, now) and may_run(
            found, standing.applicant, standing.posts, asked_at
        )
        if request.key_sha256 != enrolment.key_sha256:
            return Refuse("enrolment.digest-wrong")
        key = keys.of(request.key_sha256, allowance, provenance.configuration, now, enrolment.id)
        if isinstance(running, Refuse) or isinstance(key, Refuse):
            return running if isinstance(running, Refuse) else key if isinstance(key, Refuse) else Refuse("")
        case = self._case(provenance, enrolment, scope, found, standing, papers, asked_at)
        allowed = (
            self._own(enrolment, scope, allowance, request)
            and self._supported(agreement, papers, ground)
            and self._within(provenance, found, case, row, key, scope)
            and fits_form(request, enrolment.profile, names_of(scope))
            and self._untouched(enrolment, scope, agreement, papers, standing, case)
            and PROOFS.get(row.protocol, _unknown)(session, enrolment, row, allowance, room, now)
            and self._lately(asked_at)
        )
        if isinstance(allowed, Refuse):
            return allowed
        left = allowance.valid_to - now
        longest = left if key.lasts is None else min(left, key.lasts)
        return Honoured(enrolment, standing, request, scope, case.organisation, longest)

    def _case(
        self,
        provenance: Provenance,
        enrolment: Enrolment,
        scope: EnrolmentScope,
        found: Granted,
        standing: Standing,
        papers: Sequence[Evidence],
        asked_at: datetime,
    ) -> Case:
        desk, named = found.desk, (found.allowance.id, scope.organisation_id)
        if named not in self._around:
            self._around[named] = self._surroundings(provenance, scope, found, standing)
        code, around = self._around[named]
        asked = Asked(enrolment.profile, code, names_of(scope), scope.common_name, scope.value_limit_lak)
        seen = {one.id: paper_of(one) for one in papers}
        return around.case(asked, asked_at, standing, seen, {("", desk.code if desk else "")}, carried=True)

    def _surroundings(
        self, provenance: Provenance, scope: EnrolmentScope, found: Granted, standing: Standing
    ) -> tuple[str | None, Surroundings]:
        """The organisation's code, and what is around it and the person who answers."""
        code: str | None = _CODE.value(self.session, {"organisation": scope.organisation_id})
        return code, Surroundings(
            self.session,
            self.now,
            configuration=provenance.configuration,
            people=[standing],
            desks={found.desk.code: found.desk} if found.desk else {},
            duties={},
            organisations=[code] if code else [],
            practice=self.practice,
        )

    def _own(
        self, enrolment: Enrolment, scope: EnrolmentScope, allowance: Allowance, request: SigningRequest
    ) -> Outcome:
        """Whether the rows say of person, organisation, desk and key what the allowance and the request say."""
        said = (enrolment.person_id, scope.organisation_id, scope.desk_id, enrolment.key_sha256)
        meant = (allowance.person_id, allowance.organisation_id, allowance.desk_id, request.key_sha256)
        return Allow() if said == meant else Refuse("enrolment.digest-wrong")

    def _supported(self, agreement: Agreement, papers: Sequence[Evidence], ground: Ground) -> Outcome:
        """Whether the papers are those of the checked identity, and the agreement the one that he signed."""
        identity, signed = ground.identity, ground.signed
        if identity is None or signed is None:
            return Refuse("machine.identity-lapsed")
        if evidence_digest(papers) != evidence_digest(identity.request.papers):
            return Refuse("replacement.papers-not-theirs")
        said = (agreement.terms_digest, agreement.means, agreement.at)
        meant = (signed.terms_digest, AgreementMeans.SIGNED.value, signed.act_at)
        return Allow() if said == meant else Refuse("enrolment.terms-not-accepted")

    def _within(
        self,
        provenance: Provenance,
        found: Granted,
        case: Case,
        row: MachineRequest,
        key: Key,
        scope: EnrolmentScope,
    ) -> Outcome:
        if row.credential_kind not in {kind.value for kind in CredentialKind}:
            return Refuse("machine.credential")
        configuration = provenance.configuration
        kind = CredentialKind(row.credential_kind)
        own = worn(self.session, row.credential) if kind is CredentialKind.CERTIFICATE else None
        shown = Shown(row.protocol, kind, key.certified, own)
        allowed = may_ask(found, shown, case, configuration.machine_requests_open, self.now, configuration.officer_age)
        if isinstance(allowed, Refuse):
            return allowed
        backing = allowed_backing(found, case)
        recorded = {name: tuple(source) for name, source in json.loads(scope.backing).items()}
        return Allow() if backing == recorded else Refuse("enrolment.attribute-unbacked")

    def _lately(self, asked_at: datetime) -> Outcome:
        lately = self.now - TAKEN_UP_WITHIN <= asked_at <= self.now + CLOCK_TOLERANCE
        return Allow() if lately else Refuse("machine.proof-stale")

    def _untouched(
        self,
        enrolment: Enrolment,
        scope: EnrolmentScope,
        agreement: Agreement,
        papers: Sequence[Evidence],
        standing: Standing,
        case: Case,
    ) -> Outcome:
        supports = evidence_digest(papers)
        spelt = spelt_names(enrolment.profile, standing.names, case.organisation)
        digest = enrolment_digest(enrolment, scope, agreement, spelt)
        same = (supports, digest) == (enrolment.evidence_digest, enrolment.digest)
        return Allow() if same else Refuse("enrolment.digest-wrong")


def _unknown(*_: object) -> Outcome:
    return Refuse("machine.protocol")
