"""The blocking lint: no key sees to-be-signed bytes that did not pass every rule here.

One rule is one small function with its clause beside it; the tables in `fields`, `subject` and `extensions`
are the whole of it.
"""

from dataclasses import dataclass

from pki.errors import ParseError, PkiError
from pki.issuer import IssuerView
from pki.lint import extensions, fields, subject
from pki.lint.mould import Mould, varying
from pki.lint.rule import Case, Finding, Rule
from pki.parsed import ParsedTbs, parse_tbs
from pki.profile import CertificateProfile
from pki.signing import SignatureAlgorithm

__all__ = ["RULES", "Finding", "LintFailed", "LintedTbs", "Rule", "lint"]

RULES: tuple[Rule, ...] = (*fields.RULES, *subject.RULES, *extensions.RULES)
_VARYING = tuple(rule.check for rule in varying(RULES))
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


_moulds: dict[tuple[CertificateProfile, IssuerView], dict[SignatureAlgorithm, Mould]] = {}
_MOST_MOULDS = 4096
"""An issuer whose CRL is in parts has one of each profile and part; at more, all are taken anew."""


def lint(tbs: bytes, profile: CertificateProfile, issuer: IssuerView) -> LintedTbs:
    """The bytes, proved to follow the profile under this issuer. Raises LintFailed with every finding."""
    case = _moulded(tbs, profile, issuer)
    if case is not None and _passes(case):
        return LintedTbs(tbs, case.facts, profile, issuer, _PASSED)
    return _linted(tbs, profile, issuer)


def _moulded(tbs: bytes, profile: CertificateProfile, issuer: IssuerView) -> Case | None:
    """The case of bytes that differ from some that passed in serial number, validity, subject and key alone."""
    for kind, mould in tuple(_moulds.get((profile, issuer), {}).items()):
        facts = mould.facts_of(tbs)
        if facts is not None:
            case = Case(tbs, facts, profile, issuer)
            return case if case.key_kind is kind else None
    return None


def _passes(case: Case) -> bool:
    """Whether what varies breaks no rule; which one it breaks is told by the judgement of the whole."""
    try:
        for check in _VARYING:
            if check(case):
                return False
    except ParseError:
        return False
    return True


def _linted(tbs: bytes, profile: CertificateProfile, issuer: IssuerView) -> LintedTbs:
    try:
        case = Case(tbs, parse_tbs(tbs), profile, issuer)
    except ParseError as fault:
        raise LintFailed((Finding(*_STRUCTURE, str(fault)),)) from None
    found = tuple(finding for rule in RULES if (finding := _judged(rule, case)))
    if found:
        raise LintFailed(found)
    _keep(case)
    return LintedTbs(tbs, case.facts, profile, issuer, _PASSED)


def _keep(case: Case) -> None:
    mould, kind = Mould.of(case.tbs, case.facts), case.key_kind
    if len(_moulds) >= _MOST_MOULDS:
        _moulds.clear()
    if mould is not None and kind is not None:
        _moulds.setdefault((case.profile, case.issuer), {})[kind] = mould


def _judged(rule: Rule, case: Case) -> Finding | None:
    try:
        sentence = rule.check(case)
    except ParseError as fault:
        sentence = str(fault)
    return Finding(rule.id, rule.clause, sentence) if sentence else None
