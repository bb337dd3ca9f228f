"""What verifiers of several protocols ask: whether a credential is the allowance's, and whether it counted then."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.governance.provenance import Provenance
from ca.machines.doors import Doors, act_for
from ca.machines.rules import CredentialKind
from ca.tables.machines import (
    Allowance,
    AllowanceSecret,
    AllowanceSecretEnd,
    MachineRequest,
    MachineTransaction,
    in_one_entry,
)
from ca.tables.registration import Desk, Enrolment
from ledger.acts import ActInvalid, ActVerifier, SignedAct
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.facts import Facts
from ledger.roles import Action, may_act

_SECRET = Facts(
    select(AllowanceSecret, Entry.at, Desk.code)
    .join(Entry, Entry.id == AllowanceSecret.entry_id)
    .join(Allowance, Allowance.id == AllowanceSecret.allowance_id)
    .join(Desk, Desk.id == Allowance.desk_id)
    .where(AllowanceSecret.id == bindparam("secret"), AllowanceSecret.protocol == bindparam("protocol"))
    .where(AllowanceSecret.allowance_id == bindparam("allowance"))
)
"""A secret of an allowance for a protocol, when it was made, and the desk at which it had to be."""
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
_TRANSACTIONS = Facts(
    select(MachineTransaction.id, MachineTransaction.enrolment_id).where(MachineTransaction.enrolment_id.in_(_IDS))
)
_END = Facts(select(AllowanceSecretEnd).where(AllowanceSecretEnd.secret_id == bindparam("secret")))


@dataclass(frozen=True)
class Room:
    """What the verifiers are given by who believes no process."""

    provenance: Provenance
    doors: Doors | None
    """None where the room does not hold that key: then no secret is believed."""
    _asked_at: dict[str, datetime] = field(default_factory=dict)
    """By entry, when it was written; what is not known is looked up."""
    _ends: dict[str, AllowanceSecretEnd | None] = field(default_factory=dict)
    """Of secrets that were looked at in this snapshot."""
    asking: Collection[str] = ()
    """The requests that are looked at."""
    _transactions: dict[str, str] = field(default_factory=dict)
    """Those of them, by their keys the requests; read when the first is asked for."""
    _proven: dict[tuple[str, str, str], AllowanceSecret | Refuse] = field(default_factory=dict)
    """What came of secrets in this snapshot: one may be shown by many requests."""

    def asked_at(self, session: Session, row: MachineRequest) -> datetime:
        """When the request was taken up."""
        if row.entry_id not in self._asked_at:
            self._asked_at[row.entry_id] = session.scalars(select(Entry.at).where(Entry.id == row.entry_id)).one()
        return self._asked_at[row.entry_id]

    def transaction_of(self, session: Session, key: str, enrolment_id: str) -> bool:
        """Whether the transaction of this key is the request's; asked once for all that are looked at."""
        if not self._transactions:
            ids = sorted({*self.asking, enrolment_id})
            self._transactions.update(_TRANSACTIONS.rows(session, {"ids": ids}))
        return self._transactions.get(key) == enrolment_id

    def end_of(self, session: Session, secret: AllowanceSecret) -> AllowanceSecretEnd | None:
        """By what the secret ended, if it has."""
        if secret.id not in self._ends:
            self._ends[secret.id] = _END.value(session, {"secret": secret.id})
        return self._ends[secret.id]

    def proven(self, session: Session, secret_id: str, allowance: Allowance, protocol: str) -> AllowanceSecret | Refuse:
        """As `proven_secret`, which is asked once."""
        named = (secret_id, allowance.id, protocol)
        if named not in self._proven:
            self._proven[named] = proven_secret(session, self, secret_id, allowance, protocol)
        return self._proven[named]


def secret_of(
    session: Session, room: Room, row: MachineRequest, allowance: Allowance, now: datetime, *, once: bool
) -> AllowanceSecret | Refuse:
    """The secret that the request names, if it is this allowance's, counted when the request was taken up, and does.

    With `once` it must have been used up by this very request.
    """
    if row.credential_kind != CredentialKind.SECRET.value:
        return Refuse("machine.credential")
    secret = room.proven(session, row.credential, allowance, row.protocol)
    return secret if isinstance(secret, Refuse) else _counts(session, room, secret, row, now, once=once)


def proven_secret(
    session: Session, room: Room, secret_id: str, allowance: Allowance, protocol: str
) -> AllowanceSecret | Refuse:
    """The secret of this id, if an officer who was on duty at the allowance's desk provably made it for just this."""
    found = _SECRET.rows(session, {"secret": secret_id, "allowance": allowance.id, "protocol": protocol})
    if not found:
        return Refuse("machine.secret-unknown")
    [(secret, made_at, desk)] = found
    signed = SignedAct(act_for(secret, secret.act_at), secret.act_certificate, bytes(secret.act_signature))
    verifier = ActVerifier(session, [secret.act_certificate], room.provenance.issuers)
    try:
        maker = verifier.verify(signed, made_at)
    except ActInvalid:
        return Refuse("machine.secret-unproven")
    duties = room.provenance.duties([maker]).get(maker, ())
    on_duty = may_act(Action.PLAN_MACHINES, duties, secret.act_at, desk)
    own: AllowanceSecret = secret
    return own if on_duty and maker == own.issued_by else Refuse("machine.secret-unproven")


def _counts(
    session: Session, room: Room, secret: AllowanceSecret, row: MachineRequest, now: datetime, *, once: bool
) -> AllowanceSecret | Refuse:
    if max(room.asked_at(session, row), now) >= secret.not_after:
        return Refuse("machine.secret-over")
    end = room.end_of(session, secret)
    used_by = end.enrolment_id if end else None
    if once:
        return secret if used_by == row.enrolment_id else Refuse("machine.secret-used")
    return secret if end is None else Refuse("machine.secret-used")


def bearer(session: Session, sha256: str) -> tuple[Certificate, Allowance] | None:
    """The certificate of this digest (hex) and the allowance under which a machine asked for it."""
    row = session.execute(
        select(Certificate, Allowance)
        .join(Intent, Intent.id == Certificate.id)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id)
        .join(MachineRequest, in_one_entry())
        .join(Allowance, Allowance.id == MachineRequest.allowance_id)
        .where(Certificate.sha256 == sha256)
    ).first()
    return (row[0], row[1]) if row else None


def certificate_of(session: Session, sha256: str, allowance: Allowance, at: datetime) -> Certificate | Refuse:
    """The certificate of this digest (hex), if it is one of the allowance's and counts at `at`."""
    shown = bearer(session, sha256)
    if shown is None or shown[1].id != allowance.id:
        return Refuse("machine.certificate-unknown")
    found = shown[0]
    counted = certificate_counts(session, found, at)
    return found if counted else Refuse("machine.certificate-ended")


def certificate_counts(session: Session, certificate: Certificate, at: datetime) -> Decision:
    """Whether the certificate is within its time, not revoked and not held."""
    held = (
        select(Hold.id)
        .join(HoldRelease, HoldRelease.hold_id == Hold.id, isouter=True)
        .where(Hold.certificate_id == certificate.id, HoldRelease.hold_id.is_(None))
    )
    over = session.get(Revocation, certificate.id) is not None or session.scalars(held).first() is not None
    valid = certificate.not_before <= at <= certificate.not_after
    return Allow() if valid and not over else Refuse("machine.certificate-ended")
