"""What all connections of one worker share, where a house answers programs in rounds and everybody else by WSGI.

Requests that the house's door takes or shares wait for the round that is under way, and are then answered together, by
one thread (`ledger.rounds`): under load many share a commit, alone one waits for nobody. What has to reckon for long (a
password) leaves the round, reckons in a thread of its own, and is taken into a later one; what waits for another
process leaves it too, and waits without a thread. Answers that are the same for
all are kept by the octets of their requests for a second, and their tags for who has them already (RFC 9110 clause
13.1.2). All else goes to the application behind, in threads of their own.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from werkzeug.http import parse_etags, unquote_etag

from web import logs
from web.bridge import called
from web.connection import LONGEST_KEPT, Connection, Told
from web.heads import Head
from web.limits import BODY, WIDE
from web.own_pages import PATHS, OwnPages
from web.serving import MOST_CONNECTIONS, LoopServing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

KEPT_SECONDS, MOST_KEPT = 1.0, 1024
GATHERING, MOST_GATHERING, PART = 0.001, 0.01, 0.25
"""Seconds that a round waits at least and at most for those who are about to ask again, as they were answered just now,
and of what the round before took; it begins when they have."""
MOST_IN_ROUND, MOST_WAITING, MOST_BEHIND = 64, 1024, 256
"""Requests that are answered together, that wait for a round, and that wait for the application behind."""
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"


class Asked(NamedTuple):
    """A request as a round gets it."""

    head: Head
    body: bytes
    address: str = ""
    """Where it came from, where that matters."""


class Leaving(Protocol):
    """A request that has left its round to reckon."""

    def run(self) -> None:
        """Reckons, in any thread; then it may be taken into a round again. Never raises."""


class Awaiting(Leaving, Protocol):
    """A request that has left its round until another process has done something: then it is not run."""

    @property
    def told(self) -> "Future[Any] | None":
        """Done, by whatever thread, when it may be taken into a round again; None where it has to be run after all."""


class HouseDoor(Protocol):
    """The requests that a house answers in rounds: some by a shorter way than Flask's, some by Flask's own."""

    def takes(self, method: str, target: str) -> bool:
        """Whether it is one of the shorter way."""

    def shares(self, method: str, target: str) -> bool:
        """Whether, of those that are not, it is one for a round all the same."""

    def is_for_all(self, target: str) -> bool:
        """Whether everybody who asks for this by GET gets the same; then Flask answers once a second."""

    def round(self, requests: Sequence[Asked | Leaving]) -> list[bytes | Leaving | None]:
        """The response to each, of the shorter way without a date; None where the application behind is to answer.

        Who has to reckon first leaves. Never raises.
        """

    def gave_again(self, target: str, status: int, number: int) -> None:
        """What was known of it was given so many times more, with this status."""


class NoDoor:
    """Of a house that has none: all that is asked goes to the application."""

    def takes(self, method: str, target: str) -> bool:
        """Nothing."""
        return False

    def shares(self, method: str, target: str) -> bool:
        """Nothing."""
        return False

    def is_for_all(self, target: str) -> bool:
        """Nothing."""
        return False

    def round(self, requests: Sequence[Asked | Leaving]) -> list[bytes | Leaving | None]:
        """The application behind answers."""
        return [None for _ in requests]

    def gave_again(self, target: str, status: int, number: int) -> None:
        """Nothing is kept."""


@dataclass(frozen=True)
class _Waiting:
    """Who waits for a round: with his request, or with what he has reckoned since an earlier one."""

    asked: Asked
    told: Told
    whole: bool
    """Whether the response of a round is all that is sent."""
    close: bool
    comes_with: Asked | Leaving


class LoopServer(LoopServing):
    """Answers the connections of one event loop."""

    def __init__(
        self, door: HouseDoor, behind: "WSGIApplication", loop: asyncio.AbstractEventLoop,
        seconds: Callable[[], float], *, threads: int, scheme: str, together: int = MOST_IN_ROUND,
    ) -> None:  # fmt: skip
        """At most so many are answered `together`."""
        super().__init__(loop, seconds, longest=WIDE, threads=threads, most=MOST_CONNECTIONS)
        self._door, self._behind, self._scheme, self._together = door, behind, scheme, together
        self._own = OwnPages(behind, PATHS, loop, scheme)
        self._given: dict[tuple[str, int], list[int]] = {}
        self._tagged: dict[str, _Tagged] = {}
        self._joining: dict[bytes, list[Told]] = {}
        """By the octets of a request that the application is asked now, who else waits for its answer."""
        self._rounds = ThreadPoolExecutor(1, "rounds")
        self._waiting: list[_Waiting] = []
        self._under_way = False
        self._expected, self._patient_until = 0, 0.0
        """How many are about to ask, and until when those are waited for who have not."""
        self._patience: asyncio.TimerHandle | None = None
        """Begins the next round for those who wait already."""
        self._at_work = 0
        self._away = 0
        """How many have left their rounds until another process has done something."""

    @property
    def door(self) -> HouseDoor:
        """Of what programs ask often."""
        return self._door

    def fresh_until(self, now: float) -> float:
        """Each kept answer says it itself."""
        return now + KEPT_SECONDS

    def each_second(self) -> None:
        """How often kept answers were given."""
        for (target, status), given in self._given.items():
            number, given[0] = given[0], 0
            if number:
                try:
                    self.door.gave_again(target, status, number)
                except Exception as error:  # noqa: BLE001 - a figure that is lost stops no clock
                    logs.failure("what was given again is not counted", error)

    def executors(self) -> list[ThreadPoolExecutor]:
        """The one thread of rounds, and those of our own pages."""
        return [self._rounds, self._own.executor]

    def answer(
        self, head: Head, body: bytes, told: Told, *, close: bool, raw: bytes = b"", now: float = 0.0
    ) -> bytes | None:
        """Mostly nothing yet: `told` is called with the octets of the response, in the loop."""
        if self.door.is_for_all(head.target):
            if (unchanged := self._unchanged(head, now)) is not None:
                return unchanged
            self._ask_for_all(Asked(head, body), raw, told, now)
        else:
            self._wait(Asked(head, body), told, whole=False, close=close)
        return None

    def pass_on(self, connection: Connection, head: Head, body: bytes) -> None:
        """The application behind the door answers, in a round or in a thread of its own."""

        def told(response: bytes) -> None:
            connection.passed_back(response, keep_alive=head.keep_alive and response is not _BUSY)

        if self._own.have(head):
            self._own.ask(head, told)
        elif self.door.shares(head.method, head.target) and len(body) <= BODY:
            self._wait(Asked(head, body, connection.address), told, whole=True, close=not head.keep_alive)
        else:
            self._by_flask(Asked(head, body, connection.address), told)

    def _wait(self, asked: Asked, told: Told, *, whole: bool, close: bool) -> None:
        if len(asked.body) > BODY:
            self._by_flask(asked, told)  # where each view says how much it takes
        elif len(self._waiting) + self._away >= MOST_WAITING:
            self.loop.call_soon(told, _BUSY)
        else:
            self._come(_Waiting(asked, told, whole, close, asked))

    def _come(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        if not self._under_way:
            self._gather()

    def _gather(self) -> None:
        """The next round begins when all have asked who are about to, or at the end of patience."""
        if len(self._waiting) >= min(self._expected, self._together) or self.loop.time() >= self._patient_until:
            self._impatient()
            self._under_way = True
            self.loop.call_soon(self._next_round)
        elif self._patience is None:
            self._patience = self.loop.call_at(self._patient_until, self._next_round)

    def _impatient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _next_round(self) -> None:
        self._under_way, self._patience = True, None
        began = self.loop.time()
        some, self._waiting = self._waiting[: self._together], self._waiting[self._together :]
        future = self.loop.run_in_executor(self._rounds, self.door.round, [one.comes_with for one in some])

        def done(future: "asyncio.Future[list[bytes | Leaving | None]]") -> None:
            if future.cancelled():
                return
            self._under_way = False
            gone = sum(1 for one in future.result() if _waits_for(one) is not None)
            self._expected = len(some) - gone + len(self._waiting)
            now = self.loop.time()
            self._patient_until = now + min(max(GATHERING, PART * (now - began)), MOST_GATHERING)
            for waiting, response in zip(some, future.result(), strict=True):
                self._after_round(waiting, response)
            if self._waiting:
                self._gather()

        future.add_done_callback(done)

    def _after_round(self, waiting: _Waiting, response: bytes | Leaving | None) -> None:
        if response is None:
            self._by_flask(waiting.asked, waiting.told)
        elif not isinstance(response, bytes):
            if (told := _waits_for(response)) is not None:
                self._await(waiting, response, told)
            else:
                self._reckon(waiting, response)
        elif waiting.whole:
            waiting.told(response)
        else:
            waiting.told(self._dated(response, waiting.asked.head, close=waiting.close))

    def _await(self, waiting: _Waiting, leaving: Leaving, told: "Future[Any]") -> None:
        self._away += 1

        def back() -> None:
            self._away -= 1
            self._come(replace(waiting, comes_with=leaving))

        def done(_: "Future[Any]") -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self.loop.call_soon_threadsafe(back)

        told.add_done_callback(done)

    def _reckon(self, waiting: _Waiting, leaving: Leaving) -> None:
        future = self.loop.run_in_executor(self.threads, leaving.run)

        def done(future: "asyncio.Future[None]") -> None:
            if not future.cancelled():
                self._come(replace(waiting, comes_with=leaving))

        future.add_done_callback(done)

    def _dated(self, response: bytes, head: Head, *, close: bool) -> bytes:
        status, end, rest = response.partition(b"\r\n")
        how = b"Connection: close\r\n" if close else b"" if head.modern else b"Connection: keep-alive\r\n"
        return status + end + self.ok[17:] + how + rest

    def _by_flask(self, asked: Asked, told: Told) -> None:
        if self._at_work >= MOST_BEHIND:
            self.loop.call_soon(told, _BUSY)
            return
        self._at_work += 1
        head, body, address = asked
        future = self.loop.run_in_executor(self.threads, called, self._behind, head, body, self._scheme, address)

        def done(future: "asyncio.Future[bytes]") -> None:
            self._at_work -= 1
            if not future.cancelled():
                told(future.result())

        future.add_done_callback(done)

    def _ask_for_all(self, asked: Asked, raw: bytes, told: Told, now: float) -> None:
        """Who asks the very same meanwhile is given what is kept of it: else each takes a thread and its connection."""
        fit = _may_be_kept(asked.head, raw)
        if fit and raw in self._joining:
            self._joining[raw].append(told)
            return
        if fit:
            self._joining[raw] = []

        def done(response: bytes) -> None:
            told(self._keep(asked.head, raw, response, now))
            for another in self._joining.pop(raw, []):
                if (kept := self.kept.get(raw)) is not None:
                    kept[1][0] += 1
                    another(self.ok + kept[0])
                else:
                    self._by_flask(asked, another)

        self._by_flask(asked, done)

    def _keep(self, head: Head, raw: bytes, response: bytes, now: float) -> bytes:
        """The response, which is kept if it is one for all."""
        until = now + KEPT_SECONDS
        if (tagged := _tag_of(response, until)) is not None:
            self._tagged[head.target] = tagged
        if _may_be_kept(head, raw) and response.startswith(b"HTTP/1.1 200 OK\r\n"):
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[raw] = (_anonymous(response[17:]), self._count_of(head.target, 200), until)
        return response

    def _unchanged(self, head: Head, now: float) -> bytes | None:
        """The answer to who has it already; None where that is not known to be so."""
        known = self._tagged.get(head.target)
        usual = head.keep_alive and head.modern and not head.expects
        if known is None or not usual or not (self.since <= now < self.until and now < known.until):
            return None
        if not parse_etags(head.none_match).contains_weak(known.tag):
            return None
        self._count_of(head.target, 304)[0] += 1
        return b"HTTP/1.1 304 Not Modified\r\n" + self.ok[17:] + known.lines

    def _count_of(self, target: str, status: int) -> list[int]:
        return self._given.setdefault((target, status), [0])


def _may_be_kept(head: Head, raw: bytes) -> bool:
    return head.plain and head.method == "GET" and 0 < len(raw) <= LONGEST_KEPT


def _waits_for(response: bytes | Leaving | None) -> "Future[Any] | None":
    return getattr(response, "told", None)


class _Tagged(NamedTuple):
    """What is the same for all at an address: its tag, the head lines of an answer without it, and until when."""

    tag: str
    lines: bytes
    until: float


def _tag_of(response: bytes, until: float) -> _Tagged | None:
    """What a full or an empty answer says of itself (RFC 9110 clause 15.4.5); None without a tag."""
    head, _, _ = response.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    tags = [line[5:].strip() for line in lines if line.lower().startswith(b"etag:")]
    if not tags or status.split(b" ")[1] not in {b"200", b"304"}:
        return None
    of_body = (b"content-length:", b"content-type:", b"content-encoding:", b"x-request-id:", b"date:", b"connection:")
    said = [line for line in lines if not line.lower().startswith(of_body)]
    tag, _ = unquote_etag(tags[0].decode("latin-1"))
    return _Tagged(tag, b"\r\n".join([*said, b"", b""]), until)


def _anonymous(rest: bytes) -> bytes:
    """Without the number of the one request that it answered."""
    head, blank, body = rest.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"x-request-id:", b"date:"))]
    return b"\r\n".join(lines) + blank + body
