"""The responder as it ships: gunicorn with two of our workers, in processes of their own."""

import os
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
    """gunicorn with two workers."""

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
        rows = [line.split() for line in Path(f"/proc/{self.process.pid}/net/tcp").read_text().splitlines()[1:]]
        ours = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{self.port:04X}") and row[3] == _ESTABLISHED}
        return [len(_sockets(pid) & ours) for pid in self.workers()]


_ESTABLISHED = "01"


def _sockets(pid: int) -> set[str]:
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            found.add(str(file.readlink()))
    return {one for one in found if one.startswith("socket:")}


@contextmanager
def gunicorn(issuer: RecordedIssuer, database_url: str, folder: Path, port: int) -> Iterator[Running]:
    """Both workers are ready; all of it ends with the block."""
    home = home_with_keys(folder / "home", {"ocsp-officers": issuer.responder_signer}, base_port=port - 1)
    own = {
        "LAOTRUST_HOME": str(home.path),
        "LAOTRUST_MODE": "practice",
        "LAOTRUST_DATABASE_URL": database_url,
        "LAOTRUST_PROCESS": "ocsp",
        "LAOTRUST_WORKERS": "2",
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py"]
    with subprocess.Popen(
        [*command, "ocsp.app:create_app()"], env={**os.environ, **own}, stderr=subprocess.DEVNULL
    ) as process:
        running = Running(f"http://127.0.0.1:{port}/", process)
        try:
            _wait_until_ready(running)
            yield running
        finally:
            process.terminate()


def _wait_until_ready(running: Running) -> None:
    until = monotonic() + 60
    while monotonic() < until:
        with suppress(requests.ConnectionError):
            if requests.get(f"{running.url}readyz", timeout=10).ok and len(running.workers()) == 2:
                return
        sleep(0.2)
    raise TimeoutError("gunicorn is not ready")
