"""Endings and pauses that nothing accounts for: each is traced to its cause once more, by what proved it then.

An ending counts without any of this, since nothing comes back from it: whoever wrote one that has no cause must be
asked. Acts are judged as of when they were signed, duties by who provably had them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from sqlalchemy import select

from ca.endings import paper
from ca.endings.asking import act_for
from ca.endings.concerned import NOBODY, Concerned, bodies_of, concerned_by, person_concerned
from ca.endings.keys import KIND as KEY_BLOCK
from ca.endings.keys import block_act
from ca.endings.proven import proven as proven_sign_in
from ca.events.endings import (
    CertificateHeld,
    CertificateRevoked,
    CertificateSuperseded,
    HoldExpired,
    PersonRevoked,
    RevocationCodeUsed,
)
from ca.events.hierarchy import IssuersCertificatesRevoked
from ca.events.issuance import IntentAbandoned
from ca.governance.provenance import Provenance
from ca.governance.unproven import Unproven, unproven
from ca.policy import CLOSERS_NEEDED
from ca.tables.endings import KeyReport, Replacement, RevocationCodeUse, RevocationProof, SignInProof
from ca.tables.hierarchy import ClosingAct, IssuerEnd
from ca.tables.registration import Enrolment
from ledger.acts import FRESHNESS, Act, ActInvalid, ActVerifier, SignedAct
from ledger.base import Fact, without
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Issuer, KeyBlock, Revocation
from ledger.entry import Entry
from ledger.people import Cutoff, Person
from ledger.roles import Action, may_act

_F = TypeVar("_F", bound=Fact)
_Proof = RevocationProof | SignInProof


def uncaused(provenance: Provenance) -> Iterator[Unproven]:
    """Each revocation, and each pause that is not over, that nothing accounts for; the oldest first."""
    session, trace = provenance.session, _Trace(provenance)
    revocations = select(Revocation, Entry).join(Entry, Entry.id == Revocation.entry_id)
    for revocation, entry in session.execute(revocations.order_by(Entry.at, Revocation.certificate_id)):
        if code := trace.why_not(revocation, entry):
            yield unproven(revocation, entry, code)
    holds = without(select(Hold, Entry).join(Entry, Entry.id == Hold.entry_id), Hold.id, HoldRelease)
    for hold, entry in session.execute(without(holds, Hold.certificate_id, Revocation).order_by(Hold.id)):
        code = trace.by_act(hold.certificate_id, entry, hold) if entry.kind == CertificateHeld.kind else NO_CAUSE
        if code:
            yield unproven(hold, entry, code)


NO_ACT, ACT_VOID, NO_CAUSE = "unproven.no-act", "unproven.act-void", "unproven.no-cause"


class _Trace:
    """What led to an ending, in one snapshot. Each answer is a code, or None when it is accounted for."""

    def __init__(self, provenance: Provenance) -> None:
        self.provenance, self.session = provenance, provenance.session

    def why_not(self, revocation: Revocation, entry: Entry) -> str | None:
        cause = _CAUSES.get(entry.kind)
        return NO_CAUSE if cause is None else cause(self, revocation.certificate_id, entry)

    def by_act(self, certificate_id: str, entry: Entry, hold: Hold | None = None) -> str | None:
        """Whether a person who might signed for this certificate, in this entry."""
        proofs = self._proofs(entry.id)
        if not proofs:
            return NO_ACT
        reaching = [one for one in proofs if self._reaches(one, certificate_id)]
        return None if any(self._valid(one, entry, hold) for one in reaching) else ACT_VOID

    def by_act_or_stop(self, certificate_id: str, entry: Entry) -> str | None:
        """Without an act of its own: what was for a key or a person that an act before it had stopped."""
        why = self.by_act(certificate_id, entry)
        if why != NO_ACT:
            return why
        key, person_id = self._key(certificate_id), self.session.get_one(Intent, certificate_id).person_id
        stops: list[Fact] = [*self.session.scalars(select(KeyBlock).where(KeyBlock.key_sha256 == key))]
        stops += self.session.scalars(select(Cutoff).where(Cutoff.person_id == person_id))
        reported = key is not None and self.session.get(KeyReport, key) is not None
        return None if reported or any(self._stopped(stop.entry_id) for stop in stops) else NO_ACT

    def by_code(self, certificate_id: str, entry: Entry) -> str | None:
        """Whether the slip was for it and its code is right."""
        used = self._of(RevocationCodeUse, entry.id)
        bound = any(certificate_id in paper.bound(self.session, one.code_id) for one in used)
        return None if bound and any(paper.proven(self.session, one) for one in used) else ACT_VOID

    def by_crash(self, certificate_id: str, _entry: Entry) -> str | None:
        """Whether it was never signed."""
        return NO_CAUSE if self.session.get(Certificate, certificate_id) else None

    def by_time(self, certificate_id: str, entry: Entry) -> str | None:
        """Whether a pause of it had run out."""
        held = select(Hold.id).where(Hold.certificate_id == certificate_id, Hold.until <= entry.at)
        return None if self.session.scalar(held.limit(1)) else NO_CAUSE

    def by_replacement(self, certificate_id: str, _entry: Entry) -> str | None:
        """Whether its holder had asked for another in its place."""
        asked = select(Replacement.enrolment_id).where(Replacement.certificate_id == certificate_id)
        return None if self.session.scalar(asked.limit(1)) else NO_CAUSE

    def by_closing(self, certificate_id: str, _entry: Entry) -> str | None:
        """Whether enough persons' acts stand under the end of its issuer, or of the issuer whose own it is."""
        intent, own = self.session.get_one(Intent, certificate_id), self.session.get(Certificate, certificate_id)
        acts = select(ClosingAct.person_id).join(IssuerEnd, IssuerEnd.closing_id == ClosingAct.closing_id)
        acts = acts.join(Issuer, Issuer.id == IssuerEnd.issuer_id)
        acts = acts.where((Issuer.id == intent.issuer_id) | (Issuer.certificate == (own.der if own else b"")))
        return None if len(set(self.session.scalars(acts))) >= CLOSERS_NEEDED else NO_ACT

    def _key(self, certificate_id: str) -> str | None:
        """Of the certificate, or of what was intended to be one."""
        certificate = self.session.get(Certificate, certificate_id)
        if certificate is not None:
            return certificate.key_sha256
        asked = select(Enrolment.key_sha256).join(Intent, Intent.enrolment_id == Enrolment.id)
        return self.session.scalar(asked.where(Intent.id == certificate_id))

    def _stopped(self, entry_id: str) -> bool:
        entry = self.session.scalars(select(Entry).where(Entry.id == entry_id)).one()
        return any(self._valid(one, entry) for one in self._proofs(entry_id)) or any(
            paper.proven(self.session, one) for one in self._of(RevocationCodeUse, entry_id)
        )

    def _proofs(self, entry_id: str) -> list[_Proof]:
        return [*self._of(RevocationProof, entry_id), *self._of(SignInProof, entry_id)]

    def _reaches(self, proof: _Proof, certificate_id: str) -> bool:
        """Whether it is about this certificate, or about another one or all of its person's."""
        person_id = self.session.get_one(Intent, certificate_id).person_id
        if proof.subject in {certificate_id, person_id}:
            return True
        other = self.session.get(Intent, proof.subject)
        return person_id is not None and other is not None and other.person_id == person_id

    def _valid(self, proof: _Proof, entry: Entry, hold: Hold | None = None) -> bool:
        """Whether the person signed it freshly, or was signed in for it, and provably might."""
        if isinstance(proof, SignInProof):
            own = concerned_by(self.session, self.session.get_one(Intent, proof.subject), entry.at).person_id
            return proof.person_id == own and proven_sign_in(self.session, proof)
        verifier, proven = ActVerifier(self.session, [proof.act_certificate], self.provenance.issuers), False
        for act in self._meant(proof, hold):
            try:
                signed = SignedAct(act, proof.act_certificate, bytes(proof.act_signature))
                proven |= verifier.verify(signed) == proof.officer_id
            except ActInvalid:
                continue
        return proven and abs(entry.at - proof.act_at) <= FRESHNESS and self._entitled(proof, entry)

    def _meant(self, proof: RevocationProof, hold: Hold | None) -> Iterator[Act]:
        if proof.kind == KEY_BLOCK:
            yield block_act(proof.subject, proof.act_at)
            return
        person, certificate = self.session.get(Person, proof.subject), self.session.get(Certificate, proof.subject)
        subject = person.number if person else certificate.sha256 if certificate else ""
        yield act_for(proof.kind, subject, proof.reason, proof.act_at)
        if hold is not None:  # a pause whose end the person said himself
            yield act_for(proof.kind, subject, proof.reason, proof.act_at, hold.until)

    def _entitled(self, proof: RevocationProof, entry: Entry) -> bool:
        signer, about = proof.officer_id, self._about(proof, entry)
        if signer == about.person_id:
            return True
        spans = self.provenance.duties([signer]).get(signer, ())
        pausing = proof.kind == "certificate.hold"
        if pausing and about.bodies & bodies_of(self.session, signer, entry.at):
            return True
        actions = (Action.END, Action.PAUSE) if pausing else (Action.END,)
        return any(may_act(action, spans, proof.act_at) for action in actions)

    def _about(self, proof: RevocationProof, entry: Entry) -> Concerned:
        if proof.kind == KEY_BLOCK:
            return NOBODY
        intent = self.session.get(Intent, proof.subject)
        if intent is not None:
            return concerned_by(self.session, intent, entry.at)
        return person_concerned(self.session, proof.subject, entry.at)

    def _of(self, kind: type[_F], entry_id: str) -> list[_F]:
        return list(self.session.scalars(select(kind).where(kind.entry_id == entry_id)))


_CAUSES: Mapping[str, Callable[[_Trace, str, Entry], str | None]] = {
    CertificateRevoked.kind: _Trace.by_act_or_stop,
    PersonRevoked.kind: _Trace.by_act,
    RevocationCodeUsed.kind: _Trace.by_code,
    IntentAbandoned.kind: _Trace.by_crash,
    HoldExpired.kind: _Trace.by_time,
    CertificateSuperseded.kind: _Trace.by_replacement,
    IssuersCertificatesRevoked.kind: _Trace.by_closing,
}
"""By the kind of the entry that ended it."""
