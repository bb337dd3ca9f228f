"""Where keys and the secrets that open them are: URIs taken apart, and files that none but their owner may read."""

import os
import stat
from collections.abc import Hashable
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from signers.errors import KeyUnusable


def attributes(text: str, separator: str) -> dict[str, str]:
    """The `name=value` pairs of a part of a URI, percent-decoded; a plus sign is a plus sign (RFC 3986)."""
    pairs = (part.partition("=")[::2] for part in text.split(separator) if part)
    return {name: unquote(value) for name, value in pairs}


def split(uri: str) -> SplitResult:
    """The parts of a URI. Raises KeyUnusable for what is none."""
    try:
        return urlsplit(uri)
    except ValueError as fault:
        raise KeyUnusable(f"this is no key URI ({fault}): correct it") from None


def says_padding(uri: str) -> bool:
    """Whether the URI says how an RSA key pads."""
    return "padding" in attributes(split(uri).query, "&")


def padded_by_pss(uri: str) -> str:
    """The URI by which an RSA key pads by PSS (RFC 7518 clause 3.5); one that says how it pads stays as it is."""
    return uri if says_padding(uri) else f"{uri}{'&' if '?' in uri else '?'}padding=pss"


def file_at(uri: str) -> Path | None:
    """The absolute path of a `file:` URI that has been percent-decoded, or None if it is none."""
    return Path("/" + uri.removeprefix("file:").lstrip("/")) if uri.startswith("file:/") else None


def secret_in(path: Path, name: str) -> bytes:
    """The passphrase or PIN that a file holds, without blanks at its ends. Raises KeyUnusable."""
    secret = private_file(path, f"there is no {name} at file:{path}: write it there, mode 0600").strip()
    if not secret:
        raise KeyUnusable(f"{path} is empty: write the {name} into it")
    return secret


def private_file(path: Path, missing: str) -> bytes:
    """The content of a file that none but its owner may read. Raises KeyUnusable, of `missing` if there is none."""
    if not path.is_file():
        raise KeyUnusable(missing)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyUnusable(f"others may read {path}: run chmod 600 {path}")
    try:
        return path.read_bytes()
    except OSError as fault:
        raise KeyUnusable(f"{path} cannot be read: give it to the user of this process") from fault


def stamp(path: Path) -> Hashable:
    """What is another once the file at `path` is, or who may read it; None while there is none. Never raises."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns


def on_disk(folder: Path) -> None:
    """What was written into, renamed in or removed from the folder is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
