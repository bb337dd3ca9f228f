"""Every certificate's status in memory, as the ledger has it; kept fresh by following the ledger.

A name and key (an *authority*) may have issued under several issuer certificates, and the OCSP question knows
no more than name and key: so each of an authority's issuers is looked through.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event as Signal
from threading import Thread
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Issuer, Revocation, generation_name
from ledger.entry import Entry
from ledger.facts import Facts
from ledger.follow import Follower, Start, follow, keys_named
from ledger.ledger import Ledger
from ocsp.table import NO_DIGEST, StatusTable, is_pending, key_of, state_of, status_of
from pki.certificate import parse_certificate
from pki.keys import key_sha256
from pki.ocsp import CertId, issuer_keys
from pki.status import CertificateStatus, Good, Held, NeverIssued, Pending, Revoked

RESPONDER_PROFILE = "ocsp-responder"
_AT_ONCE = 500
"""Rows asked for in one statement."""
_KEY_DIGITS = 42
_GOOD, _PENDING = state_of(Good("")).hex(), state_of(Pending())


@dataclass(frozen=True, eq=False)
class Authority:
    """Who is asked about: an issuer's name and key, one object each. `since` is when it began and status is kept from.

    `name` names the generation too (`officers-2`): each has a responder key of its own.
    """

    name: str
    key_sha256: str
    since: datetime


@dataclass(frozen=True)
class ResponderCertificate:
    """A delegated responder's certificate as the ledger has it."""

    der: bytes
    sha256: str
    key_sha256: str
    serial_number: int
    not_before: datetime
    not_after: datetime


class StatusStore:
    """Status by authority and serial number. One thread writes (the follower's), any may read.

    What an entry changed is read anew from the ledger, so that entries met twice, or late, change nothing.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Loads all there is; raises LedgerUnavailable."""
        self._ledger = ledger
        self._authorities: dict[tuple[str, bytes, bytes], Authority] = {}
        self._issuers: dict[Authority, tuple[str, ...]] = {}
        self._own: dict[str, tuple[datetime, int, bytes]] = {}
        """By issuer the end, serial number and SHA-256 of its own certificate."""
        self._tables: defaultdict[str, StatusTable] = defaultdict(StatusTable)
        self._responders: defaultdict[str, dict[str, ResponderCertificate]] = defaultdict(dict)
        self._watchers: list[Callable[[], object]] = []
        self._untold = False
        """Whether something changed of which the watchers were not told yet, also by a half of entries."""
        self.newest_entry_at: datetime | None = None
        self.looked_at: datetime | None = None
        """When the look at the ledger began whose entries are all taken in; a look alone makes nothing fresh."""
        self._follower = Follower(ledger, Start.NOW)
        self._waiting: list[Entry] = []
        """What `look` has seen and could not take in yet."""
        self._stop = Signal()
        self._thread = Thread(target=follow, args=(self._follower, self.apply, self._stop), name="status", daemon=True)
        with ledger.read() as session:
            self._load(session)
        self.look()

    def __len__(self) -> int:
        return sum(len(table) for table in self._tables.values())

    @property
    def octets(self) -> int:
        """Octets of memory that status takes."""
        return sum(table.octets for table in self._tables.values())

    def start(self) -> None:
        """Follows the ledger in a thread of its own from now on, until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the following; waits for the look that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Takes in what was committed since the last look that was taken in. Raises LedgerUnavailable; look again."""
        self._waiting += self._follower.look()
        self.apply(self._waiting)
        self._waiting = []

    def watch(self, changed: Callable[[], object]) -> None:
        """Calls `changed` in the follower's thread each time after something ended or may be signed otherwise now.

        New certificates do not count: nobody keeps an answer about what is not issued yet.
        """
        self._watchers.append(changed)

    def authority(self, certificate: CertId) -> Authority | None:
        """Whose certificate is asked about; None for an issuer that is not ours."""
        if certificate.digest is None:
            return None
        return self._authorities.get((certificate.digest, certificate.issuer_name_hash, certificate.issuer_key_hash))

    def authorities(self) -> list[Authority]:
        """All issuers that are answered for."""
        return list(self._issuers)

    def serves(self, authority: Authority) -> bool:
        """Whether `authority` ever delegated its answers to us; if not, only its CRL tells status."""
        return any(self._responders.get(issuer_id) for issuer_id in self._issuers[authority])

    def is_over(self, authority: Authority, now: datetime) -> bool:
        """Whether no certificate of `authority` itself counts at `now`: each is past its end, or was revoked."""
        second = now.replace(microsecond=0)
        return all(
            end < second or self._is_revoked(serial_number, digest)
            for end, serial_number, digest in (self._own[issuer_id] for issuer_id in self._issuers[authority])
        )

    def _is_revoked(self, serial_number: int, digest: bytes) -> bool:
        """Whether this very certificate was, whoever of ours issued it."""
        key = key_of(serial_number)
        found = [] if key is None else [table.find(key) for table in tuple(self._tables.values())]
        mine = (record for record in found if record is not None and record.startswith(digest))
        return any(isinstance(status_of(record), Revoked) for record in mine)

    def record(self, authority: Authority, key: bytes) -> bytes | None:
        """What is known of the certificate under this key (see `ocsp.table`); None if it was never issued."""
        for issuer_id in self._issuers[authority]:
            table = self._tables.get(issuer_id)
            found = None if table is None else table.find(key)
            if found is not None:
                return found
        return None

    def status(self, authority: Authority, serial_number: int) -> CertificateStatus:
        """The status of what `authority` issued under `serial_number`."""
        key = key_of(serial_number)
        found = None if key is None else self.record(authority, key)
        return NeverIssued() if found is None else status_of(found)

    def responders(self, authority: Authority, now: datetime) -> list[ResponderCertificate]:
        """The responder certificates of `authority` that are valid at `now` and neither revoked nor held, newest first.

        They carry `ocsp-nocheck`: nobody else asks about them, so it is asked here. A certificate's last second counts
        as a whole (RFC 5280 clause 4.1.2.5: valid through notAfter, which has no fractions); the next begins behind it.
        """
        second = now.replace(microsecond=0)
        valid = [
            found
            for issuer_id in self._issuers[authority]
            for found in tuple(self._responders.get(issuer_id, {}).values())
            if found.not_before <= second <= found.not_after
            and isinstance(self.status(authority, found.serial_number), Good)
        ]
        return sorted(valid, key=lambda found: found.not_before, reverse=True)

    def apply(self, entries: Sequence[Entry]) -> None:
        """Takes in the facts of `entries`. Raises LedgerUnavailable; then the same entries are to be given again."""
        try:
            if entries:
                self._take(entries)
        finally:
            self._tell()
        self.looked_at = self._follower.fresh_at

    def _take(self, entries: Sequence[Entry]) -> None:
        named = {table: keys_named(entries, table) for table in (Issuer, Certificate, Hold, HoldRelease)}
        changed = [*keys_named(entries, Intent), *named[Certificate], *keys_named(entries, Revocation)]
        with self._ledger.read() as session:
            self._take_issuers(session, named[Issuer])
            self._take_responders(session, named[Certificate])
            self._take_changed(session, changed + _of_holds(session, named[Hold], named[HoldRelease]))
        newest = max(entry.at for entry in entries)
        self.newest_entry_at = max(newest, self.newest_entry_at or newest)

    def _tell(self) -> None:
        """The watchers know of every change that can be seen in the tables."""
        if self._untold:
            for watcher in self._watchers:
                watcher()
            self._untold = False

    def _load(self, session: Session) -> None:
        """All there is, in few long statements: no ids are kept, and what has ended is put over what was issued."""
        self._take_issuers(session, session.scalars(select(Issuer.id)).all())
        intents = _INTENTS.value(session)
        for issuer_id, first, last in session.execute(_NUMBERED):
            self._tables[issuer_id] = StatusTable(min(last - first + 1, intents) * 5 // 4)
        # Past the ORM, and so few at once that the garbage collector (700 new objects) does not go through all that
        # was ever loaded, again and again.
        certified = 0
        for some in _CERTIFIED.pieces(session, _AT_ONCE):
            certified += len(some)
            self._put_certified(some)
        pending = intents - certified - _ENDED_UNMADE.value(session)
        for issuer_id, serial_number in session.execute(_UNCERTIFIED.limit(pending)):
            self._tables[issuer_id].put(_key(serial_number), NO_DIGEST, _PENDING)
        self._put(session.connection().execute(_ENDED, execution_options={"yield_per": _AT_ONCE}))
        responders = select(Certificate.id).where(Certificate.profile == RESPONDER_PROFILE)
        self._take_responders(session, session.scalars(responders).all())
        self.newest_entry_at = session.scalar(select(func.max(Entry.at)))

    def _put_certified(self, rows: Iterable[Any]) -> None:
        """So many good ones; what ended is put over them. One by one they would take half of a start's time."""
        written: defaultdict[str, list[str]] = defaultdict(list)
        for issuer_id, serial_number, sha256 in rows:
            written[issuer_id].append(serial_number.rjust(_KEY_DIGITS, "0") + sha256 + _GOOD)
        for issuer_id, lines in written.items():
            self._tables[issuer_id].extend(bytes.fromhex("".join(lines)))

    def _take_issuers(self, session: Session, keys: Sequence[str]) -> None:
        for some in _batches(keys):
            for row in session.scalars(select(Issuer).where(Issuer.id.in_(some)).order_by(Issuer.generation)):
                self._take_issuer(row)
                self._untold = True

    def _take_issuer(self, row: Issuer) -> None:
        parsed = parse_certificate(row.certificate)
        keys = issuer_keys(parsed.subject, parsed.spki)
        known = self._authorities.get(keys[0])
        self._own[row.id] = parsed.not_after, parsed.serial, bytes.fromhex(parsed.sha256)
        name = generation_name(row.name, row.generation)
        authority = known or Authority(name, key_sha256(parsed.spki), parsed.not_before)
        # The newest first; a row that is met twice stays one.
        others = (issuer_id for issuer_id in self._issuers.get(authority, ()) if issuer_id != row.id)
        self._issuers[authority] = (row.id, *others)
        self._authorities.update(dict.fromkeys(keys, authority))

    def _take_responders(self, session: Session, keys: Sequence[str]) -> None:
        for some in _batches(keys):
            statement = select(*_RESPONDER).where(Certificate.id.in_(some), Certificate.profile == RESPONDER_PROFILE)
            for row in session.execute(statement):
                self._responders[row.issuer_id][row.sha256] = ResponderCertificate(
                    row.der, row.sha256, row.key_sha256, int(row.serial_number, 16), row.not_before, row.not_after
                )
                self._untold = True

    def _take_changed(self, session: Session, intent_ids: Sequence[str]) -> None:
        """Reads anew what these intents have come to."""
        for some in _batches(intent_ids):
            self._put(session.execute(_PRESENT.where(Intent.id.in_(some))))

    def _put(self, rows: Iterable[Any]) -> None:
        for issuer_id, serial_number, sha256, ended_at, reason, held_at in rows:
            digest = bytes.fromhex(sha256) if sha256 else NO_DIGEST
            state = state_of(_status(sha256, ended_at, reason, held_at))
            before = self._tables[issuer_id].put(_key(serial_number), digest, state)
            self._untold |= before is not None and not is_pending(before) and before != digest + state


def _key(serial_number: str) -> bytes:
    return bytes.fromhex(serial_number.rjust(_KEY_DIGITS, "0"))


def _status(
    sha256: str | None, ended_at: datetime | None, reason: str | None, held_at: datetime | None
) -> CertificateStatus:
    if ended_at is not None:
        return Revoked(ended_at, reason or "unspecified")
    if sha256 is None:
        return Pending()
    return Held(held_at) if held_at is not None else Good(sha256)


def _of_holds(session: Session, holds: Sequence[str], releases: Sequence[str]) -> list[str]:
    """The certificates that these holds and releases are of."""
    found: list[str] = []
    for some in _batches([*holds, *releases]):
        found += session.scalars(select(Hold.certificate_id).where(Hold.id.in_(some)))
    return found


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[at : at + _AT_ONCE] for at in range(0, len(keys), _AT_ONCE))


_RELEASED = select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id).exists()
_HELD_AT = select(func.min(Hold.at)).where(Hold.certificate_id == Intent.id, ~_RELEASED).scalar_subquery()
_TOLD: tuple[Any, ...] = (
    Intent.issuer_id,
    Intent.serial_number,
    Certificate.sha256,
    Revocation.at,
    Revocation.reason,
    _HELD_AT,
)
_PRESENT: Select[Any] = (
    select(*_TOLD)
    .outerjoin(Certificate, Certificate.id == Intent.id)
    .outerjoin(Revocation, Revocation.certificate_id == Intent.id)
)
"""What intents have come to: certified, ended, held."""
_ENDED: Select[Any] = _PRESENT.where(
    or_(Intent.id.in_(select(Revocation.certificate_id)), Intent.id.in_(select(Hold.certificate_id)))
)
_NUMBERED: Select[Any] = select(
    Issuer.id,
    select(func.min(Intent.dense_number)).where(Intent.issuer_id == Issuer.id).scalar_subquery(),
    select(func.max(Intent.dense_number)).where(Intent.issuer_id == Issuer.id).scalar_subquery(),
).where(exists().where(Intent.issuer_id == Issuer.id))
"""Issuers that meant to issue, with their first and last number, between which there is no gap."""
_CERTIFIED = Facts(select(Certificate.issuer_id, Certificate.serial_number, Certificate.sha256))
_INTENTS = Facts(select(func.count()).select_from(Intent))
_MADE = exists().where(Certificate.id == Intent.id)
_ENDED_UNMADE = Facts(
    select(func.count()).select_from(Revocation).where(~exists().where(Certificate.id == Revocation.certificate_id))
)
_UNCERTIFIED: Select[Any] = (
    select(*_TOLD[:2])
    .where(~_MADE, ~exists().where(Revocation.certificate_id == Intent.id))
    .order_by(Intent.id.desc())
)
"""Neither certified nor ended, from the newest back: few, and new, so that who knows how many need not look at all."""
_RESPONDER: tuple[Any, ...] = (
    Certificate.issuer_id,
    Certificate.serial_number,
    Certificate.der,
    Certificate.sha256,
    Certificate.key_sha256,
    Certificate.not_before,
    Certificate.not_after,
)
