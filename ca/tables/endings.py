"""Blocked keys, requests to end or pause a certificate, paper codes, and the acts behind every ending and pause."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ca.tables.registration  # noqa: F401 - its tables are pointed to
import ledger.certificates
import ledger.people  # noqa: F401 - its tables are pointed to
from ledger.acts import ActProof
from ledger.base import Fact, Personal, key_column


class KeyReport(Fact):
    """Use: a PKCS#10 that the private key itself signed, with a name that says that it is no secret any more."""

    __tablename__ = "key_report"
    key_sha256: Mapped[str] = mapped_column(
        String(64), ForeignKey("key_use.key_sha256"), primary_key=True, sort_order=-10
    )
    request: Mapped[bytes]
    """DER: whoever doubts the block verifies it again."""


class RevocationProof(Fact, ActProof):
    """Thing: the act of the person who revoked, held or released; `entry_id` ties it to what it caused."""

    __tablename__ = "revocation_proof"
    id: Mapped[str] = key_column()
    kind: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    """The certificate's id, or the person's."""
    reason: Mapped[str] = mapped_column(String(32))
    """The ground as it was given: a word of `ca.endings.grounds`."""
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class SignInProof(Fact):
    """Thing: the sign-in of the holder who revoked or held what is his own; its id is the SHA-256 of the token.

    The provider signed the token, and its nonce is the digest of the act: whoever doubts computes it again. One token
    is one act.
    """

    __tablename__ = "sign_in_proof"
    id: Mapped[str] = key_column()
    kind: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    """The certificate's id."""
    reason: Mapped[str] = mapped_column(String(32))
    """As in RevocationProof."""
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    act_at: Mapped[datetime]
    nonce_salt: Mapped[bytes]
    session_id: Mapped[str] = mapped_column(String(64))
    """The provider's session (`sid`), whose person the provider has on record."""
    acr: Mapped[str] = mapped_column(String(64))
    authenticated_at: Mapped[datetime]
    token: Mapped[str]
    """The ID token as it came (a compact JWS)."""


class EndingRequest(Fact):
    """Thing: somebody asks that a certificate be revoked, held or released; taken in at its entry's time (RV-02)."""

    __tablename__ = "ending_request"
    id: Mapped[str] = key_column()
    wish: Mapped[str] = mapped_column(String(16))
    """A value of `Wish`."""
    ground: Mapped[str] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(16))
    """A value of `Channel`."""
    authentication: Mapped[str] = mapped_column(String(16))
    """`act` (a RevocationProof of the same entry), `sign-in` (a SignInProof), `code` (a RevocationCodeUse), `factor`
    (two keys that the entry names: whoever doubts divides), or `none`: unconfirmed."""
    subject: Mapped[str | None] = mapped_column(String(64), index=True)
    """The id of the certificate or person, if the one who asked could name it."""
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class EndingReport(Personal):
    """Use: what a stranger wrote with his request, and how he can be reached; may be erased."""

    __tablename__ = "ending_report"
    request_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("ending_request.id"), primary_key=True, sort_order=-10
    )
    told: Mapped[str]
    contact: Mapped[str | None]


class EndingRequestStep(Fact):
    """Use: a request was open for so long (`alarm`, `escalation`, `limit`), and why (RV-03)."""

    __tablename__ = "ending_request_step"
    __table_args__ = (UniqueConstraint("request_id", "step"), Index(None, "step", "told_before"))
    id: Mapped[str] = key_column()
    request_id: Mapped[str] = mapped_column(ForeignKey("ending_request.id"))
    step: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    told_before: Mapped[datetime | None]
    """The letters of this step were about all strangers' reports of before this moment that had had none; null: the
    step had no such letters."""


class EndingRequestEnd(Fact):
    """Ending of an EndingRequest: what was decided (`granted`, or a word of `CLOSING`), by whom; never reopened."""

    __tablename__ = "ending_request_end"
    request_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("ending_request.id"), primary_key=True, sort_order=-10
    )
    code: Mapped[str] = mapped_column(String(32))
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class ReleaseOrder(Fact):
    """Thing: a hold is to end, by the act `proof_id`. The signing room verifies that and writes the HoldRelease."""

    __tablename__ = "release_order"
    id: Mapped[str] = key_column()
    hold_id: Mapped[str] = mapped_column(ForeignKey("hold.id"), index=True)
    proof_id: Mapped[str] = mapped_column(ForeignKey("revocation_proof.id"))


class ReleaseOrderEnd(Fact):
    """Ending of a ReleaseOrder: `released`, or why the signing room did not honour it."""

    __tablename__ = "release_order_end"
    order_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("release_order.id"), primary_key=True, sort_order=-10
    )
    code: Mapped[str] = mapped_column(String(64))


class RevocationCode(Fact, ActProof):
    """Thing: a paper code that revokes certain certificates once. An officer signed its digest and what it is for."""

    __tablename__ = "revocation_code"
    id: Mapped[str] = key_column()
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    locator: Mapped[str] = mapped_column(String(8), index=True)
    """The first group of the code, which is no secret."""
    code_salt: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64))
    """Hex SHA-256 over salt and code; the code has 83 random bits, so nothing slower is needed."""


class RevocationCodeCertificate(Fact):
    """Use: a certificate that the code revokes."""

    __tablename__ = "revocation_code_certificate"
    __table_args__ = (UniqueConstraint("code_id", "certificate_id"),)
    id: Mapped[str] = key_column()
    code_id: Mapped[str] = mapped_column(ForeignKey("revocation_code.id"))
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"), index=True)


class RevocationCodeUse(Fact):
    """Ending of a RevocationCode. `code` is what the slip carried: whoever doubts the revocation hashes it again."""

    __tablename__ = "revocation_code_use"
    code_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("revocation_code.id"), primary_key=True, sort_order=-10
    )
    code: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class RevocationCodeGuess(Fact):
    """Use: the attempt of this number in this window, of one locator; the budget is its highest number."""

    __tablename__ = "revocation_code_guess"
    __table_args__ = (UniqueConstraint("subject", "window", "number"),)
    id: Mapped[str] = key_column()
    subject: Mapped[str] = mapped_column(String(64))
    window: Mapped[int]
    number: Mapped[int]


class ExpiryNotice(Fact):
    """Use: the holder was told so many days before the end."""

    __tablename__ = "expiry_notice"
    __table_args__ = (UniqueConstraint("certificate_id", "days"),)
    id: Mapped[str] = key_column()
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"))
    days: Mapped[int]


class Replacement(Fact, ActProof):
    """Use: this request is for the place of that certificate, by its holder's act under a living key."""

    __tablename__ = "replacement"
    enrolment_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("enrolment.id"), primary_key=True, sort_order=-10
    )
    certificate_id: Mapped[str] = mapped_column(ForeignKey("certificate.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class DeskRevocation(Fact):
    """Thing: all that rests on what a desk saw or allowed ends. A change of kind `desk.revoke` brings it."""

    __tablename__ = "desk_revocation"
    id: Mapped[str] = key_column()
    desk_id: Mapped[str] = mapped_column(ForeignKey("desk.id"))
    since: Mapped[datetime]
    """What it saw or allowed from then on."""
    ground: Mapped[str] = mapped_column(String(32))
    """As in RevocationProof."""


class DeskRevocationEnd(Fact):
    """Ending of a DeskRevocation: the signing room came to the desk's last."""

    __tablename__ = "desk_revocation_end"
    revocation_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("desk_revocation.id"), primary_key=True, sort_order=-10
    )
    certificates: Mapped[int]
    """How many ended by it."""
