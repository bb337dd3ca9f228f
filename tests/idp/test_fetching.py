"""Strangers name addresses of clients as often as they like, and keep no more than a few threads waiting."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from time import sleep

import pytest

from idp.fetching import MOST, MOST_OF_ONE, PAUSE, Busy, Sparing

ADDRESS = "https://service.la/jwks"


@dataclass(frozen=True)
class Answer:
    body: bytes
    status: int = 200


@dataclass
class Slow:
    """Answers when it is told to."""

    go: Event = field(default_factory=Event)
    asked: list[str] = field(default_factory=list)
    fails: bool = False

    def get(self, url: str) -> Answer:
        self.asked.append(url)
        assert self.go.wait(20)
        if self.fails:
            raise OSError("down")
        return Answer(url.encode())


@dataclass
class Watch:
    """Seconds that pass when they are told to."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.go.set()


def waiting(sparing: Sparing, threads: ThreadPoolExecutor, *urls: str) -> list[Future[bytes]]:
    """Requests for the addresses, all of them under way."""
    asked = [threads.submit(lambda url=url: sparing.get(url).body) for url in urls]  # type: ignore[misc]
    while len(sparing._waiting) < len(urls):
        sleep(0.001)
    return asked


def test_who_asks_for_the_same_meanwhile_gets_the_same_answer(slow: Slow) -> None:
    sparing = Sparing(slow)

    with ThreadPoolExecutor(MOST_OF_ONE) as threads:
        asked = waiting(sparing, threads, *[ADDRESS] * MOST_OF_ONE)
        with pytest.raises(Busy):
            sparing.get(ADDRESS)
        slow.go.set()

        assert [one.result() for one in asked] == [ADDRESS.encode()] * MOST_OF_ONE
    assert slow.asked == [ADDRESS]


def test_no_more_than_a_few_wait_for_all_addresses_together(slow: Slow) -> None:
    sparing = Sparing(slow)

    with ThreadPoolExecutor(MOST) as threads:
        waiting(sparing, threads, *[f"{ADDRESS}/{number}" for number in range(MOST)])
        with pytest.raises(Busy):
            sparing.get(f"{ADDRESS}/more")
        slow.go.set()

    assert sparing.get(f"{ADDRESS}/more").status == 200


def test_what_failed_is_not_asked_for_again_at_once(slow: Slow) -> None:
    watch = Watch()
    sparing = Sparing(slow, watch)
    slow.fails = True
    slow.go.set()

    with pytest.raises(OSError, match="down"):
        sparing.get(ADDRESS)
    with pytest.raises(Busy):
        sparing.get(ADDRESS)
    watch.at, slow.fails = PAUSE, False

    assert [sparing.get(ADDRESS).status for _ in range(2)] == [200, 200]
    assert slow.asked == [ADDRESS] * 3
