"""The CA's rules through time: what two persons agreed on, version by version."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.base import Fact, key_column


class ConfigurationVersion(Fact):
    """Version of the one Configuration: the highest number counts. `body` is its canonical JSON (RFC 8785)."""

    __tablename__ = "configuration_version"
    id: Mapped[str] = key_column()
    number: Mapped[int] = mapped_column(unique=True)
    """1, 2, 3 …; before the first the defaults of `ca.configuration` hold."""
    body: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    """Hex SHA-256 of `body`."""
