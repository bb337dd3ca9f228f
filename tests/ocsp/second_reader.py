"""What `openssl ocsp` reads in a request, beside what we read: two that agree, or a rule that says why not."""

import re
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from asn1crypto.ocsp import OCSPRequest
from cryptography.x509 import ocsp as strict

from pki.errors import ParseError
from pki.ocsp import StatusRequest, parse_request

_FIELDS = ("Issuer Name Hash", "Issuer Key Hash", "Serial Number")
_STRICTER = {
    "pki.digest-length": "RFC 6960 clause 4.1.1: a hash is as long as its algorithm makes it",
    "ocsp.oversize": "RFC 6960 clause 5: who answers is not to be flooded; RFC 9919 asks for less than 255 octets",
}
"""Rules by which we refuse what OpenSSL reads, by the code of the refusal."""


class CertIdRead(NamedTuple):
    """Whom a question is about, as either reader has it."""

    name_hash: bytes
    key_hash: bytes
    serial_number: int


def disagreements(inputs: Iterable[bytes]) -> list[str]:
    """Each input, in hex, that both read, but not alike, or that one refuses for no rule; with what either said."""
    with TemporaryDirectory(prefix="laotrust-openssl-") as folder:
        found = ((octets, _unlike(octets, Path(folder) / "request")) for octets in inputs)
        return [f"{octets.hex()}: {why}" for octets, why in found if why is not None]


def _unlike(octets: bytes, file: Path) -> str | None:
    theirs = read_by_openssl(octets, file)
    try:
        ours = parse_request(octets)
    except ParseError as fault:
        if theirs is None or fault.code in _STRICTER or not _is_by_the_rules(octets):
            return None
        return f"OpenSSL reads {theirs}, we refuse: {fault}"
    mine = _read(ours)
    return None if mine == theirs else f"OpenSSL reads {theirs}, we read {mine}"


def read_by_openssl(octets: bytes, file: Path) -> list[CertIdRead] | None:
    """What `openssl ocsp -req_text` prints of the octets, which `file` holds then; None if it refuses them."""
    file.write_bytes(octets)
    done = subprocess.run(
        ["openssl", "ocsp", "-reqin", str(file), "-req_text"],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    text = done.stdout.decode("latin-1").replace("\\\n", "")
    if "OCSP Request Data" not in text:
        return None
    columns = [re.findall(rf"^ +{name}: *([-0-9A-F]*)$", text, re.MULTILINE) for name in _FIELDS]
    return [
        CertIdRead(bytes.fromhex(name), bytes.fromhex(key), int(number or "0", 16))
        for name, key, number in zip(*columns, strict=True)
    ]


def _read(request: StatusRequest) -> list[CertIdRead]:
    return [CertIdRead(one.issuer_name_hash, one.issuer_key_hash, one.serial_number) for one in request.certificates]


def _is_by_the_rules(octets: bytes) -> bool:
    """Whether others than we find nothing in the octets that is to be refused, though OpenSSL reads them.

    OpenSSL takes BER, octets behind the end, and whatever stands in extensions and in parameters of algorithms.
    `cryptography` takes DER alone (X.690 clause 10), as RFC 6960 clause 4.1 wants it; asn1crypto reads the extensions.
    """
    with suppress(ValueError, NotImplementedError):
        whole = strict.load_der_ocsp_request(octets)
        extensions = OCSPRequest.load(octets, strict=True)["tbs_request"]["request_extensions"]
        return len(whole.extensions) == len(extensions) and all(map(_is_answerable, extensions))
    return False


def _is_answerable(extension: Any) -> bool:
    """A nonce of 1 to 128 octets (RFC 9654 clause 2.1), or what need not be known (RFC 6960 clause 4.4)."""
    if extension["extn_id"].native == "nonce":
        return 1 <= len(extension["extn_value"].parsed.native) <= 128
    return not extension["critical"].native
