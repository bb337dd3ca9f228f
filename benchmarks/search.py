"""Finding certificates among a million, by each way that there is: the first page, and one from far behind.

Of what came of a desk also pages from the middle of all that rests on one paper, and on one allowance.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.databases import databases, insert, unguarded
from benchmarks.result import Result, under
from ca.events.ceremonies import ModeSet
from ca.search import By, Query, search
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import CarriedEvidence, Desk, Evidence
from ledger.base import Base
from ledger.certificates import Certificate, Intent, Issuer
from ledger.clock import SystemClock, system_randomness, uuid7
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.people import Person, PersonDetail
from migrations.run import migrate

ROWS = 1_000_000
"""Certificates, two a person."""
DESKS, NAMES, ROUNDS = 2_500, 5_000, 200
GROUP = 100_000
"""Certificates of machines by one person's paper, under one allowance."""
CARRYING, ALLOWING = "carrying", "allowing"
"""The desk that saw the person, and the one that allowed it."""
_SAID = {CARRYING: "that carry one paper", ALLOWING: "under one allowance"}
_DER = bytes(range(256)) * 4
"""As long as a certificate with Lao names and all its extensions."""
_RESPONSIBLE = 100
"""Number of the certificate of the person who answers for the machines."""
_FROM = datetime(2026, 1, 1, tzinfo=UTC)


def run() -> list[Result]:
    """Medians in milliseconds on each engine; there is no peer, since none lists certificates by the person's name."""
    results = []
    with TemporaryDirectory(prefix="laotrust-bench-") as folder, databases(Path(folder)) as several:
        for engine, url in several:
            _fill(url)
            ledger = Ledger(url, SystemClock(), system_randomness, "bench", "ca")
            results += [_told(engine, *found) for found in _measured(ledger)]
            ledger.close()
    return results


def _told(engine: str, what: str, milliseconds: float) -> Result:
    return Result(f"{engine}, search {what}", milliseconds, "ms", goal=under(50))


def _measured(ledger: Ledger) -> Iterator[tuple[str, float]]:
    for by, queries in _queries().items():
        yield f"by {by.value}, {ROWS:,} certificates", _first_pages(ledger, by, queries)
    yield "by name, page 950 to 1000 of fifty", _far_behind(ledger)
    for desk, said in _SAID.items():
        yield f"by desk, among {GROUP:,} {said}", _within_a_root(ledger, desk)


def _first_pages(ledger: Ledger, by: By, queries: Sequence[str]) -> float:
    taken = []
    for wanted in queries:
        begun = time.perf_counter()
        with ledger.read() as session:
            page = search(session, Query(by, wanted), ledger.clock.now())
        taken.append((time.perf_counter() - begun) * 1000)
        if not page.found:
            raise RuntimeError(f"nothing was found by {by.value} {wanted}")
    return median(taken)


def _far_behind(ledger: Ledger) -> float:
    """Page after page through everybody whose name begins alike: the median of the last fifty pages."""
    taken, cursor = [], None
    for _ in range(1000):
        begun = time.perf_counter()
        with ledger.read() as session:
            page = search(session, Query(By.NAME, "name"), ledger.clock.now(), after=cursor)
        taken.append((time.perf_counter() - begun) * 1000)
        cursor = page.next
    return median(taken[-50:])


def _within_a_root(ledger: Ledger, desk: str) -> float:
    """Pages of fifty through all that rests on one paper or one allowance: the median of those in its middle."""
    taken, cursor = [], None
    for _ in range(GROUP // 50 - 1):
        begun = time.perf_counter()
        with ledger.read() as session:
            page = search(session, Query(By.DESK, desk), ledger.clock.now(), after=cursor)
        taken.append((time.perf_counter() - begun) * 1000)
        cursor = page.next
    if cursor is None:
        raise RuntimeError(f"less than {GROUP:,} certificates came of {desk}")
    middle = len(taken) // 2
    return median(taken[middle - 50 : middle + 50])


def _queries() -> dict[By, list[str]]:
    every = ROWS // ROUNDS
    numbers = range(0, ROWS, every)
    return {
        By.NAME: [f"name{number % NAMES:05}" for number in numbers],
        By.NUMBER: [f"{number // 2:08}" for number in numbers],
        By.SERIAL: [_serial(number) for number in numbers],
        By.KEY: [_digest(f"key {number}") for number in numbers],
        By.SHA256: [_digest(f"certificate {number}") for number in numbers],
        By.DESK: [f"desk-{number % DESKS}" for number in numbers],
    }


def _fill(url: str) -> None:
    """A million certificates, all of one entry; search does not look at it."""
    migrate(url)
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "issue")
    entry = ledger.record(ModeSet("bench"), Actor.system("issue"))
    ledger.close()
    with unguarded(url, *_ROWS_OF) as connection:
        for table, rows in _ROWS_OF.items():
            insert(connection, table, ({**row, "entry_id": entry} for row in rows()))


def _issuers() -> Iterator[dict[str, Any]]:
    for name in ("root", "officers", "citizens", "services"):
        yield {"id": name, "name": name, "generation": 1, "certificate": _DER} | dict.fromkeys(
            ("crl_url", "ocsp_url", "certificate_url"), "http://127.0.0.1/"
        )


def _people() -> Iterator[dict[str, Any]]:
    for number in range(ROWS // 2):
        yield {"id": f"p{number}", "number": f"{number:08}"}


def _details() -> Iterator[dict[str, Any]]:
    for number in range(ROWS // 2):
        name = f"name{number % NAMES:05} family{number}"
        yield {
            "id": f"d{number}", "person_id": f"p{number}", "number": 1, "given_lo": name, "given_en": name,
            "search_key": name, "search_key_en": name, "source": "citizens", "salt": b"0123456789abcdef",
        }  # fmt: skip


def _evidence() -> Iterator[dict[str, Any]]:
    for number in range(ROWS):
        yield {
            "id": f"v{number}", "enrolment_id": _enrolment(number), "kind": "passport", "issuer": "MOFA",
            "issued_on": "2020-01-01", "scan_sha256": "ab" * 32, "officer_id": "p0", "place": f"desk-{number % DESKS}",
            "method": "in-person",
        }  # fmt: skip


def _of_the_responsible() -> Iterator[dict[str, Any]]:
    """What another desk saw for him: the paper that each of the last GROUP certificates carries."""
    [paper] = islice(_evidence(), _RESPONSIBLE, _RESPONSIBLE + 1)
    yield paper | {"id": CARRYING, "place": CARRYING}


def _carried() -> Iterator[dict[str, Any]]:
    for number in range(ROWS - GROUP, ROWS):
        yield {"id": f"carried{number}", "enrolment_id": _enrolment(number), "evidence_id": CARRYING}


def _allowances() -> Iterator[dict[str, Any]]:
    yield {
        "id": _enrolment(ROWS - GROUP - 1), "organisation_id": "o", "person_id": f"p{_RESPONSIBLE // 2}",
        "certificate_id": f"{_RESPONSIBLE:08}", "desk_id": ALLOWING, "profile": "device", "names": "{}",
        "protocols": "[]", "most": GROUP, "new_keys": True, "valid_from": _FROM, "valid_to": _FROM,
    }  # fmt: skip


def _machine_requests() -> Iterator[dict[str, Any]]:
    for number in range(ROWS - GROUP, ROWS):
        yield {
            "enrolment_id": _enrolment(number), "allowance_id": _enrolment(ROWS - GROUP - 1), "protocol": "est",
            "credential_kind": "secret", "credential": "s", "proof": b"",
        }  # fmt: skip


def _intents() -> Iterator[dict[str, Any]]:
    for number in range(ROWS):
        yield {
            "id": f"{number:08}", "issuer_id": "citizens", "serial_number": _serial(number), "dense_number": number,
            "profile": "citizen-authentication", "tbs": _DER, "enrolment_id": _enrolment(number),
            "person_id": f"p{number // 2}",
        }  # fmt: skip


def _certificates() -> Iterator[dict[str, Any]]:
    for number in range(ROWS):
        yield {
            "id": f"{number:08}", "issuer_id": "citizens", "serial_number": _serial(number),
            "sha256": _digest(f"certificate {number}"), "key_sha256": _digest(f"key {number}"), "der": _DER,
            "profile": "citizen-authentication", "person_id": f"p{number // 2}", "not_before": _FROM,
            "not_after": _FROM + timedelta(days=730),
        }  # fmt: skip


_ROWS_OF: Mapping[type[Base], Callable[[], Iterator[dict[str, Any]]]] = {
    Issuer: _issuers,
    Person: _people,
    PersonDetail: _details,
    Evidence: lambda: chain(_evidence(), _of_the_responsible()),
    CarriedEvidence: _carried,
    Desk: lambda: iter([{"id": ALLOWING, "code": ALLOWING, "province": "LA-VT"}]),
    Allowance: _allowances,
    MachineRequest: _machine_requests,
    Intent: _intents,
    Certificate: _certificates,
}


def _enrolment(number: int) -> str:
    return uuid7(_FROM + timedelta(seconds=number), lambda count: number.to_bytes(count, "big"))


def _serial(number: int) -> str:
    return f"{number + 1:x}{_digest(f'serial {number}')[:24]}"


def _digest(of: str) -> str:
    return sha256(of.encode()).hexdigest()
