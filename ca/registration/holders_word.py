"""What is signed when a holder finds the names in his certificate right, and whether it provably was."""

from datetime import datetime
from typing import Any

from ledger.acts import FRESHNESS, Act, ActInvalid, SignedAct
from ledger.certificates import Certificate
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.keys import algorithm_of, verify

KIND = "certificate.confirm"


def act_for(certificate: Certificate, at: datetime, desk: str | None = None) -> Act:
    """What is signed: that the names in this certificate are right; at a desk, which."""
    fields: dict[str, Any] = {"certificate": certificate.sha256}
    return Act(KIND, fields | ({} if desk is None else {"desk": desk}), at)


def verify_own_key(certificate: Certificate, signed: SignedAct, taken_up: datetime) -> None:
    """Raises ActInvalid unless the certificate's own key signed the act, just before it was taken up."""
    if signed.certificate_sha256 != certificate.sha256:
        raise ActInvalid("act.other-person")
    if abs(taken_up - signed.act.at) > FRESHNESS:
        raise ActInvalid("act.stale")
    spki = parse_certificate(bytes(certificate.der)).spki
    try:
        verify(spki, algorithm_of(spki), signed.act.message(), signed.signature)
    except PkiError as fault:
        raise ActInvalid("act.signature-invalid") from fault
