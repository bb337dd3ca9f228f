"""A second process that examines the next requests while the room signs the ones before, where the second judge sits.

It reads the ledger and hands back what it found: it holds no key, is told of none, writes nothing and listens to nobody
but the room. It ends with the room, and whatever it does not answer, or not in time, the room looks at itself.
"""

import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from threading import Timer
from typing import Any, cast

from ca.issuance import machines
from ca.issuance.composition import Scope, Wanted, wanted_for
from ca.issuance.examination import Examination, Honoured
from ca.issuance.honour import examine
from ca.issuance.second_judge import Bench, Finding, Verdict, Verdicts, here, verdicts, warm
from ca.issuance.settling import settle
from ca.machines.poison import NOT_MADE, apart
from ca.profiles import PROFILES
from ca.registration.applicants import sliced
from ca.registration.digests import names_of
from ca.registration.rules import RULES, Extra
from ledger.clock import SystemClock, system_randomness
from ledger.decision import Refuse
from ledger.ledger import Ledger
from pki.errors import PkiError
from pki.profile import CertificateProfile
from web.home import Mode

_log = logging.getLogger(__name__)
_READY = "ready"


@dataclass(frozen=True)
class Findings:
    """What came of an examination, by ids: it goes from process to process."""

    wanted: Sequence[Wanted]
    dishonoured: Sequence[tuple[str, str, str]]
    """Decision, enrolment and code."""
    refused: Sequence[tuple[str, str]]
    """Enrolment and code."""

    def within(self, ids: Sequence[str]) -> bool:
        """Whether it is about these requests alone, and says one thing of each."""
        said = [*(one.enrolment_id for one in self.wanted), *(one for one, _ in self.refused)]
        decisions = [decision for decision, _, _ in self.dishonoured]
        named = {*said, *(enrolment for _, enrolment, _ in self.dishonoured)}
        return named <= set(ids) and len(said) == len(set(said)) and len(decisions) == len(set(decisions))

    def __add__(self, other: "Findings") -> "Findings":
        """Both together."""
        return Findings(
            [*self.wanted, *other.wanted],
            [*self.dishonoured, *other.dishonoured],
            [*self.refused, *other.refused],
        )


def _by_name(profile: CertificateProfile) -> tuple[Callable[[str], CertificateProfile], tuple[str]]:
    """A profile goes from process to process as its name, and is the very one that is known there."""
    return _called, (profile.name,)


def _called(name: str) -> CertificateProfile:
    return PROFILES[name]


ForkingPickler.register(CertificateProfile, _by_name)


def findings_of(seen: Examination) -> Findings:
    """What is to be made of it, and what is to be recorded."""
    wanted: list[Wanted] = []
    refused = list(seen.refused)
    for one in seen.honoured:
        made = apart(f"enrolment {one.enrolment.id}", partial(_wanted, one), NOT_MADE)
        if isinstance(made, Refuse):
            refused.append((one.enrolment.id, made.code))
        else:
            wanted.append(made)
    dishonoured = [(decision.id, decision.enrolment_id, code) for decision, code in seen.dishonoured]
    return Findings(wanted, dishonoured, refused)


def by_machines(ledger: Ledger, ids: Sequence[str]) -> set[str]:
    """Those of these requests that machines made: only the room can open what proves them."""
    with ledger.read() as session:
        return {one for some in sliced(ids) for one in machines.by_machines(session, some)}


class Aside:
    """The process beside the room. It answers in the order in which it was asked; `close` it in the end."""

    def __init__(self, ledger: Ledger, issuers: Mapping[str, bytes], *, practice: bool) -> None:
        # Spawned, not forked: connections to the database and keys in memory are not for it.
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        mode = Mode.PRACTICE if practice else Mode.PRODUCTION
        given = (theirs, (ledger.url, ledger.release, ledger.process), dict(issuers), mode)
        self._process = context.Process(target=_serve, args=given, name="aside", daemon=True)
        with _untold():
            self._process.start()
        theirs.close()
        self._up = self._gone = False
        self._asked: deque[Callable[[object], bool]] = deque()
        """Of each question that is open, what an answer to it is."""

    @property
    def gone(self) -> bool:
        """Whether it will answer nothing any more."""
        return self._gone

    @property
    def owes(self) -> bool:
        """Whether it was asked what nobody has taken the answer to."""
        return bool(self._asked)

    def ask(self, ids: Sequence[str], now: datetime) -> bool:
        """Whether it began to examine these requests; False while it starts, and when it is gone."""
        return self._put((list(ids), now), partial(_is_about, list(ids)))

    def judge(self, certificates: Sequence[bytes]) -> bool:
        """Whether the second judge has these before him there; False as for `ask`, and for more than a line takes."""
        short = sum(map(len, certificates)) <= _MOST_JUDGED
        return short and self._put(list(certificates), partial(_is_of_each, len(certificates)))

    def answer(self) -> Findings | None:
        """What it found; None when it could not tell, or told what it was not asked: then examine them here."""
        found: Findings | None = self._taken()
        return found

    def verdicts(self) -> Sequence[Sequence[Finding]] | None:
        """What the second judge found in each; None as for `answer`."""
        found: Sequence[Sequence[Finding]] | None = self._taken()
        return found

    def _put(self, question: object, fits: Callable[[object], bool]) -> bool:
        if self._gone:
            return False
        try:
            if not self._up and self._line.poll():
                self._up = self._line.recv() == _READY
            if self._up:
                self._line.send(question)
                self._asked.append(fits)
        except (EOFError, OSError):
            self._end()
        return self._up

    def _taken(self) -> Any:
        """The answer to the oldest question."""
        if self._gone:
            return None
        late = Timer(PATIENCE, self._process.kill)  # what it left half said comes to its end then, too
        late.start()
        try:
            found, fits = self._line.recv(), self._asked.popleft()
            if found is None or fits(found):
                return found
        except Exception as fault:  # noqa: BLE001 - whatever it says must not stop the room
            _log.warning("the process beside the room is gone: %r", fault)
        finally:
            late.cancel()
        self._end()
        return None

    def close(self) -> None:
        """It is gone."""
        self._end()
        self._line.close()

    def _end(self) -> None:
        self._up, self._gone = False, True
        self._process.kill()  # one that stands still hears nothing else
        self._process.join()


def _is_about(ids: Sequence[str], said: object) -> bool:
    return isinstance(said, Findings) and said.within(ids)


def _is_of_each(number: int, said: object) -> bool:
    lists = isinstance(said, list) and len(said) == number and all(isinstance(one, list) for one in said)
    return lists and all(isinstance(finding, Finding) for one in cast("list[Any]", said) for finding in one)


def bench_of(beside: Aside | None) -> Bench:
    """The second judge sits in the process beside if there is one, else here, as for what it leaves open."""

    def call(certificates: Sequence[bytes]) -> Verdicts:
        if beside is None or not certificates or not beside.judge(certificates):
            return here(certificates)
        return lambda: beside.verdicts() or verdicts(certificates)

    return call


class Company:
    """The process beside a room, if there is one: for as long as many requests wait, or always (`keep`)."""

    def __init__(self, start: Callable[[], Aside]) -> None:
        self._start, self._kept = start, False
        self._here: Aside | None = None

    def keep(self) -> None:
        """It is started now and stays, if there is a core for it: no list of requests waits seconds for its start."""
        self._kept = _has_a_core()
        self.beside(0)

    def beside(self, batches: int) -> Aside | None:
        """Who may be asked while so many batches wait. One that is gone is followed by another."""
        if self._here is not None and self._here.gone:
            self.close()
        if self._here is None and (self._kept or (batches >= _FROM and _has_a_core())):
            self._here = self._start()
        return self._here

    def part(self, *, more: bool) -> None:
        """A turn is over: one that is not to be kept is gone unless `more` wait.

        So is one that owes an answer, since something broke: the next question must not get it.
        """
        if self._here is not None and (self._here.owes or not (self._kept or more)):
            self.close()

    def close(self) -> None:
        """It is gone."""
        here, self._here = self._here, None
        if here is not None:
            here.close()


def _has_a_core() -> bool:
    """Whether there is one for it; a daemonic process (of a drill) may have no child."""
    return (os.cpu_count() or 1) > 1 and not current_process().daemon


@contextmanager
def _untold() -> Iterator[None]:
    """A process that starts meanwhile does not learn from the environment where keys and secrets are."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_OURS)}
    for name in kept:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(kept)


_OURS = "LAOTRUST_"
_MOST_JUDGED = 32 * 1024
"""Octets of certificates in one question: what a line holds while both ends are speaking."""
PATIENCE = 30.0
"""Seconds that the room waits for an answer. A batch is examined in about one."""
_FROM = 5
"""So many batches make up for its start, if it was not kept. It takes some seconds, and about 120 MB."""


def _serve(line: Connection, where: tuple[str, str, str], issuers: Mapping[str, bytes], mode: Mode) -> None:
    url, release, process = where
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the room says when it is over
    ledger = Ledger(url, SystemClock(), system_randomness, release, process)
    warm()
    settle()
    line.send(_READY)
    while True:
        try:
            question = line.recv()
        except EOFError:
            return
        if isinstance(question, list):
            line.send(_judged(question))
        else:
            ids, now = question
            line.send(_examined(ledger, ids, now, issuers, practice=mode is Mode.PRACTICE))


def _judged(certificates: Sequence[bytes]) -> list[Verdict] | None:
    """None if he breaks on one: the room, which knows whose it is, looks again."""
    try:
        found = verdicts(certificates)
        return None if any(isinstance(one, Refuse) for one in found) else found
    except Exception:  # noqa: BLE001 - as below
        _log.exception("the second judge broke")
        return None


def _examined(
    ledger: Ledger, ids: Sequence[str], now: datetime, issuers: Mapping[str, bytes], *, practice: bool
) -> Findings | None:
    try:
        with ledger.read() as session:
            seen = examine(session, ids, now, issuers, practice=practice)
        return findings_of(seen)
    except Exception:  # noqa: BLE001 - whatever it is, the room meets it when it examines them itself
        return None


def _wanted(one: Honoured) -> Wanted | Refuse:
    """What is to be made of it; refused is a person whose names no certificate can hold."""
    profile = PROFILES[one.enrolment.profile]
    try:
        made = wanted_for(profile, one.standing, one.request.spki, one.enrolment.id, _scope(one))
    except PkiError:
        return Refuse("enrolment.lint")
    return made if one.longest is None else replace(made, validity=min(made.validity, one.longest))


def _scope(one: Honoured) -> Scope:
    """What the certificate says besides the person; the organisation's names are those of the register now.

    A server is called by the first of its hosts.
    """
    body, names = one.organisation, names_of(one.scope)
    host = names[0] if RULES[one.enrolment.profile].extra is Extra.HOSTS else None
    return Scope(
        organisation_code=body.code if body else "",
        organisation_en=body.name_en if body else "",
        organisation_lo=body.name_lo if body else "",
        names=names,
        common_name=one.scope.common_name or host,
        value_limit_lak=one.scope.value_limit_lak,
    )
