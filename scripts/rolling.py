"""The worker's part in the life of keys of tokens: it makes and announces them, and says when they sign and go."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ca.configuration import Configuration
from ca.governance.provenance import verified
from idp.app import FURTHER, further_keys
from idp.key_schedule import BaseKey, Schedule, roll
from idp.token_keys import AlgorithmUnserved, TokenKey
from scripts.cli import Run
from signers import KeyUnusable, open_signer

EVERY = timedelta(minutes=1)
AFTER_TROUBLE = timedelta(hours=1)
"""A key that cannot be opened or made is an operator's to look at; it is told once an hour."""
_log = logging.getLogger(__name__)


def schedule_of(numbers: Configuration) -> Schedule:
    """The numbers that two persons agreed on."""
    return Schedule(
        timedelta(days=numbers.token_key_days) if numbers.token_key_days else None,
        timedelta(hours=numbers.token_key_announced_hours),
        timedelta(hours=numbers.token_key_overlap_hours),
    )


@dataclass
class Rolling:
    """Looks once a minute. The keys of the settings are opened once: a passphrase costs more than a look."""

    run: Run
    _base: list[BaseKey] = field(default_factory=list)
    _next: datetime | None = None

    def look(self) -> int:
        """What is due was done. Returns how many steps. A key in trouble stops nothing else of the worker."""
        now = self.run.clock.now()
        if self._next is not None and now < self._next:
            return 0
        self._next = now + EVERY
        with self.run.ledger.read() as session:
            schedule = schedule_of(verified(session))
        if schedule.life is None:
            return 0
        try:
            self._base = self._base or base_keys(self.run)
            return roll(self.run.ledger, self._base, schedule, self.run.system)
        except (KeyUnusable, AlgorithmUnserved) as fault:
            self._next = now + AFTER_TROUBLE
            _log.warning("the keys of tokens cannot roll: %s", fault)
            return 0


def base_keys(run: Run) -> list[BaseKey]:
    """The keys of the settings and of the home, with their places. Raises KeyUnusable."""
    uris = {name: run.key_uri(name) for name in FURTHER}
    there = {name: uri for name, uri in uris.items() if uri != run.home.key_uri(name) or run.home.key(name).exists()}
    token = run.key_uri("token")
    further = zip(further_keys(run.home, there), there.values(), strict=True)
    return [BaseKey(TokenKey(open_signer(token, jose=True)), token), *(BaseKey(key, uri) for key, uri in further)]
