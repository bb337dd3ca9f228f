"""The blocking lint: no key sees to-be-signed bytes that did not pass every rule here.

One rule is one small function with its clause beside it; the tables in `fields`, `subject` and `extensions`
are the whole of it.
"""

from dataclasses import dataclass

from pki.errors import ParseError, PkiError
from pki.issuer import IssuerView
from pki.lint import extensions, fields, subject
from pki.lint.rule import Case, Finding, Rule
from pki.parsed import ParsedTbs, parse_tbs
from pki.profile import CertificateProfile

__all__ = ["RULES", "Finding", "LintFailed", "LintedTbs", "Rule", "lint"]

RULES: tuple[Rule, ...] = (*fields.RULES, *subject.RULES, *extensions.RULES)
_STRUCTURE = ("structure", "RFC 5280 clause 4.1; X.690 clause 10")
_PASSED = object()


class LintFailed(PkiError):
    """The bytes break rules; `findings` has each with its clause."""

    code = "lint.failed"

    def __init__(self, found: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(map(str, found)))
        self.findings = found


@dataclass(frozen=True)
class LintedTbs:
    """To-be-signed bytes that passed every rule. Only `lint` makes one; anyone else gets TypeError."""

    tbs: bytes
    facts: ParsedTbs
    profile: CertificateProfile
    issuer: IssuerView
    passed: object

    def __post_init__(self) -> None:
        """Refuse what did not come through `lint`."""
        if self.passed is not _PASSED:
            raise TypeError("Only pki.lint.lint makes LintedTbs.")


def lint(tbs: bytes, profile: CertificateProfile, issuer: IssuerView) -> LintedTbs:
    """The bytes, proved to follow the profile under this issuer. Raises LintFailed with every finding."""
    try:
        case = Case(tbs, parse_tbs(tbs), profile, issuer)
    except ParseError as fault:
        raise LintFailed((Finding(*_STRUCTURE, str(fault)),)) from None
    found = tuple(finding for rule in RULES if (finding := _judged(rule, case)))
    if found:
        raise LintFailed(found)
    return LintedTbs(tbs, case.facts, profile, issuer, _PASSED)


def _judged(rule: Rule, case: Case) -> Finding | None:
    try:
        sentence = rule.check(case)
    except ParseError as fault:
        sentence = str(fault)
    return Finding(rule.id, rule.clause, sentence) if sentence else None
