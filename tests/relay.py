"""A TCP relay in threads, whose network can be broken and mended."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread


class Relay:
    """Listens on `port` of loopback and passes on what comes to and from `target`, as long as it is whole."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._flows, self._whole = Event(), True
        self._ends: list[socket.socket] = []
        self._lock = Lock()
        self._threads: list[Thread] = []
        self._flows.set()
        self._begin(self._accept)

    def break_off(self) -> None:
        """Every connection is reset, and each new one at once."""
        with self._lock:
            self._whole = False
            ends, self._ends = self._ends, []
        for end in ends:
            _shut(end)

    def fall_silent(self) -> None:
        """Nothing passes any more, and nobody is told: as where packets are lost."""
        self._flows.clear()

    def mend(self) -> None:
        """What comes from now on passes, and what was held back."""
        self._whole = True
        self._flows.set()

    def close(self) -> None:
        """Ends all of it."""
        self.break_off()
        self._flows.set()
        _shut(self._listening)
        for thread in self._threads:
            thread.join()

    def _begin(self, work: object, *arguments: object) -> None:
        thread = Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._join(client)

    def _join(self, client: socket.socket) -> None:
        with self._lock:
            server = socket.create_connection(("127.0.0.1", self._target)) if self._whole else None
            self._ends += [client, server] if server else []
        if server is None:
            _shut(client)
            return
        self._begin(self._pass_on, client, server)
        self._begin(self._pass_on, server, client)

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while octets := source.recv(65536):
                self._flows.wait()
                sink.sendall(octets)
        _shut(source)
        _shut(sink)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def relayed(target: int) -> Iterator[Relay]:
    """A relay to a port of loopback while the block runs."""
    relay = Relay(target)
    try:
        yield relay
    finally:
        relay.close()
