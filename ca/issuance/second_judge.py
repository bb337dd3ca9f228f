"""pkilint as second judge: what others would find in a certificate that our own lint has let pass.

It looks at the exact bytes before a key does, at each certificate of a profile or at a sample, as the configuration
says; in tests at every profile.
"""

from collections import Counter
from dataclasses import dataclass, field

from ca.configuration import Configuration, SecondJudge
from pki.certificate import assemble, parse_certificate
from pki.errors import PkiError
from pki.lint import LintedTbs

ONE_IN = 20
"""Of a profile's certificates in one batch the first is looked at, and then each twentieth."""
_NO_SIGNATURE = bytes.fromhex("3006020101020101")
"""Stands where the signature will: two integers, so that it reads as ECDSA's too. Nobody verifies it."""

_OF_UNSIGNED_ROOTS = "pkix.authority_key_identifier_extension_absent"
"""pkilint knows a root by its signature, which is still to come; RFC 5280 clause 4.2.1.1 asks a root for none."""


@dataclass(frozen=True)
class Finding:
    """An error that pkilint reports: its severity, code and, where there is one, its message."""

    severity: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity} {self.code} {self.message}".strip()


class Objection(PkiError):
    """pkilint finds errors in bytes that our own lint passed; `findings` has each."""

    code = "lint.second-judge"

    def __init__(self, found: list[Finding]) -> None:
        super().__init__("; ".join(map(str, found)))
        self.findings = found


def findings(der: bytes) -> list[Finding]:
    """What pkilint calls FATAL or ERROR in a certificate, but for what we excuse (`ca.issuance.pkilint_rules`).

    Raises ParseError.
    """
    # Loading pkilint takes a second, which no start of a process and no verb should wait for.
    from ca.issuance import pkilint_rules  # noqa: PLC0415

    return [Finding(*found) for found in pkilint_rules.errors(parse_certificate(der))]


@dataclass
class Sitting:
    """One batch before the second judge."""

    configuration: Configuration
    seen: Counter[str] = field(default_factory=Counter)

    def pass_on(self, linted: LintedTbs) -> None:
        """The bytes were looked at, if it is their turn. Raises Objection."""
        profile = linted.profile.name
        self.seen[profile] += 1
        if self._looks(profile):
            found = findings(assemble(linted.tbs, linted.issuer.algorithm, _NO_SIGNATURE))
            left = [each for each in found if not (linted.profile.self_signed and each.code == _OF_UNSIGNED_ROOTS)]
            if left:
                raise Objection(left)

    def _looks(self, profile: str) -> bool:
        when = self.configuration.judge_of(profile)
        return when is SecondJudge.ALWAYS or (when is SecondJudge.SAMPLE and self.seen[profile] % ONE_IN == 1)
