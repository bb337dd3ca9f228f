"""Starts the processes of an installation, watches them, and ends them with itself."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

_PR_SET_PDEATHSIG = 1
_PATIENCE = 60.0
"""Seconds that a process may take to become ready."""


class NotStarted(Exception):
    """A process did not come up; the sentence names it, what it said last, and where its log is."""


@dataclass(frozen=True)
class Program:
    """A process to run: its command, what it adds to the environment, and the URL that says it is ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None
    port: int | None = None
    """Without such a URL: where it listens once it is up."""


@dataclass
class Supervisor:
    """The running processes of one home. Each child dies with this process, however this process dies."""

    log_folder: Path
    authority: Path
    """PEM file of the roots that the processes' TLS certificates lead to."""
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)

    def start(self, programs: Sequence[Program]) -> None:
        """All programs are started and ready. Raises NotStarted."""
        for program in programs:
            self._launch(program)
        for program in programs:
            self._await_ready(program)

    def kill(self, name: str) -> None:
        """The process got SIGKILL and is gone."""
        process = self.running[name]
        process.kill()
        process.wait()

    def restart(self, name: str) -> None:
        """The process, dead or alive, is replaced by a fresh one that is ready."""
        process = self.running[name]
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=20)
        _end_orphans(process.pid)
        self.start([self.programs[name]])

    def fallen(self) -> list[str]:
        """The names of processes that ended by themselves."""
        return [name for name, process in self.running.items() if process.poll() is not None]

    def stop(self) -> None:
        """Every process has ended: asked first, killed after ten seconds."""
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + 10
        for process in self.running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()

    def _launch(self, program: Program) -> None:
        self.log_folder.mkdir(parents=True, exist_ok=True)
        with (self.log_folder / f"{program.name}.log").open("ab") as log:
            self.running[program.name] = subprocess.Popen(
                program.command,
                env={**os.environ, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - only one system call, no lock taken
            )
        self.programs[program.name] = program

    def _await_ready(self, program: Program) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self.running[program.name].poll() is not None:
                break
            if self._is_ready(program):
                return
            time.sleep(0.05)
        log = self.log_folder / f"{program.name}.log"
        said = log.read_text(errors="replace").strip().splitlines()[-12:]
        raise NotStarted("\n".join([f"{program.name} did not start; its log is {log} and ends:", *said]))

    def _is_ready(self, program: Program) -> bool:
        if program.ready_url is None:
            return program.port is None or _listens(program.port)
        try:
            return requests.get(program.ready_url, timeout=2, verify=str(self.authority)).status_code == 200
        except requests.RequestException:
            return False


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def _end_orphans(group: int) -> None:
    """Nobody is left of the process group: a server's workers outlive its SIGKILL by a second, and keep its port."""
    deadline = time.monotonic() + 10
    word: int = signal.SIGTERM
    while time.monotonic() < deadline + 5:
        try:
            os.killpg(group, word)
        except ProcessLookupError:
            return
        time.sleep(0.05)
        word = signal.SIGKILL if time.monotonic() > deadline else 0


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def require_free_ports(base: int, count: int) -> None:
    """Every port of the home can be bound. Raises NotStarted naming the ones that cannot."""
    taken = [port for port in range(base, base + count) if not _is_free(port)]
    if taken:
        listed = ", ".join(map(str, taken))
        raise NotStarted(f"ports in use: {listed}. Stop what uses them, or take others: --port BASE with a new --home")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """SIGINT and SIGTERM end the block by SystemExit, so that what was started is stopped."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
