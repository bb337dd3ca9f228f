"""Stamps a hash: reads, decides, signs, records, and only then answers. No framework is known here."""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select

from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import CLOCK_TOLERANCE, ClockWentBackwards, Ledger, LedgerUnavailable, Taken
from pki.errors import PkiError
from pki.signing import Signer
from pki.timestamp import Failure, TimeStampQuery, TimeStampUnit, parse_query, rejection, response, token, token_content
from tsa.events import TimeStampIssued
from tsa.policy import ACCURACY_SECONDS, may_stamp
from tsa.tables import TimeStamp
from tsa.unit import find_unit

MEDIA_TYPE = "application/timestamp-reply"
TSA = Actor.system("tsa")
_FAILURES = {failure.code: failure for failure in Failure}


@dataclass(frozen=True)
class Reply:
    """A TimeStampResp; `outcome` is `granted` or the code of the refusal, for counting."""

    body: bytes
    outcome: str


class TimeStampAuthority:
    """One unit. Safe to call from several threads and processes: serial numbers are one-time by UNIQUE index."""

    def __init__(self, ledger: Ledger, signer: Signer, policy: str) -> None:
        self.ledger, self.signer, self.policy = ledger, signer, policy

    def stamp(self, octets: bytes, request_id: str | None = None) -> Reply:
        """The reply to the octets of a query. A granted token is in the ledger when this returns."""
        try:
            query = parse_query(octets)
            allowed = may_stamp(query, self.policy)
            return _rejected(allowed.code) if isinstance(allowed, Refuse) else self._stamp(query, request_id)
        except PkiError as fault:
            return _rejected(fault.code)
        except ClockWentBackwards:
            return _rejected(Failure.TIME_NOT_AVAILABLE.code)
        except (LedgerUnavailable, Taken):
            return _rejected(Failure.SYSTEM_FAILURE.code)

    def fault(self) -> str | None:
        """What keeps the unit from stamping, in words for an operator; None when all is well."""
        now = self.ledger.clock.now()
        with self.ledger.read() as session:
            newest = session.scalar(select(func.max(Entry.at)))
            unit = find_unit(session, self.signer, now)
        if newest is not None and now < newest - CLOCK_TOLERANCE:
            return f"the clock is behind the newest entry, of {newest}: set the clock"
        return None if unit else "no valid certificate of profile tsa-unit for our key: issue one"

    def _stamp(self, query: TimeStampQuery, request_id: str | None) -> Reply:
        unit = self._unit()
        if unit is None:
            return _rejected(Failure.SYSTEM_FAILURE.code)
        stamp_id, at = self.ledger.new_id(), self.ledger.clock.now()
        # A fresh id has 74 random bits beside its time and is under 2^160, so it serves as serial number too.
        serial_number = int(stamp_id.replace("-", ""), 16)
        content = token_content(query, self.policy, serial_number, at, ACCURACY_SECONDS)
        signed = token(content, unit, certificates=query.certificates_wanted)
        hashed = sha256(signed).hexdigest()
        with self.ledger.entry(TimeStampIssued(stamp_id, hashed, self.policy), TSA, request_id) as tx:
            tx.add(
                TimeStamp(
                    id=stamp_id,
                    serial_number=f"{serial_number:x}",
                    digest_algorithm=query.digest,
                    digest=query.hashed.hex(),
                    at=at,
                    policy=self.policy,
                    token_sha256=hashed,
                    certificate_sha256=sha256(unit.certificate).hexdigest(),
                )
            )
        # Until here the token was nowhere but in this process: a crash before leaves none without its entry.
        return Reply(response(signed), "granted")

    def _unit(self) -> TimeStampUnit | None:
        with self.ledger.read() as session:
            return find_unit(session, self.signer, self.ledger.clock.now())


def _rejected(code: str) -> Reply:
    failure = _FAILURES.get(code, Failure.BAD_REQUEST)
    return Reply(rejection(failure), failure.code)
