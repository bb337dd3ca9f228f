"""What became of machines' requests, and how one waits for it: all who wait in a process by one ear and one look."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition, Lock
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.tables.registration import EnrolmentEnd
from ledger.bell import Ear, ear_of
from ledger.certificates import Certificate, Intent
from ledger.facts import Facts
from ledger.ledger import Ledger

LOOK_EVERY = timedelta(milliseconds=200)
"""Without a bell."""


@dataclass(frozen=True)
class Issued:
    """The certificate is there."""

    certificate: Certificate


@dataclass(frozen=True)
class Refused:
    """It will never be there."""

    code: str


@dataclass(frozen=True)
class Waiting:
    """The signing room has not come to it yet."""


Fate = Issued | Refused | Waiting
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_ISSUED = Facts(
    select(Intent.enrolment_id, Certificate)
    .join(Certificate, Certificate.id == Intent.id)
    .where(Intent.enrolment_id.in_(_IDS))
)
_ENDED = Facts(select(EnrolmentEnd.enrolment_id, EnrolmentEnd.code).where(EnrolmentEnd.enrolment_id.in_(_IDS)))


def outcome(session: Session, enrolment_id: str) -> Fate:
    """What became of the request."""
    return outcomes(session, [enrolment_id]).get(enrolment_id, Waiting())


def outcomes(session: Session, enrolment_ids: Collection[str]) -> Mapping[str, Issued | Refused]:
    """What became of these requests; those that wait still are missing. A certificate counts before an end."""
    given = {"ids": sorted(enrolment_ids)}
    issued = {str(key): Issued(certificate) for key, certificate in _ISSUED.rows(session, given)}
    ended = {key: Refused(code) for key, code in _ENDED.rows(session, given) if key not in issued}
    return {**issued, **ended}


def wait(ledger: Ledger, enrolment_id: str, until: datetime) -> Fate:
    """What became of the request, at the latest at `until`: it follows the bell and costs nothing meanwhile."""
    with _COMPANIES_LOCK:
        company = _COMPANIES.setdefault(ledger, Company())
    return company.wait(ledger, enrolment_id, until)


class Company:
    """All who wait for requests in one process: one of them listens for all, and another goes on when that one goes.

    Each with an ear of its own would look at the ledger at each commit of anybody, and as often as there are many.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: Counter[str] = Counter()
        self._found: dict[str, Issued | Refused] = {}
        self._ear: Ear | None = None
        self._listened = False

    def wait(self, ledger: Ledger, enrolment_id: str, until: datetime) -> Fate:
        """See `wait`. Raises LedgerUnavailable."""
        with self._changed:
            self._waiting[enrolment_id] += 1
        try:
            # Who comes while another listens looks once himself: what he waits for may have been told before.
            with ledger.read() as session:
                fate = outcome(session, enrolment_id)
            while isinstance(fate, Waiting) and (left := _left(ledger, until)) > 0:
                fate = self._listen(ledger, enrolment_id, left) if self._begins() else self._hear(enrolment_id, left)
            return fate
        finally:
            self._leave(enrolment_id)

    def _begins(self) -> bool:
        """Whether nobody listens yet, and this one does from now on."""
        with self._changed:
            begins, self._listened = not self._listened, True
            return begins

    def _hear(self, enrolment_id: str, left: float) -> Fate:
        """What the one who listens has found, as soon as it has, or has gone."""
        with self._changed:
            if enrolment_id not in self._found and self._listened:
                self._changed.wait(left)
            return self._found.get(enrolment_id, Waiting())

    def _listen(self, ledger: Ledger, enrolment_id: str, left: float) -> Fate:
        """Looks for all whenever the bell rings, until what it waits for itself is there or its time is over."""
        try:
            self._ear = ear = self._ear or ear_of(ledger.url)
            until = ledger.clock.now() + timedelta(seconds=left)
            while left > 0:
                with self._changed:
                    ids = list(self._waiting)
                with ledger.read() as session:
                    found = outcomes(session, ids)
                with self._changed:
                    self._found |= {key: fate for key, fate in found.items() if key in self._waiting}
                    self._changed.notify_all()
                if enrolment_id in found:
                    return found[enrolment_id]
                ear.wait(min(left, LOOK_EVERY.total_seconds()))
                left = _left(ledger, until)
            return Waiting()
        finally:
            with self._changed:
                self._listened = False
                self._changed.notify_all()

    def _leave(self, enrolment_id: str) -> None:
        """The last one takes the ear along: what nobody hears would pile up in it."""
        with self._changed:
            self._waiting[enrolment_id] -= 1
            if not self._waiting[enrolment_id]:
                del self._waiting[enrolment_id]
                self._found.pop(enrolment_id, None)
            ear = None if self._waiting else self._ear
            self._ear = self._ear if self._waiting else None
        if ear is not None:
            ear.close()


_COMPANIES: WeakKeyDictionary[Ledger, Company] = WeakKeyDictionary()
_COMPANIES_LOCK = Lock()


def _left(ledger: Ledger, until: datetime) -> float:
    return (until - ledger.clock.now()).total_seconds()
