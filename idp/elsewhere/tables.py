"""Requests from elsewhere: what was asked, the person's one answer, and the one redemption.

Device codes and request ids are kept as SHA-256; the short code that people type as a keyed digest, since it could
be guessed from a plain one.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

import idp.tables  # noqa: F401 - its tables are pointed to
from ledger.base import Fact, Personal, key_column


class DeviceRequest(Personal):
    """Thing: a device asks for whoever types its code (RFC 8628 clause 3.2)."""

    __tablename__ = "device_request"
    id: Mapped[str] = key_column()
    handle_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_code_index: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the code that is typed: no code is ever given twice."""
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), index=True)
    parameters: Mapped[str]
    bound_to: Mapped[str | None] = mapped_column(String(64))
    """`jkt:…` or `x5t#S256:…`: the key that came with it, and must come with each poll."""
    address: Mapped[str]
    """Where the device is in the network, for the person to compare."""
    at: Mapped[datetime]
    until: Mapped[datetime]


class DeviceAnswer(Fact):
    """Ending of a DeviceRequest's waiting: what the person said, once."""

    __tablename__ = "device_answer"
    request_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("device_request.id"), primary_key=True, sort_order=-10
    )
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("grant.id"))
    """None where he refused."""
    at: Mapped[datetime]


class DeviceUse(Fact):
    """Ending of a DeviceRequest: its tokens were fetched."""

    __tablename__ = "device_use"
    request_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("device_request.id"), primary_key=True, sort_order=-10
    )
    bound_to: Mapped[str | None] = mapped_column(String(64))
    """As of a DeviceRequest: the key that they were fetched with, for whom they are told again if they were lost."""
    at: Mapped[datetime | None]


class BackchannelRequest(Personal):
    """Thing: a service asks for a person whom it names (CIBA Core clause 7.1)."""

    __tablename__ = "backchannel_request"
    id: Mapped[str] = key_column()
    handle_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    parameters: Mapped[str]
    bound_to: Mapped[str | None] = mapped_column(String(64))
    """As of a DeviceRequest."""
    binding_message: Mapped[str | None]
    notification: Mapped[bytes | None]
    """What a client is pinged with, sealed by `ledger.sealed_fields`: JSON of its token and the request's id."""
    at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)


class BackchannelAnswer(Fact):
    """Ending of a BackchannelRequest's waiting: what the person said, once."""

    __tablename__ = "backchannel_answer"
    request_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("backchannel_request.id"), primary_key=True, sort_order=-10
    )
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("grant.id"))
    """None where he refused."""
    at: Mapped[datetime]


class BackchannelUse(Fact):
    """Ending of a BackchannelRequest: its tokens were fetched."""

    __tablename__ = "backchannel_use"
    request_id: Mapped[str] = mapped_column(
        String(64), ForeignKey("backchannel_request.id"), primary_key=True, sort_order=-10
    )
