"""Files that are there whole or not at all, whatever stops the machine."""

import os
from pathlib import Path


def write_whole(path: Path, octets: bytes, mode: int = 0o644) -> None:
    """The file has these octets and is on disk; nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
