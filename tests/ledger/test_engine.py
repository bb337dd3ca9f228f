"""A PostgreSQL server that is gone without a word, with its power or its network, is given up within seconds."""

import os
import socket

import pytest

from ledger.bell import ear_of
from ledger.ledger import Ledger

pytestmark = pytest.mark.postgresql_only("a network is between")
_WANTED = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000),
)


def set_on(descriptor: int) -> list[int]:
    with socket.socket(fileno=os.dup(descriptor)) as end:
        return [end.getsockopt(level, option) for level, option, _ in _WANTED]


def test_the_kernel_gives_up_a_server_that_answers_nothing(ledger: Ledger) -> None:
    ear = ear_of(ledger.url)
    with ledger.read() as session, ledger.writing.connect() as writing:
        connections = [session.connection().connection, writing.connection]
        found = [set_on(one.dbapi_connection.fileno()) for one in connections]  # type: ignore[union-attr]
        found.append(set_on(ear._connection.fileno()))  # type: ignore[attr-defined]
    ear.close()

    assert found == [[value for _, _, value in _WANTED]] * 3
