"""The folder outside the database where the sealer keeps every checkpoint, and the log's verifier keys.

`<size>.note` for each checkpoint, `newest.note` for the last one, `verifier-keys` with one C2SP verifier key a
line. Whoever rewrites the database cannot rewrite this; copies of it elsewhere are better still.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from ledger.checkpoint import Checkpoint, VerifierKey, verify_checkpoint
from pki.signing import Signer


class Outside:
    """The folder at `path`. Files are replaced whole and are on disk when a method has returned."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self) -> tuple[VerifierKey, ...]:
        """The log's verifier keys, the newest last; none before the first sealing. Raises ParseError."""
        return _keys(self._read("verifier-keys") or "")

    def name_for(self, signer: Signer) -> str:
        """The log's name, once `signer`'s key is among the verifier keys; the first key gives the name."""
        keys = self.keys()
        mine = VerifierKey.of(signer, keys[0].name if keys else None)
        if mine not in keys:
            self._write("".join(f"{key.text()}\n" for key in (*keys, mine)), "verifier-keys")
        return mine.name

    def newest(self) -> Checkpoint | None:
        """The last checkpoint published, verified. Raises ParseError, SignatureInvalid."""
        return self._verified("newest.note")

    def of_size(self, size: int) -> Checkpoint | None:
        """The checkpoint published for this size, verified. Raises ParseError, SignatureInvalid."""
        return self._verified(f"{size}.note")

    def sizes(self) -> list[int]:
        """The size of each checkpoint published, rising."""
        return sorted(int(file.stem) for file in self.path.glob("*.note") if file.stem.isdecimal())

    def keep(self, checkpoint: Checkpoint) -> None:
        """Publishes a checkpoint. Repeating it changes nothing; `newest.note` never goes back."""
        names = [f"{checkpoint.size}.note"]
        newest = self.newest()
        if newest is None or newest.size < checkpoint.size:
            names.append("newest.note")
        self._write(checkpoint.note, *(name for name in names if self._read(name) != checkpoint.note))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Waits until no other sealer of this machine is at work, and keeps others out."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _verified(self, name: str) -> Checkpoint | None:
        note = self._read(name)
        return None if note is None else verify_checkpoint(note, self.keys())

    def _read(self, name: str) -> str | None:
        try:
            return (self.path / name).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def _write(self, text: str, *names: str) -> None:
        """One file with this text under each of these names, so that the disk is waited for once.

        A crash may keep the one name and lose the other: who comes next repeats it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        drafts = [self._draft(name) for name in names]
        for number, draft in enumerate(drafts):
            draft.unlink(missing_ok=True)
            if number == 0:
                _put(draft, text)
            else:
                draft.hardlink_to(drafts[0])
        for name, draft in zip(names, drafts, strict=True):
            draft.replace(self.path / name)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _draft(self, name: str) -> Path:
        return self.path / f".{name}.draft"


def _put(draft: Path, text: str) -> None:
    """The text is on disk in this file."""
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


@lru_cache(8)
def _keys(text: str) -> tuple[VerifierKey, ...]:
    return tuple(map(VerifierKey.parse, text.splitlines()))
