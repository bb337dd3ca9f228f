"""A checkpoint key that one can see, and an event to fill a ledger with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event as Signal
from typing import Any, ClassVar, Protocol

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, create_engine, text

from ledger.event import Actor, Event, Id
from ledger.ledger import Deed, Ledger
from ledger.people import Person
from ledger.wire import Wire
from pki.signing import SignatureAlgorithm
from scripts.story.forging import removals

TESTER = Actor.system("test")


class SeedSigner:
    """An Ed25519 Signer whose key is the repeated octet `seed`."""

    algorithm = SignatureAlgorithm.ED25519

    def __init__(self, seed: int = 7) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public_key = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


@dataclass(frozen=True)
class PersonNoted(Event):
    kind: ClassVar[str] = "test.person-noted"
    person: Id


def note_people(ledger: Ledger, *numbers: int) -> list[str]:
    """Each number a Person under an entry of its own, committed one after the other. The entries' ids."""
    return [entry for number in numbers for entry in ledger.entries([_deed(number)])]


def _deed(number: int) -> Deed:
    person = Person(id=f"p{number:06}", number=f"{10000000 + number}")
    return Deed(PersonNoted(person.id), TESTER, [person])


class StopAtFirstWait(Signal):
    """The signal to stop comes as soon as somebody waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return super().wait(timeout)


class Tamper(Protocol):
    """Does one statement to the database as a hostile administrator would: no guard is left standing."""

    def __call__(self, statement: str, **values: object) -> None: ...


def without_guards(ledger: Ledger) -> Tamper:
    """The administrator of `ledger`'s database, by whom every trigger has been taken away."""
    engine = create_engine(ledger.url)

    def tamper(statement: str, **values: object) -> None:
        with engine.begin() as connection:
            for removal in _removals(connection):
                connection.exec_driver_sql(removal)
            connection.execute(text(statement), values)
        engine.dispose()

    return tamper


def _removals(connection: Connection) -> Sequence[str]:
    if connection.dialect.name == "sqlite":
        return removals(connection.exec_driver_sql("PRAGMA schema_version").scalar_one())
    tables = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()
    return [f'ALTER TABLE "{name}" DISABLE TRIGGER USER' for name in tables]


@dataclass
class Trips:
    """How often the server was waited for."""

    taken: int = 0


def counted_trips(monkeypatch: pytest.MonkeyPatch) -> Trips:
    """Those of all connections of this process from now on."""
    counted, ask, enter = Trips(), Wire.asked_each, Wire.enter

    def asked_each(wire: Wire, several: Sequence[tuple[str, Mapping[str, Any]]]) -> list[list[list[Any]]]:
        counted.taken += 1
        return ask(wire, several)

    def entered(wire: Wire, several: Sequence[tuple[str, Mapping[str, Any]]], behind: str) -> None:
        counted.taken += 1
        enter(wire, several, behind)

    monkeypatch.setattr(Wire, "asked_each", asked_each)
    monkeypatch.setattr(Wire, "enter", entered)
    return counted
