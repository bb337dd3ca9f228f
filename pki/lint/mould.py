"""What certificates of one kind have in common, octet by octet: a mould is taken from one that passed every rule.

Bytes that fit it differ in serial number, validity, subject and key alone, so the rules that read nothing of these
have judged them already. What does not fit is read and judged as a whole.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from pki import der, keys, oids
from pki.errors import PkiError
from pki.lint import extensions, fields
from pki.lint.rule import Rule
from pki.parsed import Extension, ParsedTbs

_READ_WHAT_VARIES = {
    "serial.range", "serial.dense-and-random", "validity.order", "validity.within-issuer", "validity.within-profile",
    "validity.encoding", "key.strong", "key.kind", "key.family", "key.own", "status.shard",
}  # fmt: skip
SETTLED = {rule.id for rule in (*fields.RULES, *extensions.RULES)} - _READ_WHAT_VARIES
"""Rules that read, beside profile, issuer and the key's kind, only what a mould keeps the same.

`key-identifier.subject` is among them since who fits a mould has the identifier of his own key in that place.
"""


@dataclass(frozen=True)
class Mould:
    """The octets around what varies. It is good for one profile, issuer and kind of key."""

    head: tuple[bytes, bytes, bytes]
    """Version, algorithm and issuer."""
    before: bytes
    """Of the extensions what comes before the subject key identifier …"""
    after: bytes
    """… and behind it."""
    facts: ParsedTbs

    @classmethod
    def of(cls, tbs: bytes, facts: ParsedTbs) -> "Mould | None":
        """The mould of bytes that passed every rule; None where the key identifier's place is not beyond doubt."""
        found = der.parts(tbs)
        version, _, algorithm, issuer = (element.whole for element in found[:4])
        before, identifier, after = found[-1].whole.partition(keys.key_identifier(facts.spki))
        if len(found) != _FIELDS or not identifier or identifier in after:
            return None
        return cls((version, algorithm, issuer), before, after, facts)

    def facts_of(self, tbs: bytes) -> ParsedTbs | None:
        """What `parse_tbs` reads from the bytes; None where they do not fit."""
        try:
            return self._facts_of(tbs)
        except PkiError:
            return None

    def _facts_of(self, tbs: bytes) -> ParsedTbs | None:
        found = der.parts(tbs)
        if len(found) != _FIELDS:
            return None
        version, serial, algorithm, issuer, validity, subject, spki, held = found
        identifier = keys.key_identifier(spki.whole)
        same = (version.whole, algorithm.whole, issuer.whole) == self.head
        if not same or held.whole != self.before + identifier + self.after or subject.tag != der.SEQUENCE:
            return None
        times = _times(validity.whole)
        if len(times) != _TIMES:
            return None
        return ParsedTbs(
            self.facts.version, der.read_integer(serial), algorithm.whole, issuer.whole, times[0], times[1],
            subject.whole, spki.whole, self._extensions(identifier),
        )  # fmt: skip

    def _extensions(self, identifier: bytes) -> tuple[Extension, ...]:
        others, place = self._others
        kept = self.facts.extensions[place]
        return (*others[:place], Extension(kept.oid, kept.critical, der.octet_string(identifier)), *others[place:])

    @cached_property
    def _others(self) -> tuple[tuple[Extension, ...], int]:
        """All extensions but the subject key identifier, and the place of that."""
        found = self.facts.extensions
        place = [one.oid for one in found].index(oids.SUBJECT_KEY_IDENTIFIER)
        return (*found[:place], *found[place + 1 :]), place


@lru_cache(maxsize=1024)
def _times(validity: bytes) -> tuple[datetime, ...]:
    """The two of a DER Validity, which those of a batch mostly share. Raises ParseError."""
    return tuple(der.read_time(one) for one in der.parts(validity))


_FIELDS = 8
"""Of a TBSCertificate with extensions and without unique identifiers (RFC 5280 clause 4.1)."""
_TIMES = 2


def varying(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Those of the rules that a mould does not settle."""
    return tuple(rule for rule in rules if rule.id not in SETTLED)
