"""What happens when certificates are replaced in a campaign, and when issuing is halted."""

from dataclasses import dataclass
from typing import ClassVar

from ledger.event import Code, Event, Id


@dataclass(frozen=True)
class ReissueMembersListed(Event):
    """Certificates got their places in a campaign, from the number `first` on."""

    kind: ClassVar[str] = "reissue.members-listed"
    reissue: Id
    first: int
    members: int


@dataclass(frozen=True)
class ReissueListed(Event):
    """All members of a campaign have their places."""

    kind: ClassVar[str] = "reissue.listed"
    reissue: Id
    members: int


@dataclass(frozen=True)
class ReissueWaveOpened(Event):
    """The members of the wave may be told."""

    kind: ClassVar[str] = "reissue.wave-opened"
    reissue: Id
    wave: int


@dataclass(frozen=True)
class ReissueTold(Event):
    """Holders were asked for new keys; the letters are of this entry."""

    kind: ClassVar[str] = "reissue.told"
    reissue: Id
    members: int


@dataclass(frozen=True)
class ReissueAttemptFailed(Event):
    """What was handed in for a member of a campaign was refused as `code`; its holder is asked again later."""

    kind: ClassVar[str] = "reissue.attempt-failed"
    reissue: Id
    certificate: Id
    number: int
    code: Code
    by: Id


@dataclass(frozen=True)
class ReissueReplaced(Event):
    """A member's certificate ended: its `successor` is in use, or, without one, the deadline has passed."""

    kind: ClassVar[str] = "reissue.replaced"
    reissue: Id
    certificate: Id
    successor: Id | None = None


@dataclass(frozen=True)
class ReissueHalted(Event):
    """A person halted a campaign: no wave opens, nobody is told, nothing is ended by it."""

    kind: ClassVar[str] = "reissue.halted"
    reissue: Id
    by: Id


@dataclass(frozen=True)
class ReissueResumed(Event):
    """A person let a halted campaign go on."""

    kind: ClassVar[str] = "reissue.resumed"
    reissue: Id
    by: Id


@dataclass(frozen=True)
class ReissueFinished(Event):
    """No member of the campaign waits for anything any more."""

    kind: ClassVar[str] = "reissue.finished"
    reissue: Id


@dataclass(frozen=True)
class IssuanceHalted(Event):
    """A person pressed the stop button: no certificate is signed."""

    kind: ClassVar[str] = "issuance.halted"
    number: int
    by: Id


@dataclass(frozen=True)
class IssuanceResumed(Event):
    """A person let issuing go on."""

    kind: ClassVar[str] = "issuance.resumed"
    number: int
    by: Id


@dataclass(frozen=True)
class SwitchRefused(Event):
    """Somebody wanted to halt or resume issuing or a campaign and may not, or it is so already."""

    kind: ClassVar[str] = "issuance.switch-refused"
    act: Code
    code: Code
    by: Id | None = None


EVENTS = (
    ReissueMembersListed,
    ReissueListed,
    ReissueWaveOpened,
    ReissueTold,
    ReissueAttemptFailed,
    ReissueReplaced,
    ReissueHalted,
    ReissueResumed,
    ReissueFinished,
    IssuanceHalted,
    IssuanceResumed,
    SwitchRefused,
)
