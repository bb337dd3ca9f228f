"""The two ways to ask from elsewhere, side by side: what differs is in this table, what is alike is written once."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.elsewhere.events import BackchannelAnswered, BackchannelRedeemed, DeviceAnswered, DeviceRedeemed
from idp.elsewhere.tables import (
    BackchannelAnswer,
    BackchannelRequest,
    BackchannelUse,
    DeviceAnswer,
    DeviceRequest,
    DeviceUse,
)
from idp.handles import HandleKind, digest, is_of

Asked = DeviceRequest | BackchannelRequest
Answer = DeviceAnswer | BackchannelAnswer


@dataclass(frozen=True)
class Way:
    """The tables, the events and the handle of one way."""

    handle: HandleKind
    asked: type[DeviceRequest] | type[BackchannelRequest]
    answer: type[DeviceAnswer] | type[BackchannelAnswer]
    use: type[DeviceUse] | type[BackchannelUse]
    answered: type[DeviceAnswered] | type[BackchannelAnswered]
    redeemed: type[DeviceRedeemed] | type[BackchannelRedeemed]

    def by_handle(self, reading: Reading, handle: str) -> Asked | None:
        """What was asked under this device code or request id."""
        if not is_of(self.handle, handle):
            return None
        kind = self.asked
        return cast("Asked | None", reading.scalar(select(kind).where(kind.handle_sha256 == digest(handle))))

    def answer_to(self, reading: Reading, asked: Asked) -> Answer | None:
        """What the person said, if he did."""
        return cast("Answer | None", reading.get(self.answer, asked.id))

    def use_of(self, reading: Reading, asked: Asked) -> DeviceUse | BackchannelUse | None:
        """That its tokens were fetched, if they were."""
        return cast("DeviceUse | BackchannelUse | None", reading.get(self.use, asked.id))

    def used(self, asked: Asked, bound_to: str | None, at: datetime) -> DeviceUse | BackchannelUse:
        """The fact that they were, with this key."""
        if self.use is DeviceUse:
            return DeviceUse(request_id=asked.id, bound_to=bound_to, at=at)
        return self.use(request_id=asked.id)


DEVICE = Way(HandleKind.DEVICE_CODE, DeviceRequest, DeviceAnswer, DeviceUse, DeviceAnswered, DeviceRedeemed)
BACKCHANNEL = Way(
    HandleKind.BACKCHANNEL_REQUEST, BackchannelRequest, BackchannelAnswer, BackchannelUse, BackchannelAnswered,
    BackchannelRedeemed,
)  # fmt: skip
