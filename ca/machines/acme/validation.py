"""What the process `validate` does: looks up what clients say is in place, and records what it saw.

It holds no key and listens to nothing. Its fact is an ending: a challenge is judged once, and nothing that a process
which listens can write stands for it.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from time import monotonic

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.events.acme import AcmeValidated
from ca.machines.acme import hosts
from ca.machines.acme.caa import may_issue
from ca.machines.acme.challenges import Method
from ca.machines.acme.hosts import Hosts, Place, Seen
from ca.machines.acme.judgement import certificate_met, http_met, zone_met
from ca.machines.acme.kept import UNPROVEN, answered
from ca.machines.acme.zones import LookupFailed, Zones
from ca.tables.acme import (
    AcmeAccountEnd,
    AcmeAccountKey,
    AcmeAuthorization,
    AcmeAuthorizationEnd,
    AcmeChallengeReady,
    AcmeOrder,
    AcmeValidation,
)
from ledger.base import without
from ledger.canonical import canonical
from ledger.decision import Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from pki.zone import is_address, is_host
from web import logs

AT_ONCE = 8
OF_ACCOUNT = 2
"""Look-ups for one account at once: names that nobody answers for keep nobody else waiting."""
_IN_SIGHT = 8
"""Challenges of one account that are looked at in one turn."""
PAUSES = (0.5, 2.5)
"""Seconds before a look-up that brought nothing is tried again (RFC 8555 clause 8.2); then it counts."""
_MAY_CHANGE = {"acme.seen-dns", "acme.seen-connection", "acme.seen-tls", "acme.seen-nothing", "acme.seen-wrong"}


@dataclass(frozen=True)
class Task:
    """A challenge whose answer is said to be in place."""

    authorization_id: str
    name: str
    token: str
    method: Method
    thumbprint: str
    account_id: str


@dataclass(frozen=True)
class Finding:
    """What a look-up came to."""

    code: str | None
    addresses: tuple[str, ...] = ()
    seen_sha256: str | None = None
    caa_sha256: str | None = None


@dataclass(frozen=True)
class Looking:
    """How and where this installation looks: `local` for the names of practice, else `world`."""

    hosts: Hosts
    world: Place
    identity: str
    """The name by which CAA records mean us."""
    accounts: str
    """What stands before an account's id in its URL."""
    local: Place | None = None
    local_zones: tuple[str, ...] = ()

    def place(self, name: str) -> Place:
        """Where this name is looked up."""
        within = any(name == zone or name.endswith(f".{zone}") for zone in self.local_zones)
        return self.local if self.local is not None and within else self.world

    def look(self, task: Task) -> Finding:
        """One try: the challenge first, then CAA, so that nothing older than this try decides."""
        place, seen, deadline = self.place(task.name), None, monotonic() + hosts.SECONDS
        try:
            seen, met = self._seen(task, place, deadline)
            if isinstance(met, Refuse):
                return Finding(met.code, seen.addresses, sha256(seen.octets).hexdigest())
            records = place.zones.caa(task.name, deadline) if place.zones.answers() else []
        except LookupFailed as failed:
            return Finding(failed.code, seen.addresses if seen else ())
        lets = may_issue(records, self.identity, self.accounts + task.account_id, task.method.value)
        told = "".join(f"{text}\n" for text in sorted(one.text for one in records))
        digests = (sha256(seen.octets).hexdigest(), sha256(told.encode()).hexdigest())
        return Finding(None if lets else "acme.seen-caa", seen.addresses, *digests)

    def _seen(self, task: Task, place: Place, deadline: float) -> tuple[Seen, Decision]:
        if task.method is Method.HTTP:
            seen = self.hosts.http(place, task.name, f"/.well-known/acme-challenge/{task.token}", deadline)
            return seen, http_met(seen.octets, task.token, task.thumbprint)
        if task.method is Method.ALPN:
            seen = self.hosts.certificate(place, task.name, deadline)
            return seen, certificate_met(seen.octets, task.name, task.token, task.thumbprint)
        texts = _texts(place.zones, task.name, deadline)
        return Seen(b"\n".join(sorted(texts)), ()), zone_met(texts, task.token, task.thumbprint)


@dataclass(frozen=True)
class Unfit:
    """A challenge that is looked up nowhere: its rows do not say what its account signed."""

    authorization_id: str
    method: str
    finding: Finding = Finding(UNPROVEN.code)


def due(session: Session, now: datetime, most: int = 200) -> list[Task | Unfit]:
    """Challenges that are answered and not judged, of orders that can still succeed.

    The oldest of each account first, then the second of each, and so on.
    """
    place = func.row_number().over(partition_by=AcmeOrder.account_id, order_by=AcmeAuthorization.id)
    open_ones = (
        select(AcmeAuthorization.id, AcmeOrder.account_id, place.label("place"))
        .join(AcmeChallengeReady, AcmeChallengeReady.authorization_id == AcmeAuthorization.id)
        .join(AcmeOrder, AcmeOrder.id == AcmeAuthorization.order_id)
        .where(AcmeOrder.expires_at > now)
    )
    open_ones = without(open_ones, AcmeAuthorization.id, AcmeValidation, AcmeAuthorizationEnd)
    waiting = without(open_ones, AcmeOrder.account_id, AcmeAccountEnd).subquery()
    statement = (
        select(AcmeChallengeReady, AcmeAuthorization, waiting.c.account_id)
        .join(waiting, waiting.c.id == AcmeChallengeReady.authorization_id)
        .join(AcmeAuthorization, AcmeAuthorization.id == waiting.c.id)
        .where(waiting.c.place <= _IN_SIGHT)
        .order_by(waiting.c.place, waiting.c.id)
        .limit(most)
    )
    rows = session.execute(statement).all()
    held = select(AcmeAccountKey.account_id, AcmeAccountKey.spki)
    held = held.where(AcmeAccountKey.account_id.in_({account_id for *_, account_id in rows}))
    keys: dict[str, list[bytes]] = {}
    for account_id, spki in session.execute(held):
        keys.setdefault(account_id, []).append(bytes(spki))
    return [_judged(one, ready, account_id, keys.get(account_id, ())) for ready, one, account_id in rows]


def _judged(one: AcmeAuthorization, ready: AcmeChallengeReady, account_id: str, keys: Sequence[bytes]) -> Task | Unfit:
    """What is to be looked up; nothing that a process which listens wrote brings this one down."""
    try:
        host = is_host(one.name) and not is_address(one.name)
        if host and answered(one, ready, account_id, keys):
            return Task(one.id, one.name, one.token, Method(ready.method), ready.thumbprint, account_id)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it ends this challenge alone
        logs.failure("acme-challenge-unfit", fault)
    return Unfit(one.id, ready.method)


def record(ledger: Ledger, actor: Actor, task: Task | Unfit, finding: Finding) -> None:
    """What was seen is in the log; if another process was there first, its word stands."""
    fact = AcmeValidation(
        authorization_id=task.authorization_id, at=ledger.clock.now(), code=finding.code,
        method=task.method if isinstance(task, Unfit) else task.method.value,
        addresses=canonical(list(finding.addresses)).decode(), seen_sha256=finding.seen_sha256,
        caa_sha256=finding.caa_sha256,
    )  # fmt: skip
    event = AcmeValidated(task.authorization_id, finding.code is None, finding.code)
    try:
        ledger.entries([Deed(event, actor, [fact])])
    except Taken:
        return


@dataclass
class Validator:
    """Looks at several hosts at once, so that a slow one keeps nobody else waiting. Not for several threads."""

    ledger: Ledger
    actor: Actor
    looking: Looking
    pauses: Sequence[float] = PAUSES
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE))
    running: dict[str, tuple[Task, Future[Finding]]] = field(default_factory=dict)
    tries: dict[str, tuple[int, float]] = field(default_factory=dict)
    """By authorization how often it was tried in vain, and when it is tried again."""

    def turn(self) -> int:
        """What is due is begun, what is over is recorded. Returns how many were recorded."""
        done = sum(self._settle(key) for key in [key for key, (_, look) in self.running.items() if look.done()])
        if len(self.running) < 2 * AT_ONCE:
            with self.ledger.read() as session:
                tasks = due(session, self.ledger.clock.now())
            wanted = {task.authorization_id for task in tasks}
            self.tries = {key: value for key, value in self.tries.items() if key in wanted}
            for task in tasks:
                if isinstance(task, Unfit):
                    record(self.ledger, self.actor, task, task.finding)
                    done += 1
            for task in tasks:
                if isinstance(task, Task):
                    self._begin(task)
        return done

    def idle(self) -> bool:
        """Whether nothing is being looked up, and nothing waits to be tried again."""
        return not self.running and not self.tries

    def close(self) -> None:
        """No look-up begins any more."""
        self.pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, task: Task) -> None:
        _, again = self.tries.get(task.authorization_id, (0, 0.0))
        of_account = sum(other.account_id == task.account_id for other, _ in self.running.values())
        room = len(self.running) < 2 * AT_ONCE and of_account < OF_ACCOUNT
        if room and task.authorization_id not in self.running and monotonic() >= again:
            self.running[task.authorization_id] = (task, self.pool.submit(self.looking.look, task))

    def _settle(self, key: str) -> int:
        task, look = self.running.pop(key)
        finding = _outcome(look)
        tried, _ = self.tries.pop(key, (0, 0.0))
        if finding.code in _MAY_CHANGE and tried < len(self.pauses):
            self.tries[key] = (tried + 1, monotonic() + self.pauses[tried])
            return 0
        record(self.ledger, self.actor, task, finding)
        return 1


def _outcome(look: Future[Finding]) -> Finding:
    """What was found; a host or a zone that breaks our own code has shown nothing."""
    try:
        return look.result()
    except Exception as fault:  # noqa: BLE001 - whatever it is, it ends this challenge alone
        logs.failure("acme-look-up-broke", fault)
        return Finding("acme.seen-nothing")


def _texts(zones: Zones, name: str, deadline: float) -> list[bytes]:
    if not zones.answers():
        raise LookupFailed("acme.seen-dns")
    return zones.texts(f"_acme-challenge.{name}", deadline)
