"""Which service may call which in a person's name: allowed and ended by a person on duty, one pair at a time."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp import clients
from idp.events import ServiceCallAllowed, ServiceCallEnded
from idp.exchange.tables import ServiceCall, ServiceCallEnd
from idp.management import act_of, manager, refused
from ledger.acts import Act, SignedAct
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from ledger.ledger import Ledger, Taken


def digest_of(caller_id: str, called_id: str, scopes: tuple[str, ...]) -> str:
    """SHA-256 in hex of the pair and its scopes, which whoever allows the call signs."""
    return sha256(canonical({"caller": caller_id, "called": called_id, "scopes": list(scopes)})).hexdigest()


def allowing(caller_id: str, called_id: str, scopes: tuple[str, ...], at: datetime) -> Act:
    """What the person signs who allows a call."""
    return act_of("call.allow", digest_of(caller_id, called_id, scopes), at)


def ending(call_id: str, at: datetime) -> Act:
    """What the person signs who ends a call."""
    return act_of("call.end", call_id, at)


def allow(
    ledger: Ledger, caller_id: str, called_id: str, scopes: tuple[str, ...], signed: SignedAct
) -> str | Refuse:
    """The id of the call that may be made from now on; `signed` is `allowing`."""
    by = manager(ledger, signed, "call.allow", digest_of(caller_id, called_id, scopes))
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        decision = _may_allow(reading, caller_id, called_id, scopes, ledger.clock.now())
    if isinstance(decision, Refuse):
        return refused(ledger, "unknown", decision.code, by.person_id)
    call_id = ledger.new_id()
    with ledger.entry(ServiceCallAllowed(call_id, caller_id, called_id), by.actor) as tx:
        tx.add(
            ServiceCall(id=call_id, caller_id=caller_id, called_id=called_id, scopes=" ".join(scopes)),
            by.proof(tx.new_id()),
        )
    return call_id


def end(ledger: Ledger, call_id: str, signed: SignedAct) -> Decision:
    """The call may be made no more, and no token for it counts; `signed` is `ending`."""
    by = manager(ledger, signed, "call.end", call_id)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        call = reading.get(ServiceCall, call_id) if call_id.isprintable() else None
    if call is None:
        return refused(ledger, "unknown", "call.unknown", by.person_id)
    try:
        with ledger.entry(ServiceCallEnded(call_id), by.actor) as tx:
            tx.add(ServiceCallEnd(call_id=call_id), by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, call_id, "call.ended", by.person_id)
    return Allow()


def between(reading: Reading, caller_id: str, called_id: str, now: datetime) -> ServiceCall | None:
    """The call that may be made now from the one service to the other; of several the newest."""
    found = select(ServiceCall).where(ServiceCall.caller_id == caller_id, ServiceCall.called_id == called_id)
    standing = found.where(~exists().where(ServiceCallEnd.call_id == ServiceCall.id)).order_by(ServiceCall.id.desc())
    call = reading.scalars(standing.limit(1)).first()
    return call if call is not None and not clients.is_over(reading, called_id, now) else None


def stands(reading: Reading, call: ServiceCall, now: datetime) -> bool:
    """Whether the call may still be made: it was not ended, and both services live."""
    ended = bool(reading.scalar(select(exists().where(ServiceCallEnd.call_id == call.id))))
    return not ended and not any(clients.is_over(reading, one, now) for one in (call.caller_id, call.called_id))


def every(reading: Reading, now: datetime) -> list[tuple[ServiceCall, bool]]:
    """All calls in the order in which they were allowed, each with whether it may still be made."""
    return [
        (call, stands(reading, call, now)) for call in reading.scalars(select(ServiceCall).order_by(ServiceCall.id))
    ]


def _may_allow(
    reading: Reading, caller_id: str, called_id: str, scopes: tuple[str, ...], now: datetime
) -> Decision:
    """Both live and are two; the scopes are some that the caller itself may ask for."""
    caller, caller_lives = clients.find(reading, caller_id, now)
    called, called_lives = clients.find(reading, called_id, now)
    if caller is None or called is None or not caller_lives or not called_lives:
        return Refuse("client.unknown")
    if caller_id == called_id:
        return Refuse("call.itself")
    return Allow() if scopes and set(scopes) <= set(caller.scopes.split(" ")) else Refuse("client.scope")
