"""`ca-certificate.revoke`: a cross certificate ends, or what an issuer that was terminated left of its own.

An issuer of ours that works ends by `terminate` or `compromise` (`ca.closing.ending`), which its certificates follow.
The root's next list has the ending, and the root's key is at hand at ceremonies alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.generations import ENDED, generations
from ca.closing.finality import changeable
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ca.profiles import CA_PROFILES
from ledger.base import Fact, without
from ledger.certificates import Certificate, KeyBlock, KeyUse, Revocation
from ledger.decision import Allow, Decision, Refuse
from ledger.roles import Action
from pki.certificate import parse_certificate
from pki.keys import key_sha256
from pki.names import name_text

LOST = "cACompromise"
"""The key of a CA is in other hands (RFC 5280 clause 5.3.1); X.509 has `keyCompromise` for end entities."""
REASONS = (
    LOST, "cessationOfOperation", "superseded", "affiliationChanged", "privilegeWithdrawn", "unspecified",
)  # fmt: skip
_ROOT = "root-ca"


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    session, reason = belief.session, given["reason"]
    if reason not in REASONS:
        return Unfit("change.unfit", (f"reason is one of {', '.join(REASONS)}",))
    certificate = session.scalar(select(Certificate).where(Certificate.sha256 == given["sha256"]))
    if certificate is None:
        return Refuse("revocation.certificate-unknown")
    fit = _may_end(session, certificate, reason, now)
    if isinstance(fit, Refuse):
        return fit
    ending = _living(session, certificate, reason, now)
    key = _to_block(session, certificate.key_sha256) if reason == LOST else None
    values = {"certificates": [one.id for one in ending], "key": key, "reason": reason}
    return Resolved(values, _difference(ending, key, reason))


def _may_end(session: Session, certificate: Certificate, reason: str, now: datetime) -> Decision:
    """Whether its end is a matter of a change."""
    if certificate.profile not in CA_PROFILES:
        return Refuse("ca-certificate.not-of-a-ca")
    if session.get(Revocation, certificate.id) is not None:
        return Refuse("revocation.already-revoked")
    if certificate.profile == _ROOT or _works(session, certificate, reason, now):
        return Refuse("ca-certificate.of-ours")
    return Allow() if changeable(session, [certificate], now) else Refuse("revocation.final")


def _works(session: Session, certificate: Certificate, reason: str, now: datetime) -> bool:
    """Whether an issuer of ours that has not ended would lose its certificate, or its key."""
    for one in generations(session, now):
        own = bytes(one.issuer.certificate)
        same_key = key_sha256(parse_certificate(own).spki) == certificate.key_sha256
        if one.state not in ENDED.values() and (own == certificate.der or (same_key and reason == LOST)):
            return True
    return False


def _living(session: Session, certificate: Certificate, reason: str, now: datetime) -> list[Certificate]:
    """This one and, where the key is lost, every other one of this key."""
    wanted = Certificate.key_sha256 == certificate.key_sha256 if reason == LOST else Certificate.id == certificate.id
    found = without(select(Certificate).where(wanted).order_by(Certificate.id), Certificate.id, Revocation)
    return changeable(session, session.scalars(found), now)


def _to_block(session: Session, key: str) -> str | None:
    known = session.get(KeyUse, key) is not None and session.get(KeyBlock, key) is None
    return key if known else None


def _difference(ending: Sequence[Certificate], key: str | None, reason: str) -> Mapping[str, tuple[Any, Any]]:
    said: dict[str, tuple[Any, Any]] = {}
    for one in ending:
        subject = name_text(parse_certificate(bytes(one.der)).subject)
        said[f"certificate {one.sha256} of {subject}"] = ("good", f"revoked, {reason}")
    return said if key is None else said | {f"key {key}": ("in use", "blocked for ever")}


def _facts(values: Values, at: datetime, _new_id: NewId) -> Sequence[Fact]:
    ended: list[Fact] = [
        Revocation(certificate_id=one, at=at, reason=values["reason"]) for one in values["certificates"]
    ]
    return ended if values["key"] is None else [*ended, KeyBlock(key_sha256=values["key"], at=at)]


def _effects(belief: Belief, values: Values, now: datetime) -> Sequence[Effect]:
    above = select(Certificate.issuer_id).where(Certificate.id.in_(values["certificates"]))
    issuers = set(belief.session.scalars(above))
    names = sorted(one.key_name for one in generations(belief.session, now) if one.issuer.id in issuers)
    return [Effect("change.effect-ca-revoked", {"root": name}) for name in names]


KIND = ChangeKind(
    name="ca-certificate.revoke",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset({"sha256", "reason"}),
    possible=frozenset(),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
