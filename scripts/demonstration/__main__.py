"""`./scripts/demo [--once] [--home DIR] [--port BASE]`."""

import fcntl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from ca.ceremonies.failure import CeremonyFailed
from ledger.ledger import ClockWentBackwards, LedgerUnavailable
from scripts.demonstration.accounts import NotOpened
from scripts.demonstration.certifying import NotIssued
from scripts.demonstration.description import describe
from scripts.demonstration.installation import Installation
from scripts.demonstration.journal import Journal, NotTrue
from scripts.demonstration.setting_up import OtherBase, Ready, prepare_home, set_up
from scripts.demonstration.supervisor import NotStarted, stopped_by_signals
from scripts.story.telling import documents_of, provide_documents, tell_story
from web.home import Home
from web.presence import Presence

_EXPECTED = (
    NotTrue,
    NotStarted,
    NotIssued,
    NotOpened,
    OtherBase,
    CeremonyFailed,
    LedgerUnavailable,
    ClockWentBackwards,
)


@click.command()
@click.option("--once", is_flag=True, help="Tell the whole story by itself, then stop. Exit 0 only if all is true.")
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), default=Path("var/demo"), show_default=True)
@click.option("--port", "base", type=click.IntRange(1024, 65500), help="First of the twenty ports (8440).")
def main(*, once: bool, home: Path, base: int | None) -> None:
    """Set up an installation in HOME and start it: ceremony, register, certificates, sign-on, validation, audit."""
    journal = Journal()
    installation = Installation(Home(home))
    presence = Presence(installation.home, "demonstration", installation.clock)
    try:
        with stopped_by_signals(), _alone(installation.home, base):
            presence.begin()
            ready = set_up(installation, journal)
            if once:
                tell_story(installation, journal, ready)
                describe(installation, ready.accounts, ready.clients, documents_of(installation))
                journal.end()
            else:
                provide_documents(installation, journal, ready)
                _keep_running(installation, journal.console, ready)
    except _EXPECTED as fault:
        journal.console.print(f"\n{fault}", style="red", markup=False)
        sys.exit(1)
    finally:
        installation.close()
        presence.end()


@contextmanager
def _alone(home: Home, base: int | None) -> Iterator[None]:
    """One demonstration per home at a time; the lock goes with the process, however it ends."""
    prepare_home(home, base)
    with (home.path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NotStarted(f"another demonstration runs in {home.path}: stop it, or take another --home") from None
        yield


def _keep_running(installation: Installation, console: Console, ready: Ready) -> None:
    """Until a signal comes: what there is to try, and any process that falls is started again."""
    path = describe(installation, ready.accounts, ready.clients, documents_of(installation))
    for what, where in _places(installation, ready, path):
        console.print(f"{what:16} {where}", markup=False)
    print("ready", flush=True)
    while True:
        for name in installation.supervisor.fallen():
            console.print(f"{name} ended by itself and is started again", markup=False)
            installation.supervisor.restart(name)
            describe(installation, ready.accounts, ready.clients, documents_of(installation))
        time.sleep(0.5)


def _places(installation: Installation, ready: Ready, description: Path) -> list[tuple[str, str]]:
    home = installation.home
    officer = next(account for account in ready.accounts if account.kind == "officer")
    return [
        ("e-Document", home.url("edocument")),
        ("e-Staff", home.url("estaff")),
        ("own certificates", f"{home.url('holder')}/certificates (suspend or revoke one)"),
        ("sign in as", f"{officer.username} / {officer.password}"),
        ("one-time code", f".venv/bin/python -m scripts account-code {officer.username} --home {home.path}"),
        ("trust this root", str(home.certificate("root"))),
        ("or import", f"{home.path / 'people'}/*.p12 (passphrase: practice) and choose the certificate"),
        ("validation", f"{home.url('validation')}/v1/validations"),
        ("for programs", str(description)),
    ]


if __name__ == "__main__":
    main(prog_name="./scripts/demo")
