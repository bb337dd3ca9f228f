"""The bell of PostgreSQL (`ledger.bell`): NOTIFY for who writes, LISTEN for who follows."""

import select
from contextlib import suppress
from threading import Lock

import psycopg
from sqlalchemy import make_url

from ledger.engine import UNHEARD

_CHANNELS = {"bells": "laotrust", "seals": "laotrust_seals"}
"""By what a bell is rung for (`ledger.bell`)."""


class Notifier:
    """NOTIFY on a connection of its own, after the commit: in the writing transaction it would make writers wait."""

    def __init__(self, url: str, rung_for: str) -> None:
        self._url, self._channel = url, _CHANNELS[rung_for]
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
        try:
            if self._connection is None or self._connection.closed:
                self._connection = _connected(self._url)
            self._connection.execute(f"NOTIFY {self._channel}")
        except psycopg.Error:
            self._connection = None


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
