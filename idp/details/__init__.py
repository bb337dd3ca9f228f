"""What a service asks for in detail (RFC 9396): a line a type, a check a member; whatever is not listed is refused.

A person is asked each time and reads all of it; nothing of it is ever remembered. We sign no document here: a token
says what somebody agreed to have signed, and by which service, which asks him for his key or code itself.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pki.base64url import decode
from pki.errors import PkiError
from pki.jws import object_of

PARAMETER = "authorization_details"
MOST, MOST_DOCUMENTS, LONGEST_LABEL, LONGEST_PLACE = 5, 20, 100, 500
LONGEST = 24 * 1024
"""Characters of all details as `text_of` writes them, room for as many as there may be. However a client writes them,
with escapes, spaces or quoted as a form has it, this is what counts."""
DIGESTS: Mapping[str, int] = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Octets of a digest, by the algorithm's name in IANA's registry of hash algorithms for HTTP."""
Check = Callable[[Any, Mapping[str, Any]], bool]
"""Whether a member's value is fit; beside it all members of its object."""


class DetailsUnfit(Exception):
    """It is no list of details, or one is of an unknown type, or not as its type has it."""


@dataclass(frozen=True)
class Detail:
    """One thing that a service wants leave for, checked by its type; only `parse_details` makes it."""

    said: Mapping[str, Any]

    @property
    def type(self) -> str:
        """A name of TYPES."""
        return str(self.said["type"])

    @property
    def place(self) -> str:
        """The one service that may act by it, as a resource (RFC 8707)."""
        return str(self.said["locations"][0])

    @property
    def leaves(self) -> frozenset[tuple[str, ...]]:
        """Each single leave in it: what is narrowed has some of them, and no other."""
        return frozenset((self.type, self.place, *one) for one in TYPES[self.type].leaves(self.said))


@dataclass(frozen=True)
class DetailType:
    """What a detail of this type has: all of these members, and no other."""

    members: Mapping[str, Check]
    leaves: Callable[[Mapping[str, Any]], Iterable[tuple[str, ...]]]


def one_place(value: Any, _: Mapping[str, Any]) -> bool:
    """RFC 9396 clause 2.2, exactly one: a leave is for one service. Which ones there are the registration says."""
    one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
    return one and 0 < len(value[0]) <= LONGEST_PLACE


def a_digest_algorithm(value: Any, _: Mapping[str, Any]) -> bool:
    """One of DIGESTS."""
    return isinstance(value, str) and value in DIGESTS


def documents(value: Any, beside: Mapping[str, Any]) -> bool:
    """Some, none of them twice: nobody agrees to the same document under two names."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_DOCUMENTS:
        return False
    size = DIGESTS.get(str(beside.get("digest_algorithm")), 0)
    fit = all(isinstance(one, dict) and one.keys() == {"label", "digest"} for one in value)
    if not fit or not all(_is_label(one["label"]) and _is_digest(one["digest"], size) for one in value):
        return False
    return len({one["digest"] for one in value}) == len(value)


def _signatures(said: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [(said["digest_algorithm"], one["digest"], one["label"]) for one in said["documents"]]


TYPES: Mapping[str, DetailType] = {
    "sign": DetailType(
        {"locations": one_place, "digest_algorithm": a_digest_algorithm, "documents": documents}, _signatures
    ),
}
"""`sign`: the service at `locations` may have these documents signed by the person, once he has agreed there too."""


def parse_details(text: str) -> tuple[Detail, ...]:
    """The details in the parameter; none for an empty one. Raises DetailsUnfit for whatever RFC 9396 clause 5 names."""
    if not text:
        return ()
    if len(text) <= LONGEST:
        return _kept(text)
    found = _parsed(text)
    if len(text_of(found)) > LONGEST:
        raise DetailsUnfit("too long")
    return found


def _parsed(text: str) -> tuple[Detail, ...]:
    try:
        wrapped = object_of(b'{"%s":%s}' % (PARAMETER.encode(), text.encode()))
    except (PkiError, UnicodeEncodeError) as fault:
        raise DetailsUnfit("no JSON") from fault
    listed = wrapped[PARAMETER]
    if wrapped.keys() != {PARAMETER} or not isinstance(listed, list) or not 0 < len(listed) <= MOST:
        raise DetailsUnfit("no array")
    if not all(map(_is_fit, listed)):
        raise DetailsUnfit("an unknown type, or not as it has it")
    found = tuple(Detail(one) for one in listed)
    if len(leaves_of(found)) != sum(len(one.leaves) for one in found):
        raise DetailsUnfit("the same twice")
    return found


_kept = lru_cache(maxsize=64)(_parsed)
"""Of those that are not long by how they are written: what is kept stays small."""


def may_be_asked(found: Sequence[Detail], types: Collection[str], places: Collection[str]) -> bool:
    """Whether a client that is registered for these types and resources may ask for them."""
    return all(one.type in types and one.place in places for one in found)


def leaves_of(found: Iterable[Detail]) -> frozenset[tuple[str, ...]]:
    """All single leaves."""
    return frozenset(leave for one in found for leave in one.leaves)


def at_places(found: Iterable[Detail], places: Collection[str]) -> tuple[Detail, ...]:
    """Those that services at these places may act by: a token for others says nothing of them (RFC 9396 clause 9)."""
    return tuple(one for one in found if one.place in places)


def as_json(found: Iterable[Detail]) -> list[Mapping[str, Any]]:
    """As they stand in tokens and answers."""
    return [one.said for one in found]


def text_of(found: Iterable[Detail]) -> str:
    """As they are kept, and read again by `parse_details`; empty for none."""
    listed = as_json(found)
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":")) if listed else ""


def _is_fit(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("type"), str) or one["type"] not in TYPES:
        return False
    members = TYPES[one["type"]].members
    return one.keys() == {"type", *members} and all(check(one[name], one) for name, check in members.items())


def _is_label(value: Any) -> bool:
    """Short, and nothing in it that is invisible or turns the direction of writing."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_LABEL and value.isprintable() and bool(value.strip())


def _is_digest(value: Any, size: int) -> bool:
    """So many octets, base64url without padding, in the one way to write them."""
    try:
        return isinstance(value, str) and len(decode(value)) == size
    except PkiError:
        return False
