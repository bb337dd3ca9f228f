"""The responder as it ships: gunicorn with two of our workers, in processes of their own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import requests

from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys


@dataclass
class Running:
    """gunicorn and its workers."""

    url: str
    process: "subprocess.Popen[bytes]"

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].strip("/"))

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def sockets(self) -> list[int]:
        """How many each worker has open, its listening ones too."""
        return [len(_sockets(pid)) for pid in self.workers()]

    def taken(self) -> list[int]:
        """How many connections that were made to this server each worker has."""
        ours = set(self._made().values())
        return [len(_sockets(pid) & ours) for pid in self.workers()]

    def worker_of(self, connection: socket.socket) -> int | None:
        """Who has taken the connection; None if nobody has yet, or any more."""
        made = self._made().get(connection.getsockname()[1])
        return next((pid for pid in self.workers() if made in _sockets(pid)), None)

    def _made(self) -> dict[int, str]:
        """The connections that were made to this server, by the client's port."""
        rows = [line.split() for line in Path(f"/proc/{self.process.pid}/net/tcp").read_text().splitlines()[1:]]
        ours = [row for row in rows if row[1].endswith(f":{self.port:04X}") and row[3] == _ESTABLISHED]
        return {int(row[2].partition(":")[2], 16): f"socket:[{row[9]}]" for row in ours}


_ESTABLISHED = "01"


def _sockets(pid: int) -> set[str]:
    found = set()
    with suppress(FileNotFoundError):  # killed since it was listed
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                found.add(str(file.readlink()))
    return {one for one in found if one.startswith("socket:")}


@contextmanager
def gunicorn(issuer: RecordedIssuer, database_url: str, folder: Path, port: int, workers: int = 2) -> Iterator[Running]:
    """So many workers are there, and one of them is ready; all of it ends with the block."""
    home = home_with_keys(folder / "home", {"ocsp-officers": issuer.responder_signer}, base_port=port - 1)
    own = {
        "LAOTRUST_HOME": str(home.path),
        "LAOTRUST_MODE": "practice",
        "LAOTRUST_DATABASE_URL": database_url,
        "LAOTRUST_PROCESS": "ocsp",
        "LAOTRUST_WORKERS": str(workers),
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py"]
    with subprocess.Popen(
        [*command, "ocsp.app:create_app()"], env={**os.environ, **own}, stderr=subprocess.DEVNULL
    ) as process:
        running = Running(f"http://127.0.0.1:{port}/", process)
        try:
            _wait_until_ready(running, workers)
            yield running
        finally:
            process.terminate()


def _wait_until_ready(running: Running, workers: int) -> None:
    until = monotonic() + 60
    while monotonic() < until:
        with suppress(requests.ConnectionError):
            if requests.get(f"{running.url}readyz", timeout=10).ok and len(running.workers()) == workers:
                return
        sleep(0.2)
    raise TimeoutError("gunicorn is not ready")
