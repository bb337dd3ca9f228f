"""What lets one service bring a person's identity to another: which may call which, and what was exchanged."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

import idp.tables  # noqa: F401
import ledger.people  # noqa: F401 - the tables of both are pointed to
from ledger.base import Fact, key_column


class ServiceCall(Fact):
    """Thing: a service may call another in a person's name, with these scopes at most."""

    __tablename__ = "service_call"
    id: Mapped[str] = key_column()
    caller_id: Mapped[str] = mapped_column(ForeignKey("client.id"), index=True)
    called_id: Mapped[str] = mapped_column(ForeignKey("client.id"))
    scopes: Mapped[str]
    """Space-separated."""


class ServiceCallEnd(Fact):
    """Ending of a ServiceCall: every token that rests on it is dead."""

    __tablename__ = "service_call_end"
    call_id: Mapped[str] = mapped_column(String(64), ForeignKey("service_call.id"), primary_key=True, sort_order=-10)


class Exchange(Fact):
    """Thing: a token for a call (RFC 8693). It dies with its grant, its call, its parent and its mandate."""

    __tablename__ = "exchange"
    id: Mapped[str] = key_column()
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant.id"), index=True)
    """What the first service got when the person signed in."""
    call_id: Mapped[str] = mapped_column(ForeignKey("service_call.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("exchange.id"))
    """The exchange whose token was exchanged further."""
    mandate_id: Mapped[str | None] = mapped_column(ForeignKey("mandate.id"), index=True)
    """By which the person acts for another."""
    scope: Mapped[str]
    at: Mapped[datetime]


class ExchangeEnd(Fact):
    """Ending of an Exchange: the service to which its token was issued revoked it (RFC 7009)."""

    __tablename__ = "exchange_end"
    exchange_id: Mapped[str] = mapped_column(String(64), ForeignKey("exchange.id"), primary_key=True, sort_order=-10)
