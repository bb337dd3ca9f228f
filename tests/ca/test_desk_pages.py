"""Whatever rests on whatever, pages of a desk are what a plain look at everything gives, cut anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice, pairwise
from typing import TypeVar

import pytest

from ca.desk_search import found_at, walk
from ca.search import By, Query, search
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import CarriedEvidence, Enrolment, Evidence
from ca.tables.registration import Desk as RegistrationDesk
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, KeyUse
from ledger.clock import uuid7
from ledger.ledger import Deed, Ledger
from tests.ca.conftest import TEST, register_person
from tests.ca.desk import CLERK, Desk
from tests.ca.events import Registered
from tests.doubles import START, SteadyChance

HERE, THERE = "here", "there"
PEOPLE = ("20000001", "20000002")
STEPS = 120
_T = TypeVar("_T")
Triple = tuple[str, str, str]
"""Ids of a root, of a request under it and of a certificate to that."""


@dataclass
class World:
    """What happened in some order at two desks, as rows and as what a plain look goes through."""

    issuer_id: str
    chance: SteadyChance
    facts: list[Fact] = field(default_factory=list)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    """Desk, request and paper."""
    carries: list[tuple[str, str]] = field(default_factory=list)
    """Request and paper."""
    certified: list[tuple[str, str]] = field(default_factory=list)
    """Request and certificate."""
    allowances: list[tuple[str, str, str]] = field(default_factory=list)
    """Id, desk and person."""
    machines: list[tuple[str, str]] = field(default_factory=list)
    """Request and allowance."""
    own: dict[str, list[list[str]]] = field(default_factory=lambda: {number: [] for number in PEOPLE})
    """By person the papers behind each of his own certificates."""
    ticks: int = 0

    def one_of(self, several: Sequence[_T]) -> _T:
        return several[int.from_bytes(self.chance(4), "big") % len(several)]

    def key(self, later: int = 0) -> str:
        """An id of now, or of some minutes later."""
        self.ticks += 1
        return uuid7(moment(self.ticks + later), lambda count: self.ticks.to_bytes(count, "big"))

    def request(self, number: str, *, machine: bool = False) -> str:
        """To which none, one or two certificates were issued, the first perhaps at the second try."""
        request, person = self.key(), None if machine else f"p{number}"
        self.facts.append(
            Enrolment(
                id=request, person_id=f"p{number}", profile="device", request=b"", key_sha256="key",
                evidence_digest="00" * 32, digest="11" * 32,
            )
        )  # fmt: skip
        for outcome in self.one_of(["", "c", "c", "c", "cc", "-c"]):
            certificate, self.ticks = self.key(self.one_of([0, 0, 100])), self.ticks + 1
            of_both = {
                "id": certificate, "issuer_id": self.issuer_id, "serial_number": f"{self.ticks:x}",
                "profile": "device", "person_id": person,
            }  # fmt: skip
            self.facts.append(Intent(dense_number=self.ticks, tbs=b"", enrolment_id=request, **of_both))
            if outcome == "c":
                self.certified.append((request, certificate))
                digest = sha256(certificate.encode()).hexdigest()
                rest = {"key_sha256": digest, "der": b"", "not_before": START, "not_after": START}
                self.facts.append(Certificate(sha256=digest, **of_both, **rest))
        return request

    def certifies(self, request: str) -> bool:
        return any(request == one for one, _ in self.certified)

    def shows_papers(self, number: str) -> None:
        """One to three, each mostly at the same desk."""
        request, place = self.request(number), self.one_of([HERE, THERE])
        papers = [self.key() for _ in range(self.one_of([1, 2, 3]))]
        for paper in papers:
            at = self.one_of([place, place, place, place, place, HERE])
            self.seen.append((at, request, paper))
            self.facts.append(
                Evidence(
                    id=paper, enrolment_id=request, kind="passport", issuer="MOFA", issued_on="2020-01-01",
                    scan_sha256="ab" * 32, officer_id=f"p{CLERK}", place=at, method="in-person",
                )
            )  # fmt: skip
        if self.certifies(request):
            self.own[number].append(papers)

    def carry(self, request: str, papers: list[str]) -> None:
        for paper in papers:
            self.carries.append((request, paper))
            self.facts.append(CarriedEvidence(id=self.key(), enrolment_id=request, evidence_id=paper))

    def follows(self, number: str) -> None:
        """A further certificate of his own, by papers of earlier ones."""
        if self.own[number]:
            request, papers = self.request(number), self.one_of(self.own[number])
            self.carry(request, papers)
            if self.certifies(request):
                self.own[number].append(papers)

    def allows(self, number: str) -> None:
        if self.own[number]:
            desk, key = self.one_of([HERE, THERE]), self.key()
            self.allowances.append((key, desk, number))
            self.facts.append(
                Allowance(
                    id=key, organisation_id=f"o{number}", person_id=f"p{number}",
                    certificate_id=self.certified[0][1], desk_id=f"desk-{desk}", profile="device", names="{}",
                    protocols="[]", most=100, new_keys=True, valid_from=START, valid_to=START,
                )
            )  # fmt: skip

    def machine_asks(self, number: str) -> None:
        under = [key for key, _, person in self.allowances if person == number]
        if under:
            request, allowance = self.request(number, machine=True), self.one_of(under)
            self.carry(request, self.one_of(self.own[number]))
            self.machines.append((request, allowance))
            self.facts.append(
                MachineRequest(
                    enrolment_id=request, allowance_id=allowance, protocol="est", credential_kind="secret",
                    credential="s", proof=b"",
                )
            )  # fmt: skip


def moment(tick: int) -> datetime:
    return START + timedelta(minutes=tick)


def plain(world: World, desk: str, begin: str) -> tuple[set[Triple], set[Triple], set[Triple]]:
    """Each certificate against each paper and each allowance: those asked for, those carried, those allowed."""
    papers = {paper: root for place, root, paper in world.seen if place == desk and root >= begin}
    asked = {(root, root, one) for request, one in world.certified for root in papers.values() if request == root}
    uses = [(papers[paper], request) for request, paper in world.carries if paper in papers]
    carried = {(root, request, one) for root, request in uses for of, one in world.certified if of == request}
    there = {key for key, place, _ in world.allowances if place == desk and key >= begin}
    strange = [
        (allowance, request)
        for request, allowance in world.machines
        if allowance in there and request not in {one for _, one in uses}
    ]
    allowed = {(root, request, one) for root, request in strange for of, one in world.certified if of == request}
    return asked, carried, allowed


@pytest.fixture(params=range(3))
def world(request: pytest.FixtureRequest, ledger: Ledger) -> World:
    made = World(Desk(ledger).issuer.id, SteadyChance(request.param))
    for number in PEOPLE:
        register_person(ledger, number)
    made.facts += [RegistrationDesk(id=f"desk-{one}", code=one, province="LA-VT") for one in (HERE, THERE)]
    made.facts.append(KeyUse(key_sha256="key", subject=f"p{PEOPLE[0]}"))
    acts = (World.shows_papers, World.follows, World.allows, World.machine_asks, World.machine_asks)
    for _ in range(STEPS):
        made.one_of(acts)(made, made.one_of(PEOPLE))
    lots = [made.facts[start : start + 100] for start in range(0, len(made.facts), 100)]
    ledger.entries([Deed(Registered("p"), TEST, lot) for lot in lots])
    return made


def test_pages_of_a_desk_are_what_a_plain_look_gives_wherever_they_begin(world: World, ledger: Ledger) -> None:
    arms = plain(world, HERE, "")
    assert all(arms)

    for desk in (HERE, THERE):
        for since in (None, moment(world.ticks // 4), moment(world.ticks // 2)):
            begin = "" if since is None else uuid7(since, bytes)
            wanted = [(root, one) for root, _, one in sorted(set().union(*plain(world, desk, begin)))]
            with ledger.read() as session:
                for some in (1, 3, 500):
                    assert [
                        pair for page in islice(walk(session, desk, since, some), len(wanted) + 1) for pair in page
                    ] == wanted
                for number, pair in enumerate(wanted):
                    assert found_at(session, desk, since, pair, 4) == wanted[number + 1 : number + 5]


def test_a_cursor_of_a_desk_leads_to_the_next_of_every_kind(world: World, ledger: Ledger) -> None:
    arms = plain(world, HERE, "")
    wanted = sorted(set().union(*arms))
    kinds = [next(number for number, arm in enumerate(arms) if triple in arm) for triple in wanted]

    found: list[str] = []
    cursor: str | None = ""
    with ledger.read() as session:
        while cursor is not None and len(found) <= len(wanted):
            page = search(session, Query(By.DESK, HERE), START, after=cursor or None, limit=1)
            found += [one.sha256 for one in page.found]
            cursor = page.next

    assert len({pair for pair in pairwise(kinds) if pair[0] != pair[1]}) > 2
    assert found == [sha256(one.encode()).hexdigest() for _, _, one in wanted]
