"""pkilint as second judge: what others would find in a certificate that our own lint has let pass.

It looks at the exact bytes before a key does, at each certificate of a profile or at a sample, as the configuration
says; in tests at every profile.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ca.configuration import Configuration, SecondJudge
from ca.machines.poison import NOT_MADE, apart
from ledger.clock import Randomness
from ledger.decision import Refuse
from pki.certificate import assemble, parse_certificate
from pki.errors import ParseError, PkiError
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


Verdict = Sequence[Finding] | Refuse
"""What he found in a certificate; refused is one on which he breaks."""
Verdicts = Callable[[], Sequence[Verdict]]
"""What he says of each certificate, in their order; it may take him until then."""
Bench = Callable[[Sequence[bytes]], Verdicts]
"""Where he sits: he has these certificates before him from now on."""


def verdicts(certificates: Sequence[bytes]) -> list[Verdict]:
    """What he says of each; what he cannot read is a finding."""
    return [apart("a certificate on the bench", partial(_verdict, one), NOT_MADE) for one in certificates]


def here(certificates: Sequence[bytes]) -> Verdicts:
    """He sits in this process, and looks when his verdicts are asked for."""
    return lambda: verdicts(certificates)


def _verdict(certificate: bytes) -> list[Finding]:
    try:
        return findings(certificate)
    except ParseError as fault:
        return [Finding("FATAL", fault.code, str(fault))]


@dataclass(frozen=True)
class Hearing:
    """Bytes of a batch that the second judge has before him."""

    called: Sequence[LintedTbs]
    verdicts: Verdicts

    def outcomes(self) -> Mapping[bytes, Objection | Refuse]:
        """By the bytes, what he has against them, or that he broke on them; of what he lets pass, nothing."""
        told: dict[bytes, Objection | Refuse] = {}
        for one, said in zip(self.called, self.verdicts() if self.called else (), strict=True):
            if isinstance(said, Refuse):
                told[one.tbs] = said
            elif left := _against(one, said):
                told[one.tbs] = Objection(left)
        return told


@dataclass
class Sitting:
    """One batch before the second judge. Chance says which it samples, so nobody can tell beforehand."""

    configuration: Configuration
    randomness: Randomness
    seen: set[str] = field(default_factory=set)
    """Profiles of which it has met one."""

    def call(self, batch: Iterable[LintedTbs], bench: Bench = here) -> Hearing:
        """Those whose turn it is are before him."""
        called = [one for one in batch if self._looks(one.profile.name)]
        return Hearing(called, bench([assemble(one.tbs, one.issuer.algorithm, _NO_SIGNATURE) for one in called]))

    def _looks(self, profile: str) -> bool:
        when, first = self.configuration.judge_of(profile), profile not in self.seen
        self.seen.add(profile)
        return when is SecondJudge.ALWAYS or (when is SecondJudge.SAMPLE and (first or self._drawn()))

    def _drawn(self) -> bool:
        return int.from_bytes(self.randomness(8)) % self.configuration.second_judge_sample == 0


def _against(linted: LintedTbs, found: Sequence[Finding]) -> list[Finding]:
    return [each for each in found if not (linted.profile.self_signed and each.code == _OF_UNSIGNED_ROOTS)]
