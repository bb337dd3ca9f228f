"""What an audit entry says: who (Actor) did what (Event).

An event is a frozen dataclass named by a past participle (`CertificateRevoked`), in the house that causes it
(`<house>/events.py`). Its fields hold opaque ids, numbers, enumerations, digests, codes and times; never a
name, a secret or free text. `tests/architecture` checks the annotations against `PERMITTED`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, ClassVar

Id = Annotated[str, "id"]
"""An opaque identifier of ours: of a person, a certificate, a client, an enrolment …"""
Digest = Annotated[str, "digest"]
"""A SHA-256 digest in lower-case hex."""
Code = Annotated[str, "code"]
"""A word of a closed list: a refusal's code, a profile's name, a ministry's code, a decree's number."""

PERMITTED = (Id, Digest, Code, int, bool, datetime, Enum)
"""The types that a field of an event may have, alone, optional (`| None`), or in a tuple."""


@dataclass(frozen=True)
class Event:
    """What happened. Subclasses set `kind`, a dotted name that never changes once released."""

    kind: ClassVar[str]

    def body(self) -> Mapping[str, Any]:
        """The fields that are set, by name."""
        kind: Any = type(self)
        return {name: value for name in _names(kind) if (value := getattr(self, name)) is not None}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@dataclass(frozen=True)
class Actor:
    """Who caused an entry: `person:ID`, `client:ID`, `system:PROCESS` or, before anyone is known, `anyone`."""

    name: str

    def __str__(self) -> str:
        return self.name

    @classmethod
    def person(cls, person_id: str) -> "Actor":
        """The person whose ledger id is `person_id`."""
        return cls(f"person:{person_id}")

    @classmethod
    def client(cls, client_id: str) -> "Actor":
        """The relying service whose client id is `client_id`."""
        return cls(f"client:{client_id}")

    @classmethod
    def system(cls, process: str) -> "Actor":
        """One of our own processes or loops."""
        return cls(f"system:{process}")


ANYONE = Actor("anyone")
