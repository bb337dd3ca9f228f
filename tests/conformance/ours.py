"""Our provider alone, by the code of the demonstration: a ceremony, the staff of the centre, the registered clients."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile

import pytest

from scripts.demonstration.accounts import account_for, client_for, describe_account, invite_services, registrations
from scripts.demonstration.description import describe
from scripts.demonstration.installation import Installation
from scripts.demonstration.setting_up import STAFF, hold_ceremony, prepare_home, start_processes
from tests.conformance.description import Provider, read
from tests.flows.running import quiet
from tests.ports import free_base
from web.home import Home

PROCESSES = ("idp", "idp-mtls")
ADMIN = STAFF[0]
_RUNNING = pytest.StashKey[Provider]()


def start(home: Path, migrated: Path, stack: ExitStack, processes: Sequence[str] = PROCESSES) -> Path:
    """The provider runs over a copy of the `migrated` database until `stack` is closed. Returns its demo.json."""
    installation = Installation(Home(home))
    stack.callback(installation.close)
    stack.callback(installation.web.close)
    prepare_home(installation.home, free_base())
    copyfile(migrated, home / "laotrust.db")
    hold_ceremony(installation, quiet())
    start_processes(installation, quiet(), processes, {"work": "work"})
    accounts = [account_for(installation, number, "admin", ADMIN) for number in STAFF[:2]]
    describe_account(installation, ADMIN, ADMIN)
    wanted = registrations(installation)
    clients = {name: client_for(installation, name, one, ADMIN) for name, one in wanted.items()}
    invite_services(installation, ADMIN)
    return describe(installation, accounts, clients, ())


@pytest.fixture(scope="session")
def our_provider(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Provider:
    """Our provider, running; one for all tests of a worker that come to it as clients do, in whichever folder."""
    known = request.config.stash
    if _RUNNING not in known:
        stack = ExitStack()
        request.config.add_cleanup(stack.close)
        path = start(tmp_path_factory.mktemp("provider") / "home", sqlite_template, stack)
        known[_RUNNING] = read(path, exemplary=True)
    return known[_RUNNING]
