"""The one shape of every verb: its help, `--json`, progress, refusals in two languages, and exit codes.

A verb is a function `verb_name(run, …) -> Outcome | Refuse` under `@verb`. It reads what it was given, calls
one use case of a house, and says what came of it; nothing else lives in its file.
"""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from inspect import cleandoc
from pathlib import Path
from shutil import disk_usage
from typing import Any, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from ca.ceremonies.failure import CeremonyFailed
from ca.statement.faults import StatementDisagrees
from ledger.acts import Act, ActInvalid, SignedAct
from ledger.certificates import Certificate, Revocation
from ledger.clock import Clock, Randomness, SystemClock, system_randomness
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import ClockWentBackwards, Ledger, LedgerUnavailable
from ledger.people import Person
from ledger.sealed_fields import FieldKeyUnfit, FieldUnreadable
from ledger.together import signed_over
from pki.errors import PkiError
from pki.keys import key_sha256
from pki.signing import Signer
from signers import KeyUnusable, open_signer
from web.home import Home, HomeUnfit
from web.settings import SettingsUnfit
from web.words import WORDS

RELEASE = "0.1.0"
_P = ParamSpec("_P")
_F = TypeVar("_F", bound=Callable[..., Any])


TOLD = (
    LedgerUnavailable,
    ClockWentBackwards,
    HomeUnfit,
    SettingsUnfit,
    StatementDisagrees,
    CeremonyFailed,
    KeyUnusable,
    FieldKeyUnfit,
    FieldUnreadable,
    FileNotFoundError,
    PermissionError,
)
"""What a verb ends at with a sentence that says what to do, and not as a fault of the program."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""How a file system says that it has no room, or none for this process."""
_NO_ROOM = 64 * 1024
"""Octets; SQLite needs as many to open a database that nobody else has open."""


class Exit(IntEnum):
    """The exit codes of every verb."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    PARTLY = 3


@dataclass(frozen=True)
class Outcome:
    """What a verb did: `values` for programs, `lines` for people."""

    values: Mapping[str, Any]
    lines: Sequence[str] = ()
    exit: Exit = Exit.DONE


@dataclass(frozen=True)
class ActingPerson:
    """The person for whom a verb acts, by his own authentication key."""

    person_id: str
    certificate_sha256: str
    signer: Signer

    @property
    def actor(self) -> Actor:
        """For the entry that his act causes."""
        return Actor.person(self.person_id)

    def sign(self, act: Act) -> SignedAct:
        """The act under this person's signature."""
        return SignedAct(act, self.certificate_sha256, self.signer.sign(act.message()))

    def sign_together(self, acts: Sequence[Act]) -> list[SignedAct]:
        """The acts, in order, under one signature of this person; none signs nothing, and one is signed alone."""
        if len(acts) < 2:
            return [self.sign(act) for act in acts]
        octets, paths = signed_over([act.message() for act in acts])
        signature = self.signer.sign(octets)
        return [
            SignedAct(act, self.certificate_sha256, signature, path) for act, path in zip(acts, paths, strict=True)
        ]


def acting_person(ledger: Ledger, number: str, key: str) -> ActingPerson:
    """The person `number`, who holds the key at URI `key`. Raises ActInvalid if no certificate says so.

    Of a key that was renewed it is the newest certificate that is not revoked.
    """
    signer = open_signer(key)
    statement = (
        select(Certificate, Person.id)
        .join(Person, Person.id == Certificate.person_id)
        .join(Revocation, Revocation.certificate_id == Certificate.id, isouter=True)
        .where(Person.number == number, Certificate.key_sha256 == key_sha256(signer.public_key))
        .order_by(Revocation.certificate_id.is_not(None), Certificate.id.desc())
    )
    with ledger.read() as session:
        found = session.execute(statement).first()
    if found is None:
        raise ActInvalid("act.certificate-unknown")
    certificate, person_id = found
    return ActingPerson(person_id, certificate.sha256, signer)


@dataclass
class Run:
    """What a verb works with: the home, its ledger as `process`, time, chance, and where words go."""

    home: Home
    process: str
    as_json: bool = False
    clock: Clock = field(default_factory=SystemClock)
    randomness: Randomness = system_randomness

    @cached_property
    def console(self) -> Console:
        """Words and progress; on stderr with `--json`, so that stdout is one JSON object."""
        return Console(stderr=self.as_json, highlight=False, soft_wrap=True)

    @cached_property
    def ledger(self) -> Ledger:
        """The audited database, opened when first used."""
        url = os.environ.get("LAOTRUST_DATABASE_URL") or self.home.database_url
        return Ledger(url, self.clock, self.randomness, RELEASE, self.process)

    def close(self) -> None:
        """Gives the ledger's connections back, if it was opened."""
        if "ledger" in self.__dict__:
            self.ledger.close()

    @property
    def system(self) -> Actor:
        """The actor of what no person does."""
        return Actor.system(self.process)

    def key_uri(self, name: str) -> str:
        """The URI of one of our keys: `LAOTRUST_KEYS_<NAME>`, else the encrypted file in the home."""
        return os.environ.get(f"LAOTRUST_KEYS_{name.upper().replace('-', '_')}") or self.home.key_uri(name)

    def acting(self, number: str, key: str) -> ActingPerson:
        """The person `number`, whose authentication certificate in the ledger is for the key at URI `key`."""
        return acting_person(self.ledger, number, key)

    @contextmanager
    def progress(self, label: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Shows how far, how fast and how long still (but for None); call what it gives with the number done since."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal, transient=True) as bar:
            task = bar.add_task(label, total=total)
            yield lambda count: bar.advance(task, count)


class _Rate(TextColumn):
    def __init__(self) -> None:
        super().__init__("{task.speed}")

    def render(self, task: Any) -> Any:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def verb(
    process: str, example: str, *, dashes: bool = False
) -> Callable[[Callable[..., Outcome | Refuse]], click.Command]:
    """Makes a verb of a function: adds `--json` and `--home`, opens the ledger as `process`, reports the outcome.

    With `dashes` its argument may begin with a dash and is no option for that: one in 64 does that is in base64url.
    """

    def make(function: Callable[..., Outcome | Refuse]) -> click.Command:
        def call(*, as_json: bool, home: Path, **given: Any) -> None:
            run = Run(Home(home), process, as_json)
            try:
                code = report(run, function, given)
            finally:
                run.close()
            sys.exit(code)

        call.__doc__ = f"{cleandoc(function.__doc__ or '')}\n\n\b\nExample:\n  {example}\n"
        call.__name__ = function.__name__
        for parameter in getattr(function, "__click_params__", []):
            call.__dict__.setdefault("__click_params__", []).append(parameter)
        settings = {"ignore_unknown_options": dashes}
        command = click.command(function.__name__.replace("_", "-"), context_settings=settings)(call)
        command.params += [_JSON, _HOME]
        return command

    return make


_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print exactly one JSON object on stdout.")
_HOME = click.Option(
    ["--home"],
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: Path(os.environ.get("LAOTRUST_HOME", "var/demo")),
    help="Where the installation lives (LAOTRUST_HOME, else var/demo).",
)


def for_person(function: _F) -> _F:
    """Adds `--as NUMBER --key URI`: the verb acts for that person and needs his authentication key."""
    function = click.option("--key", "key", required=True, help="URI of the person's authentication key.")(function)
    return click.option("--as", "number", required=True, help="Number of the person who does this.")(function)


def report(run: Run, function: Callable[..., Outcome | Refuse], given: Mapping[str, Any]) -> int:
    """Runs the verb and prints what came of it. Returns the exit code."""
    try:
        outcome = function(run, **given)
    except (ActInvalid, PkiError) as fault:
        outcome = Refuse(fault.code)
    except DBAPIError as fault:  # what a verb that reads without the ledger meets: no database, or a damaged one
        return _say_unavailable(run, LedgerUnavailable(str(fault.orig)))
    except LedgerUnavailable as fault:
        return _say_unavailable(run, fault)
    except TOLD as fault:
        code = fault.code if isinstance(fault, CeremonyFailed) else type(fault).__name__
        return _say_failure(run, code, *words_of(fault))
    except OSError as fault:
        if fault.errno not in _FULL:
            raise
        return _say_failure(run, "request.disk-full", *words_of(fault))
    if isinstance(outcome, Refuse):
        lao, english = WORDS.get(outcome.code, WORDS["request.unexplained"])
        return _say_failure(run, outcome.code, lao, english)
    if run.as_json:
        click.echo(json.dumps(dict(outcome.values), ensure_ascii=False, default=str))
    else:
        _print_lines(run.console, outcome.lines)
    return int(outcome.exit)


def _say_unavailable(run: Run, fault: LedgerUnavailable) -> int:
    """SQLite says `disk I/O error` too when there is no room for the file that it reads through."""
    said = str(fault)
    full = "disk is full" in said or ("disk I/O" in said and disk_usage(run.home.path).free < _NO_ROOM)
    if not full:
        return _say_failure(run, LedgerUnavailable.__name__, *words_of(fault))
    lao, english = WORDS["request.disk-full"]
    return _say_failure(run, "request.disk-full", lao, f"{english} {said}")


def _print_lines(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False)


def words_of(fault: Exception) -> tuple[str, str]:
    """What stopped the work and what to do, in Lao if there are words for it, and in English."""
    if isinstance(fault, LedgerUnavailable | ClockWentBackwards):
        lao, english = WORDS["request.clock" if isinstance(fault, ClockWentBackwards) else "request.unavailable"]
        return lao, f"{english} {fault}"
    if isinstance(fault, KeyUnusable | CeremonyFailed | HomeUnfit | StatementDisagrees):
        return WORDS[fault.code][0], str(fault)
    if isinstance(fault, SettingsUnfit):
        return fault.lao, fault.english
    if isinstance(fault, OSError) and fault.errno in _FULL:
        lao, english = WORDS["request.disk-full"]
        return lao, f"{english} {fault}"
    return "", str(fault)


def _say_failure(run: Run, code: str, lao: str, english: str) -> int:
    if run.as_json:
        click.echo(json.dumps({"error": code, "en": english, "lo": lao}, ensure_ascii=False))
    else:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        _print_lines(console, [line for line in (lao, f"{english} ({code})") if line])
    return int(Exit.REFUSED)
