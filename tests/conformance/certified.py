"""The certified provider of others (npm `oidc-provider`), installed by its lock file and started on this machine."""

import os
import subprocess
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from time import monotonic, sleep

import pytest

from tests.deploy.tls import self_signed
from tests.ports import free_base
from tests.programs import needs

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
FILES = ("package.json", "package-lock.json")


def installed(source: Path) -> Path:
    """A folder under `var/` in which exactly what the lock file of `source` pins is installed."""
    needs("node", "npm")
    stamp = sha256(b"".join((source / name).read_bytes() for name in FILES)).hexdigest()[:16]
    folder = ROOT / "var/npm" / stamp
    if (folder / "done").exists():
        return folder
    fresh = folder.with_name(f"{stamp}-{os.getpid()}")
    fresh.mkdir(parents=True)
    for name in FILES:
        copyfile(source / name, fresh / name)
    done = subprocess.run(INSTALL, check=False, cwd=fresh, capture_output=True, text=True, timeout=280)
    if done.returncode != 0:
        said = f"npm ci failed: {done.stderr[-500:]}"
        (pytest.fail if os.environ.get("LAOTRUST_CI") == "1" else pytest.skip)(said)
    (fresh / "done").touch()
    if not folder.exists():
        try:
            fresh.rename(folder)
        except OSError:
            assert folder.exists(), "another worker was faster"
    return folder


def start(home: Path, stack: ExitStack) -> Path:
    """The provider runs until `stack` is closed. Returns its description."""
    source = Path(__file__).parent / "peer"
    place = installed(source)
    for script in source.glob("*.js"):
        copyfile(script, home / script.name)
    (home / "package.json").write_bytes((source / "package.json").read_bytes())
    (home / "node_modules").symlink_to(place / "node_modules")
    for folder in ("keys", "certificates"):
        (home / folder).mkdir()
    self_signed(home, "peer")
    log = stack.enter_context((home / "peer.log").open("wb"))
    environment = os.environ | {"NODE_TLS_REJECT_UNAUTHORIZED": "0", "NODE_NO_WARNINGS": "1"}
    port = free_base()
    command = ["node", "server.js", str(home), str(port)]
    server = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log)
    stack.callback(_stop, server)
    until = monotonic() + 60
    while monotonic() < until and server.poll() is None:
        if b"ready" in (home / "peer.log").read_bytes():
            return home / "description.json"
        sleep(0.05)
    raise AssertionError((home / "peer.log").read_text())


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait(20)
