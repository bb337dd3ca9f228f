"""What turns one bundle into the next: the rows that differ, each as little of it as the receiver does not have.

An answer that was only signed anew costs its signatures and four octets. The result is checked against the next
bundle's own seals, so a delta needs none: applied to the right bundle it gives the next one octet for octet.
"""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from ocsp.far.bundle import (
    MOST_CROSSES,
    MOST_PARTS,
    MOST_RESPONDERS,
    Bundle,
    Head,
    Part,
    Row,
    body_of,
    opened,
    packed_row,
    sealed_body,
)
from ocsp.far.seals import digest_of
from pki import packed
from pki.errors import ParseError
from pki.packed import Unpacker

MAGIC = b"LAODELT2"
_RENEWED, _CHANGED, _NEW = 0, 1, 2
_FACTS_OCTETS = 54
"""Serial number (20), responder (1), status (1) and detail (32): what a row begins with."""
_FROM = {_RENEWED: 20, _CHANGED: 20, _NEW: 0}
_TO = {_RENEWED: 21, _CHANGED: _FACTS_OCTETS, _NEW: _FACTS_OCTETS}
"""By kind of change, which of these octets are sent; the others are as before."""


def delta(before: Bundle, after: Bundle) -> bytes:
    """The delta from one bundle to a later one of the same CAs."""
    pieces = [packed.number(after.number), _crosses(before, after), packed.number(len(after.parts))]
    pieces += [_head(before, part.head) for part in after.parts]
    for part in after.parts:
        earlier = before.part(part.head.certificate)
        fits = earlier is not None and earlier.head.row_size == part.head.row_size
        pieces.append(_part_delta(earlier if fits else None, part))
    seals = b"".join(packed.number(place) + packed.counted(signature) for place, signature in after.seals)
    return MAGIC + digest_of(before) + b"".join(pieces) + seals


def applied(before: Bundle, octets: bytes) -> Bundle:
    """The next bundle, not verified yet. Raises ParseError (`delta.malformed`, `delta.other` for another bundle)."""
    try:
        return _applied(before, octets)
    except (OverflowError, ValueError, zlib.error) as fault:
        raise ParseError(f"not a delta: {fault}", "delta.malformed") from fault
    except ParseError as fault:
        code = fault.code if fault.code.startswith(("delta.", "bundle.")) else "delta.malformed"
        raise ParseError(f"not a delta of this bundle: {fault}", code) from fault


def _crosses(before: Bundle, after: Bundle) -> bytes:
    """(0) those of before, or (1) all of them."""
    return packed.number(0) if after.crosses == before.crosses else packed.number(1) + packed.several(after.crosses)


def _head(before: Bundle, head: Head) -> bytes:
    """The head of a part: which one of before it is but for its count, or (0) all of it."""
    for place, part in enumerate(before.parts, 1):
        if replace(part.head, count=head.count) == head:
            return packed.number(place) + packed.number(head.count)
    return packed.number(0) + packed.counted(zlib.compress(head.octets, 9))


def _head_applied(before: Bundle, packet: Unpacker) -> Head:
    place = packet.number(len(before.parts))
    if place:
        return replace(before.parts[place - 1].head, count=packet.number())
    unzip = zlib.decompressobj()
    inside = Unpacker(unzip.decompress(packet.counted(), 1 << 20))
    head = Head.parsed(inside)
    inside.finish()
    return head


def _part_delta(before: Part | None, part: Part) -> bytes:
    changes = list(_changes(before, part))
    times = sorted({(row.this_update, row.next_update) for _, _, row in changes})
    batches = {pair: place for place, pair in enumerate(times)}
    pieces = [packed.number(len(times))]
    pieces += [packed.number(int(one.timestamp())) for pair in times for one in pair]
    pieces.append(packed.number(len(changes)))
    last = -1
    for place, kind, row in changes:
        batch = batches[row.this_update, row.next_update]
        facts = packed_row(row)[_FROM[kind] : _TO[kind]]
        pieces += [packed.number(place - last - 1), bytes((kind,)), packed.number(batch), facts, row.signatures]
        last = place
    return b"".join(pieces)


def _changes(before: Part | None, part: Part) -> Iterator[tuple[int, int, Row]]:
    """Place in the next part, what kind of change, and the row as it is there. Rows never go."""
    known = 0
    for place in range(len(part)):
        octets = part.octets_at(place)
        same = before is not None and known < len(before) and before.serial_at(known) == octets[:20]
        if before is None or not same:
            yield place, _NEW, part.row(place)
            continue
        earlier = before.octets_at(known)
        if earlier != octets:
            kept = earlier[21:_FACTS_OCTETS] == octets[21:_FACTS_OCTETS]
            yield place, _RENEWED if kept else _CHANGED, part.row(place)
        known += 1


def _applied(before: Bundle, octets: bytes) -> Bundle:
    packet = Unpacker(octets)
    if packet.take(len(MAGIC)) != MAGIC:
        raise ParseError("it does not begin as one")
    if packet.take(32) != digest_of(before):
        raise ParseError("made for another bundle than this", "delta.other")
    made_at = datetime.fromtimestamp(packet.number(1 << 37), UTC)
    crosses = packet.several(MOST_CROSSES) if packet.number(1) else before.crosses
    heads = [_head_applied(before, packet) for _ in range(packet.number(MOST_PARTS))]
    rows = [_part_applied(before.part(head.certificate), head, packet) for head in heads]
    seals = [(packet.number(MOST_RESPONDERS), packet.counted()) for _ in heads]
    packet.finish()
    return opened(sealed_body(body_of(made_at, crosses, heads, rows), seals))


def _part_applied(before: Part | None, head: Head, packet: Unpacker) -> bytes:
    earlier = before if before is not None and before.head.row_size == head.row_size else None
    batches = [(packet.number(), packet.number()) for _ in range(packet.number())]
    pieces, place, known = [], 0, 0
    for _ in range(packet.number()):
        gap = packet.number()
        pieces.append(_run(earlier, known, gap))
        place, known = place + gap + 1, known + gap
        octets, replaced = _row_applied(earlier, known, head, packet, batches)
        pieces.append(octets)
        known += replaced
    pieces.append(_run(earlier, known, head.count - place))
    return b"".join(pieces)


def _row_applied(
    earlier: Part | None, known: int, head: Head, packet: Unpacker, batches: list[tuple[int, int]]
) -> tuple[bytes, bool]:
    """The row, and whether it stands where one of before stood."""
    kind, batch = packet.take(1)[0], packet.number()
    if kind not in _FROM:
        raise ParseError("a change of no known kind")
    old = bytes(_FACTS_OCTETS) if kind == _NEW else _run(earlier, known, 1)
    facts = old[: _FROM[kind]] + packet.take(_TO[kind] - _FROM[kind]) + old[_TO[kind] : _FACTS_OCTETS]
    if batch >= len(batches):
        raise ParseError("a batch that is not there")
    times = b"".join(seconds.to_bytes(8, "big") for seconds in batches[batch])
    return facts + times + packet.take(len(head.forms) * head.width), kind != _NEW


def _run(part: Part | None, first: int, count: int) -> bytes:
    """So many rows of before, as they stand."""
    if count == 0:
        return b""
    if part is None or count < 0 or first + count > len(part):
        raise ParseError("rows of before that are not there")
    start = part.start + first * part.head.row_size
    return part.octets[start : start + count * part.head.row_size]
