"""What the protocols of machines share at the door: how often one may knock, what is said, and how long one waits."""

from datetime import datetime, timedelta
from typing import cast

from flask import Response

from ca.machines.doors import Doors
from ca.machines.fates import Fate, wait
from ca.machines.requests import Asking, asked_before, take_up
from ledger.decision import Refuse
from ledger.event import Actor
from web.asked import extension, request
from web.pace import Pace
from web.site import site
from web.words import WORDS

ACTOR = Actor.system("machines")
BODY = 64 * 1024
"""Octets that a message may have."""
PATIENCE = timedelta(seconds=5)
"""How long an answer waits for the signing room; who then still waits is told to come again."""
COME_AGAIN = "5"
"""Seconds, in Retry-After."""


class Paces:
    """How often one address, and one allowance, may knock in a minute."""

    def __init__(self, most: int = 120) -> None:
        self._of_sources = Pace(most, timedelta(minutes=1))
        self._of_allowances = Pace(most, timedelta(minutes=1))

    def source(self) -> bool:
        """Whether this request's address still may."""
        return self._of_sources.take(request.remote_addr, site().clock.now())

    def allowance(self, allowance_id: str) -> bool:
        """Whether the allowance still may. Its id is a source like an address: the two are never mixed."""
        return self._of_allowances.take_named(allowance_id, site().clock.now())


def paces() -> Paces:
    """Those of this process."""
    return cast("Paces", extension("paces"))


def doors() -> Doors | None:
    """The key of secrets, if it is here."""
    return cast("Doors | None", extension("doors"))


def said(code: str, status: int) -> Response:
    """The refusal in plain words, Lao and English, for whoever reads the log of a client."""
    lao, english = WORDS[code]
    response = Response(f"{code}\n{lao}\n{english}\n", status, mimetype="text/plain")
    if status in (429, 503):
        response.headers["Retry-After"] = "60"
    return response


def fate_of(asking: Asking) -> Fate | Refuse:
    """What became of the request within `PATIENCE`; who asks again hears of the first one."""
    here = site()
    taken = take_up(
        here.ledger, asking, ACTOR, practice=here.settings.practice,
        repeats=lambda session: asked_before(session, asking, here.clock.now()),
    )  # fmt: skip
    return taken if isinstance(taken, Refuse) else wait(here.ledger, taken, _until())


def _until() -> datetime:
    patience: timedelta = extension("patience")
    return site().clock.now() + patience
