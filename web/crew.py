"""How connections spread over the workers of one machine: who has more than his share leaves the next to the others.

Workers listen on one socket, and the kernel wakes whichever it likes: of 32 clients one worker may get 26, and then
they wait for it while another has nothing to do. So each writes down, in memory that all share, how many it has; one
that has too many stops listening until the others have caught up, or show no life any more.
"""

import mmap
from asyncio import AbstractEventLoop, AbstractServer, Protocol
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from socket import socket
from time import monotonic_ns
from typing import Any
from weakref import WeakValueDictionary

ALIVE_NS = 1_000_000_000
"""Who has shown no life for so long takes no connections either: the others do not wait for it."""
FIRST_LOOK, LONGEST_LOOK = 0.001, 0.01
"""Seconds until who stopped listening looks again, doubled from look to look: nobody's connection waits longer."""
_FIELDS = 2


class Crew:
    """Who works, when each last showed life, and how many connections each has. Made before the workers are forked."""

    def __init__(self, members: int = 1024) -> None:
        self._cells = memoryview(mmap.mmap(-1, (members + 1) * _FIELDS * 8)).cast("q")
        """The first is the highest place in use; then two for each place, from place 1 on."""
        self._members: WeakValueDictionary[int, object] = WeakValueDictionary()

    def join(self, member: object) -> int:
        """The member's place, its own as long as this object lives; in the process that forks."""
        place = next(place for place in count(1) if place not in self._members)
        self._members[place] = member
        self._cells[0] = max(self._cells[0], place)
        self.show_life(place, 0)
        self.tell(place, 0)
        return place

    def show_life(self, place: int, now_ns: int) -> None:
        """The member lives at `now_ns` (the machine's monotonic clock); 0 takes it out."""
        self._cells[_FIELDS * place] = now_ns

    def tell(self, place: int, connections: int) -> None:
        """The member has so many connections."""
        self._cells[_FIELDS * place + 1] = connections

    def crowded(self, place: int, now_ns: int) -> bool:
        """Whether the member has clearly more connections than another that lives."""
        cells = self._cells
        ours = cells[_FIELDS * place + 1]
        for other in range(1, cells[0] + 1):
            theirs = cells[_FIELDS * other + 1]
            if ours > theirs + 1 + theirs // 8 and now_ns - cells[_FIELDS * other] < ALIVE_NS:
                return True
        return False


class Ears:
    """The listening sockets of one member: open while it has no more than its share."""

    def __init__(
        self, loop: AbstractEventLoop, sockets: Sequence[socket], connect: Callable[[], Protocol],
        crew: Crew, place: int, how: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Opens nothing yet; the sockets stay the caller's. `how` is as the loop's `create_server` takes it."""
        self._loop, self._sockets, self._connect, self._how = loop, sockets, connect, how
        self._crew, self._place = crew, place
        self._open: list[AbstractServer] = []
        self._closed_for_good = False

    async def open(self) -> None:
        """Connections are accepted from now on."""
        if self._open or self._closed_for_good:
            return
        self.show_life()
        for one in self._sockets:
            # A copy: the server closes what it was given.
            self._open.append(await self._loop.create_server(self._connect, sock=one.dup(), **self._how))

    def show_life(self) -> None:
        """The others count on us; call it several times a second."""
        if not self._closed_for_good:
            self._crew.show_life(self._place, monotonic_ns())

    def sized(self, connections: int) -> None:
        """There are so many connections now; too many close the ears for a while."""
        self._crew.tell(self._place, connections)
        if self._open and self._crew.crowded(self._place, monotonic_ns()):
            self._close()
            self._look_after(FIRST_LOOK)

    def close(self) -> None:
        """No connection is accepted any more."""
        self._closed_for_good = True
        self._crew.show_life(self._place, 0)
        self._close()

    def _close(self) -> None:
        for one in self._open:
            one.close()
        self._open = []

    def _look_after(self, seconds: float) -> None:
        self._loop.call_later(seconds, self._look, seconds)

    def _look(self, waited: float) -> None:
        if self._crew.crowded(self._place, monotonic_ns()):
            self._look_after(min(2 * waited, LONGEST_LOOK))
        else:
            self._opening = self._loop.create_task(self.open())
