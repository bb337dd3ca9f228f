"""What a lint rule is: a name, its clause, and a check that says in a sentence what is wrong, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from pki import der, keys, names
from pki.errors import PkiError
from pki.issuer import IssuerView
from pki.parsed import ParsedTbs
from pki.profile import CertificateProfile, KeyUsage
from pki.signing import SignatureAlgorithm


@dataclass(frozen=True)
class Case:
    """The bytes to judge, read, with the profile and the issuer that they claim to follow."""

    tbs: bytes
    facts: ParsedTbs
    profile: CertificateProfile
    issuer: IssuerView

    @cached_property
    def subject(self) -> list[tuple[str, der.Element]]:
        """The subject's attributes, each value as an element. Raises ParseError."""
        return names.values(self.facts.subject)

    @cached_property
    def subject_texts(self) -> list[tuple[str, str]]:
        """The subject's attributes as text. Raises ParseError."""
        return [(oid, der.read_text(element)) for oid, element in self.subject]

    @cached_property
    def key_kind(self) -> SignatureAlgorithm | None:
        """The kind of the subject's key; None for one that `key.strong` refuses."""
        try:
            return keys.algorithm_of(self.facts.spki)
        except PkiError:
            return None

    @property
    def usages(self) -> tuple[KeyUsage, ...]:
        """The usages that the profile has for this kind of key."""
        return self.profile.key_usages if self.key_kind is None else self.profile.usages_of(self.key_kind)


Check = Callable[[Case], str | None]


@dataclass(frozen=True)
class Rule:
    """One rule. `id` is public: it stands in findings, in the documentation and in tests."""

    id: str
    clause: str
    check: Check


@dataclass(frozen=True)
class Finding:
    """A rule that the bytes break, its clause, and what is wrong."""

    rule: str
    clause: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.clause}): {self.sentence}"
