"""What a lint rule is: a name, its clause, and a check that says in a sentence what is wrong, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from pki import der, names
from pki.issuer import IssuerView
from pki.parsed import ParsedTbs
from pki.profile import CertificateProfile


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
