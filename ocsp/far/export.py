"""The next bundle: what changed and what would soon lapse is signed, all else is kept as it was signed before.

So a day costs signatures, and octets on the line, for what changed and for each answer once in its life.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.decision import Allow, Decision, Refuse
from ocsp.far.bundle import MOST_RESPONDERS, Bundle, Form, Head, Part, Row, body_of, opened, packed_row, says, unpacked
from ocsp.far.population import Life, Population
from ocsp.far.seals import sealed
from ocsp.policy import STALE_AFTER
from pki.certificate import parse_certificate
from pki.fixed_width import fixed_width, width_of
from pki.keys import key_sha256
from pki.profile import FOR_EVER
from pki.signing import Signer
from pki.status import Pending

EACH_ALONE: tuple[Form, ...] = (("sha1",), ("sha256",))
"""Served answers hold the one CertID that was asked: some clients cannot read two."""
BOTH_AT_ONCE: tuple[Form, ...] = (("sha1", "sha256"),)
LIFE = timedelta(days=7)
"""CA/Browser Forum BR 4.9.10 allows 8 hours to 10 days; a line may be away for days, and each renewal costs octets."""
SHORTEST_LIFE, LONGEST_LIFE = timedelta(hours=8), timedelta(days=10)
_RENEWED_WITH = 4
"""An answer is signed anew when less than a fourth of its life is left."""


@dataclass(frozen=True)
class Exported:
    """A bundle with how many rows were signed for it, and the CAs that it leaves out for want of a responder."""

    bundle: Bundle
    signed: int
    kept: int
    without: tuple[str, ...]


@dataclass(frozen=True)
class Voice:
    """Who speaks for a CA now: a responder's certificate (DER) and its key."""

    certificate: bytes
    signer: Signer
    until: datetime


FindSigner = Callable[[str], Signer | None]
"""The key of a CA's responder by the CA's name; None where it is not at hand."""


def may_export(
    now: datetime, previous: Bundle | None, newest_entry_at: datetime | None, looked_at: datetime | None
) -> Decision:
    """Whether a bundle may be made at `now`, the ledger having been seen as it was at `looked_at`.

    No clock is believed that is behind what was written already, and no replica that is behind its primary.
    """
    if looked_at is None or now - looked_at > STALE_AFTER:
        return Refuse("ocsp.not-fresh")
    if newest_entry_at is not None and now < newest_entry_at - timedelta(seconds=2):
        return Refuse("ocsp.clock")
    return Refuse("export.too-soon") if previous is not None and int(now.timestamp()) <= previous.number else Allow()


def voice_of(population: Population, find: FindSigner) -> Voice | None:
    """The newest responder certificate of the CA whose key is at hand; None if there is none."""
    signer = find(population.name) if population.responders else None
    for der in population.responders if signer else ():
        parsed = parse_certificate(der)
        if signer and key_sha256(parsed.spki) == key_sha256(signer.public_key):
            return Voice(der, signer, parsed.not_after)
    return None


def export(
    populations: Sequence[Population],
    voices: Sequence[Voice | None],
    previous: Bundle | None,
    now: datetime,
    life: timedelta = LIFE,
    forms: tuple[Form, ...] = EACH_ALONE,
    done: Callable[[int], None] = lambda _count: None,
    crosses: Sequence[bytes] = (),
) -> Exported:
    """The bundle of `now`; `done` is told how many rows are ready since it was last told. Raises what keys raise.

    By `crosses` those reach the CAs under a root who have only the one before it.
    """
    now = now.replace(microsecond=0)
    made: list[tuple[Part, int, Signer, int]] = []
    for population, voice in zip(populations, voices, strict=True):
        if voice is not None:
            before = previous.part(population.certificate) if previous else None
            made.append(_part(population, voice, before, _Terms(now, life, forms), done))
    parts = [part for part, *_ in made]
    body = body_of(now, crosses, [part.head for part in parts], [bytes(part.octets) for part in parts])
    octets = sealed(body, [(place, signer) for _, place, signer, _ in made])
    signed, rows = sum(count for *_, count in made), sum(map(len, parts))
    without = tuple(one.name for one, voice in zip(populations, voices, strict=True) if voice is None)
    return Exported(opened(octets), signed, rows - signed, without)


@dataclass(frozen=True)
class _Terms:
    now: datetime
    life: timedelta
    forms: tuple[Form, ...]

    def until(self, voice: Voice) -> datetime:
        """Until when an answer counts that is signed now; those of a closed CA are the final ones."""
        return FOR_EVER if voice.until == FOR_EVER else min(self.now + self.life, voice.until)

    def still_good(self, row: Row) -> bool:
        """Whether more than a fourth of the row's own life is left."""
        return (row.next_update - self.now) * _RENEWED_WITH > row.next_update - row.this_update


def _part(
    population: Population, voice: Voice, before: Part | None, terms: _Terms, done: Callable[[int], None]
) -> tuple[Part, int, Signer, int]:
    """The part of a CA, its responder's place and key, and how many rows were signed."""
    lives = [life for life in population.lives if not isinstance(life.status, Pending)]
    before = before if before and _goes_on(before, voice, terms) else None
    kept = dict(_kept(before, population, lives, terms)) if before else {}
    used = {unpacked(octets).responder for octets in kept.values()}
    responders, place = _placed(voice.certificate, before.head.responders if before else (), used)
    width = before.head.width if before else width_of(voice.signer.public_key)
    head = Head(population.name, population.certificate, terms.forms, responders, len(lives), width)
    desk, next_update = Part(head, b""), terms.until(voice)
    rows = []
    for life in lives:
        octets = kept.get(life.serial)
        if octets is None:
            row = Row(life.serial, place, life.status, terms.now, next_update)  # type: ignore[arg-type]  # no Pending
            octets = packed_row(_signed(row, desk, voice.signer))
        rows.append(octets)
        done(1)
    return Part(head, b"".join(rows)), place, voice.signer, len(lives) - len(kept)


def _goes_on(before: Part, voice: Voice, terms: _Terms) -> bool:
    """Whether rows of the part before may stand in the next one."""
    return before.head.forms == terms.forms and before.head.width == width_of(voice.signer.public_key)


def _kept(before: Part, population: Population, lives: Sequence[Life], terms: _Terms) -> Iterator[tuple[int, bytes]]:
    """The rows that say what is still so, for long enough, by a responder that still counts."""
    counts = {place for place, der in enumerate(before.head.responders) if der in population.responders}
    for life in lives:
        place = before.find(life.serial)
        if place is not None:
            octets = before.octets_at(place)
            row = unpacked(octets)
            if says(octets, life.status) and row.responder in counts and terms.still_good(row):  # type: ignore[arg-type]
                yield life.serial, octets


def _placed(certificate: bytes, before: tuple[bytes, ...], used: set[int]) -> tuple[tuple[bytes, ...], int]:
    """The responders with `certificate` among them, each that is in use where it was; and its place."""
    if certificate in before:
        return before, before.index(certificate)
    free = next((place for place in range(len(before)) if place not in used), len(before))
    if free >= MOST_RESPONDERS:
        raise ValueError("So many responders cannot have been valid within ten days.")
    return (*before[:free], certificate, *before[free + 1 :]), free


def _signed(row: Row, desk: Part, signer: Signer) -> Row:
    signatures = (signer.sign(desk.to_sign(row, form)) for form in range(len(desk.head.forms)))
    return row._replace(signatures=b"".join(fixed_width(one, signer.algorithm) for one in signatures))
