"""A PostgreSQL cluster of the tests' own: Debian's binaries, a temporary folder, gone when the tests have ended.

Each worker of a test run has its own, since an open transaction in any database of a cluster holds back the
sealing in all of them. Nothing is kept safe from a power cut (fsync off): a test of durability belongs
elsewhere.
"""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
MISSING = "PostgreSQL is not installed: apt-get install postgresql-15"
OWNER = "laotrust_owner"
_MEMORY = Path("/dev/shm")
"""Here a database is cloned ten times as fast, and a commit takes no time."""
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
}
_WATCH = 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; kill -INT "$2" 2>/dev/null; sleep 2; rm -rf "$3"'


class Cluster:
    """A running server, reached by TCP on loopback without a password. `execute` is for its superuser."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.folder = port, folder

    def url(self, database: str, role: str = OWNER) -> str:
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres", role: str = "postgres") -> None:
        """Each statement by itself, outside a transaction."""
        with psycopg.connect(host="127.0.0.1", port=self.port, dbname=database, user=role, autocommit=True) as session:
            for statement in statements:
                session.execute(statement)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other worker of the run is in such a block: roles belong to the whole cluster."""
        with _alone(self.folder):
            yield


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cluster() -> Cluster:
    """The cluster of this worker, started when first asked for. It stops when the run's first process ends."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    run = os.getppid() if worker else os.getpid()
    folder = room() / f"laotrust-postgresql-{run}{worker}"
    folder.mkdir(mode=0o755, exist_ok=True)
    with _alone(folder):
        port = folder / "port"
        if not port.exists():
            port.write_text(str(_start(folder, run)))
        return Cluster(int(port.read_text()), folder)


def room() -> Path:
    """Memory, if there is enough of it (a container often has 64 MB), else the disk."""
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).total > 4 << 30
    return _MEMORY if roomy else Path(tempfile.gettempdir())


@contextmanager
def durable_cluster(folder: Path, **settings: str) -> Iterator[tuple[Cluster, int]]:
    """A cluster in `folder` that keeps what it has committed through a power cut; and the id of its first process."""
    folder.mkdir(mode=0o755)
    kept = ("fsync", "full_page_writes", "autovacuum", "shared_buffers")
    own = {name: value for name, value in _SETTINGS.items() if name not in kept}
    port = _start(folder, os.getpid(), own | settings)
    process = int((folder / "data/postmaster.pid").read_text().split()[0])
    try:
        yield Cluster(port, folder), process
    finally:
        os.kill(process, signal.SIGINT)


@contextmanager
def replicated_cluster(folder: Path) -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and a replica of it that follows by the wire; both in `folder`."""
    for place in (folder, folder / "replica"):
        place.mkdir(mode=0o755)
    settings = {**_SETTINGS, "wal_level": "replica", "max_wal_senders": "4"}
    primary = Cluster(_start(folder, os.getpid(), settings), folder)
    data, port = folder / "replica/data", _free_port()
    identity = _identity(folder / "replica")
    source = f"host=127.0.0.1 port={primary.port} user=postgres"
    copy = [str(BINARIES[-1].parent / "pg_basebackup"), "--checkpoint=fast", "-R", "-d", source, "-D", str(data)]
    subprocess.run(copy, check=True, capture_output=True, cwd=folder / "replica", **identity)
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = ("-D", data, "-p", port, "-k", data, *options)
    _detached(BINARIES[-1].parent / "postgres", *command, cwd=data, **identity)
    replica = Cluster(port, folder / "replica")
    try:
        _await(replica)
        yield primary, replica
    finally:
        for one in (replica, primary):
            with suppress(FileNotFoundError):
                os.kill(int((one.folder / "data/postmaster.pid").read_text().split()[0]), signal.SIGINT)


def _start(folder: Path, run: int, settings: Mapping[str, str] = _SETTINGS) -> int:
    data, binaries, port = folder / "data", BINARIES[-1].parent, _free_port()
    data.mkdir(mode=0o700)
    identity = _identity(data)
    initdb = [str(binaries / "initdb"), "--no-sync", "--auth=trust", "-U", "postgres", "-E", "UTF8", "-D", str(data)]
    subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, capture_output=True, cwd=data, **identity)
    options = [f"--{name}={value}" for name, value in settings.items()]
    server = _detached(binaries / "postgres", "-D", data, "-p", port, "-k", data, *options, cwd=data, **identity)
    _detached("sh", "-c", _WATCH, "watch", run, server, folder)
    _await(Cluster(port, folder))
    Cluster(port, folder).execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB")
    return port


def _detached(*command: object, **options: Any) -> str:
    """Starts the command and leaves it alone. Returns its process id."""
    start = ["sh", "-c", '"$@" >/dev/null 2>&1 </dev/null & echo $!', "start", *map(str, command)]
    started = subprocess.run(start, check=True, capture_output=True, text=True, start_new_session=True, **options)
    return str(started.stdout).strip()


def _identity(data: Path) -> dict[str, Any]:
    """Whom the server runs as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    postgres = pwd.getpwnam("postgres")
    shutil.chown(data, postgres.pw_uid, postgres.pw_gid)
    return {"user": postgres.pw_uid, "group": postgres.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await(server: Cluster) -> None:
    for _ in range(300):
        try:
            return server.execute("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
    server.execute("SELECT 1")
    return None
