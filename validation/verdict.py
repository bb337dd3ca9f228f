"""From findings and the register's facts to the answer a service gets. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.standing import Standing
from validation.pades.reading import Finding
from validation.rules import Rule

VERDICTS = {"TOTAL-PASSED": "VALID", "TOTAL-FAILED": "INVALID", "INDETERMINATE": "CANNOT TELL"}
"""Plain words over the indications of ETSI EN 319 102-1 clause 5.1.3."""
_WORST_FIRST = ("TOTAL-FAILED", "INDETERMINATE", "TOTAL-PASSED")


@dataclass(frozen=True)
class Signer:
    """Who a certificate names, as the register knows him."""

    person_id: str
    number: str
    name_lo: str
    name_en: str


@dataclass(frozen=True)
class JudgedSignature:
    """A finding with its signer and the post that counts for it."""

    finding: Finding
    signer: Signer | None
    standing: Standing | None
    indication: str
    sub_indication: str | None


@dataclass(frozen=True)
class Verdict:
    """The answer about a document: as good as its worst signature, and the code of the sentence that says why."""

    indication: str
    sub_indication: str | None
    code: str
    signatures: Sequence[JudgedSignature]

    @property
    def verdict(self) -> str:
        """`VALID`, `INVALID` or `CANNOT TELL`."""
        return VERDICTS[self.indication]


def judge_signature(
    finding: Finding, signer: Signer | None, standings: Sequence[Standing], rule: Rule | None
) -> JudgedSignature:
    """The finding with the post that counts: with a rule, one whose mandates allow the rule's act, else the first.

    Without a rule a missing post leaves the indication alone; with one, a signature that would have passed
    becomes INDETERMINATE, SIG_CONSTRAINTS_FAILURE.
    """
    if rule is None:
        standing = standings[0] if standings else None
        return JudgedSignature(finding, signer, standing, finding.indication, finding.sub_indication)
    allowed = [standing for standing in standings if any(m.act == rule.act for m in standing.mandates)]
    standing = next(iter(allowed or standings), None)
    if allowed or finding.indication != "TOTAL-PASSED":
        return JudgedSignature(finding, signer, standing, finding.indication, finding.sub_indication)
    return JudgedSignature(finding, signer, standing, "INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")


def conclude(signatures: Sequence[JudgedSignature]) -> Verdict:
    """The document's verdict: its worst signature decides. There is at least one signature."""
    worst = min(signatures, key=lambda judged: _WORST_FIRST.index(judged.indication))
    return Verdict(worst.indication, worst.sub_indication, _sentence_code(worst), signatures)


def _sentence_code(judged: JudgedSignature) -> str:
    """The message id of the sentence (`web/words/validation.py`) that says what the worst signature is like."""
    if judged.indication == "TOTAL-PASSED":
        return "verdict.passed" if judged.standing else "verdict.passed-without-post"
    if judged.sub_indication == "SIG_CONSTRAINTS_FAILURE" and judged.finding.indication == "TOTAL-PASSED":
        return "verdict.not-mandated"
    named = {
        "HASH_FAILURE": "verdict.changed",
        "FORMAT_FAILURE": "verdict.changed",
        "SIG_CRYPTO_FAILURE": "verdict.changed",
        "REVOKED": "verdict.revoked",
        "REVOKED_NO_POE": "verdict.revoked-perhaps-before",
        "REVOKED_CA_NO_POE": "verdict.revoked-perhaps-before",
        "TRY_LATER": "verdict.try-later",
        "CERTIFICATE_CHAIN_GENERAL_FAILURE": "verdict.try-later",
        "NO_CERTIFICATE_CHAIN_FOUND": "verdict.stranger",
    }
    return named.get(judged.sub_indication or "", "verdict.not-enough-evidence")
