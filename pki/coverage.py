"""Whether a CA leaves those below it what they must be able to certify: names, purposes, policies (RFC 5280 clause 6).

Subtrees are texts, as `pki.reading.name_constraints` has them: `permitted dns gov.la`. Where a kind of name is not
spoken of, every name of that kind is permitted (clause 4.2.1.10).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from pki import oids
from pki.parsed import ParsedCertificate


@dataclass(frozen=True)
class Needs:
    """What certificates below will say: subtrees that must be permitted, purposes and policies (dotted)."""

    subtrees: tuple[str, ...] = ()
    purposes: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()


def names_are_left(needed: Sequence[str], constraints: Sequence[str]) -> bool:
    """Whether each permitted subtree of `needed` lies whole within what the other constraints permit."""
    wanted = [_split(one)[1:] for one in needed if _split(one)[0] == "permitted"]
    return all(_left(kind, base, constraints) for kind, base in wanted)


def names_are_confined(asked: Sequence[str], constraints: Sequence[str]) -> bool:
    """Whether the constraints permit nothing beyond what was asked for, and exclude all that was to be excluded.

    A kind of name of which nothing was asked is left free; one of which they do not speak is not confined.
    """
    return all(
        _confined(kind, asked, constraints) if way == "permitted" else _excluded(kind, base, constraints)
        for way, kind, base in map(_split, asked)
    )


def purposes_are_left(needed: frozenset[str], certificate: ParsedCertificate) -> bool:
    """Whether a CA's extended key usages, which relying software applies to what is below, hold the needed ones."""
    said = set(certificate.extended_key_usages)
    return not said or oids.EKU_ANY in said or needed <= said


def policies_are_left(needed: frozenset[str], certificate: ParsedCertificate) -> bool:
    """Whether its certificate policies, if it says any, hold the needed ones or anyPolicy (clause 6.1.3 (d))."""
    said = {policy.oid for policy in certificate.policies}
    return not said or oids.ANY_POLICY in said or needed <= said


def _confined(kind: str, asked: Sequence[str], constraints: Sequence[str]) -> bool:
    bounds, permitted = _bases("permitted", kind, asked), _bases("permitted", kind, constraints)
    holds = _HOLDS.get(kind, str.__eq__)
    return bool(permitted) and all(any(holds(bound, one) for bound in bounds) for one in permitted)


def _excluded(kind: str, base: str, constraints: Sequence[str]) -> bool:
    holds = _HOLDS.get(kind, str.__eq__)
    return any(holds(other, base) for other in _bases("excluded", kind, constraints))


def _left(kind: str, base: str, constraints: Sequence[str]) -> bool:
    permitted, excluded = _bases("permitted", kind, constraints), _bases("excluded", kind, constraints)
    holds = _HOLDS.get(kind, str.__eq__)
    return (not permitted or any(holds(other, base) for other in permitted)) and not any(
        holds(other, base) or holds(base, other) for other in excluded
    )


def _bases(way: str, kind: str, constraints: Sequence[str]) -> list[str]:
    return [base for said, of, base in map(_split, constraints) if (said, of) == (way, kind)]


def _split(subtree: str) -> tuple[str, str, str]:
    way, kind, base = f"{subtree} ".split(" ", 2)
    return way, kind, base.strip()


def _domain_holds(outer: str, inner: str) -> bool:
    return outer in ("", inner) or inner.endswith(f".{outer}")


def _mail_holds(outer: str, inner: str) -> bool:
    """A host stands for its own addresses, a domain with a dot before it for those of the hosts under it."""
    return outer in ("", inner) or (outer.startswith(".") and inner.endswith(outer))


def _directory_holds(outer: str, inner: str) -> bool:
    """Names are texts from the country on: what begins alike lies within."""
    return outer in ("", inner) or inner.startswith(f"{outer}, ")


def _network_holds(outer: str, inner: str) -> bool:
    one, other = ip_network(outer, strict=False), ip_network(inner, strict=False)
    return one.version == other.version and other.subnet_of(one)  # type: ignore[arg-type]


_HOLDS: Mapping[str, Callable[[str, str], bool]] = {
    "dns": _domain_holds, "mail": _mail_holds, "directory": _directory_holds, "ip": _network_holds,
}  # fmt: skip
