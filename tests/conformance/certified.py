"""The certified provider of others (npm `oidc-provider`), installed by its lock file and started on this machine."""

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

from tests.deploy.tls import self_signed
from tests.npm import NODE, installed
from tests.ports import free_base


def start(home: Path, stack: ExitStack) -> Path:
    """The provider runs until `stack` is closed. Returns its description."""
    place = installed(Path(__file__).parent / "peer")
    for folder in ("keys", "certificates"):
        (home / folder).mkdir()
    self_signed(home, "peer")
    log = stack.enter_context((home / "peer.log").open("wb"))
    environment = os.environ | {"NODE_TLS_REJECT_UNAUTHORIZED": "0", "NODE_NO_WARNINGS": "1"}
    port = free_base()
    command = [NODE, "server.js", str(home), str(port)]
    server = subprocess.Popen(command, cwd=place, env=environment, stdout=log, stderr=log)
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
