"""Plans: what handing a list in would do, line by line, in a file of the home whose digest an officer signs.

A plan lives as `plans/batches/<SHA-256>.jsonl`, readable by its owner only: a JSON object a line, with all that the
line said and the request itself, so that nothing is read from where the list was. The last line says whose it is and
holds a keyed value, since the digest goes into the ledger: without the key nobody tries numbers of papers out on it.
When the batch has ended the file goes.
"""

import fcntl
import json
import os
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, TypeVar

from ca.batches.columns import COLUMNS, NEEDED
from ca.batches.line import Line, field_of, read_line
from ca.batches.source import Source
from ca.registration.applicants import Names, by_number
from ca.registration.enrolment import BATCH, judged_many, parsed
from ledger.canonical import canonical
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from ledger.sheet import Reason, Row, Unfit, rows
from ledger.spelling import fold_name
from pki.request import SigningRequest

SHOWN = 1000
"""Bad lines that are told one by one; the plan's file has all of them."""
_SHORTEST = 12
"""Digits of a digest by which a plan is named."""
_T = TypeVar("_T")


class PlanUnknown(Exception):
    """There is no such plan in the home, or it is not as it was planned. `code` is public."""

    code = "batch.plan-unknown"


@dataclass(frozen=True)
class Desk:
    """Where lists are handed in: the ledger, the key for numbers of papers, the officer who saw these, the mode."""

    ledger: Ledger
    fields: SealedFields
    officer_id: str
    practice: bool = False

    @property
    def actor(self) -> Actor:
        """For the entries of the lines."""
        return Actor.person(self.officer_id)


@dataclass(frozen=True)
class Record:
    """A line as the plan keeps it: its faults, or what it said. `first` is the line that it says again."""

    line: int
    faults: Sequence[Reason]
    fields: dict[str, str]
    request: bytes
    first: int | None = None

    def read(self) -> Line | list[Reason]:
        """The line's values, or its faults."""
        row = Row(self.line, dict.fromkeys(COLUMNS, "") | self.fields)
        return list(self.faults) or read_line(row, self.request)

    def octets(self) -> bytes:
        """As it is in the file. What a line with faults said is not kept, but for request and profile."""
        said = {"profile": self.fields["profile"]} if self.faults else {k: v for k, v in self.fields.items() if v}
        values = {
            "line": self.line,
            "faults": [asdict(reason) for reason in self.faults],
            "fields": said,
            "request": b64encode(self.request).decode(),
            "first": self.first,
        }
        return canonical(values) + b"\n"


@dataclass
class Plan:
    """What became of planning a list. `shown` are the first of the bad lines."""

    digest: str = ""
    lines: int = 0
    bad: int = 0
    profiles: Counter[str] = field(default_factory=Counter)
    organisations: Counter[str] = field(default_factory=Counter)
    desks: Counter[str] = field(default_factory=Counter)
    shown: list[Record] = field(default_factory=list)

    def count(self, record: Record) -> None:
        """The line is in the figures; the good ones by what they ask for."""
        self.lines += 1
        if record.faults:
            self.bad += 1
            self.shown += [record] * (len(self.shown) < SHOWN)
        else:
            self.profiles[record.fields["profile"]] += 1
            self.organisations[record.fields["organisation"].upper()] += bool(record.fields["organisation"])
            self.desks[record.fields["desk"]] += 1


@dataclass(frozen=True)
class StoredPlan:
    """A plan found again, whole and as it was planned."""

    digest: str
    path: Path
    lines: int
    officer_id: str

    def records(self) -> Iterator[Record]:
        """Its lines, one by one."""
        with self.path.open("rb") as file:
            for octets in islice(file, self.lines):
                kept = json.loads(octets)
                faults = [Reason(**reason) for reason in kept["faults"]]
                yield Record(kept["line"], faults, kept["fields"], b64decode(kept["request"]), kept["first"])


def make_plan(desk: Desk, source: Source, folder: Path, progress: Callable[[int], None] = lambda _: None) -> Plan:
    """The list is planned and kept in `folder`; nothing is recorded. Raises FileUnfit.

    The same list of the same officer beside the same ledger has the same digest. `progress` hears of lines done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    draft = folder / f"{desk.ledger.new_id()}.planning"
    try:
        with open(draft, "wb", opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            plan = _planned(desk, source, file, progress)
            file.flush()
            os.fsync(file.fileno())
            draft.replace(folder / f"{plan.digest}.jsonl")
    finally:
        draft.unlink(missing_ok=True)
    return plan


def load_plan(folder: Path, digest: str) -> StoredPlan:
    """The plan of that digest (its first 12 digits or more will do). Raises PlanUnknown."""
    named = digest.isalnum() and len(digest) >= _SHORTEST
    found = list(folder.glob(f"{digest}*.jsonl")) if named else []
    if len(found) != 1:
        raise PlanUnknown(digest)
    total, last, count = sha256(), b"", 0
    with found[0].open("rb") as file:
        for last in file:
            total.update(last)
            count += 1
    if total.hexdigest() != found[0].stem:
        raise PlanUnknown(digest)
    return StoredPlan(found[0].stem, found[0], count - 1, json.loads(last)["officer"])


def slices(values: Iterator[_T]) -> Iterator[list[_T]]:
    """The values in lists, each of as many as one transaction takes."""
    while some := list(islice(values, BATCH)):
        yield some


def _planned(desk: Desk, source: Source, file: IO[bytes], progress: Callable[[int], None]) -> Plan:
    plan, total, seen = Plan(), sha256(), _Seen()
    with closing(source.listed()) as listed:
        for some in slices(rows(listed, COLUMNS, "batch", NEEDED)):
            for record in _judged(desk, source, some, seen):
                plan.count(record)
                octets = record.octets()
                total.update(octets)
                file.write(octets)
            progress(len(some))
    keyed = desk.fields.index(f"enrolment-batch/{total.hexdigest()}")
    end = canonical({"officer": desk.officer_id, "keyed": keyed}) + b"\n"
    total.update(end)
    file.write(end)
    plan.digest = total.hexdigest()
    return plan


@dataclass
class _Seen:
    """Keys and wishes of the good lines so far, by digest, with the line of each."""

    keys: dict[bytes, int] = field(default_factory=dict)
    asked: dict[bytes, int] = field(default_factory=dict)

    def again(self, line: Line, key: str, code: str | None) -> tuple[Reason, int] | None:
        """Which earlier good line has the same key, or asks for the same, and how that is called."""
        first = self.keys.get(bytes.fromhex(key))
        if first is not None and code in {None, "enrolment.key-used"}:
            return Reason("request", "batch.key-twice"), first
        first = self.asked.get(_digest(line))
        return (Reason("number", "batch.asked-twice"), first) if first is not None and code is None else None

    def keep(self, number: int, line: Line, key: str) -> None:
        """The good line counts for those after it."""
        self.keys[bytes.fromhex(key)] = self.asked[_digest(line)] = number


def _judged(desk: Desk, source: Source, some: Sequence[Row], seen: _Seen) -> Iterator[Record]:
    """Each row with what is wrong with it, judged as it would be alone."""
    requests = [_request(source, row) for row in some]
    read: dict[int, Line] = {}
    faults: dict[int, list[Reason]] = {}
    for row, request in zip(some, requests, strict=True):
        line = read_line(row, request if isinstance(request, bytes) else b"")
        if isinstance(request, Reason):
            faults[row.line] = [request, *(line if isinstance(line, list) else [])]
        elif isinstance(line, list):
            faults[row.line] = line
        else:
            read[row.line] = line
    codes = _codes(desk, read)
    for row, request in zip(some, requests, strict=True):
        octets, first = request if isinstance(request, bytes) else b"", None
        if row.line in read:
            faults[row.line], first = _beside(seen, row.line, read[row.line], codes[row.line])
        yield Record(row.line, faults[row.line], {**row.fields, "request": ""}, octets, first)


def _beside(seen: _Seen, number: int, line: Line, reason: Reason | None) -> tuple[list[Reason], int | None]:
    """The faults of a line that can be read, and the line that it repeats."""
    request = parsed(line.request)
    key = request.key_sha256 if isinstance(request, SigningRequest) else None
    again = seen.again(line, key, reason.code if reason else None) if key else None
    if again is not None:
        return [again[0]], again[1]
    if reason is None and key is not None:
        seen.keep(number, line, key)
    return ([reason] if reason else []), None


def _codes(desk: Desk, read: dict[int, Line]) -> dict[int, Reason | None]:
    """What is wrong with each of these lines by the CA's rules, or by the names beside the number."""
    applications = [line.application(desk.officer_id) for line in read.values()]
    outcomes = judged_many(desk.ledger, desk.fields, applications, desk.actor, practice=desk.practice)
    now = desk.ledger.clock.now()
    with desk.ledger.read() as session:
        people = by_number(session, {line.number for line in read.values() if line.given_lo or line.family_lo}, now)
    found: dict[int, Reason | None] = {}
    for (number, line), outcome in zip(read.items(), outcomes, strict=True):
        standing = people.get(line.number)
        if isinstance(outcome, Refuse):
            found[number] = Reason(field_of(outcome.code), outcome.code)
        else:
            found[number] = _other_name(line, standing.names) if standing else None
    return found


def _other_name(line: Line, names: Names) -> Reason | None:
    """The first name that the line has and the register has otherwise; what the line leaves out is not compared."""
    said = {"given_lo": (line.given_lo, names.given_lo), "family_lo": (line.family_lo, names.family_lo)}
    other = (one for one, (word, own) in said.items() if word and fold_name(word, None) != fold_name(own or "", None))
    return next((Reason(one, "batch.other-name") for one in other), None)


def _request(source: Source, row: Row) -> bytes | Reason:
    """The request that the row holds or names."""
    text = row.fields["request"]
    if not text:
        return Reason("request", "batch.missing")
    if text.startswith("-----BEGIN"):
        return text.encode()
    try:
        return source.file(text)
    except (Unfit, OSError) as fault:
        return Reason("request", fault.code if isinstance(fault, Unfit) else "batch.file-unreadable")


def _sweep(folder: Path) -> None:
    """What a killed planning left behind goes, with its numbers of papers. Whoever plans holds his draft's lock."""
    for draft in folder.glob("*.planning"):
        with suppress(OSError), draft.open("rb") as left:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if draft.stat().st_size:  # an empty one is only just begun
                draft.unlink()


def _digest(line: Line) -> bytes:
    return sha256(canonical(list(line.asked))).digest()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
