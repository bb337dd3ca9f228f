"""The use case: a document in, a verdict out, and an entry that says so."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.canonical import canonical
from ledger.certificates import Certificate, Issuer, Revocation
from ledger.decision import Refuse
from ledger.event import ANYONE
from ledger.ledger import Ledger
from ledger.people import Person
from ledger.standing import detail_of, standing
from validation.answer import answer_of
from validation.events import DocumentValidated
from validation.pades.first_look import is_affordable
from validation.pades.gathering import Post
from validation.pades.reading import Authority, DocumentUnfit, Finding, read_signatures
from validation.rules import RULES, Rule
from validation.tables import Validation
from validation.verdict import JudgedSignature, Signer, conclude, judge_signature

LARGEST_DOCUMENT = 20 * 1024 * 1024
"""Octets."""


@dataclass(frozen=True)
class Validator:
    """What the house needs to answer: the ledger, and a way to ask OCSP responders."""

    ledger: Ledger
    post: Post

    def validate(self, document: bytes, rule_name: str | None = None) -> dict[str, Any] | Refuse:
        """The answer about `document` (see `validation.answer`); refused when it cannot be judged at all."""
        if rule_name is not None and rule_name not in RULES:
            return Refuse("rule.unknown")
        if not is_affordable(document):
            return Refuse("document.malformed")
        digest = sha256(document).hexdigest()
        now = self.ledger.clock.now()
        try:
            findings = read_signatures(document, self._authority(), self.post, now)
        except DocumentUnfit as unfit:
            return Refuse(unfit.code)  # A stranger's garbage is counted (web.metrics), not entered.
        rule = RULES[rule_name] if rule_name else None
        with self.ledger.read() as session:
            verdict = conclude([_judge(session, finding, rule) for finding in findings])
        answer = answer_of(verdict, rule_name)
        signers = tuple(judged.signer.person_id for judged in verdict.signatures if judged.signer)
        event = DocumentValidated(digest, verdict.indication, verdict.sub_indication, rule_name, signers)
        with self.ledger.entry(event, ANYONE) as tx:
            identifier = tx.new_id()
            tx.add(
                Validation(
                    id=identifier,
                    document_sha256=digest,
                    rule=rule_name,
                    indication=verdict.indication,
                    sub_indication=verdict.sub_indication,
                    answer_sha256=sha256(canonical(answer)).hexdigest(),
                )
            )
        return {"id": identifier, "document_sha256": digest, **answer}

    def _authority(self) -> Authority:
        with self.ledger.read() as session:
            issuers = session.scalars(select(Issuer)).all()
        roots = [issuer.certificate for issuer in issuers if issuer.name == "root"]
        return Authority(roots, [issuer.certificate for issuer in issuers], self._knows())

    def _knows(self) -> Callable[[str], bool]:
        def in_ledger(digest: str) -> bool:
            with self.ledger.read() as session:
                return session.scalar(select(Certificate.id).where(Certificate.sha256 == digest)) is not None

        return in_ledger


def _judge(session: Session, finding: Finding, rule: Rule | None) -> JudgedSignature:
    """The finding with its signer and his posts at the proven time; without one, nothing is said about posts."""
    finding = _as_the_ledger_has_it(session, finding)
    signer = _signer(session, finding)
    standings = standing(session, signer.person_id, finding.time) if signer and finding.time else []
    return judge_signature(finding, signer, standings, rule)


def _as_the_ledger_has_it(session: Session, finding: Finding) -> Finding:
    """A good finding is good no more if the ledger has a revocation from before the signature.

    When no responder answers, a document may carry answers of its own, which say `good` for hours after a revocation.
    """
    if finding.indication != "TOTAL-PASSED" or finding.certificate is None:
        return finding
    digest = sha256(finding.certificate).hexdigest()
    ended = select(Revocation.at).join(Certificate, Certificate.id == Revocation.certificate_id)
    revoked = session.scalar(ended.where(Certificate.sha256 == digest))
    if revoked is None or (finding.time is not None and finding.time < revoked):
        return finding
    if finding.not_before is not None and revoked <= finding.not_before:
        return replace(finding, indication="TOTAL-FAILED", sub_indication="REVOKED")
    return replace(finding, indication="INDETERMINATE", sub_indication="REVOKED_NO_POE")


def _signer(session: Session, finding: Finding) -> Signer | None:
    if finding.certificate is None:
        return None
    digest = sha256(finding.certificate).hexdigest()
    person = session.scalar(
        select(Person).join(Certificate, Certificate.person_id == Person.id).where(Certificate.sha256 == digest)
    )
    if person is None:
        return None
    detail = detail_of(session, person.id)
    lao = " ".join(filter(None, (detail.given_lo, detail.family_lo))) if detail else ""
    english = " ".join(filter(None, (detail.given_en, detail.family_en))) if detail else ""
    return Signer(person.id, person.number, lao, english)
