"""`kill -9` of each process while work goes on, of the supervisor, and in the middle of setting up: nothing is lost."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from json import loads
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests
from sqlalchemy import select

from ledger.certificates import Intent
from scripts.demonstration.supervisor import NotStarted, require_free_ports
from tests.flows.running import Running, soon
from tests.ports import free_base
from web.home import Home

PROCESSES = (
    "ca", "issue", "idp", "idp-mtls", "ocsp", "tsa", "validation", "audit", "register", "seal", "work", "holder",
    "machines", "validate",
)  # fmt: skip
HOUSES = ("ca", "idp", "ocsp", "tsa", "validation", "audit", "register", "holder")


@contextmanager
def at_work(place: Running) -> Iterator[None]:
    """Requests are submitted and approved, certificates revoked, and people sign in, all the time."""
    stop = Event()
    with ThreadPoolExecutor(2) as hands:
        done = [hands.submit(_desk, place, stop), hands.submit(_officers, place, stop)]
        yield
        stop.set()
        for one in done:
            one.result()


def _desk(place: Running, stop: Event) -> None:
    before = None
    while not stop.is_set():
        key = place.approved(place.officer().number)
        if before is not None and not place.installation.supervisor.fallen():
            place.revoke(before)
        before = None if place.installation.supervisor.fallen() else place.collected(key)


def _officers(place: Running, stop: Event) -> None:
    while not stop.is_set():
        with suppress(requests.RequestException, StopIteration, LookupError):  # while a process is down
            place.signs_in(place.officer().number)


def require_whole(place: Running) -> None:
    """The ledger verifies, each intent has its end, no serial number and no bytes were used twice."""
    assert soon(lambda: not place.unaccounted()), place.unaccounted()
    verified = place.installation.verb("ledger-verify")
    issued = Counter((one.issuer.rfc4514_string(), one.serial_number) for one in place.issued())
    with place.installation.ledger("audit").read() as session:
        intended = Counter(bytes(tbs) for tbs in session.scalars(select(Intent.tbs)))
    signed = Counter(one.tbs_certificate_bytes for one in place.issued())
    assert verified.exit == 0, verified.values
    assert [times for times in (*issued.values(), *intended.values(), *signed.values()) if times > 1] == []


def require_walk(place: Running) -> None:
    """A request becomes a certificate, its holder signs in, and its revocation is known, by every house."""
    officer = place.officer().number
    key = place.approved(officer)
    certificate = place.collected(key)
    assert soon(lambda: ": good" in place.status(key), 3), place.status(key)
    assert place.signs_in(officer)
    assert place.revoke(certificate)
    assert soon(lambda: ": revoked" in place.status(key), 3), place.status(key)
    answers = {name: place.installation.web.get(f"{place.home.url(name)}/readyz", timeout=10) for name in HOUSES}
    assert [answer.text for answer in answers.values() if answer.status_code != 200] == []


@pytest.mark.parametrize("process", PROCESSES)
def test_a_killed_process_goes_on_where_it_was(running: Running, process: str) -> None:
    before = running.newest()

    with at_work(running):
        assert soon(lambda: len(running.since(before)) > 5)
        running.installation.supervisor.kill(process)
        running.installation.supervisor.restart(process)

    require_walk(running)
    require_whole(running)
    assert soon(lambda: running.since(before, "process.started"))
    started = running.since(before, "process.started")
    assert [(one["process"], one["clean"]) for one in started] == [(process, False)]


def test_a_killed_worker_of_a_house_is_replaced_and_that_is_entered(running: Running) -> None:
    before, master = running.newest(), running.installation.supervisor.running["tsa"].pid
    [worker] = _children(master)

    os.kill(worker, signal.SIGKILL)

    assert soon(lambda: running.since(before, "process.started"))
    [started] = running.since(before, "process.started")
    assert (started["process"], started["clean"], started["actor"]) == ("tsa", False, "system:tsa")
    assert soon(lambda: _children(master) not in ([], [worker]))


def test_a_process_that_was_stopped_as_it_should_left_a_clean_end(running: Running) -> None:
    before = running.newest()

    running.installation.supervisor.restart("audit")

    assert soon(lambda: running.since(before, "process.started"))
    assert [one["clean"] for one in running.since(before, "process.started")] == [True]


MOMENTS = ("the organisations of the state", "register-plan shows", "two registration")
"""The lines of the setting up after which it is killed, one after the other: what follows each is under way then."""


@pytest.mark.timeout(1200)  # It is set up five times over.
def test_a_demonstration_that_is_killed_goes_on_when_it_is_started_again(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    base = free_base()

    for moment in (*MOMENTS, "ready"):
        with demonstration(home, base) as told:
            assert any(moment in line for line in told), moment
        assert soon(lambda: _free(base), 20), "children outlived their supervisor"
    with demonstration(home, base) as told:
        assert any(line.startswith("ready") for line in told)
        verified = _verb(home, "ledger-verify")
        health = _verb(home, "health")
        described = loads((home.path / "demo.json").read_text())

    assert (verified["good"], verified["faults"]) == (True, [])
    assert set(health["processes"].values()) == {"ready"}
    assert {one["profile"] for one in described["certificates"]} >= {"officer-signing", "citizen-authentication"}
    assert soon(lambda: _free(base), 20)


@contextmanager
def demonstration(home: Home, base: int) -> Iterator[Iterator[str]]:
    """Its lines, as it prints them. At the end of the block it gets SIGKILL."""
    command = [sys.executable, "-m", "tests.flows.small_demonstration", "--home", str(home.path), "--port", str(base)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    started = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert started.stdout is not None
    try:
        yield iter(started.stdout)
    finally:
        started.kill()
        started.wait()
        started.stdout.close()


def _verb(home: Home, name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "scripts", name, "--json", "--home", str(home.path)]
    answer: dict[str, Any] = loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return answer


def _free(base: int) -> bool:
    try:
        require_free_ports(base, 20)
    except NotStarted:
        return False
    return True


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
