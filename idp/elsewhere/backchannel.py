"""A service asks for a person whom it names (CIBA Core clause 7): checked by a table, entered, and he is told.

What it asks for is always a signed object (FAPI-CIBA clause 5.2.2), and nothing of it may stand outside.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from idp import request_object
from idp.authorization import AuthenticationRequest, Column, Draft, Refused, check
from idp.binding import Confirmation, text_of
from idp.clients import BACKCHANNEL_ALGORITHMS
from idp.declared import CIBA, declared_by
from idp.elsewhere.answers import notification_place
from idp.elsewhere.events import BackchannelAsked
from idp.elsewhere.hints import HINTS, account_of
from idp.elsewhere.letters import letter_to
from idp.elsewhere.tables import BackchannelRequest
from idp.elsewhere.waiting import how_many_press
from idp.handles import HandleKind, digest, new_handle
from idp.policy import BACKCHANNEL_LIFE, LONGEST_BACKCHANNEL_LIFE, MOST_WAITING
from idp.profiles import profile_of
from idp.provider import Provider
from idp.tables import Client
from ledger.decision import Refuse
from ledger.event import Actor
from pki.errors import PkiError
from pki.jws import unverified_header

LONGEST_MESSAGE = 64
"""Characters of a binding message: it is to be compared at a glance."""
_AUTHENTICATION = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})
_ABOUT_OBJECT = ("iss", "aud", "exp", "nbf", "iat", "jti")
"""CIBA Core clause 7.1.1: a signed request has all of them."""
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]{16,1024}=*")
"""CIBA Core clause 7.1: at most 1024 characters, of those of a bearer token."""
Params = Mapping[str, str]


@dataclass(frozen=True)
class Begun:
    """The service may ask for the tokens with this id, so long."""

    auth_req_id: str
    life: timedelta


def ask(provider: Provider, client: Client, form: Params, bound_to: Confirmation) -> Begun | Refuse:
    """The person is asked, and told of it by letter if there is an address and nobody else asked of late.

    Tokens go only to the key that was shown with it, if one was, so that the answer is of no use to whoever got hold
    of the client's own key alone (as RFC 9449 clause 10 has it for codes).
    """
    opened = _opened(provider, client, form)
    if isinstance(opened, Refuse):
        return opened
    asked = dict(opened)
    checked = check(Draft(opened, client, client_lives=True), Column.ELSEWHERE)
    if isinstance(checked, Refused):
        return Refuse(checked.code)
    unfit = next((code for code, fits in FITNESS if not fits(asked, client)), None)
    if unfit is not None:
        return Refuse(unfit)
    with provider.ledger.read() as reading:
        account_id = account_of(reading, provider, client, asked)
        now = provider.ledger.clock.now()
        before = 0 if isinstance(account_id, Refuse) else how_many_press(reading, account_id, now)
    if isinstance(account_id, Refuse):
        return account_id
    if before >= MOST_WAITING:
        return Refuse("backchannel.too-many")
    return _enter(provider, checked, asked, account_id, bound_to, told=before > 0)


def one_person_is_named(asked: Params, client: Client) -> bool:  # noqa: ARG001 - one shape for all
    """CIBA Core clause 7.1: by exactly one hint."""
    return sum(bool(asked.get(hint)) for hint in HINTS) == 1


def message_can_be_shown(asked: Params, client: Client) -> bool:  # noqa: ARG001 - as above
    """Short, and nothing in it that is invisible or turns the direction of writing."""
    message = asked.get("binding_message", "")
    odd = any(unicodedata.category(sign)[0] == "C" or unicodedata.category(sign) in {"Zl", "Zp"} for sign in message)
    return not odd and len(message) <= LONGEST_MESSAGE and ("binding_message" not in asked or bool(message.strip()))


def life_is_a_number(asked: Params, client: Client) -> bool:  # noqa: ARG001 - as above
    """Seconds, one or more."""
    text = asked.get("requested_expiry", "1")
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0


def can_be_pinged(asked: Params, client: Client) -> bool:
    """CIBA Core clause 7.1: who wants to be told brings the token by which it knows us."""
    return client.backchannel_mode != "ping" or bool(_TOKEN.fullmatch(asked.get("client_notification_token", "")))


FITNESS: tuple[tuple[str, Callable[[Params, Client], bool]], ...] = (
    ("backchannel.hints", one_person_is_named),
    ("backchannel.binding-message", message_can_be_shown),
    ("backchannel.expiry", life_is_a_number),
    ("backchannel.notification-token", can_be_pinged),
)


def _opened(provider: Provider, client: Client, form: Params) -> request_object.Pairs | Refuse:
    """What is asked in the client's signed object; what stands beside it would be nobody's word."""
    allowed = profile_of(client).backchannel_allowed and declared_by(client).may_use(CIBA)
    if not allowed or client.backchannel_mode is None:
        return Refuse("token.grant-not-allowed")
    if not form.get("request") or form.keys() - _AUTHENTICATION - {"request"}:
        return Refuse("backchannel.unsigned")
    try:
        algorithm = unverified_header(form["request"], request_object.LONGEST).get("alg")
    except PkiError:
        return Refuse("authorize.request-object")
    if algorithm not in ((client.backchannel_alg,) if client.backchannel_alg else BACKCHANNEL_ALGORITHMS):
        return Refuse("authorize.request-object")
    return request_object.opened(provider, client, form["request"], _ABOUT_OBJECT)


def _enter(
    provider: Provider,
    request: AuthenticationRequest,
    asked: Params,
    account_id: str,
    bound_to: Confirmation,
    *,
    told: bool,
) -> Begun:
    ledger, client = provider.ledger, request.client
    handle, request_id, now = (
        new_handle(HandleKind.BACKCHANNEL_REQUEST, ledger.randomness),
        ledger.new_id(),
        ledger.clock.now(),
    )
    wished = asked.get("requested_expiry")
    life = min(timedelta(seconds=int(wished)), LONGEST_BACKCHANNEL_LIFE) if wished else BACKCHANNEL_LIFE
    with ledger.read() as reading:
        letters = [] if told else letter_to(reading, provider, account_id, client, life)
    sealed = None
    if client.backchannel_mode == "ping":
        said = {"auth_req_id": handle, "token": asked["client_notification_token"]}
        sealed = provider.fields.seal(json.dumps(said), notification_place(request_id))
    with ledger.entry(BackchannelAsked(client.id, request_id, account_id), Actor.client(client.id)) as tx:
        tx.add(
            BackchannelRequest(
                id=request_id,
                handle_sha256=digest(handle),
                client_id=client.id,
                account_id=account_id,
                parameters=request.whole,
                bound_to=text_of(bound_to),
                binding_message=asked.get("binding_message"),
                notification=sealed,
                at=now,
                until=now + life,
            ),
            *letters,
        )
    return Begun(handle, life)
