"""The folder outside the database where the sealer keeps every checkpoint, and the log's verifier keys.

`every.notes` has them all and only grows: each checkpoint, and behind it a form feed, which no note can hold, on a line
of its own. `newest.note` is the last one by itself, for who verifies it or copies it elsewhere, which is better still;
`verifier-keys` has one C2SP verifier key a line. Whoever rewrites the database cannot rewrite this.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from ledger.checkpoint import MOST_OCTETS, Checkpoint, VerifierKey, verify_checkpoint
from pki.errors import ParseError
from pki.signing import Signer

_END = b"\f\n"
"""Behind each note. What has none was being written when the machine went down, and was never told to anybody …"""
_HOLE = b"\0"
"""… as was what has one of these: the end of it came to the disk, and something before it did not."""
_REACH = 2 * (MOST_OCTETS + len(_END))
"""So many octets at the end hold the last note whole, and all of one that came to no end."""
_MOST_DIGITS = 19


class Outside:
    """The folder at `path`. What a method says is there is on disk when it has returned."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: Checkpoint | None = None
        self._shown: Checkpoint | None = None
        """The last ones that we put there ourselves: they need not be verified again."""

    def keys(self) -> tuple[VerifierKey, ...]:
        """The log's verifier keys, the newest last; none before the first sealing. Raises ParseError."""
        return _keys(self._read("verifier-keys") or "")

    def name_for(self, signer: Signer) -> str:
        """The log's name, once `signer`'s key is among the verifier keys; the first key gives the name."""
        keys = self.keys()
        mine = VerifierKey.of(signer, keys[0].name if keys else None)
        if mine not in keys:
            self._replace("verifier-keys", "".join(f"{key.text()}\n" for key in (*keys, mine)))
            self._force_names()
        return mine.name

    def newest(self) -> Checkpoint | None:
        """The last checkpoint published, verified. Raises ParseError, SignatureInvalid."""
        shown = self._read("newest.note")  # first: what is shown was kept before
        _, last = self._end()
        kept, newest = (None if note is None else self._verified(note) for note in (last, shown))
        if newest is None or (kept is not None and kept.size >= newest.size):
            return kept
        if (self.path / "every.notes").exists():
            raise ParseError("every.notes does not reach as far as newest.note: something was cut off")
        return newest

    def of_size(self, size: int) -> Checkpoint | None:
        """The checkpoint published for this size, verified. Raises ParseError, SignatureInvalid."""
        of_it = (note for note in self._every() if _size(note) == size)
        return next((self._verified(note) for note in of_it), None)

    def sizes(self) -> list[int]:
        """The size of each checkpoint published, rising. Raises ParseError."""
        return [_size(note) for note in self._every()]

    def keep(self, checkpoint: Checkpoint) -> None:
        """Publishes a checkpoint; one that is no newer than the last changes nothing. Raises ParseError.

        The disk is waited for once.
        """
        end, last = self._end()
        if last is None:
            self._replace("every.notes", f"{checkpoint.note}{_END.decode()}")
        else:
            self._append(end, b"" if _size(last) >= checkpoint.size else checkpoint.note.encode() + _END)
        if last is None or self._kept is None:
            self._force_names()
        self._kept = checkpoint

    def _append(self, end: int, octets: bytes) -> None:
        """These are on the disk, from `end` on; with none, whatever is there: who wrote it may not have come as far."""
        with (self.path / "every.notes").open("r+b") as file:
            try:
                if octets:
                    file.truncate(end)
                    file.seek(end)
                    file.write(octets)
                    file.flush()
                os.fdatasync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(end)
                raise

    def show(self, checkpoint: Checkpoint) -> None:
        """`newest.note` is this one, or a later one of another sealer. Raises ParseError.

        After a crash it may be the one before: who comes then shows it again.
        """
        shown = self._read("newest.note")
        if shown is None or _size(shown) < checkpoint.size:
            self._replace("newest.note", checkpoint.note)
            self._shown = checkpoint

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Waits until no other sealer of this machine is at work, and keeps others out."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _verified(self, note: str) -> Checkpoint:
        for ours in (self._kept, self._shown):
            if ours is not None and ours.note == note:
                return ours
        return verify_checkpoint(note, self.keys())

    def _end(self) -> tuple[int, str | None]:
        """Where the last whole note ends in `every.notes`, and that note. Raises ParseError."""
        try:
            with (self.path / "every.notes").open("rb", buffering=0) as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _REACH))
                octets = file.read()
        except FileNotFoundError:
            return 0, None
        *notes, unfinished = octets.split(_END)
        if len(unfinished) > MOST_OCTETS:
            raise ParseError("every.notes does not end with a note")
        end = size - len(unfinished)
        while notes and _HOLE in notes[-1]:
            end -= len(notes.pop()) + len(_END)
        return end, _text(notes[-1]) if notes else None

    def _every(self) -> Iterator[str]:
        """Every whole note, the first one first."""
        note = b""
        try:
            with (self.path / "every.notes").open("rb") as lines:
                for line in lines:
                    if line == _END and _HOLE not in note:
                        yield _text(note)
                    note = b"" if line == _END else note + line
        except FileNotFoundError:
            return

    def _read(self, name: str) -> str | None:
        try:
            return _text((self.path / name).read_bytes())
        except FileNotFoundError:
            return None

    def _replace(self, name: str, text: str) -> None:
        """The file holds this text whole, whoever looks, and after a crash this one or the one before.

        Not all file systems put what a file holds on the disk before its new name.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        draft = self.path / f".{name}.draft"
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fdatasync(file.fileno())
        draft.replace(self.path / name)

    def _force_names(self) -> None:
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", errors="replace")


def _size(note: str) -> int:
    """What the note says. Raises ParseError."""
    _, _, rest = note.partition("\n")
    size, _, _ = rest.partition("\n")
    if not (size.isascii() and size.isdecimal() and len(size) <= _MOST_DIGITS):
        raise ParseError("what stands where a checkpoint should is none")
    return int(size)


@lru_cache(8)
def _keys(text: str) -> tuple[VerifierKey, ...]:
    return tuple(map(VerifierKey.parse, text.splitlines()))
