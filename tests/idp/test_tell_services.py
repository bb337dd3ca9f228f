"""Services are told of sessions that died, also where the database was away when the telling began."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event as Signal

import pytest

from idp.app import tell_services
from idp.provider import Provider
from ledger.ledger import Ledger
from tests.doubles import SteadyChance, TurnedClock
from tests.idp.test_logout import messages
from tests.idp.test_sign_in import cut
from tests.idp.visitor import Person, Service, Visitor

pytestmark = pytest.mark.sqlite_only("the database is a file that is not there yet")


class FirstWait(Signal):
    """Does something when it is first waited for, and is set when it is waited for again."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self.do: Callable[[], object] | None = do

    def wait(self, timeout: float | None = None) -> bool:
        if self.do is None:
            self.set()
        else:
            self.do()
            self.do = None
        return self.is_set()


def test_who_begins_without_a_database_tells_of_all_once_it_is_there(
    visitor: Visitor, provider: Provider, edocument: Service, somphone: Person, clock: TurnedClock, tmp_path: Path,
) -> None:  # fmt: skip
    visitor.sign_in(edocument, somphone)
    cut(provider, somphone)
    there, folder = Path(provider.ledger.url.removeprefix("sqlite:///")), tmp_path / "later"
    late = Ledger(f"sqlite:///{folder / there.name}", clock, SteadyChance(9), "0.1.0", "idp")
    beginning = replace(provider, ledger=late)

    tell_services(beginning, FirstWait(lambda: shutil.copytree(there.parent, folder)))

    assert len(messages(beginning)) == 1
