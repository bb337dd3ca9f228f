"""Certificates and CRLs in files of others, PEM or DER."""

import re
from base64 import b64decode
from pathlib import Path

from pki.errors import ParseError

_PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----(.+?)-----END", re.DOTALL)


def ders_in(file: Path) -> list[bytes]:
    """What is in the file, each DER; a file without any PEM is taken for one of DER. Raises ParseError."""
    content = file.read_bytes()
    try:
        return [b64decode(found) for found in _PEM.findall(content)] or [content]
    except ValueError as fault:
        raise ParseError(f"{file.name} is neither PEM nor DER") from fault
