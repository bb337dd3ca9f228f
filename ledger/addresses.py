"""Mail addresses and host names of the government: what is one, and whose it is."""

import re
from collections.abc import Collection
from ipaddress import ip_address, ip_network

from pki.zone import has_unfit_label

GOVERNMENT = "gov.la"
"""Everything of the government is under it (Decision 3680/MPT)."""
_LOCAL = r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9])?"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}\.)+[A-Za-z]{{2,63}}"
_MAIL = re.compile(f"(?P<local>{_LOCAL})@(?P<domain>{_DOMAIN})")
_HOST = re.compile(_DOMAIN)
_MOST_OCTETS = 253
_LOOPBACK = ip_network("127.0.0.0/8")


def parse_mail(text: str) -> str | None:
    """The address with its domain in lower case; None if it is no plain ASCII address (no dot at the end)."""
    found = _MAIL.fullmatch(text)
    return f"{found['local']}@{found['domain'].lower()}" if found and ".." not in text else None


def under(mail: str, domains: Collection[str]) -> bool:
    """Whether the address is directly under one of the domains: no sub-domain, no look-alike ending."""
    return mail.partition("@")[2] in domains


def governmental(domain: str) -> bool:
    """Whether the domain is under `gov.la`."""
    return domain == GOVERNMENT or domain.endswith(f".{GOVERNMENT}")


def host_within(host: str, domains: Collection[str], *, practice: bool) -> bool:
    """Whether the host name is one of the domains, all under `gov.la`, or below one; in practice also this machine.

    It is written as a certificate has it: lower case, no dot at the end, no wildcard.
    """
    if practice and (host == "localhost" or _loopback(host)):
        return True
    if len(host) > _MOST_OCTETS or host != host.lower() or not _HOST.fullmatch(host) or not governmental(host):
        return False
    if has_unfit_label(host):
        return False
    return any(governmental(own) and (host == own or host.endswith(f".{own}")) for own in domains)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host) in _LOOPBACK
    except ValueError:
        return False
