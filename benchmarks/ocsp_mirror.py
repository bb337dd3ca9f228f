"""What status far away costs on the line: octets a day for 88,300 certificates of which 0.1 % change, exported hourly.

Three exports are made and the two deltas between them measured: an hour with its share of the changes, and one in which
every answer is signed anew. A day is 24 of the first, and as much of the second as a day is of the time in which each
answer is signed anew once (three fourths of its life). The signatures are no real ones: they have the same octets.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import process_time

from benchmarks.result import Result
from ledger.clock import system_randomness
from ocsp.far.bundle import Bundle, Form
from ocsp.far.delta import applied, delta
from ocsp.far.digest import carried
from ocsp.far.export import BOTH_AT_ONCE, EACH_ALONE, Voice, export
from ocsp.far.population import Life, Population
from pki.certificate import serial_number
from pki.leaflets import STATUS, lines
from pki.status import Good, Revoked
from tests.far import Nation
from tests.issuing import FROM, UNTIL, KeySigner

CERTIFICATES, CHANGED_A_DAY, ENDED_PERCENT, ANSWERS = 88_300, 88, 2, 5_000
DIGEST_OF = (35_000, CERTIFICATES)
_BEGIN = datetime(2026, 12, 1, tzinfo=UTC)
_GOOD, _ENDED = Good("00" * 32), Revoked(_BEGIN, "superseded")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class _Stamp:
    """Signs once and says that again."""

    signer: KeySigner

    def __post_init__(self) -> None:
        self.algorithm, self.public_key = self.signer.algorithm, self.signer.public_key
        self._once = self.signer.sign(b"")

    def sign(self, message: bytes) -> bytes:
        return self._once


def run() -> list[Result]:
    """Octets a day by how answers are made and how long they live, then the mirror's speed and the nation's digest."""
    nation = Nation()
    apart, whole, mirror = _line(nation, EACH_ALONE, "SHA-1 and SHA-256 apart")
    together, _, _ = _line(nation, BOTH_AT_ONCE, "SHA-1 and SHA-256 in one")
    size = Result("the whole bundle", whole / 1e6, "MB", f"{CERTIFICATES:,} certificates", None)
    return [size, *apart, *together, mirror, *(_digest(nation, count) for count in DIGEST_OF)]


def _line(nation: Nation, forms: tuple[Form, ...], words: str) -> tuple[list[Result], int, Result]:
    lives = _lives(CERTIFICATES)
    first = _export(nation, lives, None, _BEGIN, forms)
    for place in range(CHANGED_A_DAY // 24 + 1):
        lives[place * 9973] = replace(lives[place * 9973], status=_ENDED)
    second = _export(nation, lives, first, _BEGIN + _HOUR, forms)
    third = _export(nation, lives, second, _BEGIN + 6 * _DAY, forms)
    hour, renewal = delta(first, second), delta(second, third)
    if applied(first, hour).octets != second.octets or applied(second, renewal).octets != third.octets:
        raise RuntimeError("A delta does not give the bundle that it leads to.")
    whole = len(third.octets)
    results = [Result(f"a day's deltas for changes alone, {words}", 24 * len(hour) / 1e3, "kB")]
    for life in (_DAY / 2, 3 * _DAY, 7 * _DAY):
        a_day = 24 * len(hour) + len(renewal) * (_DAY / (life * 0.75))
        name = f"a day's deltas, answers of {life.total_seconds() / 3600:.0f} h, {words}"
        results.append(Result(name, a_day / 1e6, "MB", "the whole bundle every hour", a_day / (24 * whole)))
    return results, whole, _speed(third)


def _speed(bundle: Bundle) -> Result:
    part = bundle.parts[0]
    serials = [part.row(place).serial for place in range(0, len(part), len(part) // ANSWERS)]
    begun = process_time()
    for serial in serials:
        place = part.find(serial)
        part.answer(part.row(place or 0), 0)
    return Result(
        "a mirror's answers, found and put together, one core", len(serials) / (process_time() - begun), "a s"
    )


def _digest(nation: Nation, count: int) -> Result:
    lives = _lives(count)
    for place in range(count * ENDED_PERCENT // 100):
        dense = (place * 7919) % count
        lives[dense] = replace(lives[dense], status=_ENDED)
    made = carried([_population(nation, lives)], [_voice(nation)], (), _BEGIN)
    codes = len(lines(STATUS, made.digest))
    return Result(f"the digest of {count:,}, {ENDED_PERCENT} % ended ({codes} QR)", len(made.digest), "octets")


def _lives(count: int) -> list[Life]:
    return [Life(dense, serial_number(dense, system_randomness(12)), _GOOD) for dense in range(1, count + 1)]


def _voice(nation: Nation) -> Voice:
    return Voice(nation.responder_der, _Stamp(nation.responder), UNTIL)


def _population(nation: Nation, lives: list[Life]) -> Population:
    return Population("officers", nation.officers.der, FROM, tuple(lives), (nation.responder_der,), twofold=False)


def _export(nation: Nation, lives: list[Life], before: Bundle | None, now: datetime, forms: tuple[Form, ...]) -> Bundle:
    return export([_population(nation, lives)], [_voice(nation)], before, now, 7 * _DAY, forms).bundle
