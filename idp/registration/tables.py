"""Invitations to register, what became of clients since, and the agreements under which services work.

Tokens are kept as SHA-256 only. A client's `Client` row is what it began with; the newest ClientVersion is what counts.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import ledger.people  # noqa: F401 - its tables are pointed to
from idp.tables import SHA256_HEX
from ledger.base import Fact, key_column


class Invitation(Fact):
    """Thing: so many services of one organisation may register themselves until a day, as its holder says.

    Its token is the initial access token of RFC 7591 clause 3; its ManagementProof is in the same entry.
    """

    __tablename__ = "invitation"
    id: Mapped[str] = key_column()
    token_sha256: Mapped[str] = mapped_column(SHA256_HEX, unique=True)
    profile: Mapped[str] = mapped_column(String(16))
    """A column of `idp.profiles.TABLE`: no registration gets beyond it."""
    scopes: Mapped[str]
    minimum_level: Mapped[int]
    most: Mapped[int]
    """Registrations."""
    until: Mapped[datetime]
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str] = mapped_column(String(64))
    """The agreement's number, and its days below: each client that registers works under it."""
    agreed_from: Mapped[datetime]
    agreed_until: Mapped[datetime]


class InvitationEnd(Fact):
    """Ending of an Invitation: nobody registers by it any more."""

    __tablename__ = "invitation_end"
    invitation_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("invitation.id"), primary_key=True, sort_order=-10
    )


class InvitationUse(Fact):
    """Use: one of an invitation's registrations, in the entry of the client."""

    __tablename__ = "invitation_use"
    __table_args__ = (UniqueConstraint("invitation_id", "number"),)
    id: Mapped[str] = key_column()
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"))
    number: Mapped[int]
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), unique=True)


class ClientVersion(Fact):
    """Version of a Client: the highest number counts. Who registered himself has the first, as his `Client` row.

    Of a client that was registered by a person on duty there are those that a person on duty made of it later.
    """

    __tablename__ = "client_version"
    __table_args__ = (UniqueConstraint("client_id", "number"),)
    id: Mapped[str] = key_column()
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    number: Mapped[int]
    registration: Mapped[str]
    """JSON of `idp.clients.Registration`."""
    secret_sha256: Mapped[str] = mapped_column(SHA256_HEX)
    """Empty for a client that has no secret."""
    token_sha256: Mapped[str] = mapped_column(SHA256_HEX, unique=True)
    """The registration access token that came with this version (RFC 7592 clause 3); of a person's, one nobody has."""
    at: Mapped[datetime]
    token_for_predecessor: Mapped[bytes | None]
    """The token itself, and the secret that was new with it, readable only with the token before it."""
    secret_for_predecessor: Mapped[bytes | None]


class ClientAgreement(Fact):
    """Version of the agreement under which a client gets data of others (DP-04): the highest number counts."""

    __tablename__ = "client_agreement"
    __table_args__ = (UniqueConstraint("client_id", "number"),)
    id: Mapped[str] = key_column()
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    number: Mapped[int]
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str] = mapped_column(String(64))
    """As the paper has it."""
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    """From here on the client counts no more."""


class AgreementNotice(Fact):
    """Use: a client's contacts were told that its agreement ends within so many days."""

    __tablename__ = "agreement_notice"
    __table_args__ = (UniqueConstraint("agreement_id", "days"),)
    id: Mapped[str] = key_column()
    agreement_id: Mapped[str] = mapped_column(ForeignKey("client_agreement.id"))
    days: Mapped[int]
