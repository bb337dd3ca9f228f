"""Endings and pauses that nothing accounts for: each is traced to its cause once more, by what proved it then.

An ending counts without any of this, since nothing comes back from it: whoever wrote one that has no cause must be
asked. Acts are judged as of when they were signed, duties by who provably had them.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ca.ceremonies.generations import issuer_key
from ca.closing.ending import provably_ended
from ca.desk_search import came_of
from ca.endings import paper
from ca.endings.asking import act_for
from ca.endings.blocked import KIND as KEY_BLOCK
from ca.endings.concerned import NOBODY, Concerned, bodies_of, concerned_by, person_concerned
from ca.endings.grounds import COMPROMISED, ground_of
from ca.endings.keys import block_act, reported
from ca.endings.proven import Provider
from ca.endings.proven import proven as proven_sign_in
from ca.endings.replacement import replace_act
from ca.events.acme import AcmeRevoked
from ca.events.endings import (
    CertificateHeld,
    CertificateRevoked,
    CertificateSuperseded,
    DeskCertificateRevoked,
    HoldExpired,
    PersonRevoked,
    RevocationCodeUsed,
)
from ca.events.governance import ChangeApplied
from ca.events.hierarchy import IssuersCertificatesRevoked
from ca.events.issuance import IntentAbandoned
from ca.events.machines import MachineCertificateEnded
from ca.events.reissue import ReissueReplaced
from ca.governance.provenance import Provenance
from ca.governance.unproven import Unproven, unproven
from ca.machines.acme.revocation import Proven
from ca.machines.acme.revocation import proven as proven_message
from ca.machines.endings import proven as machine_proven
from ca.machines.rules import Protocol
from ca.reissue.use import word_of
from ca.tables.endings import (
    DeskRevocation,
    EndingRequest,
    EndingRequestEnd,
    KeyReport,
    Replacement,
    RevocationCodeUse,
    RevocationProof,
    SignInProof,
)
from ca.tables.hierarchy import IssuerEnd
from ca.tables.machines import MachineEnding, MachineEndingEnd
from ca.tables.registration import Desk, Enrolment
from ca.tables.reissue import Reissue, ReissueMember
from ledger.acts import AUTHENTICATION_PROFILES, FRESHNESS, HOLDERS_PROFILES, Act, ActInvalid, ActVerifier, SignedAct
from ledger.base import Fact, without
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Issuer, KeyBlock, Revocation
from ledger.entry import Entry
from ledger.people import Cutoff, Person
from ledger.roles import Action, may_act

_F = TypeVar("_F", bound=Fact)
_Proof = RevocationProof | SignInProof
_PAUSING = "certificate.hold"
_ENDING = {"certificate.revoke", "person.revoke", KEY_BLOCK}


def uncaused(provenance: Provenance, provider: Provider | None = None) -> Iterator[Unproven]:
    """Each revocation, and each pause that is not over, that nothing accounts for; the oldest first.

    With `provider` a sign-in must have been the holder's own, on his page.
    """
    session, trace = provenance.session, _Trace(provenance, provider)
    revocations = select(Revocation, Entry).join(Entry, Entry.id == Revocation.entry_id)
    for revocation, entry in session.execute(revocations.order_by(Entry.at, Revocation.certificate_id)):
        if code := trace.why_not(revocation, entry):
            yield unproven(revocation, entry, code)
    holds = without(select(Hold, Entry).join(Entry, Entry.id == Hold.entry_id), Hold.id, HoldRelease)
    for hold, entry in session.execute(without(holds, Hold.certificate_id, Revocation).order_by(Entry.at, Hold.id)):
        if code := trace.of_pause(hold, entry):
            yield unproven(hold, entry, code)


def unanswered(provenance: Provenance) -> Iterator[Unproven]:
    """Each request that an ending or a pause closed, though its certificate had neither by then; the oldest first.

    The page of holders writes such entries, and could silence the clock of a request that it never answered.
    """
    ended = select(Revocation.certificate_id).join(Entry, Entry.id == Revocation.entry_id)
    held = select(Hold.id).join(Entry, Entry.id == Hold.entry_id)
    closing = aliased(Entry)
    by_then = Entry.position <= closing.position
    closed = (
        select(EndingRequestEnd, closing)
        .join(EndingRequest, EndingRequest.id == EndingRequestEnd.request_id)
        .join(closing, closing.id == EndingRequestEnd.entry_id)
        .where(closing.kind.in_((CertificateRevoked.kind, CertificateHeld.kind)))
        .where(~ended.where(Revocation.certificate_id == EndingRequest.subject, by_then).exists())
        .where(~held.where(Hold.certificate_id == EndingRequest.subject, by_then).exists())
    )
    for end, entry in provenance.session.execute(closed.order_by(closing.at, EndingRequestEnd.request_id)):
        yield unproven(end, entry, UNANSWERED)


UNANSWERED = "unproven.request-unanswered"
NO_ACT, ACT_VOID, NO_CAUSE = "unproven.no-act", "unproven.act-void", "unproven.no-cause"


class _Trace:
    """What led to an ending, in one snapshot. Each answer is a code, or None when it is accounted for."""

    def __init__(self, provenance: Provenance, provider: Provider | None = None) -> None:
        self.provenance, self.session, self.provider = provenance, provenance.session, provider

    def why_not(self, revocation: Revocation, entry: Entry) -> str | None:
        cause = _CAUSES.get(entry.kind)
        return NO_CAUSE if cause is None else cause(self, revocation, entry)

    def by_act(self, ended: Revocation | Hold, entry: Entry) -> str | None:
        """Whether a person who might signed for this certificate, in this entry."""
        proofs = self._proofs(entry.id)
        if not proofs:
            return NO_ACT
        hold = ended if isinstance(ended, Hold) else None
        meant = _ENDING if hold is None else {_PAUSING}
        reaching = [one for one in proofs if one.kind in meant and self._reaches(one.subject, ended.certificate_id)]
        return None if any(self._valid(one, entry, hold) for one in reaching) else ACT_VOID

    def by_act_or_stop(self, ended: Revocation, entry: Entry) -> str | None:
        """Without an act of its own: what was for a key or a person that an act before it, or with it, had stopped."""
        why = self.by_act(ended, entry)
        if why is None:
            return None
        stops: list[KeyBlock | Cutoff] = [*self._blocks(ended.certificate_id), *self._cutoffs(ended.certificate_id)]
        before = [stop for stop in stops if stop.at <= ended.at and self._entry(stop).position <= entry.position]
        return None if any(self._stopped(stop, ended.certificate_id) for stop in before) else why

    def by_code(self, ended: Revocation, entry: Entry) -> str | None:
        """Whether the slip was for it and its code is right."""
        used = self._of(RevocationCodeUse, entry.id)
        bound = any(ended.certificate_id in paper.bound(self.session, one.code_id) for one in used)
        return None if bound and any(paper.proven(self.session, one) for one in used) else ACT_VOID

    def by_crash(self, ended: Revocation, _entry: Entry) -> str | None:
        """Whether it was never signed."""
        return NO_CAUSE if self.session.get(Certificate, ended.certificate_id) else None

    def by_time(self, ended: Revocation, entry: Entry) -> str | None:
        """Whether a pause of it that somebody who might had wanted had run out."""
        held = select(Hold).where(Hold.certificate_id == ended.certificate_id, Hold.until <= entry.at)
        holds = self.session.scalars(without(held, Hold.id, HoldRelease)).all()
        return None if any(self.of_pause(hold, self._entry(hold)) is None for hold in holds) else NO_CAUSE

    def of_pause(self, hold: Hold, entry: Entry) -> str | None:
        """Whether a person who might wanted the pause."""
        return self.by_act(hold, entry) if entry.kind == CertificateHeld.kind else NO_CAUSE

    def by_machine(self, ended: Revocation, entry: Entry) -> str | None:
        """Whether its own key provably asked for it before."""
        wishes = select(MachineEnding).where(MachineEnding.certificate_id == ended.certificate_id)
        found = [one for one in self.session.scalars(wishes) if self._entry(one).position < entry.position]
        return None if any(machine_proven(self.session, one) for one in found) else ACT_VOID

    def by_replacement(self, ended: Revocation, entry: Entry) -> str | None:
        """Whether its holder had provably asked for another in its place, which was there by then."""
        wishes = (
            select(Replacement, Enrolment)
            .join(Enrolment, Enrolment.id == Replacement.enrolment_id)
            .join(Intent, Intent.enrolment_id == Enrolment.id)
            .join(Certificate, Certificate.id == Intent.id)
            .join(Entry, Entry.id == Certificate.entry_id)
            .where(Replacement.certificate_id == ended.certificate_id, Entry.position < entry.position)
        )
        found = self.session.execute(wishes).all()
        return None if any(self._wished(wish, enrolment) for wish, enrolment in found) else NO_CAUSE

    def by_closing(self, ended: Revocation, _entry: Entry) -> str | None:
        """Whether enough persons signed for the end of its issuer, or of the one whose lost key it has."""
        intent = self.session.get_one(Intent, ended.certificate_id)
        own = self.session.get(Certificate, ended.certificate_id)
        lost = self.session.scalars(select(Issuer).join(IssuerEnd).where(IssuerEnd.kind == "compromise")).all()
        same = [one.id for one in lost if own and issuer_key(one) == own.key_sha256]
        ends = self.session.scalars(select(IssuerEnd).where(IssuerEnd.issuer_id.in_([intent.issuer_id, *same])))
        return None if any(provably_ended(self.session, end) for end in ends) else NO_ACT

    def by_change(self, ended: Revocation, _entry: Entry) -> str | None:
        """Whether two persons provably agreed that just this one ends, of a CA."""
        return None if self.provenance.believes(ended) else NO_ACT

    def by_campaign(self, ended: Revocation, entry: Entry) -> str | None:
        """Whether a campaign that was agreed on has it, and its successor was in use by then or its day over."""
        campaigns = select(Reissue).join(ReissueMember, ReissueMember.reissue_id == Reissue.id)
        found = self.session.scalars(campaigns.where(ReissueMember.certificate_id == ended.certificate_id)).all()
        agreed = [one for one in found if self.provenance.believes(one)]
        if not agreed:
            return NO_ACT
        if any(one.deadline is not None and one.deadline <= entry.at for one in agreed):
            return None
        successor = json.loads(entry.body or "{}").get("successor")
        said = word_of(self.session, ended.certificate_id, successor) if successor else None
        if said is None or self._entry(said).position >= entry.position:
            return NO_CAUSE
        old, new = (self.session.get_one(Certificate, one) for one in (ended.certificate_id, said.certificate_id))
        same = (old.profile, concerned_by(self.session, old, entry.at)) == (
            new.profile, concerned_by(self.session, new, entry.at),
        )  # fmt: skip
        return None if same else NO_CAUSE

    def by_desk(self, ended: Revocation, entry: Entry) -> str | None:
        """Whether two persons agreed that all of a desk ends, and it is of that desk, or its ground took it along."""
        said = json.loads(entry.body or "{}")
        row = self.session.get(DeskRevocation, said.get("desk_revocation"))
        named = self.session.get(Intent, said.get("certificate"))
        if row is None or named is None or not self.provenance.believes(row):
            return NO_ACT
        own, ground = self.session.get_one(Intent, ended.certificate_id), ground_of(row.ground)
        along = ground is not None and own.person_id == named.person_id and ground.reaches(own.profile)
        code = self.session.get_one(Desk, row.desk_id).code
        of_desk = came_of(self.session, code, row.since, named.enrolment_id)
        return None if of_desk and (own.id == named.id or (along and own.person_id is not None)) else NO_CAUSE

    def by_message(self, ended: Revocation, entry: Entry) -> str | None:
        """Whether the ACME message that was kept is of its account, or of its own key, or of another one with that."""
        kept = self._messages(entry.id)
        about = [one for one in kept if one.certificate.id == ended.certificate_id or self._same_key(one, ended)]
        return None if about else ACT_VOID

    def _messages(self, entry_id: str) -> list[Proven]:
        """What the ACME messages prove that were carried out in this entry."""
        acme = [one for one in self._wishes(entry_id) if one.protocol == Protocol.ACME.value]
        return [one for one in (proven_message(self.session, kept) for kept in acme) if isinstance(one, Proven)]

    def _wishes(self, entry_id: str) -> list[MachineEnding]:
        """What machines had asked for that was carried out in this entry."""
        wishes = select(MachineEnding).join(MachineEndingEnd, MachineEndingEnd.ending_id == MachineEnding.id)
        return list(self.session.scalars(wishes.where(MachineEndingEnd.entry_id == entry_id)))

    def _same_key(self, kept: Proven, ended: Revocation) -> bool:
        key = kept.certificate.key_sha256
        return kept.blocks and any(one.key_sha256 == key for one in self._blocks(ended.certificate_id))

    def _blocks(self, certificate_id: str) -> list[KeyBlock]:
        """Of its key, or of the key that it was intended for."""
        certificate = self.session.get(Certificate, certificate_id)
        asked = self._asked(certificate_id)
        key = certificate.key_sha256 if certificate else asked.key_sha256 if asked else None
        return list(self.session.scalars(select(KeyBlock).where(KeyBlock.key_sha256 == key)))

    def _cutoffs(self, certificate_id: str) -> list[Cutoff]:
        """Of the person, and not from before he asked for it: what he asks for later they do not stop."""
        asked = self._asked(certificate_id)
        if asked is None:
            return []
        person_id = self.session.get_one(Intent, certificate_id).person_id
        cutoffs = select(Cutoff).where(Cutoff.person_id == person_id, Cutoff.at >= self._entry(asked).at)
        return list(self.session.scalars(cutoffs))

    def _asked(self, certificate_id: str) -> Enrolment | None:
        """The request that it came of."""
        intent = self.session.get_one(Intent, certificate_id)
        return self.session.get(Enrolment, intent.enrolment_id) if intent.enrolment_id else None

    def _stopped(self, stop: KeyBlock | Cutoff, certificate_id: str) -> bool:
        """Whether the stop has a cause that proves it: an act, a right code, or a report that the key signed."""
        entry = self._entry(stop)
        acts = [one for one in self._proofs(entry.id) if one.kind in _ENDING]
        about = [one for one in acts if self._stops(one.subject, stop, certificate_id)]
        return (
            any(self._valid(one, entry) for one in about)
            or any(self._by_slip(one, stop, certificate_id) for one in self._of(RevocationCodeUse, entry.id))
            or any(self._hit(kept.key_sha256, stop) and reported(kept) for kept in self._of(KeyReport, entry.id))
            or (isinstance(stop, KeyBlock) and self._by_own_key(stop))
        )

    def _stops(self, subject: str, stop: KeyBlock | Cutoff, certificate_id: str) -> bool:
        """Whether who ends this stops that too: the key that it is or has, or its person."""
        certificate = self.session.get(Certificate, subject)
        key = certificate.key_sha256 if certificate else subject
        return self._hit(key, stop) or self._reaches(subject, certificate_id)

    def _hit(self, key: str, stop: KeyBlock | Cutoff) -> bool:
        """Whether it is the key's block, or cuts off a person who had a certificate for it."""
        if isinstance(stop, KeyBlock):
            return key == stop.key_sha256
        had = select(Certificate.id).where(Certificate.key_sha256 == key, Certificate.person_id == stop.person_id)
        return self.session.scalar(had.limit(1)) is not None

    def _by_slip(self, used: RevocationCodeUse, stop: KeyBlock | Cutoff, certificate_id: str) -> bool:
        bound = paper.bound(self.session, used.code_id)
        return any(self._stops(one, stop, certificate_id) for one in bound) and paper.proven(self.session, used)

    def _by_own_key(self, block: KeyBlock) -> bool:
        """Whether the key said so itself, over ACME or CMP."""
        said = [one.certificate for one in self._messages(block.entry_id) if one.blocks]
        for wish in self._wishes(block.entry_id):
            blocks = wish.protocol != Protocol.ACME.value and wish.reason == COMPROMISED.reason
            if blocks and machine_proven(self.session, wish):
                said.append(self.session.get_one(Certificate, wish.certificate_id))
        return any(one.key_sha256 == block.key_sha256 for one in said)

    def _wished(self, wish: Replacement, enrolment: Enrolment) -> bool:
        """Whether the holder signed just this, freshly when it was taken up."""
        old, taken_up = self.session.get_one(Certificate, wish.certificate_id), self._entry(wish)
        act = replace_act(enrolment, old.sha256, wish.act_at)
        signed = SignedAct(act, wish.act_certificate, bytes(wish.act_signature))
        verifier = ActVerifier(self.session, [wish.act_certificate], self.provenance.issuers, HOLDERS_PROFILES)
        try:
            signer = verifier.verify(signed, taken_up.at, wish.act_at)
        except ActInvalid:
            return False
        holder = concerned_by(self.session, old, taken_up.at).person_id
        return signer == wish.person_id == enrolment.person_id == holder

    def _entry(self, fact: Fact) -> Entry:
        return self.session.scalars(select(Entry).where(Entry.id == fact.entry_id)).one()

    def _proofs(self, entry_id: str) -> list[_Proof]:
        return [*self._of(RevocationProof, entry_id), *self._of(SignInProof, entry_id)]

    def _reaches(self, subject: str, certificate_id: str) -> bool:
        """Whether it is this certificate, or another one of its person's, or he."""
        person_id = self.session.get_one(Intent, certificate_id).person_id
        if subject in {certificate_id, person_id}:
            return True
        other = self.session.get(Intent, subject)
        return person_id is not None and other is not None and other.person_id == person_id

    def _valid(self, proof: _Proof, entry: Entry, hold: Hold | None = None) -> bool:
        """Whether the person signed it freshly, or was signed in for it, and provably might."""
        if isinstance(proof, SignInProof):
            own = concerned_by(self.session, self.session.get_one(Intent, proof.subject), entry.at).person_id
            return proof.person_id == own and proven_sign_in(self.session, proof, self.provider)
        his = proof.officer_id == self._about(proof, entry).person_id
        keys = HOLDERS_PROFILES if his else AUTHENTICATION_PROFILES
        verifier, proven = ActVerifier(self.session, [proof.act_certificate], self.provenance.issuers, keys), False
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
        pausing = proof.kind == _PAUSING
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


_CAUSES: Mapping[str, Callable[[_Trace, Revocation, Entry], str | None]] = {
    CertificateRevoked.kind: _Trace.by_act_or_stop,
    PersonRevoked.kind: _Trace.by_act,
    RevocationCodeUsed.kind: _Trace.by_code,
    IntentAbandoned.kind: _Trace.by_crash,
    HoldExpired.kind: _Trace.by_time,
    AcmeRevoked.kind: _Trace.by_message,
    CertificateSuperseded.kind: _Trace.by_replacement,
    MachineCertificateEnded.kind: _Trace.by_machine,
    IssuersCertificatesRevoked.kind: _Trace.by_closing,
    ChangeApplied.kind: _Trace.by_change,
    ReissueReplaced.kind: _Trace.by_campaign,
    DeskCertificateRevoked.kind: _Trace.by_desk,
}
"""By the kind of the entry that ended it."""
