"""The bell of PostgreSQL (`ledger.bell`): NOTIFY for who writes, LISTEN for who follows."""

import select
from contextlib import suppress
from threading import Lock

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from sqlalchemy import make_url

from ledger.engine import UNHEARD

_CHANNELS = {"bells": "laotrust", "seals": "laotrust_seals"}
"""By what a bell is rung for (`ledger.bell`)."""
_END = 2
"""Behind each answer comes a None, and behind the last of all another."""


class Notifier:
    """NOTIFY on a connection of its own, after the commit: in the writing transaction it would make writers wait.

    It is sent, and not waited for (libpq's pipeline): what the server says to it is read before the next one.
    """

    def __init__(self, url: str, rung_for: str) -> None:
        self._url, self._words = url, f"NOTIFY {_CHANNELS[rung_for]}".encode()
        self._connection: psycopg.Connection | None = None
        self._ringing = Lock()
        self._again = False

    def ring(self) -> None:
        """See `Bell`; of several at once one rings for all."""
        self._again = True
        while self._again and self._ringing.acquire(blocking=False):
            try:
                self._again = False
                self._notify()
            finally:
                self._ringing.release()

    def close(self) -> None:
        """The connection is given back."""
        if self._connection is not None:
            self._connection.close()

    def _notify(self) -> None:
        """On a connection that turns out to be lost the ring is lost with it, or goes by a fresh one."""
        try:
            if self._connection is None or not self._sent(self._connection.pgconn):
                self._connection = _connected(self._url)
                self._connection.pgconn.enter_pipeline_mode()
                self._sent(self._connection.pgconn)
        except psycopg.Error:
            self._connection = None

    def _sent(self, line: PGconn) -> bool:
        """False on a line that is lost."""
        try:
            line.consume_input()
            nothing = 0
            while nothing < _END and not line.is_busy():
                said = line.get_result()
                if said is not None and said.status == ExecStatus.FATAL_ERROR:
                    return False
                nothing = nothing + 1 if said is None else 0
            line.send_query_params(self._words, None)
            line.pipeline_sync()
            line.flush()
        except psycopg.OperationalError:
            return False
        return True


class Listener:
    """LISTEN on a connection of its own, opened again when it was lost."""

    def __init__(self, url: str, rung_for: str) -> None:
        self._url, self._channel = url, _CHANNELS[rung_for]
        self._connection: psycopg.Connection | None = None
        self._listen()

    def wait(self, seconds: float) -> bool:
        """See `Ear`."""
        try:
            if self._connection is None:
                raise psycopg.OperationalError
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))
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


def _connected(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, **UNHEARD)  # type: ignore[arg-type]
