"""Signing in: a list of proofs for one stored request, and a session only if policy holds of that list at the end.

There is no "stage passed" anywhere. Each step uses up an attempt, verifies one factor, enters one Proof, and asks
`policy.next_step` what is still missing. A session's beginning reads all proofs once more from the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session as Reading

from idp import accounts
from idp.accounts import FoundAccount
from idp.authorization import AuthenticationRequest
from idp.events import AccountOpened, FactorShown, SignInRefused
from idp.factors import certificate, password, totp
from idp.policy import Step, next_step
from idp.provider import Provider
from idp.requests import Resumed, resume, stored_request
from idp.tables import Account, AuthorizationRequest, Proof
from idp.throttle import is_locked, of_codes, take_attempt
from idp.typed import user_name
from ledger.decision import Refuse
from ledger.event import ANYONE, Actor
from ledger.facts import Facts
from ledger.ledger import Taken
from ledger.rounds import apart, looked_up


@dataclass(frozen=True)
class CodeNeeded:
    """The password was right; a one-time code is asked for next. `handle` finds the stored request again."""

    handle: str
    request: AuthenticationRequest


@dataclass(frozen=True)
class Shown:
    """A factor that was right, in answer to a stored request; `enter` puts it into the ledger."""

    handle: str
    resumed: Resumed
    found: FoundAccount
    proof: Proof
    first: bool = False
    """The request is to be stored with it."""


@dataclass(frozen=True)
class Proven:
    """What was shown is enough, by what `next_step` says; `idp.session_start` judges it once more."""

    handle: str
    stored: AuthorizationRequest | None = None
    """The request if its proofs are entered with its session; otherwise both are in the ledger."""
    proofs: Sequence[Proof] = ()


Progress = CodeNeeded | Proven | Refuse


def show_password(
    provider: Provider, request: AuthenticationRequest, browser: str, typed_name: str, typed_password: str
) -> Shown | Refuse:
    """The first factor. Unknown name and wrong password are refused with the same code after the same work."""
    with provider.ledger.read() as reading:
        found = accounts.find(reading, typed_name)
    subject = found.id if found else provider.fields.index(f"attempt.subject/{user_name(typed_name)}")
    attempt = take_attempt(provider.ledger, subject)
    if isinstance(attempt, Refuse):
        return attempt
    verifier = found.password.verifier if found and found.password else None
    if not apart(partial(password.is_right, typed_password, verifier)) or found is None:
        return _refused(provider, subject, "sign-in.wrong", request.client.id)
    if not found.counts(found.password):
        return _refused(provider, subject, "sign-in.cut-off", request.client.id)
    row, handle = stored_request(provider.ledger, request, browser, found.id)
    proof = _proof(provider, row, "password", f"password:{row.id}")
    return Shown(handle, Resumed(row, request), found, proof, first=True)


def show_code(provider: Provider, handle: str, browser: str, typed: str) -> Shown | Refuse:
    """The one-time code, in answer to the stored request whose password proof exists. Each code counts once."""
    resumed = resume(provider, handle, browser)
    if isinstance(resumed, Refuse):
        return resumed
    found, secret = _totp_of(provider, resumed.stored.account_id)
    if found is None or found.totp is None or secret is None:
        return _refused(provider, resumed.stored.account_id, "sign-in.cut-off", resumed.request.client.id)
    attempt = take_attempt(provider.ledger, found.id, of_codes(found.id))
    if isinstance(attempt, Refuse):
        return attempt
    step = totp.matching_step(secret, typed, provider.ledger.clock.now())
    if step is None:
        return _refused(provider, found.id, "sign-in.code-wrong", resumed.request.client.id)
    proof = _proof(provider, resumed.stored, "totp", f"totp:{found.totp.number}:{step}")
    return Shown(handle, resumed, found, proof)


def enter(provider: Provider, shown: Shown) -> Progress:
    """The factor is entered, and what is to come after it: with those before it, as they were until now."""
    stored, client_id = shown.resumed.stored, shown.resumed.request.client.id
    if shown.first:
        before: Sequence[Proof] = ()
        _enter_first(provider, stored, shown.proof)
    else:
        with provider.ledger.read() as reading:
            before = proofs_of(reading, stored.id)
        if not _enter(provider, shown.proof):
            return _refused(provider, shown.found.id, "sign-in.code-used", client_id)
    return _onward(provider, shown, [*before, shown.proof])


def show_certificate(provider: Provider, request: AuthenticationRequest, browser: str, der: bytes) -> Progress:
    """The certificate of a mutual-TLS handshake. A person without an account gets one, which no password opens."""
    now = provider.ledger.clock.now()
    with provider.ledger.read() as reading:
        shown = certificate.judge(reading, der, now)
        found = accounts.of_person(reading, shown.person_id) if not isinstance(shown, Refuse) else None
    if isinstance(shown, Refuse):
        return _refused_certificate(provider, shown, der, request.client.id)
    account_id = found.id if found else _account_for(provider, shown.person_id)
    if isinstance(account_id, Refuse):
        return _refused_certificate(provider, account_id, der, request.client.id)
    row, handle = stored_request(provider.ledger, request, browser, account_id)
    use_key = f"certificate:{row.id}"
    _enter_first(provider, row, _proof(provider, row, "certificate", use_key, shown.certificate_id))
    return Proven(handle)


def proofs_of(reading: Reading, request_id: str) -> Sequence[Proof]:
    """The factors shown in answer to the stored request."""
    return looked_up(reading, _proofs, request_id) or []


def _proofs(reading: Reading, requests: Sequence[str]) -> dict[str, list[Proof]]:
    found: dict[str, list[Proof]] = {}
    for (proof,) in _PROOFS.rows(reading, {"requests": requests}):
        found.setdefault(proof.request_id, []).append(proof)
    return found


_PROOFS = Facts(
    select(Proof).where(Proof.request_id.in_(bindparam("requests", expanding=True))).order_by(Proof.id)
)  # fmt: skip


def _onward(provider: Provider, shown: Shown, proofs: Sequence[Proof]) -> Progress:
    found, request = shown.found, shown.resumed.request
    step = next_step(proofs, request.level)
    if step is Step.DONE:
        return Proven(shown.handle, shown.resumed.stored, proofs)
    if step is Step.TOTP and found.totp is not None:
        now, budgets = provider.ledger.clock.now(), (found.id, of_codes(found.id))
        with provider.ledger.read() as reading:
            locked = any(is_locked(reading, subject, now) for subject in budgets)
        return Refuse("sign-in.locked") if locked else CodeNeeded(shown.handle, request)
    return _refused(provider, found.id, "sign-in.level-unreachable", request.client.id)


def _totp_of(provider: Provider, account_id: str) -> tuple[FoundAccount | None, bytes | None]:
    with provider.ledger.read() as reading:
        found = accounts.by_id(reading, account_id)
    if found is None or found.totp is None or not found.counts(found.totp):
        return None, None
    return found, accounts.totp_secret(provider.fields, found.totp)


def _proof(
    provider: Provider, row: AuthorizationRequest, kind: str, use_key: str, certificate_id: str | None = None
) -> Proof:
    return Proof(
        id=provider.ledger.new_id(),
        request_id=row.id,
        account_id=row.account_id,
        kind=kind,
        use_key=use_key,
        certificate_id=certificate_id,
        at=provider.ledger.clock.now(),
    )


def _enter_first(provider: Provider, row: AuthorizationRequest, proof: Proof) -> None:
    with provider.ledger.entry(FactorShown(row.account_id, row.id, proof.kind), ANYONE) as tx:
        tx.add(row, proof)


def _enter(provider: Provider, proof: Proof) -> bool:
    """Whether the proof is entered: it is not when the same code was used before, here or at another window."""
    try:
        with provider.ledger.entry(FactorShown(proof.account_id, proof.request_id, proof.kind), ANYONE) as tx:
            tx.add(proof)
    except Taken:
        return False
    return True


def _account_for(provider: Provider, person_id: str) -> str | Refuse:
    account_id = provider.ledger.new_id()
    try:
        with provider.ledger.entry(AccountOpened(account_id, person_id), Actor.person(person_id)) as tx:
            tx.add(Account(id=account_id, person_id=person_id))
    except Taken:
        return Refuse("sign-in.account-ended")
    return account_id


def _refused(provider: Provider, subject: str, code: str, client_id: str) -> Refuse:
    provider.ledger.record(SignInRefused(subject, code, client_id), ANYONE)
    return Refuse(code)


def _refused_certificate(provider: Provider, refusal: Refuse, der: bytes, client_id: str) -> Refuse:
    digest = sha256(der).hexdigest()
    provider.ledger.record(SignInRefused(digest, refusal.code, client_id, certificate=digest), ANYONE)
    return refusal
