"""A process beside the room that examines the next requests while the room signs the ones before.

It reads the ledger and hands back what it found.
"""

import gc
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.connection import Connection

from sqlalchemy import select

from ca.issuance.beside import Beside, answer_on
from ca.issuance.composition import Scope, Wanted, wanted_for
from ca.issuance.examination import Examination, Honoured
from ca.issuance.honour import examine
from ca.profiles import PROFILES
from ca.registration.applicants import sliced
from ca.registration.digests import names_of
from ca.registration.rules import RULES, Extra
from ca.tables.machines import MachineRequest, in_one_entry
from ca.tables.registration import Enrolment
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from pki.errors import PkiError
from web.home import Mode

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Findings:
    """What came of an examination, by ids: it goes from process to process."""

    wanted: Sequence[Wanted]
    unnamed: Sequence[str]
    """Enrolments of persons whose names no certificate can hold."""
    dishonoured: Sequence[tuple[str, str, str]]
    """Decision, enrolment and code."""
    refused: Sequence[tuple[str, str]]
    """Enrolment and code."""

    def within(self, ids: Sequence[str]) -> bool:
        """Whether it is about these requests alone, and says one thing of each."""
        said = [*(one.enrolment_id for one in self.wanted), *self.unnamed, *(one for one, _ in self.refused)]
        decisions = [decision for decision, _, _ in self.dishonoured]
        named = {*said, *(enrolment for _, enrolment, _ in self.dishonoured)}
        return named <= set(ids) and len(said) == len(set(said)) and len(decisions) == len(set(decisions))

    def __add__(self, other: "Findings") -> "Findings":
        """Both together."""
        return Findings(
            [*self.wanted, *other.wanted],
            [*self.unnamed, *other.unnamed],
            [*self.dishonoured, *other.dishonoured],
            [*self.refused, *other.refused],
        )


def findings_of(seen: Examination) -> Findings:
    """What is to be made of it, and what is to be recorded."""
    wanted: list[Wanted] = []
    unnamed: list[str] = []
    for one in seen.honoured:
        try:
            wanted.append(_wanted(one))
        except PkiError:
            unnamed.append(one.enrolment.id)
    dishonoured = [(decision.id, decision.enrolment_id, code) for decision, code in seen.dishonoured]
    return Findings(wanted, unnamed, dishonoured, [(enrolment.id, code) for enrolment, code in seen.refused])


def by_machines(ledger: Ledger, ids: Sequence[str]) -> set[str]:
    """Those of these requests that machines made: only the room can open what proves them."""
    asked = select(MachineRequest.enrolment_id).join(Enrolment, in_one_entry())
    with ledger.read() as session:
        found = [session.scalars(asked.where(MachineRequest.enrolment_id.in_(some))).all() for some in sliced(ids)]
    return {one for some in found for one in some}


class Aside(Beside):
    """The process that examines. One question at a time; `close` it in the end."""

    def __init__(self, ledger: Ledger, issuers: Mapping[str, bytes], *, practice: bool) -> None:
        mode = Mode.PRACTICE if practice else Mode.PRODUCTION
        super().__init__("aside", _serve, (ledger.url, ledger.release, ledger.process), dict(issuers), mode)
        self._asked: Sequence[str] = ()

    @classmethod
    def worth_it(cls, batches: int) -> bool:
        """Whether so many batches make up for the seconds that it takes to start, and there is a core for it."""
        return batches >= _FROM and (os.cpu_count() or 1) > 1

    def ask(self, ids: Sequence[str], now: datetime) -> bool:
        """Whether it began to examine these requests; False while it starts, and when it is gone."""
        self._asked = list(ids)
        return self._sent((self._asked, now))

    def answer(self) -> Findings | None:
        """What it found; None when it could not tell, or told what it was not asked: then examine them here."""
        try:
            found = self._heard(PATIENCE)
            if found is None or (isinstance(found, Findings) and found.within(self._asked)):
                return found
        except Exception as fault:  # noqa: BLE001 - whatever it says must not stop the room
            _log.warning("the process beside the room is gone: %r", fault)
        self._end()
        return None


PATIENCE = 30.0
"""Seconds that the room waits for an answer. A batch is examined in about one."""
_FROM = 10
"""Batches. It takes some seconds to start, and about a hundred MB."""


def _serve(line: Connection, where: tuple[str, str, str], issuers: Mapping[str, bytes], mode: Mode) -> None:
    url, release, process = where
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the room says when it is over
    ledger = Ledger(url, SystemClock(), system_randomness, release, process)
    gc.freeze()
    practice = mode is Mode.PRACTICE
    answer_on(line, lambda asked: _examined(ledger, asked[0], asked[1], issuers, practice=practice))


def _examined(
    ledger: Ledger, ids: Sequence[str], now: datetime, issuers: Mapping[str, bytes], *, practice: bool
) -> Findings | None:
    try:
        with ledger.read() as session:
            seen = examine(session, ids, now, issuers, practice=practice)
        return findings_of(seen)
    except Exception:  # noqa: BLE001 - whatever it is, the room meets it when it examines them itself
        return None


def _wanted(one: Honoured) -> Wanted:
    profile = PROFILES[one.enrolment.profile]
    made = wanted_for(profile, one.standing, one.request.spki, one.enrolment.id, _scope(one))
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
