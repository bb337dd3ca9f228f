"""Doubles that stop the program at one outside step, before it was done or after."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ca.ceremonies.keyring import Keyring
from ledger.base import Fact
from ledger.ledger import Ledger
from pki.signing import SignatureAlgorithm, Signer


class Killed(BaseException):
    """The program ends here; nothing of it runs any more."""


class Deadline:
    """Kills at the call whose turn it is: before it, or when it is `done`."""

    def __init__(self, turn: int, *, done: bool) -> None:
        self.turn, self.done, self.count = turn, done, 0

    def __call__(self, act: Callable[[], Any]) -> Any:
        with self.step():
            return act()

    @contextmanager
    def step(self) -> Iterator[None]:
        self.count += 1
        its_turn = self.count == self.turn
        if its_turn and not self.done:
            raise Killed
        yield
        if its_turn:
            raise Killed


class MortalEngine:
    """A writing engine whose commits are steps."""

    def __init__(self, engine: Any, deadline: Deadline) -> None:
        self.engine, self.deadline = engine, deadline

    @contextmanager
    def begin(self) -> Iterator[Any]:
        with self.deadline.step(), self.engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        self.engine.dispose()


def mortal_ledger(ledger: Ledger, deadline: Deadline) -> Ledger:
    """The same ledger, each of whose commits is a step. Close it."""
    mortal = Ledger(ledger.url, ledger.clock, ledger.randomness, "0.1.0", "test")
    mortal.writing = MortalEngine(mortal.writing, deadline)  # type: ignore[assignment]
    return mortal


class MortalSigner:
    """A key each of whose signatures is a step."""

    def __init__(self, signer: Signer, deadline: Deadline) -> None:
        self.signer, self.deadline = signer, deadline
        self.algorithm, self.public_key = signer.algorithm, signer.public_key

    def sign(self, message: bytes) -> bytes:
        return bytes(self.deadline(lambda: self.signer.sign(message)))


class MortalKeyring:
    """A keyring whose keys, when made or opened, are steps of one deadline, and whose signatures of another."""

    def __init__(self, keyring: Keyring, opening: Deadline, signing: Deadline) -> None:
        self.keyring, self.opening, self.signing = keyring, opening, signing

    def signer(self, name: str, algorithm: SignatureAlgorithm, rsa_bits: int = 3072) -> Signer:
        return MortalSigner(self.opening(lambda: self.keyring.signer(name, algorithm, rsa_bits)), self.signing)

    def opened(self, name: str) -> Signer:
        return MortalSigner(self.opening(lambda: self.keyring.opened(name)), self.signing)

    def destroy(self, name: str, sha256_hex: str) -> bool:
        return bool(self.opening(lambda: self.keyring.destroy(name, sha256_hex)))


class InterruptedLedger(Ledger):
    """The same ledger, before whose first write something else happens."""

    first: Callable[[], object] | None = None

    def _write(
        self, written: Sequence[tuple[dict[str, Any], list[Fact]]], beside: Any = None, *, forced: bool = True
    ) -> None:
        act, self.first = self.first, None
        if act is not None:
            act()
        super()._write(written, beside, forced=forced)


class InterruptedSigner:
    """A key before whose first signature something else happens."""

    def __init__(self, signer: Signer, first: Callable[[], object]) -> None:
        self.signer, self.first = signer, [first]
        self.algorithm, self.public_key = signer.algorithm, signer.public_key

    def sign(self, message: bytes) -> bytes:
        while self.first:
            self.first.pop()()
        return self.signer.sign(message)
