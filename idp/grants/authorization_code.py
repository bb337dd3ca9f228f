"""The authorization code: issued to a session, redeemed once within sixty seconds (RFC 6749 clause 4.1)."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session as Reading

from idp.authorization import AuthenticationRequest
from idp.binding import Confirmation
from idp.details import Detail
from idp.events import CodeIssued, CodeRedeemed
from idp.grants.detailed import details_of
from idp.grants.live import LiveGrant, end_grant, live_grant
from idp.grants.refresh_token import first_refresh_token
from idp.grants.subjects import subject_for
from idp.grants.tokens_due import TokensDue
from idp.handles import HandleKind, digest, is_of, new_handle
from idp.policy import CODE_LIFE
from idp.sessions import LiveSession
from idp.tables import AuthorizationCode, Client, CodeUse, Grant, PushedRequestUse, Subject
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import CLOCK_TOLERANCE, Ledger, Taken
from ledger.rounds import looked_up
from pki.base64url import encode

_SUBJECT_RACES = 3


def issue(
    ledger: Ledger, request: AuthenticationRequest, session: LiveSession, preapproval_id: str | None = None
) -> str | Refuse:
    """A fresh code of the client for the session; a request that was handed in brings one code only.

    With `preapproval_id` what comes of it ends with that policy.
    """
    for _ in range(_SUBJECT_RACES):
        try:
            return _issue(ledger, request, session, preapproval_id)
        except Taken as clash:
            # Two codes of one person's first visit at one moment: the subject exists now, so the next round reads it.
            if clash.table == PushedRequestUse.__tablename__:
                return Refuse("authorize.request-used")
            if clash.table != Subject.__tablename__:
                raise
    raise RuntimeError("the subject is taken and yet not there")


@dataclass(frozen=True)
class Redemption:
    """What a client sends for tokens (RFC 6749 clause 4.1.3), and the key that they will be bound to."""

    code: str
    redirect_uri: str
    verifier: str
    bound_to: Confirmation
    resources: tuple[str, ...] = ()
    """What the access token is wanted for, within what the sign-in was asked for (RFC 8707 clause 2.2)."""
    details: tuple[Detail, ...] = ()
    """The same in detail (RFC 9396 clause 6)."""


def redeem(ledger: Ledger, client: Client, sent: Redemption) -> TokensDue | Refuse:
    """The grant behind the code, whose use is entered; a second use ends the grant with all its tokens."""
    now = ledger.clock.now()
    with ledger.read() as reading:
        found, used = _by_code(reading, sent.code)
        alive = live_grant(reading, found.grant_id, now) if found else None
        grant = alive.grant if alive else (reading.get(Grant, found.grant_id) if found else None)
        if found is None or grant is None or grant.client_id != client.id:
            return Refuse("token.code-unknown")
    if used:
        end_grant(ledger, grant, "code-reused")
        return Refuse("token.code-used")
    refusal = _unfit(found, sent, now - found.at)
    if refusal is not None:
        return refusal
    if alive is None:
        return Refuse("token.grant-ended")
    if (beyond := alive.beyond(sent.resources, sent.details)) is not None:
        return beyond
    return _use(ledger, client, found, alive, sent.bound_to)


def _issue(
    ledger: Ledger, request: AuthenticationRequest, session: LiveSession, preapproval_id: str | None
) -> str:
    code, grant_id, now = new_handle(HandleKind.CODE, ledger.randomness), ledger.new_id(), ledger.clock.now()
    subject, fresh = subject_for(ledger, session.account_id, request.client.sector)
    event = CodeIssued(request.client.id, session.id, grant_id)
    with ledger.entry(event, Actor.person(session.person_id)) as tx:
        tx.add(*fresh)
        tx.add(*([PushedRequestUse(pushed_id=request.pushed_id)] if request.pushed_id else ()))
        tx.add(
            Grant(
                id=grant_id,
                client_id=request.client.id,
                session_id=session.id,
                authentication_id=session.authentication.id,
                subject_id=subject.id,
                scope=" ".join(request.scope),
                at=now,
                claims=request.claims.text or None,
                resources=" ".join(request.resources) or None,
                detailed=bool(request.details) or None,
                preapproval_id=preapproval_id,
            ),
            *details_of(grant_id, tx.new_id(), request.details),
            AuthorizationCode(
                id=tx.new_id(),
                grant_id=grant_id,
                code_sha256=digest(code),
                redirect_uri=request.redirect_uri,
                code_challenge=request.code_challenge,
                nonce=request.nonce,
                at=now,
                dpop_jkt=request.dpop_jkt,
            ),
        )
    return code


def _use(
    ledger: Ledger, client: Client, found: AuthorizationCode, alive: LiveGrant, bound_to: Confirmation
) -> TokensDue | Refuse:
    refresh, token = first_refresh_token(ledger, client, alive.grant.id, bound_to)
    try:
        with ledger.entry(CodeRedeemed(client.id, alive.grant.id), Actor.client(client.id)) as tx:
            tx.add(CodeUse(code_id=found.id), *refresh)
    except Taken:
        end_grant(ledger, alive.grant, "code-reused")
        return Refuse("token.code-used")
    return TokensDue(alive, token, found.nonce, bound_to)


def _unfit(found: AuthorizationCode, sent: Redemption, age: timedelta) -> Refuse | None:
    if not -CLOCK_TOLERANCE <= age <= CODE_LIFE:
        return Refuse("token.code-expired")
    if found.redirect_uri != sent.redirect_uri:
        return Refuse("token.redirect-uri")
    if found.dpop_jkt is not None and sent.bound_to.get("jkt") != found.dpop_jkt:
        return Refuse("token.dpop-key")
    return None if _verifier_fits(found.code_challenge, sent.verifier) else Refuse("token.pkce")


def _verifier_fits(challenge: str | None, verifier: str) -> bool:
    """RFC 7636 clause 4.6; a verifier without a challenge is a downgrade (RFC 9700 clause 4.8.2)."""
    if challenge is None or not verifier:
        return challenge is None and not verifier
    shaped = 43 <= len(verifier) <= 128 and verifier.isascii()
    return shaped and hmac.compare_digest(encode(sha256(verifier.encode()).digest()), challenge)


def _by_code(reading: Reading, code: str) -> tuple[AuthorizationCode | None, bool]:
    """The code, and whether it was used."""
    if not is_of(HandleKind.CODE, code):
        return None, False
    return looked_up(reading, _by_digests, digest(code)) or (None, False)


def _by_digests(reading: Reading, digests: Sequence[str]) -> dict[str, tuple[AuthorizationCode, bool]]:
    return {found.code_sha256: (found, bool(used)) for found, used in _CODES.rows(reading, {"digests": digests})}


_CODES = Facts(
    select(AuthorizationCode, exists().where(CodeUse.code_id == AuthorizationCode.id).label("used"))
    .where(AuthorizationCode.code_sha256.in_(bindparam("digests", expanding=True)))
)  # fmt: skip
