"""The disk is full, or the database is lost, in the middle of a batch: a clear state, nothing lost, and it goes on."""

import resource
from collections.abc import Callable

import pytest
from sqlalchemy import func, make_url, select

from ca.batches.apply import Tally, apply_plan, tally
from ca.batches.plan import StoredPlan, load_plan, make_plan
from ca.batches.source import opened
from ca.tables.batches import EnrolmentBatch
from ca.tables.registration import Enrolment
from ledger.ledger import LedgerUnavailable
from tests.ca.batches.lists import desk_of, line, written
from tests.ca.conftest import FIRST, PracticeCa, ca, register_person  # noqa: F401 - `ca` is a fixture
from tests.postgresql import Cluster

PEOPLE = [str(number) for number in range(10000020, 10000032)]
PROFILES = ("officer-signing", "officer-authentication")


@pytest.fixture
def plan(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> StoredPlan:  # noqa: F811 - the fixture
    """Of two lines a person, few at a time, the last of them bad."""
    monkeypatch.setattr("ca.batches.plan.BATCH", 4)
    for number in PEOPLE:
        register_person(ca.ledger, number)
    lines = [line(ca, person, profile=profile) for profile in PROFILES for person in PEOPLE] + [line(ca, "")]
    folder = ca.home.path / "plans"
    with opened(written(ca.home.path / "list.csv", lines)) as source:
        return load_plan(folder, make_plan(desk_of(ca), source, folder).digest)


def interrupted(practice: PracticeCa, plan: StoredPlan, fault: Callable[[], object]) -> None:
    """The plan is applied until its fault, which comes after the first lines."""
    done: list[int] = []

    def after(count: int) -> None:
        done.append(count)
        if len(done) == 2:
            fault()

    with pytest.raises(LedgerUnavailable):
        apply_plan(desk_of(practice), plan, lambda act: practice.sign(FIRST, act), after)


def resumed(practice: PracticeCa, plan: StoredPlan) -> Tally:
    batch = apply_plan(desk_of(practice), plan, lambda act: practice.sign(FIRST, act))
    assert isinstance(batch, EnrolmentBatch)
    with practice.ledger.read() as session:
        return tally(session, batch)


def enrolled(practice: PracticeCa) -> int:
    with practice.ledger.read() as session:
        return session.scalar(select(func.count(Enrolment.id))) or 0


@pytest.mark.sqlite_only("on PostgreSQL the disk is the server's")
def test_a_disk_that_fills_up_stops_the_batch_and_it_goes_on_when_there_is_room(
    ca: PracticeCa,  # noqa: F811 - the fixture
    plan: StoredPlan,
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        interrupted(ca, plan, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1])))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    halfway, kept = enrolled(ca), plan.path.exists()

    whole = resumed(ca, plan)

    assert (halfway, kept) == (8, True)
    assert whole == Tally(len(PEOPLE) * 2 + 1, len(PEOPLE) * 2, 1)
    assert enrolled(ca) == whole.taken


@pytest.mark.postgresql_only("the embedded database goes with its process")
def test_a_database_that_is_lost_stops_the_batch_and_it_goes_on_when_it_is_back(
    ca: PracticeCa,  # noqa: F811 - the fixture
    plan: StoredPlan,
    cluster: Cluster,
) -> None:
    name = make_url(ca.ledger.url).database
    gone = (
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )

    interrupted(ca, plan, lambda: cluster.execute(*gone))
    cluster.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    halfway, kept = enrolled(ca), plan.path.exists()
    whole = resumed(ca, plan)

    assert (halfway, kept) == (8, True)
    assert whole == Tally(len(PEOPLE) * 2 + 1, len(PEOPLE) * 2, 1)
    assert enrolled(ca) == whole.taken
