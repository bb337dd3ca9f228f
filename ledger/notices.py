"""An ear for PostgreSQL's bell (`ledger.bell`): LISTEN."""

import select
from contextlib import suppress

import psycopg
from psycopg.pq.abc import PGconn
from sqlalchemy import make_url

from ledger.engine import UNHEARD


class Listener:
    """LISTEN on a connection of its own, opened again when it was lost."""

    def __init__(self, url: str, channel: str) -> None:
        self._url, self._channel = url, channel
        self._connection: psycopg.Connection | None = None
        self._listen()

    def wait(self, seconds: float) -> bool:
        """See `Ear`."""
        try:
            if self._connection is None:
                raise psycopg.OperationalError
            return _heard(self._connection.pgconn, seconds)
        except psycopg.Error:
            select.select([], [], [], seconds)
            self._listen()
            return False

    def close(self) -> None:
        """The connection is given back."""
        if self._connection is not None:
            self._connection.close()

    def _listen(self) -> None:
        self._connection = None
        with suppress(psycopg.Error):
            self._connection = _connected(self._url)
            self._connection.execute(f"LISTEN {self._channel}")


def _heard(line: PGconn, seconds: float) -> bool:
    """Whether it rang; psycopg's own way to ask takes half as long again. Raises psycopg.OperationalError."""
    if not (heard := line.notifies()):
        there = select.poll()
        there.register(line.socket, select.POLLIN)
        if there.poll(seconds * 1000):
            line.consume_input()
            heard = line.notifies()
    rung = heard is not None
    while heard:
        heard = line.notifies()
    return rung


def _connected(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, **UNHEARD)  # type: ignore[arg-type]
