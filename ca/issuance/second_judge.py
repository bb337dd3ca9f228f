"""pkilint as second judge: what others would find in a certificate that our own lint has let pass.

It looks at the exact bytes before a key does, at each certificate of a profile or at a sample, as the configuration
says; in tests at every profile.
"""

from dataclasses import dataclass, field

from ca.configuration import Configuration, SecondJudge
from ledger.clock import Randomness
from pki.certificate import assemble, parse_certificate
from pki.errors import PkiError
from pki.lint import LintedTbs

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


def warm() -> None:
    """The second judge is loaded and his tables are built, so that no certificate waits a second for him."""
    from ca.issuance import pkilint_rules  # noqa: PLC0415

    pkilint_rules.warm()


@dataclass
class Sitting:
    """One batch before the second judge. Chance says which it samples, so nobody can tell beforehand."""

    configuration: Configuration
    randomness: Randomness
    seen: set[str] = field(default_factory=set)
    """Profiles of which it has met one."""

    def pass_on(self, linted: LintedTbs) -> None:
        """The bytes were looked at, if it is their turn. Raises Objection."""
        if self._looks(linted.profile.name):
            found = findings(assemble(linted.tbs, linted.issuer.algorithm, _NO_SIGNATURE))
            left = [each for each in found if not (linted.profile.self_signed and each.code == _OF_UNSIGNED_ROOTS)]
            if left:
                raise Objection(left)

    def _looks(self, profile: str) -> bool:
        when, first = self.configuration.judge_of(profile), profile not in self.seen
        self.seen.add(profile)
        return when is SecondJudge.ALWAYS or (when is SecondJudge.SAMPLE and (first or self._drawn()))

    def _drawn(self) -> bool:
        return int.from_bytes(self.randomness(8)) % self.configuration.second_judge_sample == 0
