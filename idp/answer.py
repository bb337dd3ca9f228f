"""What a service gets for its request once somebody is signed in: a code, an error, or first a question."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session as Reading

from idp.authorization import AuthenticationRequest, Refused
from idp.consents import NOTHING_SAID, became_known, give, word_of
from idp.consents.preapproved import Preapproved, preapproved_for
from idp.consents.question import KNOWN_AGAIN, Question, Word, question, wanted
from idp.events import ConsentAsked, ConsentDenied
from idp.grants import authorization_code
from idp.grants.subjects import account_called
from idp.logout import LEFT, end_session
from idp.policy import may_reuse_session, needs_consent
from idp.profiles import profile_of
from idp.provider import Provider
from idp.requests import Resumed, resume, stored_request
from idp.response import Redirect, respond, respond_to
from idp.sessions import LiveSession
from idp.tables import Account, AuthorizationRequest, Client
from idp.tokens import TokenInvalid, read_id_token_hint
from ledger.decision import Refuse
from ledger.event import Actor


@dataclass(frozen=True)
class ConsentNeeded:
    """The person is asked; `handle` finds the stored request again."""

    handle: str
    request: AuthenticationRequest
    asked: Question


@dataclass(frozen=True)
class SignInNeeded:
    """The person has to show who he is."""

    request: AuthenticationRequest


def answer_at_once(
    provider: Provider, request: AuthenticationRequest, session: LiveSession | None, browser: str
) -> Redirect | ConsentNeeded | SignInNeeded:
    """The answer to a request that has just come in, with the session that the browser has (if it lives)."""
    if session is not None and _may_reuse(provider, request, session):
        return answer(provider, request, session, browser)
    if "none" in request.prompt or _is_for_nobody(provider, request):
        return error(provider, request, "login_required")
    return SignInNeeded(request)


def answer(
    provider: Provider,
    request: AuthenticationRequest,
    session: LiveSession,
    browser: str,
    stored: tuple[AuthorizationRequest, str] | None = None,
) -> Redirect | ConsentNeeded:
    """The answer for a person who is signed in well enough. `stored` is the stored request with its handle, if any."""
    with provider.ledger.read() as reading:
        hinted = _is_hinted(reading, provider, request, session.account_id)
        settled = _settled(reading, request, session.account_id, session.person_id, provider.ledger.clock.now())
    if not hinted:
        return error(provider, request, "login_required")
    if needs_consent(
        first_party=request.client.first_party,
        proves_itself=profile_of(request.client).proves_itself,
        prompt=request.prompt,
        asked=wanted(request),
        given=settled.all_of_it(request),
        detailed=bool(request.details),
    ):
        if "none" in request.prompt:
            return error(provider, request, "consent_required")
        handle = stored[1] if stored else _store(provider, request, session, browser)
        return ConsentNeeded(handle, request, settled.question(request))
    return _with_code(provider, request, session, settled.leans_on(request))


def asked_again(
    provider: Provider, handle: str, resumed: Resumed, sessions: Callable[[Client], LiveSession | None]
) -> ConsentNeeded | Resumed:
    """The question on a stored request once more, for the person who began to answer it.

    Where each signs in alone, only while that person is here: else the request, for whoever is to sign in now.
    """
    if profile_of(resumed.request.client).signs_in_alone:
        session = sessions(resumed.request.client)
        if session is None or not _may_settle(session, resumed, provider.ledger.clock.now()):
            return resumed
    with provider.ledger.read() as reading:
        account = reading.get_one(Account, resumed.stored.account_id)
        settled = _settled(reading, resumed.request, account.id, account.person_id, provider.ledger.clock.now())
    return ConsentNeeded(handle, resumed.request, settled.question(resumed.request))


@dataclass(frozen=True)
class Said:
    """What the person answers on the consent page."""

    agreed: bool
    shown: str = ""
    """The digest of the question that his page had."""
    without: Collection[str] = ()
    """Matters that he leaves out."""


def settle_consent(
    provider: Provider, handle: str, browser: str, sessions: Callable[[Client], LiveSession | None], said: Said
) -> Redirect | Resumed | ConsentNeeded | Refuse:
    """The person's word on the stored request: a code, or the error `access_denied`.

    `sessions` gives the session of this browser that may answer a client's requests. Where each signs in alone that is
    the one of this very request, and it is over with his no.

    The stored request itself comes back when the session that should answer it is gone: sign-in begins again. Nobody
    agrees to a service that has become another since he was asked (Refuse `sign-in.expired`), nor to what his page did
    not show: if the question is another one by now, he is asked that.
    """
    resumed = resume(provider, handle, browser)
    if isinstance(resumed, Refuse):
        return resumed
    now, request = provider.ledger.clock.now(), resumed.request
    session = sessions(request.client)
    if session is None or not _may_settle(session, resumed, now):
        return resumed
    with provider.ledger.read() as reading:
        hinted = _is_hinted(reading, provider, request, session.account_id)
        became = became_known(reading, request.client.id)
        settled = _settled(reading, request, session.account_id, session.person_id, now)
    if became is not None and resumed.stored.at < became:
        return Refuse("sign-in.expired")
    if not hinted:
        return error(provider, request, "login_required")
    if not said.agreed:
        denied = ConsentDenied(session.account_id, request.client.id)
        provider.ledger.record(denied, Actor.person(session.person_id))
        if profile_of(request.client).signs_in_alone:
            end_session(provider, session.id, LEFT, Actor.person(session.person_id))
        return error(provider, request, "access_denied")
    return _given(provider, ConsentNeeded(handle, request, settled.question(request)), session, settled, said)


def _may_settle(session: LiveSession, resumed: Resumed, now: datetime) -> bool:
    """Whether it is the session of whom this request is about, good enough for it."""
    known, request = session.known(resumed.stored.id), resumed.request
    if session.account_id != resumed.stored.account_id:
        return False
    if profile_of(request.client).signs_in_alone and not known.answers_this_request:
        return False
    return bool(may_reuse_session(known, request.level, request.prompt, request.max_age, now))


def error(provider: Provider, request: AuthenticationRequest, word: str, code: str = "") -> Redirect:
    """An error for the service (OpenID Connect Core clause 3.1.2.6)."""
    described = {"error": word, "error_description": code, "state": request.state}
    return respond_to(provider, request, described)


def refusal(provider: Provider, refused: Refused, word: str) -> Redirect:
    """As `error`, for a request that did not pass its checks; our code for the fault is its `error_description`."""
    assert refused.client is not None, "only then may an answer go to the client"
    described = {"error": word, "error_description": refused.code, "state": refused.state}
    return respond(provider, refused.client, refused.redirect_uri, refused.response_mode, described)


def _may_reuse(provider: Provider, request: AuthenticationRequest, session: LiveSession) -> bool:
    if profile_of(request.client).signs_in_alone:
        return False
    now = provider.ledger.clock.now()
    with provider.ledger.read() as reading:
        hinted = _is_hinted(reading, provider, request, session.account_id)
    reuse = may_reuse_session(session.known(), request.level, request.prompt, request.max_age, now)
    return bool(reuse) and hinted


@dataclass(frozen=True)
class _Settled:
    """What the person has said, and what was settled for him by a policy of his organisation."""

    word: Word = NOTHING_SAID
    policy: Preapproved | None = None

    def all_of_it(self, request: AuthenticationRequest) -> frozenset[str]:
        """What need not be asked."""
        return self.word.settles(request.claims.essential) | (self.policy.claims if self.policy else frozenset())

    def question(self, request: AuthenticationRequest) -> Question:
        """What is left to ask."""
        return question(request, self.word, self.policy.claims if self.policy else ())

    def leans_on(self, request: AuthenticationRequest, answered: Question | None = None) -> str | None:
        """The policy without which the person would have had to be asked more; what is given ends with it."""
        own = self.word.settles(request.claims.essential)
        if answered is not None:
            own |= answered.claims | {KNOWN_AGAIN}
        return None if self.policy is None or wanted(request) <= own else self.policy.id


def _settled(
    reading: Reading, request: AuthenticationRequest, account_id: str, person_id: str, now: datetime
) -> _Settled:
    """Of a service of the government itself nothing need be looked up, unless it wants him to be asked."""
    in_any_case = "consent" in request.prompt or request.details or not profile_of(request.client).proves_itself
    if request.client.first_party and not in_any_case:
        return _Settled()
    word = word_of(reading, account_id, request.client.id, now)
    covered = request.client.first_party or wanted(request) <= word.settles(request.claims.essential)
    return _Settled(word, None if covered else preapproved_for(reading, request.client.id, person_id, now))


def _given(
    provider: Provider, needed: ConsentNeeded, session: LiveSession, settled: _Settled, said: Said
) -> Redirect | ConsentNeeded:
    """The code for what he agreed to, if that is what is to be asked."""
    request, asked = needed.request, needed.asked
    if said.shown != asked.digest:
        return needed
    actor = Actor.person(session.person_id)
    give(provider.ledger, session.account_id, request.client.id, asked, asked.left_out(said.without), actor)
    return _with_code(provider, request, session, settled.leans_on(request, asked))


def _with_code(
    provider: Provider, request: AuthenticationRequest, session: LiveSession, preapproval_id: str | None
) -> Redirect:
    code = authorization_code.issue(provider.ledger, request, session, preapproval_id)
    if isinstance(code, Refuse):
        return error(provider, request, "invalid_request_uri", code.code)
    named = {"code": code, "state": request.state}
    return respond_to(provider, request, named)


def _is_hinted(reading: Reading, provider: Provider, request: AuthenticationRequest, account_id: str) -> bool:
    """Whether the account is the one that `id_token_hint` or `claims` names; without either every account is."""
    return all(found == account_id for found in _hinted(reading, provider, request))


def _is_for_nobody(provider: Provider, request: AuthenticationRequest) -> bool:
    """Whether whoever signs in is somebody else: he is not asked to, in vain."""
    if not request.id_token_hint and not request.claims.sub:
        return False
    with provider.ledger.read() as reading:
        hinted = _hinted(reading, provider, request)
    return len(hinted) > 1 or None in hinted


def _hinted(reading: Reading, provider: Provider, request: AuthenticationRequest) -> set[str | None]:
    """The accounts that `id_token_hint` and `claims` name; None is one that there is not.

    Both count as the client's own alone: with another's it could find out that two subjects are one person.
    """
    wanted = {request.claims.sub} if request.claims.sub else set()
    if request.id_token_hint:
        try:
            claims = read_id_token_hint(request.id_token_hint, provider)
        except TokenInvalid:
            return {None}
        if claims["aud"] != request.client.id:
            return {None}
        wanted.add(claims["sub"])
    return {account_called(reading, sub, request.client.sector) for sub in wanted}


def _store(provider: Provider, request: AuthenticationRequest, session: LiveSession, browser: str) -> str:
    row, handle = stored_request(provider.ledger, request, browser, session.account_id)
    event = ConsentAsked(session.account_id, request.client.id)
    with provider.ledger.entry(event, Actor.person(session.person_id)) as tx:
        tx.add(row)
    return handle
