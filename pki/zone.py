"""Whom our CAs may name: the state's own domains and subjects of its country; in practice also this one machine.

One place says it, for the name constraints of a CA (RFC 5280 clause 4.2.1.10) and for the lint of what it issues.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address

import idna

from pki import der, oids

DOMAIN = "gov.la"
PRACTICE_HOST = "localhost"
PRACTICE_NETWORK = IPv4Network("127.0.0.0/8")
_EVERY_V4, _EVERY_V6 = IPv4Network("0.0.0.0/0"), IPv6Network("::/0")
_MAIL, _DNS, _DIRECTORY, _IP = 1, 2, 4, 7
_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOCAL_PART = re.compile(r"(?=.{1,64}$)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_COUNTRY = der.sequence(der.tlv(der.SET, der.sequence(der.oid(oids.COUNTRY), der.printable("LA"))))


def is_address(name: str) -> bool:
    """Whether it is an IP address in text."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def is_host(name: str) -> bool:
    """Whether it is a lower-case host name without wildcard (RFC 1034 clause 3.5), or an IP address.

    In the ASCII form of a name in other letters each label is one of IDNA (RFC 5280 clause 7.2).
    """
    return is_address(name) or (_HOST.fullmatch(name) is not None and not has_unfit_label(name))


def has_unfit_label(name: str) -> bool:
    """Whether a label of a host, or of a mail address's, has hyphens in third and fourth place and is no A-label.

    Such labels are reserved (RFC 5890 clause 2.3.1; CA/B Forum TLS BR clause 7.1.2.7.12): an A-label is what comes of
    a text that IDNA allows, in just this spelling. What merely looks like one is shown as who knows what.
    """
    _, _, host = name.rpartition("@")
    return any(label[2:4] == "--" and not _is_a_label(label) for label in host.split("."))


def _is_a_label(label: str) -> bool:
    try:
        return label.startswith("xn--") and idna.alabel(idna.ulabel(label)).decode() == label
    except (idna.IDNAError, ValueError):
        return False


def is_mail_address(name: str) -> bool:
    """Whether it is a lower-case mail address of ASCII without quotes (RFC 5321 clause 4.1.2)."""
    local, at, domain = name.rpartition("@")
    return bool(at) and _LOCAL_PART.fullmatch(local) is not None and is_host(domain) and not is_address(domain)


def within(name: str, *, practice: bool) -> bool:
    """Whether a host name, IP address or mail address is of the state's domain, or in practice of this machine."""
    if is_address(name):
        return practice and ip_address(name) in PRACTICE_NETWORK
    _, _, host = name.rpartition("@")
    ours = host == DOMAIN or host.endswith(f".{DOMAIN}")
    return ours or (practice and name == PRACTICE_HOST)


def constraints(*, practice: bool, subjects: bool = True) -> bytes:
    """The DER NameConstraints: domain, mail domain and country permitted, every IP address excluded.

    In practice this machine's name and loopback addresses are permitted besides. Without `subjects` nothing is said
    of the country: a constraint on directory names is what many a TLS stack refuses (decision 0022).
    """
    state = (
        der.implicit(_DNS, DOMAIN.encode()),
        der.implicit(_MAIL, DOMAIN.encode()),
        der.implicit(_MAIL, f".{DOMAIN}".encode()),
        *((der.explicit(_DIRECTORY, _COUNTRY),) if subjects else ()),
    )
    machine = (der.implicit(_DNS, PRACTICE_HOST.encode()), _subnet(PRACTICE_NETWORK)) if practice else ()
    excluded = (_subnet(_EVERY_V6),) if practice else (_subnet(_EVERY_V4), _subnet(_EVERY_V6))
    return der.sequence(
        der.explicit(0, *map(der.sequence, (*state, *machine))), der.explicit(1, *map(der.sequence, excluded))
    )


def _subnet(network: IPv4Network | IPv6Network) -> bytes:
    """Address and mask, as RFC 5280 clause 4.2.1.10 writes a subnet."""
    return der.implicit(_IP, network.network_address.packed + network.netmask.packed)
