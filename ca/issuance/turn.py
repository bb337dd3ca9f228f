"""What came of one turn of the signing room, for whoever runs its loop."""

from dataclasses import dataclass, field

from ca.ceremonies.failure import CeremonyFailed
from ca.endings.each import EndingsBroken
from ca.tables.publication import Crl
from ledger.certificates import Certificate
from signers import KeyUnusable


@dataclass
class Turn:
    """What one turn of the loop did."""

    issued: list[Certificate] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Enrolment and code."""
    dishonoured: int = 0
    crls: list[Crl] = field(default_factory=list)
    stopped: bool = False
    waiting: bool = False
    """Whether a change must wait for the next second to be on a CRL: turn again soon."""
    more: bool = False
    """Whether more requests wait than one turn takes: turn again at once."""
    disagreements: list[str] = field(default_factory=list)
    """What is in force and the practice statement says otherwise: nothing is issued before a new version of it."""
    held: str | None = None
    """The code why nothing is issued now, though nobody pressed the stop button."""
    unissued: list[tuple[str, str]] = field(default_factory=list)
    """Enrolments that no issuer of this room may sign now, and the code; they are looked at again."""
    away: KeyUnusable | None = None
    """Why a key was not at hand; its issuer's certificates wait, and all others were made."""
    broken: EndingsBroken | None = None
    """The endings on which the room breaks; all others are done, and CRLs are published."""
    unrenewed: CeremonyFailed | None = None
    """Why a service of our own has no successor of its certificate; all others have theirs."""

    @property
    def failed(self) -> Exception | None:
        """Why not all of it was done."""
        return self.away or self.broken or self.unrenewed
