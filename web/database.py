"""Flask-SQLAlchemy over the ledger's reading engine: requests read, only `ledger.entry` writes."""

from typing import Any

import sqlalchemy
from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.ledger import Ledger
from web.site import Check, site


class ReadingDatabase(SQLAlchemy):
    """Flask-SQLAlchemy whose only engine is one that the database itself keeps from writing."""

    def __init__(self, ledger: Ledger) -> None:
        self._reading = ledger.reading
        super().__init__(disable_autonaming=True, session_options={"autoflush": False, "expire_on_commit": False})

    def _make_engine(self, _bind_key: str | None, _options: dict[str, Any], _app: Flask) -> sqlalchemy.Engine:
        return self._reading


def install(app: Flask, ledger: Ledger) -> None:
    """Gives each request one reading session, closed with it. No connection is made before the first query."""
    app.config["SQLALCHEMY_DATABASE_URI"] = ledger.url
    database = ReadingDatabase(ledger)
    database.init_app(app)


def reader() -> Session:
    """This request's session: one snapshot, reading only."""
    database: SQLAlchemy = current_app.extensions["sqlalchemy"]
    return database.session()


def clock_check() -> Check:
    """A check that the machine's clock is not behind the newest entry: nothing could be written then."""

    def look() -> str | None:
        return site().ledger.clock_fault()

    return Check("clock", look)


def database_check() -> Check:
    """A check that the database answers."""

    def look() -> str | None:
        with site().ledger.read() as session:
            session.execute(text("SELECT 1"))
        return None

    return Check("database", look)
