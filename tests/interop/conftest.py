"""One installation for all clients of machines' protocols: its ceremony is held once a run, by the machine's own clock.

Clients of others look at the machine's clock, so this ledger does too; it is an SQLite one of its own.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ca.app import create_machines_app, create_machines_http_app
from ca.ceremonies.practice import hold_practice_ceremony
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person
from tests.ca.machines.ministry import Ministry
from tests.conformance.ours import our_provider
from tests.interop.acme_service import service
from tests.interop.doorway import Doorway, served, tls_context, working
from tests.serving import settings_for
from web.home import Home


@pytest.fixture(scope="session")
def doorway(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Doorway]:
    folder = tmp_path_factory.mktemp("doorway")
    shutil.copy(sqlite_template, folder / "laotrust.db")
    ledger = Ledger(f"sqlite:///{folder / 'laotrust.db'}", SystemClock(), system_randomness, "0.1.0", "test")
    home = Home(folder / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    for number in (FIRST, SECOND):
        register_person(ledger, number)
    hold_practice_ceremony(ledger, home, [FIRST, SECOND], clock=ledger.clock)
    ministry = Ministry.of(PracticeCa(ledger, home, SealedFields.open(home.key_uri("fields"))))
    ministry.configure(scep=True)
    settings = settings_for("machines", home, ledger.url)
    tls = create_machines_app(settings, ledger)
    plain = create_machines_http_app(settings, ledger)
    with working(ministry), served(tls, tls_context(ministry)) as port, served(plain) as http:
        yield Doorway(ministry, f"https://localhost:{port}", f"http://127.0.0.1:{http}", home.certificate("root"))
    ledger.close()


__all__ = ["doorway", "our_provider", "service"]
