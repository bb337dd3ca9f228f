"""The day on which an issuer is broken: two persons agree on a campaign, and holders come or do not."""

from dataclasses import dataclass, field
from typing import Any

from ca.ceremonies.rollover import roll_over
from ca.endings.following import Wanted, Way
from ca.reissue.campaign import advance
from ca.reissue.handing_in import HandedIn, hand_in
from ca.reissue.progress import State, progress
from ca.reissue.running import campaign_of
from ca.reissue.score import Score, score
from ca.reissue.switches import campaign_act, next_number_of, switch_campaign
from ca.tables.reissue import Reissue
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.event import Actor
from tests.ca.agreeing import OPERATOR, certified
from tests.ca.closers import ceremony_of
from tests.ca.conftest import FIRST, SECOND, PracticeCa, request_for
from tests.ca.following import Holder
from tests.ca.governance.conftest import Hand, Office
from tests.issuing import KeySigner

WORK = Actor.system("work")


@dataclass
class Day:
    """A CA with an operator, and the campaigns that were agreed on."""

    ca: PracticeCa
    office: Office = field(init=False)

    def __post_init__(self) -> None:
        self.office = Office(self.ca.ledger, {number: by_file(self.ca, number) for number in (FIRST, SECOND)})
        self.office.hands[OPERATOR] = certified(self.ca, OPERATOR)
        self.office.agreed("duty.grant", FIRST, SECOND, person=OPERATOR, duty="ca-operator")

    def roll_over(self, name: str = "officers") -> None:
        """The next generation of this issuer signs from now on."""
        roll_over(ceremony_of(self.ca), name, self.ca.ledger.clock.now())
        self.later(1)

    def later(self, seconds: float) -> None:
        self.ca.ledger.clock.turn(seconds=seconds)  # type: ignore[attr-defined]

    def given(self, **selecting: Any) -> dict[str, Any]:
        """The fields of a campaign about what was issued until now."""
        return {"before": self.ca.ledger.clock.now().isoformat(), "wave": 100} | selecting

    def start(self, **selecting: Any) -> str:
        """The id of a campaign that two persons agreed on, whose members are listed."""
        known = {one.id for one in self._rows()}
        self.office.agreed("reissue.start", FIRST, OPERATOR, **self.given(**selecting))
        self.advance()
        [made] = [one.id for one in self._rows() if one.id not in known]
        return made

    def advance(self, seconds: float = 1, steps: int = 1) -> int:
        """The worker looks so often, each time so much later."""
        made = 0
        for _ in range(steps):
            self.later(seconds)
            made += advance(self.ca.ledger, WORK)
        return made

    def hand_in(self, holder: Holder, old: Certificate, request: bytes) -> str | Refuse:
        """What the holder hands in for a new key in that one's place."""
        wanted = Wanted(Way.REKEY, old.sha256, request)
        return hand_in(
            self.ca.ledger, self.ca.fields, HandedIn(wanted, holder.hand.person_id, holder.hand.sign), practice=True
        )

    def replaced(self, holder: Holder, old: Certificate, *, confirming: bool = True) -> Certificate:
        """A new key is handed in, approved, certified and, unless told otherwise, confirmed."""
        signer = KeySigner()
        asked = self.hand_in(holder, old, request_for(signer.key))
        assert isinstance(asked, str), asked
        assert isinstance(self.ca.vote(FIRST, asked), str)
        return holder.issued(signer, confirming=confirming)

    def states(self, reissue_id: str) -> dict[str, State]:
        """Where each member is, by its certificate, in the order of the campaign."""
        with self.ca.ledger.read() as session:
            campaign = campaign_of(session, session.get_one(Reissue, reissue_id))
            found = progress(session, campaign, self.ca.ledger.clock.now())
        return {one.member.certificate_id: one.state for one in found.standings}

    def score(self, reissue_id: str) -> Score:
        with self.ca.ledger.read() as session:
            campaign = campaign_of(session, session.get_one(Reissue, reissue_id))
            return score(session, campaign, self.ca.ledger.clock.now())

    def halt(self, number: str, reissue_id: str, *, halted: bool = True) -> int | Refuse:
        with self.ca.ledger.read() as session:
            turn = next_number_of(session, reissue_id)
        act = campaign_act(reissue_id, turn, self.ca.ledger.clock.now(), halted=halted)
        return switch_campaign(self.ca.ledger, reissue_id, self.office.hands[number].sign(act), halted=halted)

    def _rows(self) -> list[Reissue]:
        with self.ca.ledger.read() as session:
            return session.query(Reissue).all()


def by_file(ca: PracticeCa, number: str) -> Hand:
    """A person whose authentication key is in his file, as one who signs acts."""
    signed = ca.sign(number, campaign_act("-", 1, ca.ledger.clock.now(), halted=True))
    return _FirstHand(f"p{number}", KeySigner(), signed.certificate_sha256, ca, number)


@dataclass(frozen=True)
class _FirstHand(Hand):
    ca: PracticeCa
    number: str

    def sign(self, act: Any) -> Any:
        return self.ca.sign(self.number, act)
