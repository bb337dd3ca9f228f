"""Certificates shown over mutual TLS: looked up in the ledger by digest, and judged there, not by their own word."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.sessions import is_stopped
from ledger.certificates import Certificate
from ledger.confirmations import awaits_holder
from ledger.decision import Refuse
from ledger.standing import cut_off

PROFILES = ("officer-authentication", "citizen-authentication")


@dataclass(frozen=True)
class ShownCertificate:
    """A certificate of ours that counts now, and whose it is."""

    certificate_id: str
    person_id: str


def judge(reading: Reading, der: bytes, now: datetime) -> ShownCertificate | Refuse:
    """Whose certificate it is, if it is in the ledger, for authentication, in its time, not stopped and confirmed.

    That its key was there is shown by the TLS handshake; a serial number alone is never looked at.
    """
    found = reading.scalar(select(Certificate).where(Certificate.sha256 == sha256(der).hexdigest()))
    if found is None or found.person_id is None:
        return Refuse("sign-in.certificate-unknown")
    if found.profile not in PROFILES:
        return Refuse("sign-in.certificate-purpose")
    if not found.not_before <= now <= found.not_after:
        return Refuse("sign-in.certificate-expired")
    stopped = reading.scalar(select(Certificate.id).where(Certificate.id == found.id, is_stopped(now)))
    if stopped or cut_off(reading, found.person_id, found.not_before):
        return Refuse("sign-in.certificate-revoked")
    if awaits_holder(reading, found.id):
        return Refuse("sign-in.certificate-unconfirmed")
    return ShownCertificate(found.id, found.person_id)
