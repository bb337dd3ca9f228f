"""Requests that led to nothing go by themselves a day after their end; what was used stays, and the ledger verifies."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from ca.governance.provenance import Provenance
from ca.retention.holds import HELD
from ca.retention.unproven import unordered
from ca.tables.retention import RecordsHold, RecordsRelease
from idp.abandoned import KINDS, abandoned, forget_abandoned
from ledger.erasing import NotAsWritten, erase
from ledger.event import Actor
from ledger.ledger import Ledger, LedgerRefused, Taken
from ledger.purged import ABANDONED, KEPT
from ledger.seal import seal
from ledger.verification.whole import verify_ledger
from tests.conftest import url_of
from tests.doubles import TurnedClock
from tests.idp.desk import TEST, Arranged, Desk
from tests.idp.test_backchannel import Asking, asking_service
from tests.idp.test_elsewhere import asked, own_pages
from tests.idp.test_pushed import Strict, strict
from tests.idp.visitor import PASSWORD, Person, Service, Visitor
from tests.ledger.doubles import SeedSigner

__all__ = ["own_pages", "strict"]
PURGE = Actor.system("purge")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    return tmp_path / "outside"


@pytest.fixture
def asking(app: Flask, desk: Desk, clock: TurnedClock) -> Asking:
    return asking_service(app, desk, clock, 8462)


@pytest.fixture
def a_day_later(ledger: Ledger, outside: Path, clock: TurnedClock) -> Callable[[], None]:
    def pass_() -> None:
        seal(ledger, SeedSigner(), outside, clock.now())
        clock.turn(seconds=(KEPT + timedelta(minutes=10)).total_seconds() + 1)

    return pass_


@pytest.fixture
def begun(strict: Strict, app: Flask, library: Service, asking: Asking, own_pages: Service, somphone: Person) -> None:
    """One of each kind, about which nobody has done anything."""
    strict.push()
    asked(app, library)
    asking.begun()


def left(ledger: Ledger) -> list[int]:
    with ledger.read() as reading:
        return [reading.scalar(select(func.count()).select_from(kind.asked)) or 0 for kind in KINDS]


def forget(ledger: Ledger) -> int:
    """Under the role that may: on PostgreSQL nobody else does."""
    own = Ledger(url_of("purge", ledger.url), ledger.clock, ledger.randomness, "0.1.0", "purge")
    try:
        return sum(forget_abandoned(own, HELD, PURGE))
    finally:
        own.close()


def hold(ledger: Ledger, desk: Desk, person: Person) -> None:
    proof = {"act_at": desk.now, "act_certificate": desk.certificate_sha256, "act_signature": b"-"}
    with ledger.entry(Arranged("hold"), TEST) as tx:
        tx.add(RecordsHold(id="hold", person_id=person.id, code="court", officer_id=desk.person_id, **proof))


def test_what_led_to_nothing_goes_a_day_after_its_end_and_the_ledger_verifies(
    ledger: Ledger, begun: None, a_day_later: Callable[[], None], outside: Path, clock: TurnedClock
) -> None:
    seal(ledger, SeedSigner(), outside, clock.now())
    clock.turn(days=1)
    early = (forget(ledger), left(ledger))
    a_day_later()

    gone = (forget(ledger), left(ledger), forget(ledger))

    seal(ledger, SeedSigner(), outside, clock.now())
    verified = verify_ledger(ledger.reading, outside)
    with ledger.read() as reading:
        strange = list(unordered(Provenance(reading)))
    assert (early, gone) == ((0, [1, 1, 1]), (3, [0, 0, 0], 0))
    assert (verified.good, verified.purged, strange) == (True, 3, [])


def test_what_was_used_or_answered_stays(
    visitor: Visitor, ledger: Ledger, strict: Strict, library: Service, own_pages: Service, somphone: Person,
    a_day_later: Callable[[], None],
) -> None:  # fmt: skip
    visitor.get("/authorize", strict.begin(visitor))
    visitor.submit(username=somphone.number, password=PASSWORD)
    visitor.submit(code=somphone.code())
    said = asked(visitor.app, library)
    visitor.get("/device")
    visitor.get("/device")
    visitor.submit(user_code=said["user_code"])
    visitor.submit(answer="deny")
    a_day_later()

    assert (forget(ledger), left(ledger)) == (0, [1, 1, 0])


def test_nothing_of_a_person_goes_while_his_records_are_held(
    ledger: Ledger, desk: Desk, begun: None, somphone: Person, a_day_later: Callable[[], None]
) -> None:
    hold(ledger, desk, somphone)
    a_day_later()
    kept = (forget(ledger), left(ledger))
    proof = {"act_at": desk.now, "act_certificate": desk.certificate_sha256, "act_signature": b"-"}
    with ledger.entry(Arranged("release"), TEST) as tx:
        tx.add(RecordsRelease(hold_id="hold", officer_id=desk.person_id, **proof))

    assert (kept, forget(ledger)) == ((2, [0, 0, 1]), 1)


def test_what_is_not_sealed_waits(ledger: Ledger, begun: None, clock: TurnedClock) -> None:
    clock.turn(days=2)

    assert (forget(ledger), left(ledger)) == (0, [1, 1, 1])


def test_they_go_in_batches_each_under_its_entry(
    ledger: Ledger, strict: Strict, a_day_later: Callable[[], None]
) -> None:
    for _ in range(5):
        strict.push()
    a_day_later()

    with ledger.read() as reading:
        first = abandoned(reading, ledger.clock.now(), HELD, most=2)

    assert len(first) == 2
    assert (forget(ledger), left(ledger)[0]) == (5, 0)


@pytest.mark.sqlite_only("a process that may not even try has no rights on PostgreSQL")
def test_one_that_goes_too_early_or_is_no_such_request_is_named(
    ledger: Ledger, begun: None, outside: Path, clock: TurnedClock
) -> None:
    seal(ledger, SeedSigner(), outside, clock.now())
    with ledger.read() as reading:
        [young] = reading.scalars(select(KINDS[0].asked)).all()
    erase(ledger, ABANDONED, None, PURGE, [young], lambda _: True)

    with ledger.read() as reading:
        found = [one.code for one in unordered(Provenance(reading))]

    assert found == ["unproven.no-order"]


@pytest.mark.postgresql_only("SQLite has no roles")
@pytest.mark.parametrize("process", ["idp", "work"])
def test_no_other_process_takes_a_request_away(
    ledger: Ledger, begun: None, a_day_later: Callable[[], None], process: str
) -> None:
    a_day_later()
    own = Ledger(url_of(process, ledger.url), ledger.clock, ledger.randomness, "0.1.0", process)

    with pytest.raises((LedgerRefused, NotAsWritten, Taken)):
        list(forget_abandoned(own, HELD, PURGE))

    own.close()
    assert left(ledger) == [1, 1, 1]
