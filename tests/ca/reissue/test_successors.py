"""At a desk one new certificate stands for one old one that says the same, and only while its holder can use it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from ca.events.reissue import ReissueReplaced
from ca.reissue.progress import State, standings
from ca.reissue.running import campaign_of
from ca.tables.registration import Desk, Enrolment, EnrolmentScope
from ca.tables.reissue import Reissue, ReissueMember
from ledger.base import Fact
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Issuer, KeyBlock, KeyUse, Revocation
from ledger.confirmations import HolderConfirmation
from ledger.ledger import Deed, Ledger
from ledger.people import Organisation, Person
from pki.signing import SignatureAlgorithm
from tests.doubles import TurnedClock
from tests.issuing import KeySigner, PracticeIssuer, der, new_key
from tests.recorded import TESTER, Noted

OF_KEY = '{"key_type":"ES256","profile":"business-representative"}'
ALL = '{"profile":"business-representative"}'


@dataclass
class Counter:
    """A ledger in which certificates are written as the desk and the signing room leave them."""

    ledger: Ledger
    clock: TurnedClock
    issuer: PracticeIssuer = field(default_factory=lambda: PracticeIssuer("Practice"))
    made: int = 0

    def __post_init__(self) -> None:
        row = Issuer(
            id="i", name="citizens", generation=1, certificate=self.issuer.der, crl_url="", ocsp_url="",
            certificate_url="",
        )  # fmt: skip
        bodies = [Organisation(id=one, code=one) for one in ("a", "b")]
        self.write(row, *bodies, Desk(id="desk", code="d", province="LA-VT"), Person(id="p", number="10000017"))

    def write(self, *facts: Fact) -> None:
        self.clock.turn(seconds=1)
        self.ledger.entries([Deed(Noted("x"), TESTER, facts)])

    def certificate(self, name: str, kind: str = "ES384", days: int = 365, **scope: Any) -> str:
        """One for the person, confirmed."""
        self.made += 1
        now, number = self.clock.now(), self.made
        encoded = der(self.issuer.leaf(name, number, KeySigner(new_key(SignatureAlgorithm(kind)))))
        use, profile = sha256(name.encode()).hexdigest(), "business-representative"
        told = {"organisation_id": "a", "names": "[]", "backing": "{}"} | scope
        self.write(
            KeyUse(key_sha256=use, subject="p"),
            Enrolment(
                id=f"e-{name}", person_id="p", profile=profile, request=b"", key_sha256=use, evidence_digest="0",
                digest="1",
            ),
            EnrolmentScope(enrolment_id=f"e-{name}", desk_id="desk", **told),
            Intent(
                id=name, issuer_id="i", serial_number=f"{number:x}", dense_number=number, profile=profile, tbs=b"",
                enrolment_id=f"e-{name}", person_id="p",
            ),
            Certificate(
                id=name, issuer_id="i", serial_number=f"{number:x}", sha256=sha256(encoded).hexdigest(),
                key_sha256=use, der=encoded, profile=profile, person_id="p", not_before=now,
                not_after=now + timedelta(days=days),
            ),
            HolderConfirmation(certificate_id=name, at=now, act_at=now, act_certificate="", act_signature=b""),
        )  # fmt: skip
        return name

    def campaign(self, name: str, olds: Sequence[str], selection: str = ALL) -> None:
        """These are its members, at a desk."""
        row = Reissue(
            id=name, selection=selection, before=self.clock.now(), wave=9, pause_seconds=0, reason="superseded",
            deadline=None,
        )  # fmt: skip
        members = [
            ReissueMember(
                id=f"{name}-{old}", reissue_id=name, certificate_id=old, turn=1, number=number, lane="business",
                way="desk", holder_id="p",
            )
            for number, old in enumerate(olds, 1)
        ]  # fmt: skip
        self.write(row, *members)

    def states(self, name: str, among: Sequence[str] | None = None) -> Mapping[str, State]:
        with self.ledger.read() as session:
            campaign = campaign_of(session, session.get_one(Reissue, name))
            found = standings(session, campaign, self.clock.now(), among)
        return {one.member.certificate_id: one.state for one in found}


@pytest.fixture
def counter(ledger: Ledger, clock: TurnedClock) -> Counter:
    return Counter(ledger, clock)


@pytest.mark.parametrize("scope", [{"organisation_id": "b"}, {"names": '["x"]'}, {"value_limit_lak": 5}], ids=str)
def test_one_that_says_other_things_of_the_same_person_stands_for_none(counter: Counter, scope: dict[str, Any]) -> None:
    counter.certificate("old")
    counter.campaign("c", ["old"])

    counter.certificate("other", **scope)
    before = counter.states("c")["old"]
    counter.certificate("same")

    assert (before, counter.states("c")["old"]) == (State.WAITS, State.IN_USE)


def test_whichever_members_are_asked_about_the_pairs_are_the_same(counter: Counter) -> None:
    olds = [counter.certificate("old-1"), counter.certificate("old-2")]
    counter.campaign("c", olds)
    counter.certificate("new")

    alone = [counter.states("c", [old])[old] for old in olds]

    assert alone == list(counter.states("c").values()) == [State.IN_USE, State.WAITS]


def test_a_successor_that_was_named_once_stands_for_no_other_in_any_campaign(counter: Counter) -> None:
    olds = [counter.certificate("old-1"), counter.certificate("old-2"), counter.certificate("old-3")]
    counter.campaign("c", olds[:2])
    counter.campaign("d", olds[2:])
    counter.certificate("new")

    ended = Revocation(certificate_id="old-2", at=counter.clock.now(), reason="superseded")
    counter.ledger.entries([Deed(ReissueReplaced("c", "old-2", "new"), TESTER, [ended])])

    assert counter.states("c") == {"old-1": State.WAITS, "old-2": State.REPLACED}
    assert counter.states("d") == {"old-3": State.WAITS}


STOPS: dict[str, Callable[[Counter], object]] = {
    "held": lambda counter: counter.write(Hold(id="h", certificate_id="new", at=counter.clock.now(), until=None)),
    "expired": lambda counter: counter.clock.turn(days=31),
    "blocked": lambda counter: counter.write(
        KeyBlock(key_sha256=sha256(b"new").hexdigest(), at=counter.clock.now())
    ),
    "revoked": lambda counter: counter.write(
        Revocation(certificate_id="new", at=counter.clock.now(), reason="unspecified")
    ),
}  # fmt: skip


@pytest.mark.parametrize("stop", STOPS)
def test_what_its_holder_cannot_use_is_not_in_use(counter: Counter, stop: str) -> None:
    counter.certificate("old")
    counter.campaign("c", ["old"])
    counter.certificate("new", days=30)
    before = counter.states("c")["old"]

    STOPS[stop](counter)

    assert (before, counter.states("c")["old"]) == (State.IN_USE, State.WAITS)


def test_released_it_is_in_use_again(counter: Counter) -> None:
    counter.certificate("old")
    counter.campaign("c", ["old"])
    counter.certificate("new")
    STOPS["held"](counter)

    counter.write(HoldRelease(hold_id="h", at=counter.clock.now()))

    assert counter.states("c")["old"] is State.IN_USE


def test_a_new_key_of_the_broken_kind_stands_for_none(counter: Counter) -> None:
    counter.certificate("old", "ES256")
    counter.campaign("c", ["old"], OF_KEY)

    counter.certificate("broken", "ES256")
    before = counter.states("c")["old"]
    counter.certificate("new", "ES384")

    assert (before, counter.states("c")["old"]) == (State.WAITS, State.IN_USE)
