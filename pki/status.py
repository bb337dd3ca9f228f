"""What is known of a certificate: one closed sum type for OCSP, CRL, validation and sign-in."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Good:
    """Issued, and neither revoked nor held. `certificate_sha256` is of the certificate in the ledger, hex."""

    certificate_sha256: str


@dataclass(frozen=True)
class Revoked:
    """Ended for ever. `reason` is a name of RFC 5280 clause 5.3.1 (`keyCompromise`, `unspecified` …)."""

    at: datetime
    reason: str


@dataclass(frozen=True)
class Held:
    """Paused since `at`; may come back."""

    at: datetime


@dataclass(frozen=True)
class Pending:
    """The intent to sign is in the ledger, the certificate not yet: neither good nor unknown can be said."""


@dataclass(frozen=True)
class NeverIssued:
    """The ledger holds no intent under this serial number."""


CertificateStatus = Good | Revoked | Held | Pending | NeverIssued

REASON_CODES = {
    "unspecified": 0,
    "keyCompromise": 1,
    "cACompromise": 2,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "certificateHold": 6,
    "removeFromCRL": 8,
    "privilegeWithdrawn": 9,
    "aACompromise": 10,
}
"""CRLReason of RFC 5280 clause 5.3.1 by name."""
