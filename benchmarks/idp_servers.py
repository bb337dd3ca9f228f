"""The provider as it ships, by two workers, and npm `oidc-provider` in one process of Node; both by TLS."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.idp_population import RESOURCE, SCOPE, peer_clients
from benchmarks.ocsp_servers import free_port, running, wait_for_answer
from tests.deploy.tls import PASSPHRASE, self_signed
from tests.npm import NODE, installed
from web.home import Home

_PEER = Path(__file__).parent.parent / "tests/conformance/peer"
_CLAIMS = {"profile": ["name", "given_name", "family_name", "locale", "zoneinfo"], "email": ["email", "email_verified"]}
_PERSON = {
    "name": "Somphone Vongsa", "given_name": "Somphone", "family_name": "Vongsa", "locale": "lo-LA",
    "zoneinfo": "Asia/Vientiane", "email": "somphone@mtc.gov.la", "email_verified": False,
}  # fmt: skip


class Tree:
    """The processes of a server, and what they have used (proc(5))."""

    def __init__(self, *roots: int) -> None:
        self._roots = roots

    def seconds(self) -> float:
        """Of CPU, of the user and of the system, of all that live now and of their dead children."""
        ticks = [int(one) for process in self._processes() for one in (_stat(process) or ["0"] * 22)[11:15]]
        return sum(ticks) / os.sysconf("SC_CLK_TCK")

    def largest(self) -> float:
        """Resident MiB of the largest of them."""
        pages = [int(stat[21]) for process in self._processes() if (stat := _stat(process))]
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def largest_share(self) -> float:
        """The same, but of pages that processes share (they are forked) to each its part (PSS of proc(5))."""
        return max(map(_share, self._processes()))

    def _processes(self) -> list[int]:
        found, waiting = [], list(self._roots)
        while waiting:
            process = waiting.pop()
            found.append(process)
            with suppress(OSError):  # it has ended meanwhile
                for task in Path(f"/proc/{process}/task").iterdir():
                    waiting += map(int, (task / "children").read_text().split())
        return found


def _stat(process: int) -> list[str]:
    """The fields from the third on; none of a process that has ended: what it used is its parent's now."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def _share(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def ours(home: Home, url: str, workers: int = 2) -> Iterator[int]:
    """Gunicorn as `deploy/` has it, without the password's hash; the id of its first process."""
    own = {
        "LAOTRUST_HOME": str(home.path),
        "LAOTRUST_MODE": "practice",
        "LAOTRUST_DATABASE_URL": url,
        "LAOTRUST_PROCESS": "idp",
        "LAOTRUST_WORKERS": str(workers),
        "PYTHONPATH": str(Path.cwd()),
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py"]
    with running([*command, "benchmarks.idp_without_hash:create_app()"], {**os.environ, **own}) as process:
        wait_for_answer(f"{home.url('idp')}/readyz")
        yield process


@contextmanager
def peer(folder: Path) -> Iterator[tuple[int, int]]:
    """`oidc-provider` with the same services; its port, and the id of its process."""
    for name in ("keys", "certificates"):
        (folder / name).mkdir(parents=True)
    self_signed(folder, "peer")
    port = free_port()
    given = {
        "port": port, "key": f"{folder}/keys/peer.key.pem", "passphrase": PASSPHRASE.decode(),
        "certificate": f"{folder}/certificates/peer.pem", "clients": peer_clients(), "resource": RESOURCE,
        "scope": SCOPE, "claims": _CLAIMS, "person": _PERSON,
    }  # fmt: skip
    (folder / "peer.json").write_text(json.dumps(given))
    script = str(Path(__file__).parent / "oidc_provider.js")
    modules = str(installed(_PEER) / "node_modules")
    quiet = {**os.environ, "NODE_NO_WARNINGS": "1", "NODE_ENV": "production"}
    with running([NODE, script, modules, str(folder / "peer.json")], quiet) as process:
        wait_for_answer(f"https://localhost:{port}/.well-known/openid-configuration")
        yield port, process

