"""What became of machines' requests, and how one waits for it: all who wait in a process by one ear and one look."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.tables.registration import Enrolment, EnrolmentEnd
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
_OUTCOMES = Facts(
    select(Enrolment.id, EnrolmentEnd.code, Certificate)
    .join(EnrolmentEnd, EnrolmentEnd.enrolment_id == Enrolment.id, isouter=True)
    .join(Intent, Intent.enrolment_id == Enrolment.id, isouter=True)
    .join(Certificate, Certificate.id == Intent.id, isouter=True)
    .where(Enrolment.id.in_(_IDS))
)
"""Of requests the code by which each ended, and the certificate, once for each intent."""


def outcome(session: Session, enrolment_id: str) -> Fate:
    """What became of the request."""
    return outcomes(session, [enrolment_id]).get(enrolment_id, Waiting())


def outcomes(session: Session, enrolment_ids: Collection[str]) -> Mapping[str, Issued | Refused]:
    """What became of these requests; those that wait still are missing. A certificate counts before an end."""
    found: dict[str, Issued | Refused] = {}
    for key, code, certificate in _OUTCOMES.rows(session, {"ids": sorted(enrolment_ids)}):
        if certificate is not None:
            found[key] = Issued(certificate)
        elif code is not None:
            found.setdefault(key, Refused(code))
    return found


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
        self._door = Lock()
        self._waiting: list[_Waiter] = []
        self._ear: Ear | None = None
        self._listened = False

    def wait(self, ledger: Ledger, enrolment_id: str, until: datetime) -> Fate:
        """See `wait`. Raises LedgerUnavailable."""
        own = _Waiter(enrolment_id)
        with self._door:
            self._waiting.append(own)
        try:
            # Who comes while another listens looks once himself: what he waits for may have been told before.
            with ledger.read(glance=True) as session:
                fate = outcome(session, enrolment_id)
            while isinstance(fate, Waiting) and (left := _left(ledger, until)) > 0:
                fate = self._listen(ledger, own, until) if self._begins() else own.hear(left)
            return fate
        finally:
            self._leave(own)

    def _begins(self) -> bool:
        """Whether nobody listens yet, and this one does from now on."""
        with self._door:
            begins, self._listened = not self._listened, True
            return begins

    def _listen(self, ledger: Ledger, own: "_Waiter", until: datetime) -> Fate:
        """Looks for all whenever the bell rings, until what it waits for itself is there or its time is over."""
        try:
            self._ear = ear = self._ear or ear_of(ledger.url)
            while (left := _left(ledger, until)) > 0:
                with self._door:
                    present = list(self._waiting)
                with ledger.read(glance=True) as session:
                    found = outcomes(session, {one.enrolment_id for one in present})
                for one in present:
                    if one is not own and one.enrolment_id in found:
                        one.told(found[one.enrolment_id])
                if own.enrolment_id in found:
                    return found[own.enrolment_id]
                ear.wait(min(left, LOOK_EVERY.total_seconds()))
            return Waiting()
        finally:
            with self._door:
                self._listened = False

    def _leave(self, own: "_Waiter") -> None:
        """Somebody listens as long as anybody waits. The last one takes the ear along: it would fill unheard."""
        with self._door:
            self._waiting.remove(own)
            if self._waiting and not self._listened:
                self._waiting[0].told(Waiting())
            ear = None if self._waiting else self._ear
            self._ear = self._ear if self._waiting else None
        if ear is not None:
            ear.close()


class _Waiter:
    """Who waits for one request; what is found of it is told to nobody else."""

    def __init__(self, enrolment_id: str) -> None:
        self.enrolment_id = enrolment_id
        self._mail: SimpleQueue[Fate] = SimpleQueue()

    def told(self, fate: Fate) -> None:
        """That is what became of it; Waiting: nobody listens any more."""
        self._mail.put(fate)

    def hear(self, seconds: float) -> Fate:
        """What was told within so many seconds."""
        try:
            return self._mail.get(timeout=seconds)
        except Empty:
            return Waiting()


_COMPANIES: WeakKeyDictionary[Ledger, Company] = WeakKeyDictionary()
_COMPANIES_LOCK = Lock()


def _left(ledger: Ledger, until: datetime) -> float:
    return (until - ledger.clock.now()).total_seconds()
