"""What happens to requests from elsewhere, as the audit sees it."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Event, Id


@dataclass(frozen=True)
class DeviceAsked(Event):
    """A device asks for whoever types its code."""

    kind: ClassVar[str] = "device.asked"
    client: Id
    request: Id


@dataclass(frozen=True)
class DeviceAnswered(Event):
    """A person let a device in, or did not."""

    kind: ClassVar[str] = "device.answered"
    client: Id
    request: Id
    account: Id
    agreed: bool


@dataclass(frozen=True)
class DeviceRedeemed(Event):
    """A device fetched its tokens."""

    kind: ClassVar[str] = "device.redeemed"
    client: Id
    grant: Id


@dataclass(frozen=True)
class BackchannelAsked(Event):
    """A service asks for a person whom it named."""

    kind: ClassVar[str] = "backchannel.asked"
    client: Id
    request: Id
    account: Id


@dataclass(frozen=True)
class BackchannelAnswered(Event):
    """The person agreed to what a service asked for, or did not."""

    kind: ClassVar[str] = "backchannel.answered"
    client: Id
    request: Id
    account: Id
    agreed: bool


@dataclass(frozen=True)
class BackchannelRedeemed(Event):
    """A service fetched the tokens that a person agreed to."""

    kind: ClassVar[str] = "backchannel.redeemed"
    client: Id
    grant: Id


EVENTS = (
    DeviceAsked, DeviceAnswered, DeviceRedeemed, BackchannelAsked, BackchannelAnswered, BackchannelRedeemed,
)  # fmt: skip
