"""Turns of the stop button, and of the switches of campaigns, that nobody who might provably made."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

from sqlalchemy import select

from ca.governance.provenance import Provenance
from ca.governance.unproven import Unproven, unproven
from ca.machines.poison import apart
from ca.reissue.switches import campaign_act, issuance_act
from ca.tables.reissue import IssuanceSwitch, ReissueSwitch
from ledger.acts import ActInvalid, ActVerifier, SignedAct
from ledger.entry import Entry
from ledger.roles import Action, may_act

HALTED, NOT_RESUMED, OF_CAMPAIGN = "unproven.halted", "unproven.not-resumed", "unproven.campaign-switch"


def unturned(provenance: Provenance) -> Iterator[Unproven]:
    """Turns of the stop button, then those of campaigns, in their order."""
    for turn, entry in chain(_turns(provenance, IssuanceSwitch), _turns(provenance, ReissueSwitch)):
        if apart(f"switch {turn.id}", partial(_wanted, provenance, turn, entry)) is not True:
            yield unproven(turn, entry, _why(turn))


def _turns(provenance: Provenance, kind: type[IssuanceSwitch] | type[ReissueSwitch]) -> Any:
    return provenance.session.execute(select(kind, Entry).join(Entry, Entry.id == kind.entry_id).order_by(kind.id))


def _wanted(provenance: Provenance, turn: IssuanceSwitch | ReissueSwitch, entry: Entry) -> bool:
    """Whether the person whom it names signed just this turn, freshly, and provably might."""
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


def _why(turn: IssuanceSwitch | ReissueSwitch) -> str:
    if isinstance(turn, ReissueSwitch):
        return OF_CAMPAIGN
    return HALTED if turn.halted else NOT_RESUMED
