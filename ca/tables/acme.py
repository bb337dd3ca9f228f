"""What ACME clients (RFC 8555) asked for, under allowances, and what our own look-ups saw. Nothing is updated.

An order's, an authorization's or a challenge's status is in no column: `ca.machines.acme.status` tells it of these.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ca.tables.machines
import ca.tables.registration  # noqa: F401 - their tables are pointed to
import ledger.certificates  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, key_column


class AcmeAccount(Fact):
    """Thing: a client's account. By its external binding it belongs to the organisation of an allowance."""

    __tablename__ = "acme_account"
    id: Mapped[str] = key_column()
    allowance_id: Mapped[str] = mapped_column(ForeignKey("allowance.id"), index=True)
    secret_id: Mapped[str] = mapped_column(ForeignKey("allowance_secret.id"), index=True)
    request: Mapped[bytes]
    """The client's newAccount message as it came: its own signature, and in it the MAC by the allowance's secret."""


class AcmeAccountTerms(Fact):
    """Version of an AcmeAccount: the terms that its client agreed to."""

    __tablename__ = "acme_account_terms"
    __table_args__ = (UniqueConstraint("account_id", "number"),)
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("acme_account.id"), index=True)
    number: Mapped[int]
    terms_version: Mapped[int]
    terms_digest: Mapped[str] = mapped_column(String(64))


class AcmeAccountKey(Fact):
    """Version of an AcmeAccount: its key. A key is one account's alone, for ever."""

    __tablename__ = "acme_account_key"
    __table_args__ = (UniqueConstraint("account_id", "number"),)
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("acme_account.id"), index=True)
    number: Mapped[int]
    thumbprint: Mapped[str] = mapped_column(String(64), unique=True)
    """RFC 7638, base64url."""
    spki: Mapped[bytes]
    """DER."""
    request: Mapped[bytes | None]
    """The keyChange message, signed by the key before and in it by this one; null for the first, which is in the
    account's own request."""


class AcmeAccountEnd(Fact):
    """Ending of an AcmeAccount: its client deactivated it (RFC 8555 clause 7.3.6)."""

    __tablename__ = "acme_account_end"
    account_id: Mapped[str] = mapped_column(String(64), ForeignKey("acme_account.id"), primary_key=True, sort_order=-10)
    request: Mapped[bytes]


class AcmeOrder(Fact):
    """Thing: the names that an account wants in one certificate."""

    __tablename__ = "acme_order"
    __table_args__ = (Index(None, "names_sha256", "id"),)
    id: Mapped[str] = key_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("acme_account.id"), index=True)
    names: Mapped[str]
    """Canonical JSON: a sorted list of host names in lower case."""
    names_sha256: Mapped[str] = mapped_column(String(64))
    """Of `names`, hex."""
    expires_at: Mapped[datetime]
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("certificate.id"), index=True)
    """The certificate that this one is to come in place of (RFC 9773 clause 5)."""


class AcmeAuthorization(Fact):
    """Thing: whether an order's account controls one of its names is to be seen."""

    __tablename__ = "acme_authorization"
    __table_args__ = (UniqueConstraint("order_id", "name"),)
    id: Mapped[str] = key_column()
    order_id: Mapped[str] = mapped_column(ForeignKey("acme_order.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    """As the order has it, with `*.` before it or not."""
    token: Mapped[str] = mapped_column(String(64), unique=True)
    """256 random bits, base64url: the same for each kind of challenge, of which one is met; never used twice."""


class AcmeChallengeReady(Fact):
    """Use: an account says that its answer to one challenge of an AcmeAuthorization is in place, once."""

    __tablename__ = "acme_challenge_ready"
    authorization_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("acme_authorization.id"), primary_key=True, sort_order=-10
    )
    method: Mapped[str] = mapped_column(String(16))
    """A value of `Method`."""
    thumbprint: Mapped[str] = mapped_column(String(64))
    """Of the account's key of then, which the answer names."""
    request: Mapped[bytes]


class AcmeValidation(Fact):
    """Ending of an AcmeChallengeReady: what our look-ups saw. Only the process `validate` writes it."""

    __tablename__ = "acme_validation"
    authorization_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("acme_challenge_ready.authorization_id"), primary_key=True, sort_order=-10
    )
    at: Mapped[datetime]
    """When the last look-up, that of CAA, was over."""
    code: Mapped[str | None] = mapped_column(String(48))
    """What was wrong; null: the challenge is met, and CAA lets us issue."""
    method: Mapped[str] = mapped_column(String(16))
    addresses: Mapped[str]
    """Canonical JSON: the addresses that were asked."""
    seen_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of what the host or its zone answered, hex."""
    caa_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the CAA records that counted, as text, sorted, a line each, hex."""


class AcmeAuthorizationEnd(Fact):
    """Ending of an AcmeAuthorization: its client gave it up (RFC 8555 clause 7.5.2)."""

    __tablename__ = "acme_authorization_end"
    authorization_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("acme_authorization.id"), primary_key=True, sort_order=-10
    )


class AcmeFinalization(Fact):
    """Use: an AcmeOrder became a request to be certified, once."""

    __tablename__ = "acme_finalization"
    order_id: Mapped[str] = mapped_column(String(64), ForeignKey("acme_order.id"), primary_key=True, sort_order=-10)
    enrolment_id: Mapped[str] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    replaces_id: Mapped[str | None] = mapped_column(ForeignKey("certificate.id"), unique=True)
    """As the order has it: each certificate is replaced by one order alone."""
