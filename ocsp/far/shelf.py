"""A folder of bundles: what an export leaves for mirrors, and what a mirror keeps for itself.

    bundle            the newest, whole
    newest            its number
    deltas/A-B.delta  from number A to number B, of the last weeks

Carried by anything that copies files: rsync, a web server, a memory stick. `newest` is written last.
"""

import mmap
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ocsp.far.bundle import Bundle, opened
from ocsp.far.delta import applied, delta
from ocsp.far.seals import digest_of, verify_bundle, verify_moment, verify_whole
from pki.errors import ParseError, PkiError

DELTAS_KEPT = 400
"""Of exports every hour that is more than two weeks."""
_DELTA = re.compile(r"([0-9]+)-([0-9]+)\.delta")


class RolledBack(PkiError):
    """What is offered is older than what was had before, or another one of the same moment."""

    code = "mirror.rolled-back"


@dataclass(frozen=True)
class Shelf:
    """The folder at `path`; nothing is made by looking."""

    path: Path

    @property
    def bundle_file(self) -> Path:
        """Where the newest bundle is."""
        return self.path / "bundle"

    def bundle(self) -> Bundle | None:
        """The newest bundle, mapped into memory and not verified; None if there is none. Raises ParseError."""
        try:
            with self.bundle_file.open("rb") as file:
                return opened(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except FileNotFoundError:
            return None
        except (ValueError, IsADirectoryError) as fault:  # an empty file cannot be mapped
            raise ParseError("no bundle, but an empty file or a folder", "bundle.malformed") from fault

    def sound(self) -> Bundle | None:
        """The newest bundle, None if there is none or it is damaged."""
        try:
            return self.bundle()
        except ParseError:
            return None

    def newest(self) -> int:
        """The number of the newest bundle, 0 if there is none. Raises ParseError."""
        try:
            return int((self.path / "newest").read_text())
        except FileNotFoundError:
            return 0
        except ValueError as fault:
            raise ParseError("`newest` holds no number", "bundle.malformed") from fault

    def put(self, bundle: Bundle) -> int:
        """`bundle` is the newest, with a delta from the one before. Returns the delta's octets, 0 for none."""
        before = self.sound()
        size = self._put_delta(before, bundle) if before is not None else 0
        self.keep(bundle)
        return size

    def keep(self, bundle: Bundle) -> None:
        """`bundle` is the newest, without a delta from the one before."""
        self.path.mkdir(parents=True, exist_ok=True)
        _replace(self.bundle_file, bundle.octets[:])
        _replace(self.path / "newest", f"{bundle.number}\n".encode())

    def deltas(self) -> dict[int, tuple[int, Path]]:
        """By the number that a delta starts from: the one that it leads to, the farthest, and its file."""
        found: dict[int, tuple[int, Path]] = {}
        for path in sorted((self.path / "deltas").glob("*.delta")):
            named = _DELTA.fullmatch(path.name)
            if named and int(named[2]) > found.get(int(named[1]), (0,))[0]:
                found[int(named[1])] = int(named[2]), path
        return found

    def _put_delta(self, before: Bundle, bundle: Bundle) -> int:
        octets = delta(before, bundle)
        folder = self.path / "deltas"
        folder.mkdir(exist_ok=True)
        _replace(folder / f"{before.number}-{bundle.number}.delta", octets)
        for _, path in sorted(self.deltas().values())[:-DELTAS_KEPT]:
            path.unlink()
        return len(octets)


@dataclass(frozen=True)
class Arrival:
    """What a mirror has now, how many octets it read for that, and whether they were deltas.

    It is `behind` if the source names a newer one that is not there: it was copied in part.
    """

    bundle: Bundle
    octets: int
    by_deltas: bool
    behind: bool = False


def bring(source: Shelf, mirror: Shelf, roots: Sequence[bytes], now: datetime, *, fewer: bool = False) -> Arrival:
    """The mirror has the newest bundle of `source`, verified. Raises RolledBack, PkiError, FileNotFoundError.

    By deltas if they lead there; else, or if they do not fit, by the whole bundle. A CA that the mirror has may be
    gone from the newest only if `fewer`, or when it has expired.
    """
    had, number = mirror.sound(), source.newest()
    floor = max(mirror.newest(), had.number if had else 0)  # who was cut off between its two files has a newer bundle
    if number < floor:
        raise RolledBack(f"number {number} is offered; {floor} was here before")
    arrival = (_by_deltas(had, source, number, roots) if had else None) or _whole(had, floor, source, roots)
    verify_moment(arrival.bundle, now)
    if had is not None and not fewer:
        verify_whole(arrival.bundle, had)
    if had is None or arrival.bundle.number > had.number:
        mirror.keep(arrival.bundle)
    return replace(arrival, behind=arrival.bundle.number < number)


def _by_deltas(had: Bundle, source: Shelf, number: int, roots: Sequence[bytes]) -> Arrival | None:
    bundle, size, deltas = had, 0, source.deltas()
    try:
        while bundle.number < number and bundle.number in deltas:
            octets = deltas[bundle.number][1].read_bytes()
            bundle, size = applied(bundle, octets), size + len(octets)
        verify_bundle(bundle, roots)
    except (PkiError, OSError):  # one that is gone, too: the source may be copied anew meanwhile
        return None
    return Arrival(bundle, size, by_deltas=True) if bundle.number == number else None


def _whole(had: Bundle | None, floor: int, source: Shelf, roots: Sequence[bytes]) -> Arrival:
    bundle = source.bundle()
    if bundle is None:
        raise FileNotFoundError(f"{source.path} has no bundle: copy it there again")
    verify_bundle(bundle, roots)
    same = had is not None and bundle.number == had.number
    if bundle.number < floor or (same and had and digest_of(bundle) != digest_of(had)):
        raise RolledBack(f"number {bundle.number} is offered; {floor} was here before")
    return Arrival(bundle, len(bundle.octets), by_deltas=False)


def _replace(path: Path, octets: bytes) -> None:
    """The file holds `octets`, on the disk itself, and never holds half of them."""
    half = path.with_name(f".{path.name}.half")
    with half.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
