"""Requests that follow a certificate, as the signing room believes them: by their holder's act, verified again.

Their papers and signatures are those of the requests before, which are gone through once more as they stand today.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.endings.replacement import may_replace, replace_act
from ca.governance.provenance import Provenance
from ca.registration.desks import desks
from ca.registration.succession import Carrying, Earlier, key_lasts, line_of, remembering, same_names
from ca.statement import terms
from ca.tables.endings import Replacement
from ca.tables.registration import Agreement, CarriedEvidence, Enrolment, EnrolmentEnd, EnrolmentScope, Evidence
from ledger.acts import HOLDERS_PROFILES, ActInvalid, ActVerifier, SignedAct, certified_by
from ledger.base import without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.decision import Allow, Refuse
from ledger.decision import Decision as Outcome
from ledger.entry import Entry
from ledger.facts import Facts

_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
WISHES = Facts(select(Replacement).where(Replacement.enrolment_id.in_(_IDS)))
CARRYING = Facts(select(CarriedEvidence.enrolment_id).where(CarriedEvidence.enrolment_id.in_(_IDS)))


@dataclass(frozen=True)
class Follow:
    """A request that provably follows a certificate by its holder's wish. Only `Following.of` makes it."""

    old: Certificate
    line: tuple[Earlier, ...]
    """The requests behind the certificate, the newest first."""
    signed: tuple[Earlier, ...]
    """Those of them whose signatures are true of this request too."""
    same_key: bool
    longest: timedelta | None
    """What is left of the life of the key, if it is the old one."""


class Following:
    """What the room makes of wishes to follow a certificate, in one snapshot as of `now`."""

    def __init__(self, session: Session, ids: Collection[str], now: datetime, provenance: Provenance) -> None:
        self._session, self._now, self._provenance = session, now, provenance
        self._wishes = {wish.enrolment_id: wish for wish in WISHES.values(session, {"ids": ids})}
        duties = remembering(provenance.duties)
        believed = remembering(partial(desks, session, believes=provenance.believes))
        self.carrying = Carrying(session, provenance.configuration, duties, believed, now, provenance.issuers)

    @cached_property
    def _terms(self) -> str:
        return terms.current(self._session).digest

    def of(self, enrolment: Enrolment, scope: EnrolmentScope | None) -> Follow | Refuse | None:
        """What the request follows; why its wish does not count; None if it follows nothing."""
        wish = self._wishes.get(enrolment.id)
        if wish is None or scope is None:
            return None
        old = self._session.get_one(Certificate, wish.certificate_id)
        allowed = self._wished(wish, enrolment, old) and may_replace(
            self._session, wish.person_id, enrolment, scope, old, self._now
        )
        if isinstance(allowed, Refuse):
            return allowed
        line = tuple(line_of(self._session, old))
        same_key = enrolment.key_sha256 == old.key_sha256
        longest = key_lasts(self._session, self._provenance.configuration, old, self._now) if same_key else None
        if isinstance(longest, Refuse):
            return longest
        known = self.carrying.confirmed(old)
        signed = [one for one in line if known and self.carrying.signatures_hold(one, enrolment, scope)]
        return Follow(old, line, tuple(signed), same_key, longest)

    def carries(
        self, follow: Follow | Refuse | None, papers: Sequence[Evidence], agreement: Agreement | None
    ) -> Outcome:
        """Whether a request without papers of its own may have those of the request before, as they stand today."""
        if isinstance(follow, Refuse):
            return follow
        before = follow.line[0] if follow and follow.line else None
        if follow is None or before is None or agreement is None:
            return Refuse("replacement.papers-not-theirs")
        if [paper.id for paper in papers] != [paper.id for paper in before.papers]:
            return Refuse("replacement.papers-not-theirs")
        rules = (
            (not self.carrying.confirmed(follow.old), "replacement.unconfirmed"),
            (not same_names(self._session, follow.old, self._now), "replacement.name-changed"),
            (agreement.terms_digest != self._terms, "enrolment.terms-changed"),
        )
        refusal = next((Refuse(code) for wrong, code in rules if wrong), None)
        return self.carrying.papers_hold(before) if refusal is None else refusal

    def _wished(self, wish: Replacement, enrolment: Enrolment, old: Certificate) -> Outcome:
        """Whether the holder signed just this, when it was taken up, by a key that nothing has stopped since."""
        if not certified_by(old, self._provenance.issuers):
            return Refuse("act.certificate-unknown")
        signed = SignedAct(
            replace_act(enrolment, old.sha256, wish.act_at), wish.act_certificate, bytes(wish.act_signature)
        )
        taken_up = self._session.scalars(select(Entry.at).where(Entry.id == wish.entry_id)).one()
        verifier = ActVerifier(self._session, [wish.act_certificate], self._provenance.issuers, HOLDERS_PROFILES)
        try:
            signer = verifier.verify(signed, taken_up, self._now)
        except ActInvalid as fault:
            return Refuse(fault.code)
        return Allow() if signer == wish.person_id else Refuse("act.other-person")


def carrying(session: Session, ids: Collection[str]) -> set[str]:
    """Those of these requests that name papers of others."""
    return set(CARRYING.values(session, {"ids": ids}))


def over(session: Session, ids: Collection[str]) -> set[str]:
    """Those of these requests that came to nothing, or of which no certificate is left."""
    if not ids:
        return set()
    ended = set(session.scalars(select(EnrolmentEnd.enrolment_id).where(EnrolmentEnd.enrolment_id.in_(ids))))
    intended = select(Intent.enrolment_id).where(Intent.enrolment_id.in_(ids))
    begun, living = session.scalars(intended).all(), session.scalars(without(intended, Intent.id, Revocation)).all()
    return (ended | set(map(str, begun))) - set(map(str, living))
