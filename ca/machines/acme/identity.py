"""The name by which CAA records mean this CA: the listener tells it, the validator goes by it."""

from collections.abc import Mapping
from re import fullmatch

IDENTITY = "egov.gov.la"
"""Unless LAOTRUST_CAA_IDENTITY says another."""


def caa_identity(environment: Mapping[str, str], faults: list[str]) -> str:
    """The issuer domain name (RFC 8659 clause 4.2) that lets us issue; what is wrong is appended to `faults`."""
    name = environment.get("LAOTRUST_CAA_IDENTITY") or IDENTITY
    if not fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name):
        faults.append(f"LAOTRUST_CAA_IDENTITY {name!r} is no domain name in lower case: write for instance {IDENTITY}")
    return name
