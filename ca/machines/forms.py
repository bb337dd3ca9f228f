"""In which forms machines ask, PKCS#10 or CRMF: what one is, which names it wants, whether it asks for too much."""

from dataclasses import dataclass, replace
from functools import lru_cache

from ca.machines.rules import HOSTS
from ca.registration.enrolment import FAULTS, fits, parsed
from ledger.decision import Decision, Refuse
from pki.crmf import as_pkcs10, is_crmf, parse_crmf
from pki.errors import PkiError
from pki.request import SigningRequest, asked_names

_UNREADABLE = Refuse("enrolment.request-malformed")
"""Of a CRMF the key and the proof are read, of its template no more than the frame: the names may be no names."""


@dataclass(frozen=True)
class Wish:
    """The names that a request asks for, as far as its profile has a place for them."""

    names: tuple[str, ...]
    common_name: str | None


def parsed_form(request: bytes) -> SigningRequest | Refuse:
    """The request with its proof of possession checked, or what is wrong with it."""
    if not is_crmf(request):
        return parsed(request)
    try:
        return parse_crmf(request)
    except PkiError as fault:
        return Refuse(FAULTS.get(fault.code, "enrolment.request-malformed"))


def fits_form(request: SigningRequest, profile: str, names: tuple[str, ...]) -> Decision:
    """Whether the key, and what the request itself asks for, go with the profile and these alternative names."""
    try:
        return fits(replace(request, der=_plain(request.der)), profile, names)
    except (PkiError, ValueError):
        return _UNREADABLE


def wish_of(request: SigningRequest, profile: str) -> Wish | Refuse:
    """The names asked for: a server's hosts, by its alternative names or else its common name; else the common name."""
    try:
        hosts, common_name = asked_names(_plain(request.der))
    except (PkiError, ValueError):
        return _UNREADABLE
    if profile == HOSTS:
        return Wish(hosts or ((common_name,) if common_name else ()), None)
    return Wish((), common_name)


@lru_cache(maxsize=128)
def _plain(request: bytes) -> bytes:
    """The parsed request as a PKCS#10, whatever its form."""
    return as_pkcs10(request) if is_crmf(request) else request
