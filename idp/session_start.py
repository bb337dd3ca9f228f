"""From proofs to a session: the one place where somebody becomes signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp import accounts
from idp.accounts import FoundAccount
from idp.assurance import level, methods
from idp.authorization import AuthenticationRequest
from idp.events import SessionBegun, SessionRenewed, SignInRefused
from idp.handles import HandleKind, digest, new_handle
from idp.logout import end_session
from idp.policy import may_begin_session
from idp.profiles import profile_of
from idp.provider import Provider
from idp.requests import Resumed, again, resume
from idp.sessions import LiveSession, is_stopped
from idp.sign_in import Proven, proofs_of
from idp.tables import Authentication, AuthorizationRequest, Proof, Session
from ledger.certificates import Certificate
from ledger.decision import Allow, Decision, Refuse
from ledger.event import ANYONE, Actor
from ledger.ledger import Taken


@dataclass(frozen=True)
class SignedIn:
    """A session with a fresh handle, for the browser's cookie alone, and the request that it answers."""

    session: LiveSession
    handle: str
    stored: AuthorizationRequest
    request: AuthenticationRequest


def start_session(
    provider: Provider, proven: Proven, browser: str, before: LiveSession | None
) -> SignedIn | Refuse:
    """The person of the stored request is signed in, if its proofs are enough by policy, now.

    `before` is the session that this browser had: the same person's goes on under a new handle, another person's
    is ended and its services are told. Where each signs in alone it is a session by itself, for that answer. A request
    begins one session only: Refuse `sign-in.done-already`.
    """
    resumed = _resumed(provider, proven, browser)
    if isinstance(resumed, Refuse):
        return resumed
    with provider.ledger.read() as reading:
        proofs = proven.proofs or proofs_of(reading, resumed.stored.id)
        found = accounts.by_id(reading, resumed.stored.account_id)
        decision = _may_begin(reading, provider, resumed, proofs, found)
    if isinstance(decision, Refuse) or found is None:
        code = decision.code if isinstance(decision, Refuse) else "sign-in.account-ended"
        event = SignInRefused(resumed.stored.account_id, code, resumed.request.client.id)
        provider.ledger.record(event, ANYONE)
        return Refuse(code)
    if before is not None and before.account_id != found.id:
        end_session(provider, before.id, "replaced", Actor.person(before.person_id))
        before = None
    if profile_of(resumed.request.client).signs_in_alone:
        before = None
    return _begin(provider, resumed, found.person_id, proofs, before)


def _resumed(provider: Provider, proven: Proven, browser: str) -> Resumed | Refuse:
    """The request through its checks as they are now, whether it is in the ledger or on its way there."""
    if proven.stored is None:
        return resume(provider, proven.handle, browser)
    with provider.ledger.read() as reading:
        return again(reading, proven.stored, proven.handle, provider.ledger.clock.now())


def _may_begin(
    reading: Reading, provider: Provider, resumed: Resumed, proofs: Sequence[Proof], account: FoundAccount | None
) -> Decision:
    """Policy over the proofs, and nothing that a proof rests on has been stopped since it was shown."""
    now = provider.ledger.clock.now()
    decision = may_begin_session(proofs, resumed.stored.account_id, resumed.request.level, now)
    if isinstance(decision, Refuse):
        return decision
    if account is None:
        return Refuse("sign-in.account-ended")
    used = [proof.certificate_id for proof in proofs if proof.certificate_id]
    if account.cut_off(min(proof.at for proof in proofs)) or (used and _any_stopped(reading, used, now)):
        return Refuse("sign-in.cut-off")
    return Allow()


def _any_stopped(reading: Reading, certificates: Sequence[str], now: datetime) -> bool:
    stopped = select(Certificate.id).where(Certificate.id.in_(certificates), is_stopped(now)).limit(1)
    return reading.scalar(stopped) is not None


def _begin(
    provider: Provider, resumed: Resumed, person_id: str, proofs: Sequence[Proof], before: LiveSession | None
) -> SignedIn | Refuse:
    ledger, account_id = provider.ledger, resumed.stored.account_id
    session_id = before.id if before else ledger.new_id()
    alone = profile_of(resumed.request.client).signs_in_alone
    handle = new_handle(HandleKind.ANSWERING if alone else HandleKind.SESSION, ledger.randomness)
    authentication = _authentication(provider, resumed, proofs, session_id, before, handle)
    occurred = SessionRenewed if before else SessionBegun
    try:
        with ledger.entry(occurred(session_id, account_id, authentication.level), Actor.person(person_id)) as tx:
            if before is None:
                tx.add(
                    Session(
                        id=session_id, account_id=account_id, person_id=person_id, at=authentication.at,
                        for_one_answer=alone or None,
                    )
                )  # fmt: skip
            tx.add(authentication)
    except Taken:
        return Refuse("sign-in.done-already")
    session = LiveSession(session_id, account_id, person_id, authentication)
    return SignedIn(session, handle, resumed.stored, resumed.request)


def _authentication(
    provider: Provider,
    resumed: Resumed,
    proofs: Sequence[Proof],
    session_id: str,
    before: LiveSession | None,
    handle: str,
) -> Authentication:
    kinds = [proof.kind for proof in proofs]
    return Authentication(
        id=provider.ledger.new_id(),
        session_id=session_id,
        number=before.authentication.number + 1 if before else 1,
        account_id=resumed.stored.account_id,
        request_id=resumed.stored.id,
        handle_sha256=digest(handle),
        level=level(kinds),
        methods=" ".join(methods(kinds)),
        certificate_id=next((proof.certificate_id for proof in proofs if proof.certificate_id), None),
        at=provider.ledger.clock.now(),
    )
