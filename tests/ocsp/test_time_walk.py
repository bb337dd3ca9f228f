"""Time goes by fits and starts, forward and back, while responders follow each other: no answer is outside its time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.ocsp import OCSPResponse, load_der_ocsp_response
from prometheus_client import CollectorRegistry

from ledger.ledger import Ledger
from ocsp.responder import OcspResponder
from ocsp.routes.status import StatusDoor
from ocsp.store import StatusStore
from tests.doubles import SteadyChance, TurnedClock
from tests.ocsp.conftest import Digest, asked
from tests.ocsp.serving import Fast, Heard, fast, got, posted
from tests.recorded import RecordedIssuer

pytestmark = pytest.mark.sqlite_only("what is asked and answered here has its statements tested on both engines")
Thing = TypeVar("Thing")
DIGESTS: tuple[Digest, ...] = (SHA1(), SHA256())
STEPS = 300
TURNS = (0.2, 0.7, 1.0, 3.0, 10.0, 29.0, 31.0, -1.0, -5.0, -90.0)
"""Seconds by which a clock goes on, or is set."""
LIVES, OVERLAPS, AROUND = (40, 90, 400), (30, 5, -1), (-31.0, -30.0, -29.5, -2.0, -0.5, 0.0, 0.5, 0.999, 1.0)
"""Seconds: of responders, between two of them, and from the end of one on."""


@dataclass
class Walk:
    """What chance does next."""

    clock: TurnedClock
    chance: SteadyChance
    ends: list[datetime] = field(default_factory=list)

    def delegate(self, issuer: RecordedIssuer) -> None:
        """Sixty responders by one key, one after the other."""
        begins = self.clock.now() - timedelta(minutes=1)
        for _ in range(60):
            ends = begins + timedelta(seconds=self.one_of(LIVES))
            issuer.delegate(valid_from=begins, until=ends)
            self.ends.append(ends)
            begins = ends - timedelta(seconds=self.one_of(OVERLAPS))

    def one_of(self, things: tuple[Thing, ...]) -> Thing:
        return things[self.chance(1)[0] % len(things)]

    def go_on(self) -> None:
        later = [one for one in self.ends if one > self.clock.now()]
        if later and self.chance(1)[0] < 40:
            self.clock.time = min(later) + timedelta(seconds=self.one_of(AROUND))
        else:
            self.clock.turn(seconds=self.one_of(TURNS))


def faults(heard: Heard, answer: OCSPResponse, now: datetime, *, issued: bool) -> list[str]:
    """What an answer that is given at `now` must not be."""
    [signed_by] = answer.certificates
    [told] = answer.responses
    until, second = told.next_update_utc or now, now.replace(microsecond=0)
    age = int(heard.headers["cache-control"].removeprefix("max-age=").partition(",")[0])
    wrong = {
        "of a time to come": told.this_update_utc > now,
        "past its time": until < second,
        "longer than its responder": until > signed_by.not_valid_after_utc,
        "by who is not valid now": not signed_by.not_valid_before_utc <= second <= signed_by.not_valid_after_utc,
        "kept by caches past its time": second + timedelta(seconds=age) > until,
        "with another end in its lines": parsedate_to_datetime(heard.headers["expires"]) != until,
        "longer than a minute": not issued and until > second + timedelta(seconds=60),
    }
    return [words for words, holds in wrong.items() if holds]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_answer_is_outside_its_time_however_the_clock_goes(ledger: Ledger, clock: TurnedClock, seed: int) -> None:
    issuer, walk = RecordedIssuer(ledger), Walk(clock, SteadyChance(seed))
    walk.delegate(issuer)
    certificates = issuer.issue()[1], issuer.issuer.leaf("never", 1 << 70)
    responder = OcspResponder(StatusStore(ledger), lambda _name: issuer.responder_signer, clock)
    door, found, answered = StatusDoor(responder, lambda _e, _s: [], (), CollectorRegistry()), list[str](), 0

    with fast(door, clock) as server:
        for _ in range(STEPS):
            walk.go_on()
            certificate = walk.one_of(certificates)
            heard = _asked(server, responder, walk, asked(certificate, issuer.issuer, *_way(walk)))
            answer = load_der_ocsp_response(heard.body)
            if not answer.response_status.value:
                answered += 1
                found += faults(heard, answer, clock.now(), issued=certificate is certificates[0])

    assert found == []
    assert answered > STEPS / 3


def _way(walk: Walk) -> tuple[bytes | None, Digest]:
    return walk.one_of((None, b"n" * 16, b"m" * 32)), walk.one_of(DIGESTS)


def _asked(server: Fast, responder: OcspResponder, walk: Walk, question: bytes) -> Heard:
    """What is said to it; now and then the ledger, or the worker's clock, was not looked at since the last turn."""
    if walk.chance(1)[0] < 220:
        responder.store.look()
    if walk.chance(1)[0] < 190:
        server.tick()
    return server.ask(got(question) if walk.chance(1)[0] % 2 else posted(question))
