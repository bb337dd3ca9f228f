"""Machines that ask by CMP at the same time: one commit takes them up, one batch certifies them, each is answered."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from ca.app import create_machines_http_app
from ca.machines.rules import Protocol
from ca.tables.machines import MachineRequest
from ledger.certificates import Certificate, Intent
from ledger.ledger import LedgerUnavailable
from pki import der
from pki.cmp.message import Body, Message, parse_message
from pki.cmp.protection import verify_password
from tests.ca.machines.cmp_client import Client, asked, key
from tests.ca.machines.ministry import Ministry
from tests.serving import settings_for
from web.bridge import called
from web.heads import parse_head
from web.loop_serving import Asked, Leaving
from web.shared_views import SharedViews

SAME = pytest.mark.sqlite_only("the door is the same on both engines")
_OWN = re.compile(rb"(?<=X-Request-Id: )[0-9a-f-]+")


@pytest.fixture
def app(ministry: Ministry) -> Flask:
    ca = ministry.ca
    return create_machines_http_app(settings_for("machines-http", ca.home, ca.ledger.url), ca.ledger)


@pytest.fixture
def door(app: Flask) -> SharedViews:
    door: SharedViews = app.extensions["door"]
    return door


@pytest.fixture
def clients(ministry: Ministry) -> list[Client]:
    made, now = ministry.secret(ministry.allowed(), Protocol.CMP), ministry.ca.ledger.clock.now()
    return [Client(made, now, transaction=bytes([number]) * 16) for number in range(8)]


def posting(body: bytes, path: str = "/.well-known/cmp", kind: str = "application/pkixcmp") -> Asked:
    lines = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return Asked(parse_head(lines.encode()), body, "127.0.0.1")


def asking(client: Client, host: str, secret: str = "") -> Asked:
    return posting(client.message(Body.IR, asked(key(), host), secret))


def asking_each(clients: Sequence[Client]) -> list[Asked]:
    return [asking(one, f"h{number}.mtc.gov.la") for number, one in enumerate(clients)]


def message_of(response: bytes | Leaving | None) -> Message:
    assert isinstance(response, bytes), response
    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
    return parse_message(body)


def gone(said: Sequence[bytes | Leaving | None]) -> list[Leaving]:
    """Those that have left the round until the signing room has done something."""
    return [one for one in said if getattr(one, "told", None) is not None and not isinstance(one, bytes)]  # type: ignore[misc]


def told(door: SharedViews, waiting: Sequence[Leaving]) -> list[Message]:
    """What the later round says to all who left an earlier one."""
    for one in waiting:
        one.told.result(30)  # type: ignore[attr-defined]
    return [message_of(one) for one in door.round(list(waiting))]


def certified(message: Message) -> bool:
    """Whether a certificate is in the answer: its status is `accepted`."""
    response = der.parts(der.parts(message.content)[-1].whole)[0]
    return message.body is Body.IP and der.read_integer(der.parts(der.parts(response.whole)[1].whole)[0]) == 0


def numbers(ministry: Ministry) -> tuple[int, int, int]:
    """Requests, intents of theirs and certificates of theirs."""
    own = select(MachineRequest.enrolment_id)
    intents = select(Intent.id).where(Intent.enrolment_id.in_(own))
    with ministry.ca.ledger.read() as session:
        found = [
            session.scalar(select(func.count()).select_from(one.subquery()))
            for one in (own, intents, select(Certificate.id).where(Certificate.id.in_(intents)))
        ]
    return found[0] or 0, found[1] or 0, found[2] or 0


@contextmanager
def commits(ministry: Ministry) -> Iterator[list[int]]:
    seen: list[int] = []

    def count(*_: Any) -> None:
        seen.append(1)

    engine = ministry.ca.ledger.writing
    event.listen(engine, "commit", count)
    yield seen
    event.remove(engine, "commit", count)


def test_many_are_taken_up_by_one_commit_and_certified_by_two(
    ministry: Ministry, door: SharedViews, clients: list[Client]
) -> None:
    seals: list[int] = []
    room = replace(ministry.ca.room(), await_seal=lambda entries: seals.append(len(entries)))
    room.turn()
    with commits(ministry) as taking_up:
        waiting = gone(door.round([*asking_each(clients)]))
    with commits(ministry) as certifying:
        issued = room.hurried().issued

    answers = told(door, waiting)

    assert (len(waiting), len(taking_up)) == (8, 1)
    assert (len(issued), len(certifying), seals) == (8, 2, [1])
    assert all(map(certified, answers))
    for client, answer in zip(clients, answers, strict=True):
        verify_password(answer, client.made.secret.encode())
        assert answer.header.transaction == client.transaction
    assert numbers(ministry) == (8, 8, 8)


def test_each_gets_the_certificate_for_its_own_key(
    ministry: Ministry, door: SharedViews, clients: list[Client]
) -> None:
    waiting = gone(door.round([*asking_each(clients)]))
    hosts = {f"h{number}.mtc.gov.la".encode() for number in range(8)}

    ministry.ca.room().turn()

    answers = told(door, waiting)
    found = [[host for host in hosts if host in answer.content] for answer in answers]
    assert found == [[f"h{number}.mtc.gov.la".encode()] for number in range(8)]


@SAME
def test_who_is_wrong_is_told_at_once_and_the_others_are_taken_up(
    ministry: Ministry, door: SharedViews, clients: list[Client]
) -> None:
    good = asking_each(clients[:3])
    stranger, outside = asking(clients[3], "a.mtc.gov.la", secret="0" * 64), asking(clients[4], "www.google.com")
    no_message, no_kind = posting(b"\x30\x00"), posting(good[0].body, kind="text/plain")

    said = door.round([good[0], stranger, good[1], outside, no_message, good[2], no_kind])

    assert [type(one) for one in gone(said)] == [type(said[0])] * 3
    assert message_of(said[1]).body is Body.ERROR
    assert message_of(said[3]).body is Body.IP
    assert not certified(message_of(said[3]))
    assert [one.split(b" ")[1] for one in (said[4], said[6]) if isinstance(one, bytes)] == [b"400", b"415"]
    ministry.ca.room().turn()
    assert all(map(certified, told(door, gone(said))))
    assert numbers(ministry) == (3, 3, 3)


@SAME
def test_one_message_that_comes_twice_in_a_round_is_one_request(
    ministry: Ministry, door: SharedViews, clients: list[Client]
) -> None:
    one, other = asking_each(clients[:2])

    waiting = gone(door.round([one, other, one]))
    ministry.ca.room().turn()

    assert [certified(answer) for answer in told(door, waiting)] == [True] * 3
    assert numbers(ministry) == (2, 2, 2)


@SAME
def test_of_two_that_want_one_key_one_is_refused_and_the_rest_are_taken_up(
    ministry: Ministry, door: SharedViews, clients: list[Client]
) -> None:
    mine = key()
    same = [posting(one.message(Body.IR, asked(mine, "a.mtc.gov.la"))) for one in clients[:2]]

    said = door.round([same[0], asking(clients[2], "b.mtc.gov.la"), same[1]])

    ministry.ca.room().turn()
    assert all(map(certified, told(door, gone(said))))
    requests, _, certificates = numbers(ministry)
    assert certificates == requests == len(gone(said))
    assert len(gone(said)) in (2, 3)


@SAME
def test_the_places_of_an_allowance_are_not_overdrawn_by_a_round(ministry: Ministry, app: Flask) -> None:
    made, now = ministry.secret(ministry.allowed(most=2), Protocol.CMP), ministry.ca.ledger.clock.now()
    clients = [Client(made, now, transaction=bytes([number]) * 16) for number in range(4)]

    said = app.extensions["door"].round([*asking_each(clients)])

    assert (len(gone(said)), numbers(ministry)) == (2, (2, 0, 0))


@SAME
def test_a_door_that_dies_behind_its_commit_loses_no_request(
    ministry: Ministry, app: Flask, clients: list[Client]
) -> None:
    questions = asking_each(clients)
    app.extensions["door"].round([*questions])  # and nobody is answered

    issued = ministry.ca.room().turn().issued
    again = app.extensions["door"].round([*questions])

    assert len(issued) == 8
    assert all(certified(message_of(one)) for one in again)
    assert numbers(ministry) == (8, 8, 8)


@SAME
def test_a_commit_that_fails_takes_up_nobody_and_all_may_ask_again(
    ministry: Ministry, door: SharedViews, clients: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise LedgerUnavailable("away")

    questions = asking_each(clients)
    with monkeypatch.context() as patched:
        patched.setattr(ministry.ca.ledger, "_commit", away)
        failed = door.round([*questions])
    before = numbers(ministry)
    waiting = gone(door.round([*questions]))
    ministry.ca.room().turn()

    assert all(isinstance(one, bytes) and one.startswith(b"HTTP/1.1 503 ") for one in failed)
    assert before == (0, 0, 0)
    assert all(map(certified, told(door, waiting)))
    assert numbers(ministry) == (8, 8, 8)


@SAME
def test_a_commit_that_was_done_but_reported_failed_doubles_nobody(
    ministry: Ministry, door: SharedViews, clients: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, questions = ministry.ca.ledger, asking_each(clients)
    commit = ledger._commit

    def reported(*given: Any) -> None:
        commit(*given)
        raise LedgerUnavailable("done, but who knows")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "_commit", reported)
        door.round([*questions])
    waiting = gone(door.round([*questions]))
    ministry.ca.room().turn()

    assert all(map(certified, told(door, waiting)))
    assert numbers(ministry) == (8, 8, 8)


@SAME
def test_a_room_that_dies_behind_its_intents_issues_each_of_a_round_once(
    ministry: Ministry, door: SharedViews, clients: list[Client]
) -> None:
    def dies(_: Sequence[str]) -> None:
        raise KeyboardInterrupt

    waiting = gone(door.round([*asking_each(clients)]))
    with pytest.raises(KeyboardInterrupt):
        replace(ministry.ca.room(), await_seal=dies).hurried()
    room = ministry.ca.room()
    ended = room.recover()
    room.turn()

    assert ended == 8
    assert all(map(certified, told(door, waiting)))
    assert numbers(ministry) == (8, 16, 8)


@SAME
def test_who_waits_in_vain_is_told_to_come_again(ministry: Ministry, app: Flask, clients: list[Client]) -> None:
    object.__setattr__(app.extensions["cmp"], "patience", timedelta())

    said = app.extensions["door"].round([*asking_each(clients)])

    assert not gone(said)
    assert all(message_of(one).body is Body.IP and not certified(message_of(one)) for one in said)


@SAME
@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/.well-known/cmp", "text/plain", b""), ("/.well-known/cmp/initialization", "application/pkixcmp", b"\x30"),
        ("/.well-known/cmp/p/any", "application/pkixcmp", b"\x30\x00"),
        ("/.well-known/cmp/p/any/revocation", "application/pkixcmp; charset=x", b""),
    ],
)  # fmt: skip
def test_both_ways_answer_alike(app: Flask, path: str, kind: str, body: bytes) -> None:
    question = posting(body, path, kind)

    [by_hand] = app.extensions["door"].round([question])

    assert isinstance(by_hand, bytes)
    by_flask = called(app, question.head, question.body, "http", question.address)
    assert _OWN.sub(b"", by_hand) == _OWN.sub(b"", by_flask)


@SAME
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/.well-known/cmp"), ("POST", "/.well-known/cmp/"), ("POST", "/.well-known/cmp?x=1"),
        ("POST", "/.well-known/cmp/nothing"), ("POST", "/.well-known/cmp/p/a%2fb"), ("POST", "/scep"),
    ],
)  # fmt: skip
def test_only_what_is_asked_by_its_plain_path_is_shared(door: SharedViews, method: str, target: str) -> None:
    assert not door.shares(method, target)
    assert not door.takes(method, target)
