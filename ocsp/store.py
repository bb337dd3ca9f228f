"""Every certificate's status in memory, as the ledger has it; kept fresh by following the ledger.

A name and key (an *authority*) may have issued under several issuer certificates, and the OCSP question knows
no more than name and key: so each of an authority's issuers is looked through.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event as Signal
from threading import Thread
from typing import Any

from sqlalchemy import Select, case, func, null, select

from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Issuer, Revocation, generation_name
from ledger.entry import Entry
from ledger.follow import Follower, Start, follow
from ledger.ledger import Ledger
from pki.certificate import parse_certificate
from pki.keys import key_sha256
from pki.ocsp import CertId, issuer_keys
from pki.status import CertificateStatus, Good, Held, NeverIssued, Pending, Revoked

RESPONDER_PROFILE = "ocsp-responder"
_AT_ONCE = 500
"""Rows asked for in one statement."""


@dataclass(slots=True)
class _Life:
    """What happened to one intent so far."""

    sha256: str | None = None
    revoked: Revoked | None = None
    holds: dict[str, datetime] = field(default_factory=dict)

    def status(self) -> CertificateStatus:
        if self.revoked is not None:
            return self.revoked
        if self.sha256 is None:
            return Pending()
        # Copied first: the follower's thread may take a hold away meanwhile.
        holds = tuple(self.holds.values())
        return Held(min(holds)) if holds else Good(self.sha256)


@dataclass(frozen=True)
class Authority:
    """Who is asked about: an issuer's name and key. `since` is when it began; status is kept from there.

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

    Rows met twice change nothing, so the follower may start before the load and nothing is missed.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Loads all there is; raises LedgerUnavailable."""
        self._ledger = ledger
        self._authorities: dict[tuple[str, bytes, bytes], Authority] = {}
        self._issuers: dict[Authority, tuple[str, ...]] = {}
        self._lives: dict[str, _Life] = {}
        self._serials: defaultdict[str, dict[int, _Life]] = defaultdict(dict)
        self._held: dict[str, _Life] = {}
        self._responders: defaultdict[str, dict[str, ResponderCertificate]] = defaultdict(dict)
        self._takes: dict[type[Any], Callable[[Any], None]] = {
            Issuer: self._take_issuer,
            Intent: self._take_intent,
            Certificate: self._take_certificate,
            Revocation: self._take_revocation,
            Hold: self._take_hold,
            HoldRelease: self._take_release,
        }
        self.newest_entry_at: datetime | None = None
        self._follower = Follower(ledger, Start.NOW)
        self._stop = Signal()
        self._thread = Thread(target=follow, args=(self._follower, self.apply, self._stop), name="status", daemon=True)
        with ledger.read() as session:
            for table in _COLUMNS:
                self._take(table, session.execute(_rows(table)).yield_per(10_000))
            self.newest_entry_at = session.scalar(select(func.max(Entry.at)))
        self.look()

    @property
    def looked_at(self) -> datetime | None:
        """When the ledger was last seen."""
        return self._follower.fresh_at

    def start(self) -> None:
        """Follows the ledger in a thread of its own from now on, until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the following; waits for the look that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Takes in what was committed since the last look. Raises LedgerUnavailable."""
        self.apply(self._follower.look())

    def authority(self, certificate: CertId) -> Authority | None:
        """The issuer that a CertID names by name and key; None if it is none of ours."""
        key = (certificate.digest or "", certificate.issuer_name_hash, certificate.issuer_key_hash)
        return self._authorities.get(key)

    def authorities(self) -> list[Authority]:
        """All issuers that are answered for."""
        return list(self._issuers)

    def serves(self, authority: Authority) -> bool:
        """Whether `authority` ever delegated its answers to us; if not, only its CRL tells status."""
        return any(self._responders.get(issuer_id) for issuer_id in self._issuers[authority])

    def status(self, authority: Authority, serial_number: int) -> CertificateStatus:
        """The status of what `authority` issued under `serial_number`."""
        for issuer_id in self._issuers[authority]:
            life = self._serials.get(issuer_id, {}).get(serial_number)
            if life is not None:
                return life.status()
        return NeverIssued()

    def responders(self, authority: Authority, now: datetime) -> list[ResponderCertificate]:
        """The responder certificates of `authority` that are valid at `now` and neither revoked nor held, newest first.

        They carry `ocsp-nocheck`: nobody else asks about them, so it is asked here.
        """
        valid = [
            found
            for issuer_id in self._issuers[authority]
            for found in tuple(self._responders.get(issuer_id, {}).values())
            if found.not_before <= now <= found.not_after
            and isinstance(self.status(authority, found.serial_number), Good)
        ]
        return sorted(valid, key=lambda found: found.not_before, reverse=True)

    def apply(self, entries: Sequence[Entry]) -> None:
        """Takes in the facts of `entries`. Raises LedgerUnavailable; the same entries may be given again."""
        named: dict[str, list[str]] = {}
        for name in (name for entry in entries for name in entry.facts):
            table, _, key = name.partition("/")
            named.setdefault(table, []).append(key)
        with self._ledger.read() as session:
            for table in _COLUMNS:
                for keys in _batches(named.get(table.__tablename__, [])):
                    self._take(table, session.execute(_rows(table, keys)))
        if entries:
            newest = max(entry.at for entry in entries)
            self.newest_entry_at = max(newest, self.newest_entry_at or newest)

    def _take(self, table: type[Any], rows: Iterable[Any]) -> None:
        take = self._takes[table]
        for row in rows:
            take(row)

    def _life(self, intent_id: str) -> _Life:
        return self._lives.setdefault(intent_id, _Life())

    def _take_issuer(self, row: Any) -> None:
        parsed = parse_certificate(row.certificate)
        keys = issuer_keys(parsed.subject, parsed.spki)
        known = self._authorities.get(keys[0])
        name = generation_name(row.name, row.generation)
        authority = known or Authority(name, key_sha256(parsed.spki), parsed.not_before)
        # The newest first; a row that is met twice stays one.
        others = (issuer_id for issuer_id in self._issuers.get(authority, ()) if issuer_id != row.id)
        self._issuers[authority] = (row.id, *others)
        self._authorities.update(dict.fromkeys(keys, authority))

    def _take_intent(self, row: Any) -> None:
        self._serials[row.issuer_id][int(row.serial_number, 16)] = self._life(row.id)

    def _take_certificate(self, row: Any) -> None:
        self._life(row.id).sha256 = row.sha256
        if row.der is not None:
            self._responders[row.issuer_id][row.sha256] = ResponderCertificate(
                row.der, row.sha256, row.key_sha256, int(row.serial_number, 16), row.not_before, row.not_after
            )

    def _take_revocation(self, row: Any) -> None:
        self._life(row.certificate_id).revoked = Revoked(row.at, row.reason)

    def _take_hold(self, row: Any) -> None:
        life = self._life(row.certificate_id)
        self._held[row.id] = life
        life.holds[row.id] = row.at

    def _take_release(self, row: Any) -> None:
        self._held[row.hold_id].holds.pop(row.hold_id, None)


def _rows(table: type[Any], keys: Sequence[str] | None = None) -> Select[Any]:
    """Selects what is kept of `table`: all rows, or those of `keys`."""
    columns = _COLUMNS[table]
    rows = select(*columns)
    return rows if keys is None else rows.where(columns[0].in_(keys))


def _batches(keys: list[str]) -> Iterator[list[str]]:
    return (keys[at : at + _AT_ONCE] for at in range(0, len(keys), _AT_ONCE))


_COLUMNS: dict[type[Any], tuple[Any, ...]] = {
    Issuer: (Issuer.id, Issuer.name, Issuer.generation, Issuer.certificate),
    Intent: (Intent.id, Intent.issuer_id, Intent.serial_number),
    Certificate: (
        Certificate.id,
        Certificate.issuer_id,
        Certificate.serial_number,
        Certificate.sha256,
        Certificate.key_sha256,
        Certificate.not_before,
        Certificate.not_after,
        # Only responders' certificates are needed whole.
        case((Certificate.profile == RESPONDER_PROFILE, Certificate.der), else_=null()).label("der"),
    ),
    Revocation: (Revocation.certificate_id, Revocation.at, Revocation.reason),
    Hold: (Hold.id, Hold.certificate_id, Hold.at),
    HoldRelease: (HoldRelease.hold_id,),
}
"""What is read of each table, its key first; in the order in which rows need each other."""
