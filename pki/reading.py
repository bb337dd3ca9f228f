"""Values of extensions read (RFC 5280 clause 4.2.1). `None` stands for an absent extension. Raises ParseError alone."""

from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from pki import der, names, oids
from pki.errors import ParseError
from pki.profile import KeyUsage

_USAGES = {usage.value: usage for usage in KeyUsage}
_IP_SIZES = (4, 16)
_HIGHEST_EXPONENT = 18
_TREES = {0xA0: "permitted", 0xA1: "excluded"}
_TEXT_TREES = {0x81: "mail", 0x82: "dns", 0x86: "uri"}


class Policy(NamedTuple):
    """One certificate policy and the addresses of its practice statement."""

    oid: str
    cps_urls: tuple[str, ...]


@lru_cache(maxsize=256)
def key_usages(value: bytes | None) -> frozenset[KeyUsage]:
    """The key usages; bits that RFC 5280 does not name are passed over."""
    if value is None:
        return frozenset()
    return frozenset(_USAGES[bit] for bit in der.read_named_bits(_one(value)) if bit in _USAGES)


@lru_cache(maxsize=256)
def identifiers(value: bytes | None) -> tuple[str, ...]:
    """A SEQUENCE OF OBJECT IDENTIFIER."""
    return () if value is None else tuple(map(der.read_oid, der.parts(value)))


@lru_cache(maxsize=256)
def policies(value: bytes | None) -> tuple[Policy, ...]:
    """The policies with their CPS addresses."""
    return () if value is None else tuple(map(_policy, der.parts(value)))


def _policy(element: der.Element) -> Policy:
    fields = der.children(der.content_of(element, der.SEQUENCE))
    if len(fields) not in (1, 2):
        raise ParseError("A PolicyInformation has one part or two.")
    qualifiers = der.children(der.content_of(fields[1], der.SEQUENCE)) if len(fields) == 2 else []
    pairs = [_pair(qualifier) for qualifier in qualifiers]
    urls = tuple(der.read_text(text) for oid, text in pairs if oid == oids.QT_CPS)
    return Policy(der.read_oid(fields[0]), urls)


@lru_cache(maxsize=256)
def access_urls(value: bytes | None, method: str) -> tuple[str, ...]:
    """The URIs of this access method in an AuthorityInfoAccess."""
    pairs = () if value is None else tuple(map(_pair, der.parts(value)))
    return tuple(_ascii(place.content) for oid, place in pairs if oid == method and place.tag == 0x86)


@lru_cache(maxsize=256)
def crl_urls(value: bytes | None) -> tuple[str, ...]:
    """The URIs of all full names in a CRLDistributionPoints."""
    found: list[str] = []
    for point in () if value is None else der.parts(value):
        for field in der.children(der.content_of(point, der.SEQUENCE)):
            if field.tag == 0xA0:
                found.extend(_full_names(field))
    return tuple(found)


def _full_names(point: der.Element) -> list[str]:
    names = [name for held in der.children(point.content) if held.tag == 0xA0 for name in der.children(held.content)]
    return [_ascii(name.content) for name in names if name.tag == 0x86]


def octets(value: bytes | None) -> bytes | None:
    """The content of an OCTET STRING."""
    return None if value is None else der.single(value, der.OCTET_STRING)


@lru_cache(maxsize=256)
def authority_key_identifier(value: bytes | None) -> bytes | None:
    """The keyIdentifier of an AuthorityKeyIdentifier, if it has one."""
    fields = () if value is None else der.parts(value)
    return next((field.content for field in fields if field.tag == 0x80), None)


@lru_cache(maxsize=256)
def authority_certificate(value: bytes | None) -> tuple[bytes | None, int | None]:
    """Of an AuthorityKeyIdentifier: the first directory name of authorityCertIssuer, and authorityCertSerialNumber."""
    fields = {field.tag: field for field in (() if value is None else der.parts(value))}
    issuer, serial = fields.get(0xA1), fields.get(0x82)
    names = [] if issuer is None else [name.content for name in der.children(issuer.content) if name.tag == 0xA4]
    number = None if serial is None else der.read_integer(der.Element(der.INTEGER, serial.content, serial.whole))
    return (names[0] if names else None), number


@lru_cache(maxsize=256)
def basic_constraints(value: bytes | None) -> tuple[bool, int | None]:
    """Whether it is a CA, and the path length."""
    fields = [] if value is None else der.parts(value)
    is_ca = bool(fields) and fields[0].tag == der.BOOLEAN and der.read_boolean(fields.pop(0))
    length = der.read_integer(fields.pop(0)) if fields else None
    if fields or (length is not None and length < 0):
        raise ParseError("BasicConstraints with a field of no known kind.")
    return is_ca, length


def general_names(value: bytes | None) -> tuple[str, ...]:
    """Mail addresses, DNS names, URIs and IP addresses of GeneralNames; other kinds are passed over."""
    names = () if value is None else der.parts(value)
    return tuple(text for text in map(_general_name, names) if text is not None)


def _general_name(element: der.Element) -> str | None:
    if element.tag in {0x81, 0x82, 0x86}:
        return _ascii(element.content)
    if element.tag != 0x87:
        return None
    if len(element.content) not in _IP_SIZES:
        raise ParseError("An IP address has 4 or 16 octets.")
    return str(ip_address(element.content))


@lru_cache(maxsize=256)
def name_constraints(value: bytes | None) -> tuple[str, ...]:
    """The subtrees of NameConstraints as `permitted dns gov.la`, `excluded ip ::/0`, in their order."""
    found: list[str] = []
    for trees in () if value is None else der.parts(value):
        if trees.tag not in _TREES:
            raise ParseError("NameConstraints with a field of no known tag.")
        for tree in der.children(trees.content):
            base = der.children(der.content_of(tree, der.SEQUENCE))
            found.append(f"{_TREES[trees.tag]} {_subtree(_first(base))}")
    return tuple(found)


def _first(base: list[der.Element]) -> der.Element:
    if len(base) != 1:
        raise ParseError("A subtree has a base, and no minimum or maximum (RFC 5280 clause 4.2.1.10).")
    return base[0]


def _subtree(base: der.Element) -> str:
    if base.tag in _TEXT_TREES:
        return f"{_TEXT_TREES[base.tag]} {_ascii(base.content)}"
    if base.tag == 0xA4:
        return f"directory {names.name_text(base.content)}"
    if base.tag != 0x87 or len(base.content) not in (8, 32):
        raise ParseError("A subtree of no known kind.")
    half = len(base.content) // 2
    mask = f"{int.from_bytes(base.content[half:], 'big'):0{8 * half}b}"
    if "01" in mask:
        raise ParseError("A subtree of addresses whose mask has holes (RFC 4632 clause 5.1).")
    return f"ip {ip_address(base.content[:half])}/{mask.count('1')}"


@lru_cache(maxsize=256)
def value_limit_lak(value: bytes | None) -> int | None:
    """The limit of value in kip of QCStatements (ETSI EN 319 412-5 clause 4.3.2), if they hold one."""
    for statement in () if value is None else der.parts(value):
        fields = der.children(der.content_of(statement, der.SEQUENCE))
        if fields and der.read_oid(fields[0]) == oids.QCS_LIMIT_VALUE:
            return _kip(fields[1:])
    return None


def _kip(held: list[der.Element]) -> int:
    fields = der.children(der.content_of(held[0], der.SEQUENCE)) if len(held) == 1 else []
    if len(fields) != 3 or der.read_text(fields[0]) != "LAK":
        raise ParseError("A limit of value is three parts, and in LAK.")
    amount, exponent = der.read_integer(fields[1]), der.read_integer(fields[2])
    if amount < 0 or not 0 <= exponent <= _HIGHEST_EXPONENT:
        raise ParseError("A limit of value is a sum of money.")
    return amount * int(10**exponent)


def _pair(element: der.Element) -> tuple[str, der.Element]:
    fields = der.children(der.content_of(element, der.SEQUENCE))
    if len(fields) != 2:
        raise ParseError("A pair has two parts.")
    return der.read_oid(fields[0]), fields[1]


def _one(value: bytes) -> der.Element:
    found = der.children(value)
    if len(found) != 1:
        raise ParseError("Not exactly one element.")
    return found[0]


def _ascii(content: bytes) -> str:
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise ParseError("An IA5String holds ASCII.") from None
