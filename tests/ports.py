"""Free runs of ports for installations under test, apart for each worker."""

import os
import socket
from itertools import count

_FIRST, _ROOM, _RUN = 21_000, 2_000, 20
_NEXT = count()


def free_base() -> int:
    """The first of twenty ports on loopback that nobody uses, and that no other worker of the run is given."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for number in _NEXT:
        base = _FIRST + worker * _ROOM + number * _RUN
        if all(_free(port) for port in range(base, base + _RUN)):
            return base
    raise AssertionError


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
