"""A practice ceremony that each worker of a test run holds once an engine: what it left is copied, not made again.

A ceremony makes dozens of keys and certificates and seals them; most tests are about what comes after.
"""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ca.ceremonies.practice import hold_practice_ceremony
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.people import Appointment, AppointmentTerm, Organisation, Person, PersonDetail, Post
from tests.ca.events import Registered
from tests.doubles import SteadyChance, TurnedClock
from web.home import Home

FIRST, SECOND = "10000001", "10000002"
TEST = Actor.system("test")


def register_person(ledger: Ledger, number: str, *, officer: bool = True) -> str:
    """A person of the register, in a post of his own if he is an officer; his id."""
    key = f"p{number}"
    facts = [
        Person(id=key, number=number),
        PersonDetail(
            id=f"d{number}", person_id=key, number=1, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Somphone",
            family_en="Vongsa", born="1980-01-31", search_key=number, source="officers" if officer else "citizens",
            mail=f"p{number}@mtc.gov.la",
        ),
    ]  # fmt: skip
    if officer:
        since = ledger.clock.now() - timedelta(days=30)
        facts += [
            Organisation(id=f"o{number}", code=f"ORG-{number}"),
            Post(id=f"t{number}", code=f"ORG/{number}", organisation_id=f"o{number}", name_lo="ພ", name_en="Clerk"),
            Appointment(id=f"a{number}", person_id=key, post_id=f"t{number}"),
            AppointmentTerm(
                id=f"m{number}", appointment_id=f"a{number}", number=1, valid_from=since, acting=False, decree="12/MOHA"
            ),
        ]  # fmt: skip
    ledger.entries([Deed(Registered(key), TEST, facts)])
    return key


@dataclass(frozen=True)
class Held:
    """What a ceremony left: a database to copy (a file, or a name on the cluster), a home, and where chance stood."""

    database: str
    home: Path
    chance: Any

    def copy_home(self, to: Path) -> Home:
        """The home as the ceremony left it, in a folder that is not there yet."""
        shutil.copytree(self.home, to)
        return Home(to)


def hold(database: str, url: str, home: Path) -> Held:
    """Holds it in an empty migrated database, by a clock and chance as each test has them at its start."""
    chance = SteadyChance()
    ledger = Ledger(url, TurnedClock(), chance, "0.1.0", "test")
    inaugurate(ledger, home)
    ledger.close()
    return Held(database, home, chance.state())


def inaugurate(ledger: Ledger, folder: Path) -> Home:
    """The home of a CA after its ceremony, with two registration officers."""
    folder.mkdir()
    (folder / "base-port").write_text("8440\n")
    for number in (FIRST, SECOND):
        register_person(ledger, number)
    home = Home(folder)
    hold_practice_ceremony(ledger, home, [FIRST, SECOND], clock=ledger.clock)
    return home
