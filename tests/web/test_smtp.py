"""Letters leave by SMTP to a real server: taken, put off, refused, cut off in the middle, and twice after a crash."""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from ledger.courier import deliver
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.outbox import MAIL, Answer, OutboxMessage, pending, retry, undelivered
from tests.deploy.tls import PASSPHRASE, self_signed
from tests.doubles import START, TurnedClock
from tests.recorded import TESTER, Noted
from web.mail import LIFE, letter
from web.smtp import MailServer, MailUnfit

WORKER = Actor.system("work")


class Postman:
    """Takes letters, or answers as told; `cut` closes the connection once the letter is in."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answers: list[str] = []
        self.asked = 0

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: object, envelope: Envelope, address: str, options: object
    ) -> str:
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer != "cut" and not answer.startswith("250"):
            return answer
        self.cut = answer == "cut"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        if self.cut:
            server.transport.abort()  # type: ignore[union-attr]
        return "250 OK"

    cut = False

    @property
    def ids(self) -> list[str]:
        return [str(message_from_bytes(content)["Message-ID"]) for content in self.taken]


def known(_server: object, _session: object, _envelope: object, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"laotrust", b"secret of mail")
    return AuthResult(success=right, handled=False)


class _Running:
    """An SMTP server on the loopback while its block runs."""

    def __init__(self, postman: Postman, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

        async def start() -> asyncio.Server:
            return await self._loop.create_server(lambda: SMTP(postman, **options), "127.0.0.1", 0)

        self._server = asyncio.run_coroutine_threadsafe(start(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        async def end() -> None:
            self._server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def server(postman: Postman) -> Iterator[MailServer]:
    running = _Running(postman)
    yield MailServer("127.0.0.1", running.port, tls_at_once=False)
    running.stop()


def a_letter(ledger: Ledger) -> OutboxMessage:
    return letter(ledger.new_id(), "ca@egov.gov.la", "somphone@mtc.gov.la", "ໃບຢັ້ງຢືນ", "ສະບາຍດີ\n", START)


def posted(ledger: Ledger) -> str:
    message = a_letter(ledger)
    with ledger.entry(Noted("m"), TESTER) as tx:
        tx.add(message)
    return message.id


def waits(ledger: Ledger, clock: TurnedClock) -> list[tuple[int, str | None]]:
    with ledger.read() as session:
        return [(tries, outcome) for _, tries, outcome in pending(session, clock.now())]


def dead(ledger: Ledger, clock: TurnedClock) -> list[str]:
    with ledger.read() as session:
        return [one.id for one in undelivered(session, clock.now())]


@pytest.mark.sqlite_only("the server is what is tried, not the database")
def test_a_letter_arrives_as_it_was_written(ledger: Ledger, postman: Postman, server: MailServer) -> None:
    message = posted(ledger)

    taken = deliver(ledger, server.send, WORKER)

    mail = message_from_bytes(postman.taken[0])
    assert (taken, postman.ids) == (1, [f"<{message}@egov.gov.la>"])
    assert mail.get_payload(decode=True).decode() == "ສະບາຍດີ\r\n"  # type: ignore[union-attr]
    assert mail["To"] == "somphone@mtc.gov.la"


def test_what_is_put_off_is_tried_again_and_arrives_once(
    ledger: Ledger, postman: Postman, server: MailServer, clock: TurnedClock
) -> None:
    posted(ledger)
    postman.answers = ["451 4.7.1 Greylisted", "450 4.2.0 Busy"]

    taken = [deliver(ledger, server.send, WORKER)]
    seen = [waits(ledger, clock)]
    clock.turn(seconds=1)
    taken.append(deliver(ledger, server.send, WORKER))
    clock.turn(seconds=2)
    taken.append(deliver(ledger, server.send, WORKER))

    assert (taken, seen) == ([0, 0, 1], [[(1, "smtp.451")]])
    assert (len(postman.taken), waits(ledger, clock), dead(ledger, clock)) == (1, [], [])


def test_what_is_refused_for_good_is_a_dead_letter_until_it_is_put_in_again(
    ledger: Ledger, postman: Postman, server: MailServer, clock: TurnedClock
) -> None:
    message = posted(ledger)
    postman.answers = ["550 5.1.1 No such user"]

    first = deliver(ledger, server.send, WORKER)
    clock.turn(days=1)
    deliver(ledger, server.send, WORKER)
    lost = dead(ledger, clock)
    again = [retry(ledger, message, LIFE, WORKER), retry(ledger, message, LIFE, WORKER)]
    then = deliver(ledger, server.send, WORKER)

    assert (first, lost, postman.asked) == (0, [message], 2)
    assert again[0] is not None and again[1] is None
    assert (then, dead(ledger, clock), postman.ids) == (1, [], [f"<{message}@egov.gov.la>"])


def test_who_is_cut_off_in_the_middle_sends_the_same_letter_again(
    ledger: Ledger, postman: Postman, server: MailServer, clock: TurnedClock
) -> None:
    message = posted(ledger)
    postman.answers = ["cut"]

    first = deliver(ledger, server.send, WORKER)
    seen = waits(ledger, clock)
    clock.turn(seconds=1)
    second = deliver(ledger, server.send, WORKER)

    assert (first, seen, second) == (0, [(1, "smtp.cut-off")], 1)
    assert postman.ids == [f"<{message}@egov.gov.la>"] * 2


def test_a_letter_sent_just_before_a_crash_is_sent_twice_under_one_message_id(
    ledger: Ledger, postman: Postman, server: MailServer
) -> None:
    message = posted(ledger)

    def crash(sent: OutboxMessage) -> Answer:
        server.send(sent)
        raise SystemExit

    with pytest.raises(SystemExit):
        deliver(ledger, crash, WORKER)
    taken = deliver(ledger, server.send, WORKER)

    assert taken == 1
    assert postman.ids == [f"<{message}@egov.gov.la>"] * 2


def test_a_letter_past_its_time_is_dead_and_without_a_server_letters_only_wait(
    ledger: Ledger, clock: TurnedClock
) -> None:
    message = posted(ledger)

    untouched = deliver(ledger, lambda _: Answer("delivered", taken=True), WORKER, (MAIL,))
    seen = waits(ledger, clock)
    clock.turn(days=8)

    assert (untouched, seen) == (0, [(0, None)])
    assert dead(ledger, clock) == [message]


def test_where_nobody_listens_it_is_tried_again(ledger: Ledger) -> None:
    nobody = MailServer("127.0.0.1", 1, tls_at_once=False)

    assert nobody.send(a_letter(ledger)) == Answer("unreachable")


@pytest.mark.sqlite_only("the server is what is tried, not the database")
@pytest.mark.parametrize(("password", "code"), [("secret of mail", "delivered"), ("wrong", "smtp.535")])
def test_the_user_is_shown_under_tls_alone_and_a_wrong_password_can_be_put_right(
    ledger: Ledger, postman: Postman, tmp_path: Path, password: str, code: str
) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "certificates").mkdir()
    self_signed(tmp_path, "mail")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = tmp_path / "certificates/mail.pem"
    context.load_cert_chain(authority, tmp_path / "keys/mail.key.pem", password=PASSPHRASE)
    (tmp_path / "password").write_text(password)
    running = _Running(postman, tls_context=context, require_starttls=True, authenticator=known, auth_required=True)
    server = MailServer("localhost", running.port, False, "laotrust", tmp_path / "password", authority)

    answer = server.send(a_letter(ledger))

    running.stop()
    assert answer == Answer(code, taken=code == "delivered")


@pytest.mark.sqlite_only("the server is what is tried, not the database")
def test_a_server_without_tls_gets_no_letter_when_tls_is_asked_for(
    ledger: Ledger, postman: Postman, server: MailServer, tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "certificates").mkdir()
    self_signed(tmp_path, "mail")
    strict = replace(server, authorities=tmp_path / "certificates/mail.pem")

    assert strict.send(a_letter(ledger)) == Answer("smtp.no-tls")
    assert postman.taken == []


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://127.0.0.1", "must be"),
        ("smtp://user:secret@127.0.0.1", "LAOTRUST_SMTP_PASSWORD_FILE"),
        ("smtp://user@127.0.0.1", "needs a user"),
        ("smtp:///x", "must be"),
    ],
)
def test_a_wrong_address_of_the_server_says_what_to_do(url: str, word: str) -> None:
    with pytest.raises(MailUnfit, match=word):
        MailServer.parse(url)


def test_a_server_is_named_with_its_usual_port(tmp_path: Path) -> None:
    password = tmp_path / "password"

    assert MailServer.parse("smtps://a%40b@mail.gov.la", password) == MailServer(
        "mail.gov.la", 465, True, "a@b", password
    )
    assert MailServer.parse("smtp://mail.gov.la").port == 587


@pytest.mark.sqlite_only("the server is what is tried, not the database")
@pytest.mark.parametrize("to", ["a@mtc.gov.la\nb@mtc.gov.la", "a@mtc.gov.la\r\nDATA", "ຫ້ອງການ", "@"])
def test_what_is_no_address_is_a_dead_letter_and_no_server_is_asked(
    ledger: Ledger, postman: Postman, server: MailServer, clock: TurnedClock, to: str
) -> None:
    message = letter(ledger.new_id(), "ca@egov.gov.la", to, "x", "x", START)
    with ledger.entry(Noted("m"), TESTER) as tx:
        tx.add(message)
        known_as = message.id

    deliver(ledger, server.send, WORKER)

    assert (dead(ledger, clock), postman.asked) == ([known_as], 0)
