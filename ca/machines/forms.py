"""In which forms machines ask: what a request is, what names it wants, and whether it asks for more than it may."""

from dataclasses import dataclass

from ca.machines.rules import HOSTS
from ca.registration.enrolment import fits, parsed
from ledger.decision import Decision, Refuse
from pki.request import SigningRequest, asked_names


@dataclass(frozen=True)
class Wish:
    """The names that a request asks for, as far as its profile has a place for them."""

    names: tuple[str, ...]
    common_name: str | None


def parsed_form(request: bytes) -> SigningRequest | Refuse:
    """The request with its proof of possession checked, or what is wrong with it."""
    return parsed(request)


def fits_form(request: SigningRequest, profile: str, names: tuple[str, ...]) -> Decision:
    """Whether the key, and what the request itself asks for, go with the profile and these alternative names."""
    return fits(request, profile, names)


def wish_of(request: SigningRequest, profile: str) -> Wish:
    """The names asked for: a server's hosts, by its alternative names or else its common name; else the common name."""
    hosts, common_name = asked_names(request.der)
    if profile == HOSTS:
        return Wish(hosts or ((common_name,) if common_name else ()), None)
    return Wish((), common_name)
