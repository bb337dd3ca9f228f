"""A page of what came of a desk costs what is on it, however many certificates rest on one paper or one allowance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from zlib import crc32

import pytest
from sqlalchemy import select, text

from ca.desk_search import PairUnknown, came_of, found_at, walk
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import CarriedEvidence, Enrolment, Evidence
from ca.tables.registration import Desk as RegistrationDesk
from ledger.base import Fact
from ledger.certificates import Certificate, Intent, KeyUse
from ledger.ledger import Deed, Ledger
from tests.ca.conftest import TEST, register_person
from tests.ca.desk import CLERK, Desk
from tests.ca.events import Registered
from tests.doubles import START
from tests.ledger.test_waiting import work_of

REASON = "it counts the steps of SQLite's machine, over rows that nothing else stands behind"
ELSEWHERE, SINCE = "elsewhere", START - timedelta(days=365)
FEW, MANY, PAGE = 100, 600, 10
LOOKED_AT = text(
    "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'carried_evidence'"
)
"""How many rows the present transaction has looked at, whether it wanted them or not."""


@dataclass
class Rows:
    """Certificates by what search looks at alone: papers, allowances, and what carries them. Of one desk and person."""

    issuer_id: str
    desk: str
    number: str
    facts: list[Fact] = field(default_factory=list)

    def request(self, key: str, papers: Sequence[str] = (), person_id: str | None = None) -> None:
        """Certified; it carries these papers."""
        key, number = f"{self.desk}-{key}", len(self.facts) + crc32(self.desk.encode())
        self.facts += [
            Enrolment(
                id=key, person_id=f"p{self.number}", profile="device", request=b"", key_sha256=self.desk,
                evidence_digest="00" * 32, digest="11" * 32,
            ),
            *(CarriedEvidence(id=f"{key}-{one}", enrolment_id=key, evidence_id=one) for one in papers),
            Intent(
                id=f"c-{key}", issuer_id=self.issuer_id, serial_number=f"{number:x}", dense_number=number,
                profile="device", tbs=b"", enrolment_id=key, person_id=person_id,
            ),
            Certificate(
                id=f"c-{key}", issuer_id=self.issuer_id, serial_number=f"{number:x}",
                sha256=sha256(key.encode()).hexdigest(), key_sha256=key, der=b"", profile="device",
                person_id=person_id, not_before=START, not_after=START,
            ),
        ]  # fmt: skip

    def seen(self, key: str, desk: str, papers: int = 1) -> list[str]:
        """The person's own certificate, for which so many papers were seen at that desk; their ids."""
        self.request(key, person_id=f"p{self.number}")
        ids = [f"paper-{self.desk}-{key}-{number}" for number in range(papers)]
        self.facts += [
            Evidence(
                id=one, enrolment_id=f"{self.desk}-{key}", kind="passport", issuer="MOFA", issued_on="2020-01-01",
                scan_sha256="ab" * 32, officer_id=f"p{CLERK}", place=desk, method="in-person",
            )
            for one in ids
        ]  # fmt: skip
        return ids

    def allowed(self) -> None:
        """Something that machines may ask for at this desk, for which the person answers."""
        self.facts += [
            RegistrationDesk(id=f"desk-{self.desk}", code=self.desk, province="LA-VT"),
            Allowance(
                id=f"{self.desk}-t", organisation_id=f"o{self.number}", person_id=f"p{self.number}",
                certificate_id=f"c-{self.desk}-root",
                desk_id=f"desk-{self.desk}", profile="device", names="{}", protocols="[]", most=10**6,
                new_keys=True, valid_from=START, valid_to=START,
            ),
        ]  # fmt: skip

    def machine(self, key: str, papers: Sequence[str]) -> None:
        """A machine's certificate under the allowance, by the papers of who answers for it then."""
        self.request(key, papers)
        self.facts.append(
            MachineRequest(
                enrolment_id=f"{self.desk}-{key}", allowance_id=f"{self.desk}-t", protocol="est",
                credential_kind="secret", credential="s", proof=b"",
            )
        )  # fmt: skip


def carried(rows: Rows, count: int) -> None:
    """Papers that were seen here for one request, and all that carries one of them, or both."""
    papers = rows.seen("root", rows.desk, papers=2)
    for number in range(count):
        rows.request(f"s{number:05}", papers[number % 3 :] or papers)


def allowed_and_seen_here(rows: Rows, count: int) -> None:
    """What machines have by an allowance of this desk, and by a person whom it saw."""
    papers = rows.seen("root", rows.desk)
    rows.allowed()
    for number in range(count):
        rows.machine(f"u{number:05}", papers)


def seen_elsewhere(rows: Rows, count: int) -> None:
    """What machines have by an allowance of this desk, and by a person whom another one saw."""
    papers = rows.seen("root", ELSEWHERE)
    rows.allowed()
    for number in range(count):
        rows.machine(f"u{number:05}", papers)


def seen_here_and_then_elsewhere(rows: Rows, count: int) -> None:
    """The person showed his papers anew at another desk."""
    first, second = rows.seen("root", rows.desk), rows.seen("root2", ELSEWHERE)
    rows.allowed()
    for number in range(count):
        rows.machine(f"u{number:05}", first if number < count - 50 else second)


def seen_elsewhere_and_then_here(rows: Rows, count: int) -> None:
    """The same the other way round."""
    first, second = rows.seen("root", ELSEWHERE), rows.seen("root2", rows.desk)
    rows.allowed()
    for number in range(count):
        rows.machine(f"u{number:05}", first if number < 50 else second)


Scene = Callable[[Rows, int], None]
SCENES: list[Scene] = [
    carried, allowed_and_seen_here, seen_elsewhere, seen_here_and_then_elsewhere, seen_elsewhere_and_then_here,
]  # fmt: skip


@pytest.fixture(params=SCENES, ids=lambda scene: str(scene.__name__))
def desks(request: pytest.FixtureRequest, ledger: Ledger) -> Ledger:
    """Two desks, alike but for how much rests on one root."""
    issuer_id = Desk(ledger).issuer.id
    for desk, number, count in (("few", "20000001", FEW), ("many", "20000002", MANY)):
        person_id = register_person(ledger, number)
        rows = Rows(issuer_id, desk, number, [KeyUse(key_sha256=desk, subject=person_id)])
        request.param(rows, count)
        lots = [rows.facts[start : start + 100] for start in range(0, len(rows.facts), 100)]
        ledger.entries([Deed(Registered("p"), TEST, lot) for lot in lots])
    return ledger


@pytest.mark.sqlite_only(REASON)
def test_what_came_of_a_desk_is_found_once_each(desks: Ledger) -> None:
    with desks.read() as session:
        found = [certificate for some in walk(session, "few", None, PAGE) for _, certificate in some]
        every = select(Intent.id, Intent.enrolment_id).where(Intent.enrolment_id.startswith("few"))
        wanted = {key for key, request in session.execute(every).all() if came_of(session, "few", SINCE, request)}

    assert len(found) == len(wanted) > FEW // 3
    assert set(found) == wanted


@pytest.mark.sqlite_only(REASON)
def test_a_page_costs_the_same_however_much_rests_on_one_root(desks: Ledger) -> None:
    cost: dict[str, int] = {}

    for desk in ("few", "many"):
        with desks.read() as session:
            whole = [pair for some in walk(session, desk, None) for pair in some]
        for after in (None, whole[0], whole[len(whole) // 2], whole[-PAGE - 1], whole[-1]):
            with work_of(desks, every=10) as steps, desks.read() as session:
                found_at(session, desk, None, after, PAGE)
                cost[desk] = max(cost.get(desk, 0), steps())

    assert cost["many"] <= 1.5 * cost["few"]


@pytest.mark.sqlite_only(REASON)
def test_a_place_that_there_is_not_is_no_beginning(ledger: Ledger) -> None:
    with ledger.read() as session, pytest.raises(PairUnknown):
        found_at(session, "here", None, ("root", "no certificate"), PAGE)


@pytest.mark.postgresql_only("its planner goes by what most rows are")
@pytest.mark.parametrize("scene", [carried, seen_elsewhere])
def test_what_one_paper_is_used_for_is_not_gone_through_for_another(ledger: Ledger, scene: Scene) -> None:
    """Most uses are of one paper: the planner takes every other for one of as many, found at once wherever it looks."""
    issuer_id = Desk(ledger).issuer.id
    for desk, number, what, count in (("before", "20000001", carried, MANY), ("desk", "20000002", scene, PAGE)):
        person_id = register_person(ledger, number)
        rows = Rows(issuer_id, desk, number, [KeyUse(key_sha256=desk, subject=person_id)])
        what(rows, count)
        rows.seen("unused", rows.desk, papers=PAGE)
        lots = [rows.facts[start : start + 100] for start in range(0, len(rows.facts), 100)]
        ledger.entries([Deed(Registered("p"), TEST, lot) for lot in lots])
    with ledger.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))

    with ledger.read() as session:
        found = found_at(session, "desk", None, None, PAGE * 3)
        looked_at = session.scalar(LOOKED_AT)

    assert len(found) >= PAGE
    assert looked_at is not None and looked_at < FEW
