"""Whose a key is that a machine brings: new, one of this allowance's that is renewed, or nobody's to ask with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration
from ca.registration.succession import key_lasts
from ca.tables.machines import Allowance, MachineRequest, in_one_entry
from ca.tables.registration import Enrolment
from ledger.certificates import Certificate, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.facts import Facts


@dataclass(frozen=True)
class Key:
    """A key that may be asked with under the allowance."""

    used: bool
    """Whether an earlier request of the allowance was for it, whatever became of that."""
    certified: bool
    """Whether it has had a certificate: a request alone is what anybody writes who listens."""
    lasts: timedelta | None
    """How much longer it may be certified, if it has been before."""


_KEYS: BindParameter[Sequence[str]] = bindparam("keys", expanding=True)
_USES = Facts(select(KeyUse.key_sha256, KeyUse.subject).where(KeyUse.key_sha256.in_(_KEYS)))
_BLOCKS = Facts(select(KeyBlock.key_sha256).where(KeyBlock.key_sha256.in_(_KEYS)))
_USERS = Facts(
    select(Enrolment.key_sha256, Enrolment.id, MachineRequest.allowance_id)
    .join(MachineRequest, in_one_entry(), isouter=True)
    .where(Enrolment.key_sha256.in_(_KEYS))
)


class Keys:
    """What the ledger knows of these keys in one snapshot, read with one statement a table, however many they are."""

    def __init__(self, session: Session, keys_sha256: Collection[str]) -> None:
        given = {"keys": sorted(set(keys_sha256))}
        self._session = session
        self._subjects: Mapping[str, str] = dict(_USES.rows(session, given))
        self._blocked = set(_BLOCKS.values(session, given))
        self._users: dict[str, list[tuple[str, str | None]]] = {}
        for key, enrolment_id, allowance_id in _USERS.rows(session, given):
            self._users.setdefault(key, []).append((enrolment_id, allowance_id))

    def of(
        self,
        key_sha256: str,
        allowance: Allowance,
        configuration: Configuration,
        now: datetime,
        beside: str | None = None,
    ) -> Key | Refuse:
        """Whose the key is. `beside` is the request in question, which has its KeyUse already."""
        subject = self._subjects.get(key_sha256)
        users = [under for enrolment_id, under in self._users.get(key_sha256, ()) if enrolment_id != beside]
        if key_sha256 in self._blocked:
            return Refuse("enrolment.key-blocked")
        strange = any(under != allowance.id for under in users)
        unasked = subject is not None and not users and beside is None
        if strange or unasked or (subject is not None and subject != allowance.organisation_id):
            return Refuse("enrolment.key-used")
        if beside is not None and subject is None:
            return Refuse("enrolment.key-used")
        if not users:
            return Key(used=False, certified=False, lasts=None)
        return _renewed(self._session, key_sha256, configuration, now)


def _renewed(session: Session, key_sha256: str, configuration: Configuration, now: datetime) -> Key | Refuse:
    """The same key again: not when a certificate of it was revoked for a cause, and only as long as keys last."""
    certified = select(Certificate).where(Certificate.key_sha256 == key_sha256)
    revoked = (
        select(Revocation.certificate_id)
        .join(Certificate, Certificate.id == Revocation.certificate_id)
        .where(Certificate.key_sha256 == key_sha256, Revocation.reason != "superseded")
    )
    if session.scalars(revoked).first() is not None:
        return Refuse("enrolment.key-used")
    newest = session.scalars(certified.order_by(Certificate.not_after.desc())).first()
    if newest is None:
        return Key(used=True, certified=False, lasts=None)
    lasts = key_lasts(session, configuration, newest, now)
    return lasts if isinstance(lasts, Refuse) else Key(used=True, certified=True, lasts=lasts)
