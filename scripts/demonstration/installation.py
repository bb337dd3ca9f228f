"""One installation as the demonstration holds it: its home, its processes, its verbs, and its persons' keys."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests
from sqlalchemy import make_url

from ledger.clock import Clock, Randomness, SystemClock, system_randomness
from ledger.ledger import Ledger
from scripts.cli import RELEASE, ActingPerson, acting_person
from scripts.demonstration.keys import PersonalKey
from scripts.demonstration.supervisor import Supervisor
from web.home import Home

_HOUSE_OF = {"register-plan": "import", "register-apply": "import", "revoke": "ca"}
"""The process as which a verb runs, where it needs more than to read."""


@dataclass(frozen=True)
class VerbResult:
    """How a verb ended, and the one JSON object that it printed."""

    exit: int
    values: Mapping[str, Any]


@dataclass
class Installation:
    """A home with everything that runs in it."""

    home: Home
    clock: Clock = field(default_factory=SystemClock)
    randomness: Randomness = system_randomness
    ledgers: dict[str, Ledger] = field(default_factory=dict)

    @cached_property
    def supervisor(self) -> Supervisor:
        """Its processes."""
        return Supervisor(self.home.path / "log", self.home.certificate("root"))

    @cached_property
    def web(self) -> requests.Session:
        """A client that trusts this installation's root, and follows nothing by itself."""
        session = requests.Session()
        session.verify = str(self.home.certificate("root"))
        session.trust_env = False
        return session

    @property
    def database_url(self) -> str:
        """Where its ledger is; on PostgreSQL as its owner, whom no process uses."""
        return os.environ.get("LAOTRUST_DATABASE_URL") or self.home.database_url

    def url_of(self, process: str) -> str:
        """Where a process finds the ledger: on PostgreSQL under the process's own role."""
        url = make_url(self.database_url)
        if url.get_backend_name() == "sqlite":
            return self.database_url
        role = f"laotrust_{process.removesuffix('-mtls').removesuffix('-http').removesuffix('-clients')}"
        return url.set(username=role).render_as_string(hide_password=False)

    def ledger(self, process: str) -> Ledger:
        """The ledger as that process sees it; opened once."""
        if process not in self.ledgers:
            self.ledgers[process] = Ledger(self.url_of(process), self.clock, self.randomness, RELEASE, process)
        return self.ledgers[process]

    def personal(self, number: str, purpose: str) -> PersonalKey:
        """A demo person's key: `authentication` or `signing`."""
        return PersonalKey(self.home.path / "people", number, purpose)

    def acting(self, number: str, process: str = "ca") -> ActingPerson:
        """A demo person who acts under his own authentication key."""
        return acting_person(self.ledger(process), number, self.personal(number, "authentication").uri)

    def verb(self, *words: str) -> VerbResult:
        """Runs a verb as an admin would, with `--json`."""
        command = [sys.executable, "-m", "scripts", *words, "--json", "--home", str(self.home.path)]
        environment = self.environment | {"LAOTRUST_DATABASE_URL": self.url_of(_HOUSE_OF.get(words[0], "audit"))}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        try:
            return VerbResult(done.returncode, json.loads(done.stdout))
        except ValueError:
            said = (done.stdout + done.stderr).strip()[-2000:]
            raise RuntimeError(f"{' '.join(words)} ended with {done.returncode} and said: {said}") from None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its verbs."""
        return {**os.environ, "LAOTRUST_HOME": str(self.home.path), "PYTHONUNBUFFERED": "1"}

    def close(self) -> None:
        """Processes stopped, connections given back."""
        self.supervisor.stop()
        for ledger in self.ledgers.values():
            ledger.close()
