"""A device asks (RFC 8628 clause 3.1), and is found again by the code that its person types."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.authorization import AuthenticationRequest
from idp.binding import Confirmation, text_of
from idp.elsewhere.events import DeviceAsked
from idp.elsewhere.tables import DeviceRequest
from idp.elsewhere.user_code import new_user_code, typed
from idp.handles import HandleKind, digest, new_handle
from idp.policy import DEVICE_LIFE
from idp.provider import Provider
from ledger.event import Actor
from ledger.ledger import Taken

_CODE_RACES = 8
_PURPOSE = "device.user-code/"


@dataclass(frozen=True)
class Shown:
    """What the device keeps for itself, and what it shows."""

    device_code: str
    user_code: str


def ask(provider: Provider, request: AuthenticationRequest, bound_to: Confirmation, address: str) -> Shown:
    """The device waits for whoever types its code, for DEVICE_LIFE; only with the same key it gets its tokens."""
    ledger = provider.ledger
    for _ in range(_CODE_RACES):
        shown = Shown(new_handle(HandleKind.DEVICE_CODE, ledger.randomness), new_user_code(ledger.randomness))
        try:
            _enter(provider, request, bound_to, address, shown)
        except Taken as clash:
            if clash.columns != ("user_code_index",):
                raise
        else:
            return shown
    raise RuntimeError("eight fresh codes were taken: there are too few digits")


def by_user_code(reading: Reading, provider: Provider, text: str) -> DeviceRequest | None:
    """What waits under the code that somebody typed, answered or not."""
    bare = typed(text)
    if bare is None:
        return None
    wanted = provider.fields.indexes(_PURPOSE + bare)
    return reading.scalar(select(DeviceRequest).where(DeviceRequest.user_code_index.in_(wanted)))


def _enter(
    provider: Provider, request: AuthenticationRequest, bound_to: Confirmation, address: str, shown: Shown
) -> None:
    client_id, request_id, now = request.client.id, provider.ledger.new_id(), provider.ledger.clock.now()
    bare = typed(shown.user_code)
    assert bare is not None, "a code of ours can be typed"
    with provider.ledger.entry(DeviceAsked(client_id, request_id), Actor.client(client_id)) as tx:
        tx.add(
            DeviceRequest(
                id=request_id,
                handle_sha256=digest(shown.device_code),
                user_code_index=provider.fields.index(_PURPOSE + bare),
                client_id=client_id,
                parameters=request.whole,
                bound_to=text_of(bound_to),
                address=address,
                at=now,
                until=now + DEVICE_LIFE,
            )
        )
