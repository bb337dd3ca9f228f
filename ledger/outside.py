"""The folder outside the database where the sealer keeps every checkpoint, and the log's verifier keys.

`<size>.note` for each checkpoint, `newest.note` for the last one, `verifier-keys` with one C2SP verifier key a
line. Whoever rewrites the database cannot rewrite this; copies of it elsewhere are better still.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
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
            self._write({"verifier-keys": "".join(f"{key.text()}\n" for key in (*keys, mine))})
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
        texts = {f"{checkpoint.size}.note": checkpoint.note}
        newest = self.newest()
        if newest is None or newest.size < checkpoint.size:
            texts["newest.note"] = checkpoint.note
        self._write({name: text for name, text in texts.items() if self._read(name) != text})

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

    def _write(self, texts: Mapping[str, str]) -> None:
        """The files by name. A crash may keep the one and lose the other: who comes next repeats it."""
        self.path.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with self._draft(name).open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for name in texts:
            self._draft(name).replace(self.path / name)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _draft(self, name: str) -> Path:
        return self.path / f".{name}.draft"


@lru_cache(8)
def _keys(text: str) -> tuple[VerifierKey, ...]:
    return tuple(map(VerifierKey.parse, text.splitlines()))
