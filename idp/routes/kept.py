"""How often one address may cause requests to be kept that nobody has authenticated, or that anybody may repeat."""

from datetime import timedelta
from typing import cast

from flask import Flask

from idp.routes.here import provider
from web.asked import extension, request
from web.errors import RequestRefused
from web.pace import Pace

KEPT, WITHIN = 600, timedelta(minutes=1)
"""Wide, since many telephones share an address; each is an entry for ever."""


def begin(app: Flask) -> None:
    """The application counts from now on."""
    app.extensions["kept"] = Pace(KEPT, WITHIN)


def take_one() -> None:
    """One more is caused by this address. Raises RequestRefused, 429, when it has none left."""
    pace = cast("Pace", extension("kept"))
    if not pace.take(request.remote_addr, provider().ledger.clock.now()):
        raise RequestRefused("request.too-many", 429, headers={"Retry-After": str(int(WITHIN.total_seconds()))})
