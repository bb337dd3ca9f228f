"""Acts: what a person does under his own key, so that no process can make it up.

The person's authentication key signs the digest of the act; the fact that the act causes keeps time,
certificate and signature (`ActProof`), and whoever relies on the fact verifies them again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.canonical import canonical
from ledger.certificates import Certificate, Hold, HoldRelease, Revocation
from ledger.people import Cutoff
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.keys import algorithm_of, verify

FRESHNESS = timedelta(minutes=5)
"""An act is taken up only within this time of its signing, by the clock of the one who takes it up."""
_DOMAIN = b"laotrust-act/1\n"
AUTHENTICATION_PROFILES = ("officer-authentication",)


class ActInvalid(Exception):
    """The act does not prove what it claims. `code` is public."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Act:
    """What is done: `kind` (`enrolment.decide`), its fields (ids, digests, codes), and when."""

    kind: str
    fields: Mapping[str, Any]
    at: datetime

    def message(self) -> bytes:
        """The octets that the person's key signs."""
        return _DOMAIN + sha256(canonical({"kind": self.kind, "fields": self.fields, "at": self.at})).digest()


@dataclass(frozen=True)
class SignedAct:
    """An act with the signature over `act.message()` and the SHA-256 (hex) of the certificate of its key."""

    act: Act
    certificate_sha256: str
    signature: bytes


class ActProof:
    """Columns of a fact that an act caused."""

    act_at: Mapped[datetime] = mapped_column(sort_order=80)
    act_certificate: Mapped[str] = mapped_column(String(64), sort_order=81)
    act_signature: Mapped[bytes] = mapped_column(sort_order=82)


def proof_columns(signed: SignedAct) -> dict[str, Any]:
    """The values of `ActProof`'s columns."""
    return {
        "act_at": signed.act.at,
        "act_certificate": signed.certificate_sha256,
        "act_signature": signed.signature,
    }


def verify_act(session: Session, signed: SignedAct, now: datetime | None = None) -> str:
    """The ledger id of the person who signed the act. Raises ActInvalid.

    The certificate must be in the ledger, be for an officer's authentication, and have been valid, not revoked
    and not on hold when the act was signed. With `now`, the act must also be fresh: leave it out when an
    earlier act is verified again.
    """
    certificate = session.scalar(select(Certificate).where(Certificate.sha256 == signed.certificate_sha256))
    if certificate is None or certificate.person_id is None:
        raise ActInvalid("act.certificate-unknown")
    if certificate.profile not in AUTHENTICATION_PROFILES:
        raise ActInvalid("act.certificate-not-for-authentication")
    if not certificate.not_before <= signed.act.at <= certificate.not_after:
        raise ActInvalid("act.certificate-not-valid-then")
    if now is not None and abs(now - signed.act.at) > FRESHNESS:
        raise ActInvalid("act.stale")
    if _stopped(session, certificate, signed.act.at):
        raise ActInvalid("act.certificate-revoked")
    spki = parse_certificate(certificate.der).spki
    try:
        verify(spki, algorithm_of(spki), signed.act.message(), signed.signature)
    except PkiError as fault:
        raise ActInvalid("act.signature-invalid") from fault
    return certificate.person_id


def _stopped(session: Session, certificate: Certificate, at: datetime) -> bool:
    """Whether the certificate was revoked or held, or its person cut off, at `at` or before."""
    revoked = select(Revocation.at).where(Revocation.certificate_id == certificate.id, Revocation.at <= at)
    released = select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id, HoldRelease.at <= at)
    held = select(Hold.id).where(Hold.certificate_id == certificate.id, Hold.at <= at, ~released.exists())
    cut = select(Cutoff.id).where(
        Cutoff.person_id == certificate.person_id, Cutoff.at <= at, Cutoff.at >= certificate.not_before
    )
    return any(session.execute(question.limit(1)).first() for question in (revoked, held, cut))
