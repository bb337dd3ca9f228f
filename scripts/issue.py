"""`issue`: the signing room, which listens to nothing and holds the issuing keys."""

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from math import inf

import click
from sqlalchemy.orm import Session

from ca.ceremonies.ceremony import Ceremony, issuer_view_of, refuse_file_key
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import Generation, State, generations
from ca.ceremonies.keyring import HomeKeyring
from ca.closing.last_crl import is_told_for_ever
from ca.endings.each import nobody_waits
from ca.endings.settlement import next_end
from ca.issuance.composition import IssuerUnfit, IssuingKey
from ca.issuance.concerns import AT_LEAST_EVERY, Renewals, concerns, hurrying, is_asking
from ca.issuance.line import NotSealed, OtherRoom, SigningWrong
from ca.issuance.renewal import renew_due
from ca.issuance.second_judge import warm
from ca.issuance.settling import settle
from ca.issuance.signing_room import BatchBroken, SigningRoom
from ca.issuance.turn import Turn
from ca.machines.doors import KEY, Doors
from ca.statement.agreement import require_agreement
from ledger.bell import SEALS, Ear, ear_of
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.follow import Follower, Start
from ledger.ledger import ClockWentBackwards, Ledger, LedgerUnavailable
from ledger.seal import sealed
from pki.certificate import certificates_from_pem
from pki.signing import require_at_hand
from scripts.cli import Exit, Outcome, Run, verb, words_of
from signers import AwaitedKey, KeyUnusable, open_signer
from web.home import Mode
from web.presence import present
from web.words import WORDS

LOOK_EVERY = 0.15
"""Seconds between two looks at the ledger when no bell rings, so that a revocation is on a CRL within one."""
BREATH = 0.001
"""Seconds between two looks at least, however often the bell rings."""
DUTIES_EVERY = 0.2
"""Seconds that endings, CRLs and renewals may wait while such events alone keep coming: each takes as long as many a
batch of certificates."""
GATHERING, MANY = 0.005, 4
"""Seconds between two looks after a turn that issued so many: where machines ask without end, the next are on their
way, and a batch of a few takes hardly less than one of many."""
AWAY_EVERY = 1.0
"""Between two turns while a key is away: it may be back."""
SEAL_WITHIN = 10.0
_PASSING = (
    LedgerUnavailable,
    ClockWentBackwards,
    NotSealed,
    SigningWrong,
    IssuerUnfit,
    BatchBroken,
    OSError,  # a disk that is full, for instance
)
"""What one turn ends at and the next may not."""
_POLL = 0.002
"""Seconds between two looks for a seal …"""
_HEARD = 0.02
"""… and where the sealer's bell is heard: a look takes from the sealer what it needs, where cores are few."""
_log = logging.getLogger(__name__)


@verb("issue", example="python -m scripts issue --once")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
def issue(run: Run, *, once: bool) -> Outcome | Refuse:
    """Verifies what two officers approved, seals the intents, signs, and keeps CRLs and responders fresh."""
    with alone(run) as only, _hearing(run, once=once) as ear:
        if not only:
            return Refuse("issuance.other-room")
        require_agreement(run.ledger, run.home)
        room = room_of(run, ear)
        recovered = room.recover()
        try:
            if once:
                return _outcome(_all_turns(run, room), recovered)
            with present(run.home, run.process, run.ledger), room.in_company():
                warm()
                settle()
                _Loop(run, room).until(_stop_by_signal())
        except OtherRoom:
            return Refuse("issuance.other-room")
        except NotSealed:
            return Refuse("issuance.not-sealed")
    return Outcome({"stopped": True}, ["The signing room was told to stop."])


def room_of(run: Run, ear: Ear | None = None) -> SigningRoom:
    """The room with the keys of every issuer that has work, those that are not at hand among them.

    `ear` as for `await_seal`.
    """
    with run.ledger.read() as session:
        found = [one for one in generations(session, run.clock.now()) if _has_work(session, one, run.clock.now())]
    issuing = {one.key_name: _key(run, one) for one in found}
    _tell_of_missing(run, issuing)
    return SigningRoom(
        run.ledger,
        issuing,
        lambda entries: await_seal(run.ledger, entries, ear),
        run.home.path,
        leave_needed=run.home.mode() is Mode.PRODUCTION,
        doors=Doors.at(run.key_uri(KEY)),
    )


def _has_work(session: Session, one: Generation, now: datetime) -> bool:
    """Whether the key is an issuing CA's and still needed.

    Past its certificate's end nothing that it signs counts; one that was closed, or is lost, is needed until its last
    CRL stands and its responder has no end.
    """
    closed = one.state in (State.TERMINATED, State.COMPROMISED)
    over = closed and is_told_for_ever(session, one.issuer.id, now)
    return not one.is_root and now <= one.not_after and not over


def _key(run: Run, one: Generation) -> IssuingKey:
    """The issuer with its key; one that is not there is looked for again whenever something waits for it.

    Only if this machine has had the issuer since its ceremony: what the ledger alone says of issuers proves nothing.
    """
    view, uri = issuer_view_of(one.issuer, run.home), ca_key_uri(run, one.key_name)
    try:
        return IssuingKey(one.issuer.id, view, open_signer(uri))
    except (KeyUnusable, IssuerUnfit):
        file = run.home.certificate(one.key_name)
        if not file.exists() or certificates_from_pem(file.read_bytes())[0].der != bytes(one.issuer.certificate):
            raise
        return IssuingKey(one.issuer.id, view, AwaitedKey(uri, view.spki, open_signer))


def ca_key_uri(run: Run, key_name: str) -> str:
    """Where this key of a CA is. Raises KeyUnusable if that is a file, in production (CA-06), be it there or not."""
    uri = run.key_uri(key_name)
    if run.home.mode() is Mode.PRODUCTION:
        refuse_file_key(key_name, uri)
    return uri


def _tell_of_missing(run: Run, issuing: Mapping[str, IssuingKey]) -> None:
    for name, key in issuing.items():
        try:
            require_at_hand(key.signer)
        except KeyUnusable as fault:
            where = f"the key of {name} ({run.key_uri(name)}) is not at hand, and what it is to sign waits"
            run.console.print(f"{where}: {fault}", markup=False)


def _ceremony(run: Run) -> Ceremony:
    return Ceremony(run.ledger, run.home, keyring(run), run.home.mode())


def _turn(run: Run, room: SigningRoom, *, renews: bool = True, meanwhile: Callable[[], None] = nobody_waits) -> Turn:
    """A turn with its renewals; that a key is away, or a successor cannot be made, is in what came of it.

    `meanwhile` is called between its parts.
    """
    try:
        done = room.turned(meanwhile)
    except BatchBroken:
        with suppress(KeyUnusable, CeremonyFailed):
            renew_due(_ceremony(run), room)
        raise
    try:
        if renews:
            renew_due(_ceremony(run), room, meanwhile)
    except KeyUnusable as away:
        done.away = done.away or away
    except CeremonyFailed as failed:
        done.unrenewed = failed
    return done


def _all_turns(run: Run, room: SigningRoom) -> Turn:
    """Turns until nothing is due, as one.

    Raises KeyUnusable when a key is away and all others have done theirs, EndingsBroken when all others have ended,
    CeremonyFailed when a service of our own has no successor and all others have.
    """
    done = _turn(run, room)
    while done.more and done.away is None:
        further = _turn(run, room)
        for name in ("issued", "refused", "crls"):
            getattr(further, name)[:0] = getattr(done, name)
        further.dishonoured += done.dishonoured
        done = further
    if done.failed is not None:
        raise done.failed
    return done


class _Loop:
    """A turn whenever the ledger has something new. What failed in one turn is ended by `recover` before the next."""

    def __init__(self, run: Run, room: SigningRoom) -> None:
        self._run, self._room = run, room
        self._follower, self._ear = Follower(run.ledger, Start.NOW), ear_of(run.ledger.url)
        self._turned = 0.0
        self._again = True
        """Whether the next turn is due at once."""
        self._owed = False
        """Whether endings, CRLs and renewals may be due."""
        self._met: list[Entry] = []
        """What a turn met that asks for another."""
        self._issued = 0
        self._renewals = Renewals()
        self._run_out: datetime | None = None
        """When the next pause ends."""
        self._said = ""

    def until(self, stop: threading.Event) -> None:
        """Ends when `stop` is set."""
        while not stop.is_set():
            try:
                self._look()
            except _PASSING as fault:
                self._said = _warned(fault, self._said)
                stop.wait(1)
                _recover(self._room)
                self._again = True
            stop.wait(GATHERING if self._issued >= MANY else BREATH)
            self._ear.wait(0 if self._met else LOOK_EVERY)  # for that the bell has rung already
        self._ear.close()

    def _look(self) -> None:
        entries, since = [*self._met, *self._follower.look()], inf if self._again else time.monotonic() - self._turned
        self._met = []
        # What the ledger tells is asked first: an approval need not wait for what else may be due.
        if since < DUTIES_EVERY and (news := hurrying(entries)):
            self._owed = True
            self._hurry(news)
        elif concerns(entries) or since >= (DUTIES_EVERY if self._owed else AT_LEAST_EVERY) or self._is_run_out():
            self._turn(renews=self._renewals.are_due(entries, time.monotonic()))

    def _is_run_out(self) -> bool:
        return self._run_out is not None and self._run_out <= self._run.clock.now()

    def _hurry(self, news: Sequence[Entry]) -> None:
        if is_asking(news):
            done = self._room.hurried()
            self._issued = len(done.issued)
            self._again = self._again or done.more or done.stopped or done.away is not None
            _say(self._run, done)

    def _turn(self, *, renews: bool) -> None:
        self._again, self._owed, began = False, False, self._run.clock.now()
        done = _turn(self._run, self._room, renews=renews, meanwhile=self._meanwhile)
        if renews:
            self._renewals.looked_at(time.monotonic(), failed=done.unrenewed is not None)
        self._issued, self._run_out = len(done.issued), next_end(self._run.ledger, began)
        # Neither a file that is gone nor the beginning of the next second is told by the ledger.
        soon = (done.stopped and not done.disagreements) or done.waiting or (done.more and done.away is None)
        self._again = self._again or soon
        self._turned = time.monotonic() - (AT_LEAST_EVERY - AWAY_EVERY) * bool(done.away)
        _say(self._run, done)
        self._said = _warned(done.away or done.unrenewed, self._said)

    def _meanwhile(self) -> None:
        """Between two duties: what was approved since is issued, and need not wait for the others."""
        if not self._ear.wait(0):
            return
        entries = self._follower.look()
        if hurrying(entries):
            self._owed = True
        else:
            self._met += entries
        self._hurry(entries)


def _warned(fault: Exception | None, said: str) -> str:
    """Its sentence, which is in the log unless that was `said` last: a token may be away for long."""
    sentence = sentence_of(fault) if fault else ""
    if sentence and sentence != said:
        _log.warning("%s", sentence)  # and not printed: on a full disk that would be the next fault
    return sentence


def sentence_of(fault: Exception) -> str:
    """For the log: what a turn ended at, and what to do, in Lao and in English."""
    return " ".join([f"{type(fault).__name__}:", *filter(None, words_of(fault))])


def _say(run: Run, done: Turn) -> None:
    for fault in done.disagreements:
        run.console.print(f"nothing is issued: {fault}", markup=False)
    if done.issued or done.refused or done.dishonoured or done.crls or _unissued(done):
        run.console.print(" ".join(_outcome(done, 0).lines), markup=False)


def _recover(room: SigningRoom) -> None:
    try:
        room.recover()
    except (LedgerUnavailable, ClockWentBackwards) as fault:
        _log.warning("still waiting for the ledger: %s", fault)


def await_seal(ledger: Ledger, entries: Sequence[str], ear: Ear | None = None) -> None:
    """Returns once the sealer's published checkpoint covers these entries. Raises NotSealed after SEAL_WITHIN.

    With an `ear` for the sealer's bell (`ledger.bell.SEALS`) it looks when that rings, and seldom besides.
    """
    pause = _POLL if ear is None else _HEARD
    left = int(SEAL_WITHIN / pause)
    while left:
        with ledger.read(glance=True) as session:
            if sealed(session, entries):
                return
        heard = threading.Event().wait(pause) if ear is None else ear.wait(pause)
        left -= not heard
    raise NotSealed(f"the log was not sealed within {SEAL_WITHIN} s")


def _outcome(done: Turn, recovered: int) -> Outcome:
    values = {
        "issued": len(done.issued),
        "refused": [{"enrolment": key, "code": code} for key, code in done.refused],
        "dishonoured": done.dishonoured,
        "crls": len(done.crls),
        "recovered": recovered,
        "stopped": done.stopped,
        "held": done.held,
        "unissued": [{"enrolment": key, "code": code} for key, code in done.unissued],
        "disagreements": done.disagreements,
    }
    line = f"{len(done.issued)} issued, {len(done.refused)} refused, {done.dishonoured} decisions not honoured, "
    lines = [f"{line}{len(done.crls)} CRLs.", *(WORDS[code][1] for code in sorted(_unissued(done)))]
    return Outcome(values, lines, Exit.PARTLY if done.refused or _unissued(done) else Exit.DONE)


def _unissued(done: Turn) -> set[str]:
    """Codes why something that was approved is not issued now."""
    return {code for _, code in done.unissued} | ({done.held} if done.held else set())


def keyring(run: Run) -> HomeKeyring:
    """Our keys where LAOTRUST_KEYS_… says they are, else in the home."""
    prefix = "LAOTRUST_KEYS_"
    named = {name.removeprefix(prefix): uri for name, uri in os.environ.items() if name.startswith(prefix) and uri}
    return HomeKeyring(run.home, {name.lower().replace("_", "-"): uri for name, uri in named.items()})


@contextmanager
def alone(run: Run) -> Iterator[bool]:
    """Whether nobody else on this machine signs certificates meanwhile; on others the dense numbers tell."""
    with (run.home.path / "issue.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        lock.write(str(os.getpid()))
        yield True


@contextmanager
def _hearing(run: Run, *, once: bool) -> Iterator[Ear | None]:
    """An ear for the sealer's bell, for a room that stays."""
    ear = None if once else ear_of(run.ledger.url, SEALS)
    try:
        yield ear
    finally:
        if ear is not None:
            ear.close()


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
