"""The end of an issuer, by plan (`terminate`) or because its key is lost (`compromise`): law.md CA-09.

Two CA operators act, each under his own key; with the second act the issuer has ended and certifies nobody any more. An
act waits for the other as long as a change does (LIFE); whose act counts no more by then acts again.
Then its certificates are revoked in batches, and their holders written to in the same entries: killed anywhere,
`carry_out` goes on from there. The signing room signs the last CRL when nothing lives any more.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.ceremonies.generations import generations, issuer_key, named
from ca.closing.last_crl import OUTLIVING
from ca.events.hierarchy import ClosingActed, ClosingRefused, IssuerEnded
from ca.governance.policy import LIFE
from ca.policy import CLOSERS_NEEDED, may_close
from ca.registration.applicants import duties
from ca.tables.hierarchy import Closing, ClosingAct, IssuerEnd
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct, proof_columns, verify_act
from ledger.base import Fact
from ledger.certificates import Certificate, Issuer, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.event import Actor, Event
from ledger.ledger import Deed, Ledger, Taken


class Way(Enum):
    """How an issuer ends; the value is in facts and acts, and is the verb's name."""

    TERMINATE = "terminate"
    COMPROMISE = "compromise"

    @property
    def reason(self) -> str:
        """Of the revocations under it (RFC 5280 clause 5.3.1)."""
        return "cACompromise" if self is Way.COMPROMISE else "cessationOfOperation"


@dataclass(frozen=True)
class Plan:
    """What would be done."""

    issuer: Issuer
    way: Way
    below: tuple[Issuer, ...]
    """Issuers that end with it: those that a compromised root certified."""
    certificates: int
    """To be revoked."""
    persons: int
    """Who hold them."""
    acts: int
    """Given so far, of CLOSERS_NEEDED."""
    ended: bool


@dataclass(frozen=True)
class Acted:
    """A person's act was taken; `ended` says whether it was the one that was still needed."""

    acts: int
    ended: bool


def act_for(way: Way, issuer: Issuer, at: datetime) -> Act:
    """What each person who acts signs."""
    return Act(f"issuer.{way.value}", {"issuer": issuer.id, "name": issuer.key_name}, at)


def plan(session: Session, key_name: str, way: Way, now: datetime) -> Plan | Refuse:
    """What ending this issuer would do now. Refused for an unknown name, and for a root that is to be terminated."""
    found = named(session, now, key_name)
    if found is None:
        return Refuse("issuer.unknown")
    if found.is_root and way is Way.TERMINATE:
        return Refuse("closing.root-not-terminated")
    below = _below(session, found.issuer, now) if found.is_root else ()
    ids = [found.issuer.id, *(one.id for one in below)]
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Certificate.id)
    living = select(func.count(), func.count(Certificate.person_id.distinct())).where(
        Certificate.issuer_id.in_(ids), Certificate.not_after >= now, Certificate.profile.not_in(OUTLIVING),
        ~ended.exists(),
    )  # fmt: skip
    certificates, persons = session.execute(living).one()
    over = session.get(IssuerEnd, found.issuer.id) is not None
    acts = len(_acts(session, found.issuer, way) if over else _valid(session, found.issuer, way, now))
    return Plan(found.issuer, way, below, certificates, persons, acts, over)


def act(ledger: Ledger, key_name: str, way: Way, signed: SignedAct) -> Acted | Refuse:
    """One person's act stands; with the second person's the issuer has ended, and with `compromise` its key is blocked.

    A root's key that is lost takes every issuer under it along.
    """
    now = ledger.clock.now()
    with ledger.read() as session:
        planned = plan(session, key_name, way, now)
    if isinstance(planned, Refuse):
        return _refuse(ledger, key_name, planned.code, None)
    by = _allowed(ledger, planned, signed, now)
    if isinstance(by, Refuse):
        return by
    if planned.ended:
        return _refuse(ledger, key_name, "closing.ended", by)
    with ledger.read() as session:
        stands = by in _valid(session, planned.issuer, planned.way, now)
    if stands or not _stands(ledger, planned, signed, by):
        return _refuse(ledger, key_name, "closing.twice", by)
    return _ended_if_enough(ledger, planned, now)


def _ended_if_enough(ledger: Ledger, planned: Plan, now: datetime) -> Acted:
    with ledger.read() as session:
        closing = _closing(session, planned.issuer.id, planned.way)
        given = _valid(session, planned.issuer, planned.way, now)
        issuers = [one for one in (planned.issuer, *planned.below) if session.get(IssuerEnd, one.id) is None]
        keys = _keys_to_block(session, planned)
    if closing is None or len(given) < CLOSERS_NEEDED:
        return Acted(len(given), ended=False)
    deeds = []
    for one in issuers:
        own = one.id == planned.issuer.id
        way = planned.way if own else Way.TERMINATE  # an issuer under a lost root has its own key still
        facts: list[Fact] = [IssuerEnd(issuer_id=one.id, kind=way.value, at=now, closing_id=closing.id)]
        facts += [KeyBlock(key_sha256=key, at=now) for key in keys if own]
        deeds.append(Deed(IssuerEnded(one.id, way.value), Actor.system(ledger.process), facts))
    with suppress(Taken):  # the other person's act came at the same instant and has done it
        ledger.entries(deeds)
    return Acted(len(given), ended=True)


def ended_ways(session: Session, issuer_id: str) -> tuple[Way, list[Issuer]] | None:
    """How this issuer ended, and the issuers that ended by the same Closing, itself first; None if it has not."""
    end = session.get(IssuerEnd, issuer_id)
    if end is None:
        return None
    way = Way(session.get_one(Closing, end.closing_id).kind)
    same = select(IssuerEnd.issuer_id).where(IssuerEnd.closing_id == end.closing_id)
    issuers = sorted(session.scalars(select(Issuer).where(Issuer.id.in_(same))), key=lambda one: one.id != issuer_id)
    return way, issuers


def provably_ended(session: Session, end: IssuerEnd) -> bool:
    """Whether enough persons signed for this end, freshly and with the duty, each in the time before it; as of then."""
    closing = session.get_one(Closing, end.closing_id)
    issuer, way = session.get_one(Issuer, closing.issuer_id), Way(closing.kind)
    given = select(ClosingAct, Entry.at).join(Entry, Entry.id == ClosingAct.entry_id)
    rows = session.execute(given.where(ClosingAct.closing_id == closing.id)).all()
    verifier = ActVerifier(session, {row.act_certificate for row, _ in rows})
    spans = duties(session, {row.person_id for row, _ in rows})
    good = set()
    for row, taken_up in rows:
        meant = act_for(way, issuer, row.act_at)
        try:
            by = verifier.verify(SignedAct(meant, row.act_certificate, bytes(row.act_signature)), taken_up)
        except ActInvalid:
            continue
        if by == row.person_id and taken_up <= end.at <= row.act_at + LIFE:
            good |= {by} if may_close(spans.get(by, ()), row.act_at) else set()
    return len(good) >= CLOSERS_NEEDED


def own_certificate(session: Session, issuer: Issuer) -> Certificate | None:
    """The issuer's certificate in our ledger; None where an outside CA signed it."""
    digest = sha256(bytes(issuer.certificate)).hexdigest()
    return session.scalar(select(Certificate).where(Certificate.sha256 == digest))


def _below(session: Session, root: Issuer, now: datetime) -> tuple[Issuer, ...]:
    """The issuers whose certificates this root signed."""
    signed = set(session.scalars(select(Certificate.sha256).where(Certificate.issuer_id == root.id)))
    others = (one.issuer for one in generations(session, now) if one.issuer.id != root.id)
    return tuple(one for one in others if sha256(bytes(one.certificate)).hexdigest() in signed)


def _allowed(ledger: Ledger, planned: Plan, signed: SignedAct, now: datetime) -> str | Refuse:
    """The id of the person who acts, or the refusal, recorded."""
    name = planned.issuer.key_name
    if act_for(planned.way, planned.issuer, signed.act.at).message() != signed.act.message():
        return _refuse(ledger, name, "closing.not-about-this", None)
    with ledger.read() as session:
        try:
            by = verify_act(session, signed, now)
        except ActInvalid as fault:
            return _refuse(ledger, name, fault.code, None)
        outcome = may_close(duties(session, [by]).get(by, ()), now)
    return by if outcome else _refuse(ledger, name, "closing.no-duty", by)


def _stands(ledger: Ledger, planned: Plan, signed: SignedAct, by: str) -> bool:
    """Whether the act was written; False when this very one is there already."""
    for _ in range(2):  # the second time when another person opened the Closing since we looked
        with ledger.read() as session:
            closing = _closing(session, planned.issuer.id, planned.way)
        facts: list[Fact] = []
        if closing is None:
            closing = Closing(id=ledger.new_id(), issuer_id=planned.issuer.id, kind=planned.way.value)
            facts.append(closing)
        facts.append(
            ClosingAct(id=ledger.new_id(), closing_id=closing.id, person_id=by, **proof_columns(signed))
        )
        event = ClosingActed(closing.id, planned.issuer.id, planned.way.value, by)
        try:
            ledger.entries([Deed(event, Actor.person(by), facts)])
        except Taken as clash:
            if clash.table == ClosingAct.__tablename__:
                return False
        else:
            return True
    return False


def _valid(session: Session, issuer: Issuer, way: Way, now: datetime) -> set[str]:
    """The persons whose acts have not lapsed and verify again, as all that is known now stands."""
    rows = [row for row in _acts(session, issuer, way) if now <= row.act_at + LIFE]
    verifier = ActVerifier(session, {row.act_certificate for row in rows})
    spans = duties(session, {row.person_id for row in rows})
    good = set()
    for row in rows:
        meant = act_for(way, issuer, row.act_at)
        try:
            by = verifier.verify(SignedAct(meant, row.act_certificate, row.act_signature), judged=now)
        except ActInvalid:
            continue
        if by == row.person_id and may_close(spans.get(by, ()), now):
            good.add(by)
    return good


def _keys_to_block(session: Session, planned: Plan) -> list[str]:
    if planned.way is not Way.COMPROMISE:
        return []
    key = issuer_key(planned.issuer)
    known = session.get(KeyUse, key) is not None and session.get(KeyBlock, key) is None
    return [key] if known else []


def _closing(session: Session, issuer_id: str, way: Way) -> Closing | None:
    return session.scalar(select(Closing).where(Closing.issuer_id == issuer_id, Closing.kind == way.value))


def _acts(session: Session, issuer: Issuer, way: Way) -> Sequence[ClosingAct]:
    closing = _closing(session, issuer.id, way)
    return session.scalars(select(ClosingAct).where(ClosingAct.closing_id == closing.id)).all() if closing else []


def _refuse(ledger: Ledger, name: str, code: str, by: str | None) -> Refuse:
    event: Event = ClosingRefused(name, code, by)
    ledger.record(event, Actor.person(by) if by else Actor.system(ledger.process))
    return Refuse(code)


