"""Stored authorization requests: kept from the first proof on, bound to the browser, checked again at each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session as Reading

from idp import clients, request_object
from idp.authorization import (
    AuthenticationRequest,
    Checked,
    Column,
    Draft,
    Refused,
    check,
    no_parameter_is_repeated,
)
from idp.declared import declared_by
from idp.details import PARAMETER
from idp.handles import HandleKind, digest, is_of, new_handle
from idp.parameters import pairs_of
from idp.policy import SIGN_IN_LIFE
from idp.profiles import profile_of
from idp.provider import Provider
from idp.pushed import URN, Pushed, by_id, find, keep
from idp.request_object import Pairs
from idp.since import since
from idp.tables import AuthorizationRequest, Client
from ledger.decision import Refuse
from ledger.facts import Facts
from ledger.ledger import Ledger
from ledger.rounds import looked_up

_OF_AUTHENTICATION = {"client_secret", "client_assertion", "client_assertion_type", "client_id"}


@dataclass(frozen=True)
class Resumed:
    """A stored request that still passes the checks, in the browser in which it began."""

    stored: AuthorizationRequest
    request: AuthenticationRequest


def draft(provider: Provider, pairs: Pairs) -> Draft:
    """What came through a browser, with what the ledger knows of its client, and its request taken in.

    A handed-in request replaces the pairs (RFC 9126 clause 4), unless one of them is repeated. A signed one is verified
    and then kept like one that was handed in, so that nobody can change it on its way through the next pages; but not
    that of a client who has to hand it in itself, authenticated (FAPI 2.0 clause 5.3.2.2).
    """
    given = dict(pairs)
    with provider.ledger.read() as reading:
        client, lives = clients.find(reading, given.get("client_id", ""), provider.ledger.clock.now())
        plain = Draft(pairs, client, lives)
        if client is None or not lives or not {"request", "request_uri", PARAMETER} & given.keys():
            return plain
        if no_parameter_is_repeated(plain) is not None:
            return plain
        if given.get("request_uri", "").startswith(URN):
            return _handed_in(reading, provider, client, pairs)
    if not {"request", "request_uri"} & given.keys():
        return under_a_name(provider, plain)
    pushes = profile_of(client).pushed_demanded or declared_by(client).pushed_always
    return plain if pushes else _signed(provider, client, pairs)


def under_a_name(provider: Provider, plain: Draft) -> Draft:
    """A request that passes the checks is kept like one that was handed in; any other comes back.

    What is wanted in detail may name a person and is good for one code; what is long fits into no address.
    """
    if isinstance(checked := check(plain), Refused):
        return plain
    request_uri = keep(provider.ledger, checked.client, list(plain.pairs), None)
    return draft(provider, [("client_id", checked.client.id), ("request_uri", request_uri)])


def _signed(provider: Provider, client: Client, pairs: Pairs) -> Draft:
    """The request in the client's object, kept under a name of ours if it passes the checks."""
    given = dict(pairs)
    taken = _object_of(provider, client, given)
    if isinstance(taken, Refuse):
        return Draft(pairs, client, client_lives=True, fault=taken.code)
    outer = [(name, value) for name, value in pairs if name != "request_uri"]
    opened = request_object.opened(provider, client, taken)
    if isinstance(opened, Refuse):
        by_address = opened.code == "authorize.request-object-unsigned" and "request_uri" in given
        code = "authorize.request-uri-unsupported" if by_address else opened.code
        return Draft(pairs, client, client_lives=True, fault=code)
    meant = request_object.merged(outer, opened, client)
    asked = Draft(meant, client, client_lives=True, signed=True)
    if isinstance(check(asked, Column.PAR), Refused):
        return asked
    return draft(provider, [("client_id", client.id), ("request_uri", keep(provider.ledger, client, meant, None))])


def draft_of_push(provider: Provider, client: Client, pairs: Pairs) -> Draft:
    """What an authenticated client hands in; `client_id` need not be in it (RFC 9126 clause 2.1)."""
    named = [(name, value) for name, value in pairs if name not in _OF_AUTHENTICATION]
    named = [("client_id", client.id), *named]
    token = dict(named).get("request")
    if not token or dict(named).get("request_uri"):
        return Draft(named, client, client_lives=True)  # both: `push_is_plain` refuses (RFC 9126 clause 2.1)
    opened = request_object.opened(provider, client, token)
    if isinstance(opened, Refuse):
        return Draft(named, client, client_lives=True, fault=opened.code)
    meant = request_object.merged(named, opened, client)
    return Draft(meant, client, client_lives=True, signed=True)


def stored_request(
    ledger: Ledger, request: AuthenticationRequest, browser: str, account_id: str
) -> tuple[AuthorizationRequest, str]:
    """The fact and its handle; the caller adds the fact to its entry and gives the handle to the browser alone."""
    handle = new_handle(HandleKind.REQUEST, ledger.randomness)
    row = AuthorizationRequest(
        id=ledger.new_id(),
        handle_sha256=digest(handle),
        browser_sha256=browser,
        client_id=request.client.id,
        account_id=account_id,
        parameters=request.parameters,
        at=ledger.clock.now(),
        pushed_id=request.pushed_id,
    )
    return row, handle


def resume(provider: Provider, handle: str, browser: str) -> Resumed | Refuse:
    """The request behind the handle. Refuse `sign-in.expired` when it is unknown here, elsewhere begun, or too old."""
    if not is_of(HandleKind.REQUEST, handle):
        return Refuse("sign-in.expired")
    with provider.ledger.read() as reading:
        stored: AuthorizationRequest | None = looked_up(reading, _by_handles, digest(handle))
        now = provider.ledger.clock.now()
        if stored is None or stored.browser_sha256 != browser or now - stored.at > SIGN_IN_LIFE:
            return Refuse("sign-in.expired")
        return again(reading, stored, handle, now)


def again(reading: Reading, stored: AuthorizationRequest, handle: str, now: datetime) -> Resumed | Refuse:
    """The stored request if it still passes the checks."""
    checked = _recheck(reading, stored, f"step={handle}", now)
    return Resumed(stored, checked) if isinstance(checked, AuthenticationRequest) else Refuse(checked.code)


def _by_handles(reading: Reading, digests: Sequence[str]) -> dict[str, AuthorizationRequest]:
    return {stored.handle_sha256: stored for (stored,) in _BY_HANDLE.rows(reading, {"digests": digests})}


_BY_HANDLE = Facts(
    select(AuthorizationRequest).where(AuthorizationRequest.handle_sha256.in_(bindparam("digests", expanding=True)))
)


def _recheck(reading: Reading, stored: AuthorizationRequest, query: str, now: datetime) -> Checked:
    """The stored request through the column `resume` of the checks."""
    client, lives = clients.find(reading, stored.client_id, now)
    pushed = by_id(reading, stored.pushed_id) if stored.pushed_id else None
    details = [pair for pair in pairs_of(pushed.parameters) if pair[0] == PARAMETER] if pushed else []
    pairs = pairs_of(stored.parameters) + details
    signed = pushed is not None and _was_signed(reading, pushed)
    return check(Draft(pairs, client, lives, None, pushed, query, signed, stored.parameters), Column.RESUME)


def _handed_in(reading: Reading, provider: Provider, client: Client, pairs: Pairs) -> Draft:
    request_uri = dict(pairs)["request_uri"]
    pushed = find(reading, provider.ledger, request_uri, client.id)
    if pushed is None:
        return Draft(pairs, client, client_lives=True, fault="authorize.request-uri")
    query = urlencode({"client_id": client.id, "request_uri": request_uri})
    signed = _was_signed(reading, pushed)
    return Draft(pairs_of(pushed.parameters), client, client_lives=True, pushed=pushed, query=query, signed=signed)


def _was_signed(reading: Reading, pushed: Pushed) -> bool:
    """Whether it was signed, if its client signs always: who had to sign when he handed it in, has done so."""
    began = since(reading, pushed.client_id, lambda client: bool(client.signed_requests))
    return began is None or began < pushed.at


def _object_of(provider: Provider, client: Client, given: Mapping[str, str]) -> str | Refuse:
    if "request" in given and "request_uri" in given:
        return Refuse("authorize.request-object")  # RFC 9101 clause 5: one of the two
    if "request" in given:
        return given["request"]
    return request_object.fetched(provider, client, given["request_uri"])
