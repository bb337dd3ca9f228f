"""The audit house by WSGI: `gunicorn "audit.app:create_app()"`. Holds no key and writes nothing."""

import os
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from audit.routes import checkpoints, proofs
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.log import Leaf
from web.app import Check, site
from web.app import create_app as create_house
from web.settings import HouseSettings

SEALING_TAKES = timedelta(seconds=10)
"""An entry that has no leaf after this time means that the sealer stands still."""
_LAST = 1000


def create_app(settings: HouseSettings | None = None, ledger: Ledger | None = None) -> Flask:
    """The application of this house."""
    settings = settings or HouseSettings.from_environment(os.environ, "audit")
    app = create_house("audit", settings, ledger=ledger, checks=[Check("sealer", sealing_stands_still)])
    app.register_blueprint(checkpoints.routes)
    app.register_blueprint(proofs.routes)
    return app


def sealing_stands_still() -> str | None:
    """What is wrong when one of the last entries waits too long for its leaf."""
    recent = select(Entry.id, Entry.at).order_by(Entry.position.desc()).limit(_LAST).subquery()
    leaf = select(Leaf.number).where(Leaf.entry_id == recent.c.id).exists()
    with site().ledger.read() as session:
        oldest = session.scalar(select(func.min(recent.c.at)).where(~leaf))
    if oldest is None or site().clock.now() - oldest <= SEALING_TAKES:
        return None
    return f"an entry of {oldest.isoformat()} is not sealed: start ledger-seal, and look into its log"
