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


def purposes_are_left(needed: frozenset[str], certificate: ParsedCertificate) -> bool:
    """Whether a CA's extended key usages, which relying software applies to what is below, hold the needed ones."""
    said = set(certificate.extended_key_usages)
    return not said or oids.EKU_ANY in said or needed <= said


def policies_are_left(needed: frozenset[str], certificate: ParsedCertificate) -> bool:
    """Whether its certificate policies, if it says any, hold the needed ones or anyPolicy (clause 6.1.3 (d))."""
    said = {policy.oid for policy in certificate.policies}
    return not said or oids.ANY_POLICY in said or needed <= said


def _left(kind: str, base: str, constraints: Sequence[str]) -> bool:
    same = [(way, other) for way, of, other in map(_split, constraints) if of == kind]
    permitted = [other for way, other in same if way == "permitted"]
    excluded = [other for way, other in same if way == "excluded"]
    holds = _HOLDS.get(kind, str.__eq__)
    return (not permitted or any(holds(other, base) for other in permitted)) and not any(
        holds(other, base) or holds(base, other) for other in excluded
    )


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
