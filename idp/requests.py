"""Stored authorization requests: kept from the first proof on, bound to the browser, checked again at each step."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp import clients
from idp.authorization import AuthenticationRequest, Checked, Draft, check, pairs_of
from idp.handles import HandleKind, digest, is_of, new_handle
from idp.policy import SIGN_IN_LIFE
from idp.tables import AuthorizationRequest
from ledger.decision import Refuse
from ledger.ledger import Ledger


@dataclass(frozen=True)
class Resumed:
    """A stored request that still passes the checks, in the browser in which it began."""

    stored: AuthorizationRequest
    request: AuthenticationRequest


def draft(reading: Reading, pairs: list[tuple[str, str]]) -> Draft:
    """What came in, with what the ledger knows of its client."""
    client, lives = clients.find(reading, dict(pairs).get("client_id", ""))
    return Draft(pairs, client, lives)


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
        parameters=request.query,
        at=ledger.clock.now(),
    )
    return row, handle


def resume(ledger: Ledger, handle: str, browser: str) -> Resumed | Refuse:
    """The request behind the handle. Refuse `sign-in.expired` when it is unknown here, elsewhere begun, or too old."""
    if not is_of(HandleKind.REQUEST, handle):
        return Refuse("sign-in.expired")
    with ledger.read() as reading:
        by_handle = select(AuthorizationRequest).where(AuthorizationRequest.handle_sha256 == digest(handle))
        stored = reading.scalar(by_handle)
        if stored is None or stored.browser_sha256 != browser or ledger.clock.now() - stored.at > SIGN_IN_LIFE:
            return Refuse("sign-in.expired")
        checked = recheck(reading, stored)
    return Resumed(stored, checked) if isinstance(checked, AuthenticationRequest) else Refuse(checked.code)


def recheck(reading: Reading, stored: AuthorizationRequest) -> Checked:
    """The stored request through the column `resume` of the checks."""
    return check(draft(reading, pairs_of(stored.parameters)), resume=True)
