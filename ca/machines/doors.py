"""What opens a door to machines: one-time codes and secrets, made under an allowance, shown once.

They are sealed with a key of their own, `doors`, which the process that listens and the signing room hold; one-time
codes are there as a keyed hash alone, so who reads the database, or listens, can make none up.
"""

from base64 import b32encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.events.machines import AllowanceActRefused, AllowanceSecretMade, AllowanceSecretWithdrawn
from ca.machines.allowances import protocols_of
from ca.machines.rules import Protocol
from ca.registration.applicants import duties
from ca.tables.machines import Allowance, AllowanceEnd, AllowanceSecret, AllowanceSecretEnd
from ca.tables.registration import Desk
from ledger.acts import Act, SignedAct, proof_columns
from ledger.clock import Randomness
from ledger.decision import Decision, Refuse
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import Ledger, Taken
from ledger.roles import Action, may_act
from ledger.rounds import looked_up
from ledger.sealed_fields import SealedFields
from pki.base64url import encode

KEY = "doors"
ONE_TIME = frozenset({Protocol.EST, Protocol.SCEP})
"""Protocols whose secret is a code that opens once. The others key a MAC, by which the same machine may ask again."""
_CODE_OCTETS, _SECRET_OCTETS = 20, 32


_REFERENCES: BindParameter[Sequence[str]] = bindparam("references", expanding=True)


@dataclass(frozen=True)
class Made:
    """A secret as its machine needs it; nothing but this value has it in clear."""

    id: str
    reference: str
    secret: str
    """A code that one can type, or the secret as hex digits; for ACME as base64url."""
    not_after: str


class Doors:
    """The key `doors` in use."""

    def __init__(self, fields: SealedFields) -> None:
        self._fields = fields

    @classmethod
    def at(cls, uri: str) -> "Doors | None":
        """With the key at `uri`; None when none was ever put there. Raises FieldKeyUnfit for one of no use."""
        there = Path(unquote(urlsplit(uri).path)).exists()
        return cls(SealedFields.open(uri)) if there else None

    def secret(self, row: AllowanceSecret) -> bytes:
        """The secret that keys a MAC: the octets that the machine was given, as text. Raises FieldUnreadable."""
        if row.sealed is None:
            raise ValueError("a one-time code is nowhere in clear")
        return self._fields.unseal(bytes(row.sealed), f"allowance_secret/{row.id}").encode()

    def derived(self, purpose: str) -> bytes:
        """32 octets for another use, the same in every process that holds the key."""
        return bytes.fromhex(self._fields.index(f"doors: {purpose}"))

    def nonce(self, transaction: str) -> bytes:
        """The 128 bits that we send in a transaction: whoever brings them back has read our answer."""
        return bytes.fromhex(self._fields.index(f"nonce/{transaction}"))[:16]

    def opens(self, row: AllowanceSecret, code: str) -> bool:
        """Whether this is the one-time code."""
        return any(compare_digest(row.code_index or "", index) for index in self.indexes(code))

    def indexes(self, code: str) -> list[str]:
        """The keyed hashes under which this code may be in the database."""
        return list(self._fields.indexes(_typed(code)))

    def sealed(self, key: str, code: str, *, once: bool) -> tuple[str | None, bytes | None]:
        """What of a secret goes into the database: the keyed hash of a code, or the sealed secret."""
        if once:
            return self._fields.index(_typed(code)), None
        return None, self._fields.seal(code, f"allowance_secret/{key}")


def may_make(allowance: Allowance | None, protocol: Protocol, *, ended: bool, on_duty: Decision) -> Decision:
    """Whether a secret is made: by an officer of the desk, for a protocol of an allowance that has not ended."""
    if allowance is None or ended:
        return Refuse("machine.allowance-unknown" if allowance is None else "machine.allowance-ended")
    if protocol.value not in protocols_of(allowance):
        return Refuse("machine.protocol")
    return on_duty


def act_for(row: AllowanceSecret, at: datetime) -> Act:
    """What the officer signs: that he made this secret, what is kept of it, for which allowance, and until when."""
    kept = row.code_index or sha256(bytes(row.sealed or b"")).hexdigest()
    fields = {
        "secret": row.id, "allowance": row.allowance_id, "protocol": row.protocol, "reference": row.reference,
        "kept": kept, "until": row.not_after,
    }  # fmt: skip
    return Act("allowance.secret", fields, at)


def make(
    ledger: Ledger,
    doors: Doors,
    allowance_id: str,
    protocol: Protocol,
    person_id: str,
    sign: Callable[[Act], SignedAct],
) -> Made | Refuse:
    """A new secret for the allowance, made by this person, which counts for so many days; or why not. One entry.

    `sign` is his own: what he made is an act of his, which the signing room verifies again.
    """
    now = ledger.clock.now()
    with ledger.read() as session:
        allowance = session.get(Allowance, allowance_id)
        ended = session.get(AllowanceEnd, allowance_id) is not None
        desk = session.scalar(select(Desk.code).where(Desk.id == allowance.desk_id)) if allowance else None
        spans = duties(session, [person_id]).get(person_id, ())
        days = current(session).machine_secret_days
    on_duty = may_act(Action.PLAN_MACHINES, spans, now, desk)
    allowed = may_make(allowance, protocol, ended=ended, on_duty=on_duty)
    if isinstance(allowed, Refuse):
        return denied(ledger, allowance_id if allowance else "unknown", allowed, person_id)
    key, once = ledger.new_id(), protocol in ONE_TIME
    code = _code(ledger.randomness) if once else _secret(ledger.randomness, protocol)
    index, sealed = doors.sealed(key, code, once=once)
    row = AllowanceSecret(
        id=key, allowance_id=allowance_id, protocol=protocol.value, reference=ledger.randomness(8).hex(),
        code_index=index, sealed=sealed, not_after=now + timedelta(days=days), issued_by=person_id,
    )  # fmt: skip
    signed = sign(act_for(row, now))
    for name, value in proof_columns(signed).items():
        setattr(row, name, value)
    event = AllowanceSecretMade(key, allowance_id, protocol.value, person_id)
    with ledger.entry(event, Actor.person(person_id)) as tx:
        tx.add(row)
    return Made(key, row.reference, code, row.not_after.isoformat())


def withdraw(ledger: Ledger, reference: str, person_id: str) -> Decision:
    """The secret opens nothing any more. By any registration officer: it only takes away."""
    now = ledger.clock.now()
    with ledger.read() as session:
        row = session.scalar(select(AllowanceSecret).where(AllowanceSecret.reference == reference))
        allowed = may_act(Action.PLAN_MACHINES, duties(session, [person_id]).get(person_id, ()), now)
    if row is None or isinstance(allowed, Refuse):
        refusal = allowed if isinstance(allowed, Refuse) else Refuse("machine.secret-unknown")
        return denied(ledger, row.allowance_id if row else "unknown", refusal, person_id)
    try:
        with ledger.entry(AllowanceSecretWithdrawn(row.id, person_id), Actor.person(person_id)) as tx:
            tx.add(AllowanceSecretEnd(secret_id=row.id, enrolment_id=None))
    except Taken:
        return denied(ledger, row.allowance_id, Refuse("machine.secret-used"), person_id)
    return allowed


_NAMED = Facts(
    select(AllowanceSecret, AllowanceSecretEnd, Allowance)
    .join(Allowance, Allowance.id == AllowanceSecret.allowance_id)
    .join(AllowanceSecretEnd, AllowanceSecretEnd.secret_id == AllowanceSecret.id, isouter=True)
    .where(AllowanceSecret.reference.in_(_REFERENCES))
)
_Named = tuple[AllowanceSecret, bool, Allowance]


def shown_under(session: Session, protocol: Protocol, reference: str) -> _Named | None:
    """The secret that a machine names so, whether it is used up or withdrawn, and its allowance.

    What no reference of ours can be is asked of no database.
    """
    if not (reference.isascii() and reference.isprintable()):
        return None
    found: _Named | None = looked_up(session, _named, reference)
    return found if found is not None and found[0].protocol == protocol.value else None


def _named(session: Session, references: Sequence[str]) -> Mapping[str, _Named]:
    found = _NAMED.rows(session, {"references": list(references)})
    return {secret.reference: (secret, end is not None, allowance) for secret, end, allowance in found}


def by_reference(session: Session, protocol: Protocol, reference: str) -> AllowanceSecret | None:
    """The secret that a machine names so."""
    found = shown_under(session, protocol, reference)
    return found[0] if found else None


def by_code(session: Session, protocol: Protocol, doors: Doors, code: str) -> AllowanceSecret | None:
    """The one-time code itself, for protocols whose machines name no reference."""
    statement = select(AllowanceSecret).where(AllowanceSecret.code_index.in_(doors.indexes(code)))
    return session.scalar(statement.where(AllowanceSecret.protocol == protocol.value))


def denied(ledger: Ledger, allowance_id: str, refusal: Refuse, by: str | None) -> Refuse:
    """The refusal, recorded."""
    actor = Actor.person(by) if by else Actor.system(ledger.process)
    ledger.record(AllowanceActRefused(allowance_id, refusal.code, by), actor)
    return refusal


def _secret(randomness: Randomness, protocol: Protocol) -> str:
    """256 bits, as hex digits, or as ACME's clients want them (RFC 8555 clause 7.3.4)."""
    octets = randomness(_SECRET_OCTETS)
    return encode(octets) if protocol is Protocol.ACME else octets.hex()


def _code(randomness: Randomness) -> str:
    """160 bits in groups that one can read out."""
    letters = b32encode(randomness(_CODE_OCTETS)).decode()
    return "-".join(letters[start : start + 8] for start in range(0, len(letters), 8))


def _typed(code: str) -> str:
    """The code as it was made, however it was typed."""
    return code.upper().replace("-", "").replace(" ", "")
