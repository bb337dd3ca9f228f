"""The database is moved away, locked, or full, and the clock goes back: 503 with what to do, nothing lost, recovery."""

import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
import requests
from asn1crypto import parser, tsp
from sqlalchemy import make_url, select

from ledger.clock import system_randomness
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Ledger, LedgerUnavailable
from ledger.lifecycle import ProcessStarted
from register.app import create_app as create_register
from scripts.demonstration.installation import Installation, VerbResult
from scripts.demonstration.programs import environment_of, house
from scripts.story.browser import Browser
from scripts.story.documents import decree_text
from tests.doubles import TurnedClock
from tests.flows.running import Running, soon
from tests.flows.test_bad_input import authorize_url, password_page
from tests.ports import free_base
from tests.postgresql import Cluster
from tests.serving import settings_for
from web.home import Home
from web.presence import enter_notes
from web.words import WORDS

HOUSES = ("ca", "idp", "ocsp", "tsa", "validation", "audit", "register")
LOOPS = ("issue", "seal", "work")


def database(place: Running) -> Path:
    return place.home.path / "laotrust.db"


@contextmanager
def moved(place: Running) -> Iterator[None]:
    """The database file is somewhere else."""
    path = database(place)
    path.rename(path.with_name("moved.db"))
    try:
        yield
    finally:
        path.with_name("moved.db").rename(path)


@contextmanager
def full(place: Running, process: str) -> Iterator[None]:
    """No file can grow any more for this process, as on a full disk."""
    master = place.installation.supervisor.running[process].pid
    children = [int(child) for child in Path(f"/proc/{master}/task/{master}/children").read_text().split()]
    pids = children if process in HOUSES else [master]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def locked(place: Running) -> Iterator[None]:
    """Somebody else writes, and does not end."""
    with closing(sqlite3.connect(database(place), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def ready(place: Running, name: str) -> requests.Response:
    return place.installation.web.get(f"{place.home.url(name)}/readyz", timeout=30)


def stamp(web: requests.Session, home: Home) -> str:
    """How the time-stamp authority answers to a sound query."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    query = tsp.TimeStampReq({"version": 1, "message_imprint": imprint}).dump()
    headers = {"Content-Type": "application/timestamp-query"}
    answer = web.post(f"{home.url('tsa')}/", data=query, headers=headers, timeout=30)
    status = tsp.PKIStatusInfo.load(parser.parse(answer.content)[4])
    return str(status["status"].native) + " ".join(status["fail_info"].native or ())


def validate(web: requests.Session, home: Home, document: bytes) -> requests.Response:
    sent = {"file": ("decree.pdf", document, "application/pdf")}
    return web.post(f"{home.url('validation')}/v1/validations", files=sent, timeout=30)


def test_a_database_that_is_moved_away_is_away_and_then_back(running: Running) -> None:
    key = running.approved(running.officer().number)
    certificate = running.collected(key)
    before, document = running.newest(), decree_text(running.installation)

    with moved(running):
        states = {name: ready(running, name).status_code for name in HOUSES}
        _, page = password_page_of(running)
        listed = running.installation.web.get(f"{running.home.url('register')}/v1/organisations", timeout=30)
        refused = running.installation.verb("account-unlock", "10000001", *_as_admin(running))
        made = database(running).exists()

    assert states == dict.fromkeys(HOUSES, 503)
    assert (listed.status_code, listed.headers["Retry-After"]) == (503, "60")
    assert (page.status_code, WORDS["request.unavailable"][0] in unescape(page.text)) == (503, True)
    assert (refused.exit, refused.values["error"], refused.values["lo"]) == (
        1, "LedgerUnavailable", WORDS["request.unavailable"][0],
    )  # fmt: skip
    assert not made
    assert soon(lambda: {ready(running, name).status_code for name in HOUSES} == {200})
    assert running.installation.supervisor.fallen() == []
    assert certificate.serial_number in {one.serial_number for one in running.issued()}
    assert running.revoke(running.collected(running.approved(running.officer().number)))
    assert validate(running.installation.web, running.home, document).status_code == 422
    assert soon(lambda: lost(running, before) >= {"idp", "issue", "ocsp", "work"})
    assert running.installation.verb("ledger-verify").exit == 0


def lost(place: Running, before: int) -> set[str]:
    """The processes of which it is entered that they lost the database, each with both its times."""
    entries = place.since(before, "process.database-lost")
    return {one["process"] for one in entries if one["lost_at"] < one["back_at"] and one["access"] == "reading"}


def password_page_of(place: Running) -> tuple[Browser, requests.Response]:
    browser = Browser(place.home.certificate("root"))
    return browser, browser.session.get(authorize_url(place), timeout=30)


def _as_admin(place: Running) -> tuple[str, ...]:
    admin = place.ready.admins[0]
    return ("--as", admin, "--key", place.installation.personal(admin, "authentication").uri)


def test_on_a_full_disk_what_cannot_be_entered_is_not_done(running: Running) -> None:
    before = running.newest()

    with full(running, "tsa"):
        refused = stamp(running.installation.web, running.home)
        alive = running.installation.web.get(f"{running.home.url('tsa')}/healthz", timeout=10).status_code
    granted = stamp(running.installation.web, running.home)

    assert (refused, alive, granted) == ("rejectionsystem_failure", 200, "granted")
    assert [one["kind"] for one in running.since(before, "timestamp.%")] == ["timestamp.issued"]
    assert soon(lambda: running.since(before, "process.database-lost"))
    assert {one["process"] for one in running.since(before, "process.database-lost")} == {"tsa"}


@pytest.mark.parametrize("process", ["issue", "seal"])
def test_a_loop_whose_disk_is_full_waits_for_room_and_loses_nothing(running: Running, process: str) -> None:
    before = running.newest()

    with full(running, process):
        key = running.approved(running.officer().number)
        assert soon(lambda: running.since(before, "enrolment.decided"))
        waited = not soon(lambda: running.since(before, "certificate.issued"), 3)
        alive = running.installation.supervisor.fallen() == []
    certificate = running.collected(key)

    assert (waited, alive) == (True, True)
    assert [one["kind"] for one in running.since(before, "certificate.issued")] == ["certificate.issued"]
    assert certificate.serial_number in {one.serial_number for one in running.issued()}
    assert running.unaccounted() == []
    assert running.installation.supervisor.fallen() == []


def test_a_locked_database_is_waited_for_and_then_given_up(running: Running) -> None:
    before = running.newest()

    with locked(running):
        refused = stamp(running.installation.web, running.home)
        readable = ready(running, "register").status_code
    granted = stamp(running.installation.web, running.home)

    assert (refused, readable, granted) == ("rejectionsystem_failure", 200, "granted")
    assert [one["kind"] for one in running.since(before, "timestamp.%")] == ["timestamp.issued"]
    assert soon(lambda: running.unaccounted() == [] and not running.installation.supervisor.fallen())


@pytest.mark.postgresql_only("a server can be away while its files are there")
def test_a_postgresql_server_that_is_away_is_waited_for(ledger: Ledger, cluster: Cluster, tmp_path: Path) -> None:
    name, home = str(make_url(ledger.url).database), Home(tmp_path)
    browser = create_register(settings_for("register", home, ledger.url), ledger).test_client()
    before = browser.get("/v1/organisations").status_code

    cluster.execute(
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    away = [browser.get("/v1/organisations").status_code, browser.get("/readyz").status_code]
    with pytest.raises(LedgerUnavailable):
        ledger.record(ProcessStarted("register", clean=True, at=ledger.clock.now()), Actor.system("register"))
    cluster.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    assert (before, away) == (200, [503, 503])
    assert [browser.get("/v1/organisations").status_code, browser.get("/readyz").status_code] == [200, 200]
    assert enter_notes(ledger, home) == 1
    with ledger.read() as session:
        assert list(session.scalars(select(Entry.kind))) == ["process.database-lost"]


@pytest.fixture
def behind(running: Running, tmp_path: Path) -> Iterator[Installation]:
    """A copy of the installation on other ports whose ledger has an entry of the next hour; three of its houses."""
    home = Home(tmp_path / "home")
    shutil.copytree(running.home.path, home.path, ignore=shutil.ignore_patterns("laotrust.db*", "log", "run"))
    (home.path / "base-port").write_text(f"{free_base()}\n")
    with closing(sqlite3.connect(database(running))) as source, closing(
        sqlite3.connect(home.path / "laotrust.db")
    ) as target:
        source.backup(target)
    installation = Installation(home)
    future = TurnedClock(installation.clock.now() + timedelta(hours=1))
    ledger = Ledger(home.database_url, future, system_randomness, "0.1.0", "work")
    ledger.record(ProcessStarted("work", clean=True, at=future.now()), Actor.system("work"))
    ledger.close()
    environment = environment_of(home, home.certificate("root"))
    programs = [house(home, name, environment) for name in ("tsa", "idp", "validation")]
    try:
        installation.supervisor.start(
            [replace(one, ready_url=str(one.ready_url).replace("readyz", "healthz")) for one in programs]
        )
        yield installation
    finally:
        installation.web.close()
        installation.close()


def test_a_clock_behind_the_newest_entry_stops_every_writer(running: Running, behind: Installation) -> None:
    place = Running(behind, running.ready)
    _, page = password_page(place, place.officer().username, "wrong password")

    checks = [behind.web.get(f"{behind.home.url(name)}/readyz", timeout=10) for name in ("tsa", "idp", "validation")]
    verbs = [_unlock(place), _suspend(place)]

    assert [check.status_code for check in checks] == [503] * 3
    assert ["set the clock" in check.json()["wrong"]["clock"] for check in checks] == [True] * 3
    assert (page.status, WORDS["request.clock"][0] in unescape(page.text)) == (503, True)
    assert stamp(behind.web, behind.home) == "rejectiontime_not_available"
    assert [(done.exit, done.values["error"], done.values["lo"]) for done in verbs] == [
        (1, "ClockWentBackwards", WORDS["request.clock"][0])
    ] * 2
    assert ["set the clock" in done.values["en"] for done in verbs] == [True] * 2


def _unlock(place: Running) -> VerbResult:
    return place.installation.verb("account-unlock", place.officer().username, *_as_admin(place))


def _suspend(place: Running) -> VerbResult:
    certificate = place.installation.personal(place.officer().number, "signing").certificate
    return place.installation.verb("suspend", str(certificate), *_as_admin(place))
