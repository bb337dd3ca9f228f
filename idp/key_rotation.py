"""Keys of tokens come and go with overlap: announced, used once everybody can have read of them, retired at last.

Services may keep our key set for an hour (`idp.routes.metadata`), so a key signs nothing for the first two, and what
its predecessor has signed is still verified for a day. Each step is the act of a person on duty, or of the schedule
(`idp.key_schedule`); a key that others may know goes at once (`idp.key_emergency`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.key_events import TokenKeyChanged
from idp.management import Manager, act_of, manager, refused
from idp.tables import TokenKeyEnd, TokenKeyRow, TokenKeyStart
from idp.token_keys import AlgorithmUnserved, Keyring, TokenKey
from ledger.acts import Act, SignedAct
from ledger.base import Fact
from ledger.decision import Allow, Decision, Refuse
from ledger.ledger import Ledger, Taken
from pki.jws import PSS
from pki.signing import SignatureAlgorithm
from signers import generate, open_signer, padded_by_pss

ANNOUNCED_FOR = timedelta(hours=2)
SUPERSEDED_FOR = timedelta(hours=24)
ANNOUNCE, USE, RETIRE = "token-key.announce", "token-key.use", "token-key.retire"


@dataclass(frozen=True)
class Life:
    """What the ledger knows of a key: when it was announced, began to sign, and was retired."""

    row: TokenKeyRow
    started_at: datetime | None
    ended: bool


def changing(step: str, kid: str, at: datetime) -> Act:
    """What the person signs who takes one of the steps with the key of this name."""
    return act_of(step, kid, at)


def announce(ledger: Ledger, key: TokenKey, uri: str, signed: SignedAct) -> Decision:
    """The key is in our key set from now on and signs nothing yet. `uri` is where each process opens it."""
    by = manager(ledger, signed, ANNOUNCE, key.kid)
    if isinstance(by, Refuse):
        return by
    return _entered(ledger, ANNOUNCE, by, [row_of(ledger, key, uri)])


def use(ledger: Ledger, kid: str, signed: SignedAct) -> Decision:
    """The key signs whatever is signed in its algorithm."""
    by = manager(ledger, signed, USE, kid)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        life = lives(reading).get(kid)
    decision, now = may_use(life, ledger.clock.now()), ledger.clock.now()
    if isinstance(decision, Refuse):
        return refused(ledger, "unknown", decision.code, by.person_id)
    assert life is not None, "one that is not there may not be used"
    return _entered(ledger, USE, by, [TokenKeyStart(token_key_id=life.row.id, at=now)])


def retire(ledger: Ledger, keyring: Keyring, kid: str, signed: SignedAct) -> Decision:
    """What the key has signed counts no more, and it is in our key set no more."""
    by = manager(ledger, signed, RETIRE, kid)
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        known = lives(reading)
    key = next((one for one in keyring.current(ledger).keys if one.kid == kid), None)
    decision = may_retire(key, known, ledger.clock.now())
    if isinstance(decision, Refuse):
        return refused(ledger, "unknown", decision.code, by.person_id)
    assert key is not None, "one that is not there may not be retired"
    row = known[kid].row if kid in known else row_of(ledger, key, "")
    return _entered(ledger, RETIRE, by, [*([] if kid in known else [row]), TokenKeyEnd(token_key_id=row.id)])


def may_use(life: Life | None, now: datetime) -> Decision:
    """Whether everybody can have read of the key."""
    if life is None or life.ended:
        return Refuse("token-key.unknown")
    if life.started_at is not None:
        return Refuse("token-key.done-already")
    return Allow() if now - life.row.at >= ANNOUNCED_FOR else Refuse("token-key.too-soon")


def may_retire(key: TokenKey | None, known: Mapping[str, Life], now: datetime) -> Decision:
    """Whether another key has signed in its stead for long enough."""
    if key is None:
        return Refuse("token-key.unknown")
    own = known.get(key.kid)
    since = own.started_at if own else None
    later = [
        life.started_at
        for life in known.values()
        if life.row.algorithm == key.algorithm and life.row.kid != key.kid and life.started_at and not life.ended
        and (since is None or life.started_at > since)
    ]  # fmt: skip
    if own is not None and own.started_at is None:
        return Allow()
    return Allow() if later and now - min(later) >= SUPERSEDED_FOR else Refuse("token-key.too-soon")


def lives(reading: Reading) -> dict[str, Life]:
    """Every key of the ledger by its name, in the order of their announcement."""
    ended = exists().where(TokenKeyEnd.token_key_id == TokenKeyRow.id)
    statement = select(TokenKeyRow, TokenKeyStart.at, ended).outerjoin(
        TokenKeyStart, TokenKeyStart.token_key_id == TokenKeyRow.id
    )
    return {row.kid: Life(row, at, bool(over)) for row, at, over in reading.execute(statement.order_by(TokenKeyRow.id))}


def key_at(uri: str, algorithm: str) -> tuple[TokenKey, str]:
    """The key at `uri` for JOSE's `algorithm`, made if there is none, and the URI by which it is opened.

    Raises KeyUnusable, and AlgorithmUnserved when the key that is there is of another kind.
    """
    pss = algorithm == PSS
    kind = SignatureAlgorithm.RSA_PKCS1_SHA256 if pss else SignatureAlgorithm(algorithm)
    if generate(uri, kind, jose=pss).algorithm is not kind:
        raise AlgorithmUnserved(f"the key at this place does not sign with {algorithm}")
    where = padded_by_pss(uri) if pss else uri
    return TokenKey(open_signer(where, jose=pss)), where


def row_of(ledger: Ledger, key: TokenKey, uri: str) -> TokenKeyRow:
    """The announcement of a key, complete but for its entry."""
    return TokenKeyRow(
        id=ledger.new_id(),
        kid=key.kid,
        algorithm=key.algorithm,
        spki=key.signer.public_key,
        uri=uri,
        at=ledger.clock.now(),
    )


def _entered(ledger: Ledger, step: str, by: Manager, facts: Sequence[Fact]) -> Decision:
    try:
        with ledger.entry(TokenKeyChanged(by.subject, step), by.actor) as tx:
            tx.add(*facts, by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, "unknown", "token-key.done-already", by.person_id)
    return Allow()
