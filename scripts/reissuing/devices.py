"""The devices of the practice nation: each hands in a new key when it is told, some of them badly the first time.

What they do next they read off the ledger, so they may be killed at any instant. One officer decides as they come.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ca.endings.following import Wanted
from ca.endings.following import Way as Following
from ca.registration.decision import undecided
from ca.reissue.handing_in import HandedIn, hand_in
from ca.reissue.lanes import Way
from ca.tables.endings import Replacement
from ca.tables.registration import EnrolmentEnd
from ca.tables.reissue import ReissueAttempt, ReissueMember, ReissueNotice
from ledger.acts import HOLDERS_PROFILES, Act, SignedAct
from ledger.base import without
from ledger.certificates import Certificate, Intent, Revocation
from ledger.confirmations import HolderConfirmation
from ledger.ledger import LedgerUnavailable
from scripts.reissuing.founding import Practice
from scripts.reissuing.keys import DeviceKey, chance
from scripts.reissuing.nation import FIRST

FAULTS = ("bad-request", "weak-key", "old-key")
"""How a device fails."""
_BREATH = 0.05


@dataclass(frozen=True)
class Devices:
    """All devices of one drill. `failing` of a hundred hand in something bad the first time."""

    practice: Practice
    failing: int
    batch: int

    def live(self) -> None:
        """They do what is due, for ever."""
        while True:
            try:
                done = self.hand_in_due() + self.decide_due() + self.confirm_due()
            except LedgerUnavailable:
                done = 0
            if not done:
                time.sleep(_BREATH)

    def hand_in_due(self) -> int:
        """Some of those that were told and have not answered do so."""
        ledger = self.practice.ledger
        with ledger.read() as session:
            due = session.execute(_due().limit(self.batch)).all()
            keys = self._living_keys(session, [member.holder_id or "" for member, *_ in due])
        for member, certificate, failures in due:
            holder = keys.get(member.holder_id or "")
            if holder is None:
                continue
            request = self._request(member, certificate, bad=failures == 0)
            wanted = Wanted(Following.REKEY, certificate.sha256, request)
            handed = HandedIn(wanted, str(member.holder_id), _Signing(holder[0].sha256, holder[1]))
            hand_in(ledger, self.practice.fields, handed, practice=True)
        return len(due)

    def decide_due(self) -> int:
        """The officer says yes to what waits for him."""
        officer = self.practice.officer(FIRST)
        waiting = undecided(self.practice.ledger, officer.person_id, limit=self.batch)
        return self.practice.decide(officer, waiting)

    def confirm_due(self) -> int:
        """Who has got his new certificate confirms it, and uses it from now on."""
        with self.practice.ledger.read() as session:
            found = session.execute(_unconfirmed().limit(self.batch)).all()
        self.practice.confirm([(certificate, self._new_key(old)) for certificate, old in found])
        return len(found)

    def fails_first(self, certificate_sha256: str) -> bool:
        """Whether the device of this certificate is one of those that fail."""
        return chance(self.practice.nation.seed, certificate_sha256) * 100 < self.failing

    def _request(self, member: ReissueMember, old: Certificate, *, bad: bool) -> bytes:
        key = self._new_key(old.id)
        if not (bad and self.fails_first(old.sha256)):
            return key.request()
        fault = FAULTS[int(old.sha256[:8], 16) % len(FAULTS)]
        if fault == "bad-request":
            request = key.request()
            return request[:-1] + bytes([request[-1] ^ 1])
        return _weak_request() if fault == "weak-key" else self._first_key(str(member.holder_id)).request()

    def _first_key(self, person_id: str) -> DeviceKey:
        """With which the person signed in first."""
        return DeviceKey.of(self.practice.nation.seed, f"{person_id.removeprefix('p')} authentication")

    def _new_key(self, old_id: str) -> DeviceKey:
        return DeviceKey.of(self.practice.nation.seed, f"in the place of {old_id}")

    def _living_keys(self, session: Session, holders: Sequence[str]) -> dict[str, tuple[Certificate, DeviceKey]]:
        """By person the certificate under which he signs in now, and its key: the first one, or the new one."""
        living = (
            select(Certificate, Replacement.certificate_id)
            .join(Intent, Intent.id == Certificate.id)
            .join(Replacement, Replacement.enrolment_id == Intent.enrolment_id, isouter=True)
            .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id)
            .where(Certificate.profile.in_(HOLDERS_PROFILES), Certificate.person_id.in_(set(holders)))
            .order_by(Certificate.id)
        )
        found = {}
        for certificate, old in session.execute(without(living, Certificate.id, Revocation)):
            person_id = str(certificate.person_id)
            found[person_id] = certificate, self._first_key(person_id) if old is None else self._new_key(old)
        return found


@dataclass(frozen=True)
class _Signing:
    """Makes a person's acts."""

    certificate_sha256: str
    key: DeviceKey

    def __call__(self, act: Act) -> SignedAct:
        return SignedAct(act, self.certificate_sha256, self.key.sign(act.message()))


def _due() -> Select[ReissueMember, Certificate, int]:
    """Selects members that were asked for an attempt which they have not made, and for whose place nobody asks."""
    told = select(func.max(ReissueNotice.number)).where(ReissueNotice.member_id == ReissueMember.id)
    failed = select(func.count()).where(ReissueAttempt.member_id == ReissueMember.id).correlate(ReissueMember)
    wishes = select(Replacement.enrolment_id).where(Replacement.certificate_id == ReissueMember.certificate_id)
    failures = failed.scalar_subquery()
    due = (
        select(ReissueMember, Certificate, failures)
        .join(Certificate, Certificate.id == ReissueMember.certificate_id)
        .where(ReissueMember.way == Way.KEY.value, told.correlate(ReissueMember).scalar_subquery() > failures)
        .where(~without(wishes, Replacement.enrolment_id, EnrolmentEnd).exists())
        .order_by(ReissueMember.number)
    )
    return without(due, Certificate.id, Revocation)


def _unconfirmed() -> Select[Certificate, str]:
    fresh = (
        select(Certificate, Replacement.certificate_id)
        .join(Intent, Intent.id == Certificate.id)
        .join(Replacement, Replacement.enrolment_id == Intent.enrolment_id)
        .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id, isouter=True)
        .where(HolderConfirmation.certificate_id.is_(None))
        .order_by(Certificate.id)
    )
    return without(fresh, Certificate.id, Revocation)


def _weak_request() -> bytes:
    """For an RSA key of 2048 bits, which nobody certifies any more."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(_weak_key(), SHA256()).public_bytes(Encoding.DER)


@cache
def _weak_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
