"""The stop button, and the halt of one campaign: a person's act each, obeyed before it is doubted.

To halt takes nothing but the fact: whoever wrote one that nobody signed has stopped work and no more, and is found. To
let issuing go on takes an act that the signing room verifies itself.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.reissue import IssuanceHalted, IssuanceResumed, ReissueHalted, ReissueResumed, SwitchRefused
from ca.governance.provenance import Issuers, Provenance
from ca.machines.poison import apart
from ca.registration.applicants import duties
from ca.tables.reissue import IssuanceSwitch, Reissue, ReissueEnd, ReissueSwitch
from ledger.acts import Act, ActInvalid, ActVerifier, SignedAct, proof_columns, verify_act
from ledger.base import Fact
from ledger.decision import Decision, Refuse
from ledger.entry import Entry
from ledger.event import Actor, Event
from ledger.facts import Facts
from ledger.ledger import Deed, Ledger, Taken
from ledger.roles import Action, may_act

HALT, RESUME = "halt", "resume"

TURNS = Facts(
    select(IssuanceSwitch, Entry.at)
    .join(Entry, Entry.id == IssuanceSwitch.entry_id)
    .order_by(IssuanceSwitch.number.desc())
)


def issuance_act(number: int, at: datetime, *, halted: bool) -> Act:
    """What a person signs who halts issuing, or lets it go on: as which turn of the switch."""
    return Act(f"issuance.{HALT if halted else RESUME}", {"number": number}, at)


def campaign_act(reissue_id: str, number: int, at: datetime, *, halted: bool) -> Act:
    """The same about one campaign."""
    return Act(f"reissue.{HALT if halted else RESUME}", {"reissue": reissue_id, "number": number}, at)


def next_number(session: Session) -> int:
    """Of the next turn of the stop button."""
    newest = _newest(session)
    return newest.number + 1 if newest else 1


def next_number_of(session: Session, reissue_id: str) -> int:
    """Of the next turn of a campaign's switch."""
    newest = _newest_of(session, reissue_id)
    return newest.number + 1 if newest else 1


def switch_issuance(ledger: Ledger, signed: SignedAct, *, halted: bool) -> int | Refuse:
    """The number of the switch's turn: issuing is halted or goes on from its commit on; or why not."""
    kind = f"issuance.{HALT if halted else RESUME}"
    with ledger.read() as session:
        now, newest, number = ledger.clock.now(), _newest(session), next_number(session)
        # What the signing room obeys counts: a resumption that is not believed any more is resumed again.
        same = bool(newest and newest.halted) if halted else not issuance_halted(session, now)
        by = _by(session, signed, issuance_act(number, signed.act.at, halted=halted), now, same=same)
    if isinstance(by, Refuse):
        return _refused(ledger, kind, by, None)
    event: Event = IssuanceHalted(number, by) if halted else IssuanceResumed(number, by)
    fact = IssuanceSwitch(id=ledger.new_id(), number=number, halted=halted, person_id=by, **proof_columns(signed))
    return _turned(ledger, kind, event, fact, by, number)


def switch_campaign(ledger: Ledger, reissue_id: str, signed: SignedAct, *, halted: bool) -> int | Refuse:
    """The same for one campaign: halted, no wave opens, nobody is told, and nothing is ended by it."""
    kind = f"reissue.{HALT if halted else RESUME}"
    with ledger.read() as session:
        if session.get(Reissue, reissue_id) is None or session.get(ReissueEnd, reissue_id) is not None:
            by: str | Refuse = Refuse("reissue.unknown")
        else:
            number = next_number_of(session, reissue_id)
            same = campaign_halted(Provenance(session), reissue_id) == halted
            meant = campaign_act(reissue_id, number, signed.act.at, halted=halted)
            by = _by(session, signed, meant, ledger.clock.now(), same=same)
    if isinstance(by, Refuse):
        return _refused(ledger, kind, by, None)
    event: Event = ReissueHalted(reissue_id, by) if halted else ReissueResumed(reissue_id, by)
    fact = ReissueSwitch(
        id=ledger.new_id(), reissue_id=reissue_id, number=number, halted=halted, person_id=by, **proof_columns(signed)
    )
    return _turned(ledger, kind, event, fact, by, number)


def issuance_halted(session: Session, now: datetime, issuers: Issuers = None) -> bool:
    """Whether the stop button is pressed, for the signing room: each halt counts, a resumption only if it is proven."""
    for turn, taken_up in TURNS.rows(session):
        if turn.halted or _proven(session, turn, taken_up, now, issuers):
            return bool(turn.halted)
    return False


def campaign_halted(provenance: Provenance, reissue_id: str) -> bool:
    """Whether a campaign stands still: each halt counts, a resumption only if it was proven when it was entered."""
    turns = select(ReissueSwitch, Entry).join(Entry, Entry.id == ReissueSwitch.entry_id)
    turns = turns.where(ReissueSwitch.reissue_id == reissue_id).order_by(ReissueSwitch.number.desc())
    for turn, entry in provenance.session.execute(turns):
        if turn.halted or provably_turned(provenance, turn, entry):
            return bool(turn.halted)
    return False


def provably_turned(provenance: Provenance, turn: IssuanceSwitch | ReissueSwitch, entry: Entry) -> bool:
    """Whether the person whom it names signed just this turn, freshly when it was entered, and provably might."""
    return apart(f"switch {turn.id}", partial(_turned_by_duty, provenance, turn, entry)) is True


def _turned_by_duty(provenance: Provenance, turn: IssuanceSwitch | ReissueSwitch, entry: Entry) -> bool:
    if isinstance(turn, IssuanceSwitch):
        meant = issuance_act(turn.number, turn.act_at, halted=turn.halted)
    else:
        meant = campaign_act(turn.reissue_id, turn.number, turn.act_at, halted=turn.halted)
    verifier = ActVerifier(provenance.session, [turn.act_certificate], provenance.issuers)
    try:
        by = verifier.verify(SignedAct(meant, turn.act_certificate, bytes(turn.act_signature)), entry.at, entry.at)
    except ActInvalid:
        return False
    spans = provenance.duties([by], entry.position).get(by, ())
    return by == turn.person_id and bool(may_act(Action.HALT if turn.halted else Action.RESUME, spans, turn.act_at))


def _proven(session: Session, turn: IssuanceSwitch, taken_up: datetime, now: datetime, issuers: Issuers) -> bool:
    """Whether a CA operator on duty then and now signed that issuing goes on."""
    meant = issuance_act(turn.number, turn.act_at, halted=False)
    signed = SignedAct(meant, turn.act_certificate, bytes(turn.act_signature))
    try:
        by = ActVerifier(session, [turn.act_certificate], issuers).verify(signed, taken_up, now)
    except ActInvalid:
        return False
    spans = Provenance(session, issuers).duties([by]).get(by, ())
    return by == turn.person_id and bool(may_act(Action.RESUME, spans, turn.act_at))


def _by(session: Session, signed: SignedAct, meant: Act, now: datetime, *, same: bool) -> str | Refuse:
    """Who turns the switch, or why he may not."""
    if meant.message() != signed.act.message():
        return Refuse("issuance.not-about-this")
    try:
        by = verify_act(session, signed, now)
    except ActInvalid as fault:
        return Refuse(fault.code)
    action = Action.RESUME if meant.kind.endswith(RESUME) else Action.HALT
    allowed: Decision = may_act(action, duties(session, [by]).get(by, ()), now)
    if isinstance(allowed, Refuse):
        return allowed
    return Refuse("issuance.switched-already") if same else by


def _turned(ledger: Ledger, kind: str, event: Event, fact: Fact, by: str, number: int) -> int | Refuse:
    try:
        ledger.entries([Deed(event, Actor.person(by), [fact])])
    except Taken:
        return _refused(ledger, kind, Refuse("issuance.switched-already"), by)
    return number


def _refused(ledger: Ledger, kind: str, refusal: Refuse, by: str | None) -> Refuse:
    ledger.record(SwitchRefused(kind, refusal.code, by), Actor.person(by) if by else Actor.system(ledger.process))
    return refusal


def _newest(session: Session) -> IssuanceSwitch | None:
    return session.scalar(select(IssuanceSwitch).order_by(IssuanceSwitch.number.desc()).limit(1))


def _newest_of(session: Session, reissue_id: str) -> ReissueSwitch | None:
    turns = select(ReissueSwitch).where(ReissueSwitch.reissue_id == reissue_id)
    return session.scalar(turns.order_by(ReissueSwitch.number.desc()).limit(1))
