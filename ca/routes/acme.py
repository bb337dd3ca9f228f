"""The edge of ACME (RFC 8555): messages in, JSON out, a fresh nonce in every answer. Decides nothing."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, json, request
from prometheus_client import Counter

from ca.machines.acme import accounts, documents, finalizing, orders, renewal, revocation
from ca.machines.acme.certificates import chains, pem
from ca.machines.acme.challenges import Method
from ca.machines.acme.documents import Json, Urls
from ca.machines.acme.limits import Later
from ca.machines.acme.message import Message, read
from ca.machines.acme.nonces import Nonces
from ca.machines.acme.orders import NamesRefused
from ca.machines.acme.problems import problem_of
from ca.machines.acme.standing import Authorization, Client, Order, authorization_of, client_of, order_of
from ca.machines.acme.status import Status
from ca.machines.doors import Doors
from ca.tables.acme import AcmeAuthorization, AcmeOrder
from ledger.certificates import Certificate, Intent
from ledger.decision import Allow, Decision, Refuse
from pki.flattened import NAMES
from web import logs
from web.csrf import exempt
from web.guards import Guard, guard
from web.language import words
from web.limits import once
from web.pace import Pace
from web.site import Site, site

routes = Blueprint("acme", __name__, url_prefix="/acme")
MEDIA, PROBLEM, CHAIN = "application/jose+json", "application/problem+json", "application/pem-certificate-chain"
PACE, PACE_WITHIN = 1200, timedelta(minutes=1)
"""Requests of one address: a ministry's servers may share one, and a certificate takes a dozen."""
PAGE = 100
SOON, LATER = "1", "3600"
"""Seconds: when to ask again about what is being done, and about what was too much."""
View = Callable[..., Response]


class Acme:
    """What this edge remembers in its process: the keys of nonces and secrets, how often who asked, what came of it."""

    def __init__(self, doors: Doors, nonces: Nonces, caa: str, registry: Any = None) -> None:
        self.doors, self.nonces, self.caa = doors, nonces, caa
        self.pace = Pace(PACE, PACE_WITHIN)
        self.counted = Counter("laotrust_acme", "Refusals over ACME", ["code"], registry=registry)


def install(app: Flask, doors: Doors, caa: str) -> None:
    """The application speaks ACME, with the secrets that `doors` opens; `caa` is our name in CAA records."""
    own: Site = app.extensions["laotrust"]
    nonces = Nonces(doors.derived("acme nonces"), own.randomness)
    app.extensions["acme"] = Acme(doors, nonces, caa, app.extensions.get("metrics"))
    app.register_blueprint(routes)


def _acme() -> Acme:
    return cast("Acme", current_app.extensions["acme"])


def _urls() -> Urls:
    return Urls(site().settings.url)


def signed(view: View) -> View:
    """The view gets the verified message of a POST; a message that does not hold is answered here."""

    @wraps(view)
    def read_first(**given: Any) -> Response:
        if not _acme().pace.take(request.remote_addr, site().clock.now()):
            return _refused(Later("acme.rate-source", 60))
        if request.mimetype != MEDIA:
            return _refused(Refuse("acme.media-type"))
        url = site().settings.url + request.full_path.removesuffix("?")
        message = read(site().ledger, _acme().nonces, request.get_data(), url)
        return _refused(message) if isinstance(message, Refuse) else view(message, **given)

    return exempt(read_first)


def by_account(view: View) -> View:
    """As `signed`, of an account: a key that comes with its message will not do."""

    @wraps(view)
    def known_first(message: Message, **given: Any) -> Response:
        if message.client is None:
            return _refused(Refuse("acme.malformed"))
        return view(message, message.client, **given)

    return signed(known_first)


@routes.get("/directory")
@guard(Guard.PUBLIC)
def directory() -> Response:
    """Where everything is (RFC 8555 clause 7.1.1)."""
    ca = site().settings.home.url("ca")
    return _json(documents.directory(_urls(), f"{ca}/terms", ca, _acme().caa))


@routes.get("/new-nonce")
@guard(Guard.PUBLIC)
def new_nonce() -> Response:
    """A nonce, in the header (RFC 8555 clause 7.2)."""
    return Response(status=200 if request.method == "HEAD" else 204)


@routes.post("/new-account")
@guard(Guard.MESSAGE)
@signed
def new_account(message: Message) -> Response:
    """An account, new or there already."""
    found = accounts.register(site().ledger, message, _acme().doors.secret)
    if isinstance(found, Refuse):
        return _refused(found)
    response = _json(documents.account(_urls(), found.client), 201 if found.made else 200)
    response.headers["Location"] = _urls().of("account", found.client.account.id)
    return response


@routes.post("/account/<key>")
@guard(Guard.MESSAGE)
@by_account
def account(message: Message, client: Client, key: str) -> Response:
    """The account, after what the message changes in it."""
    if key != client.account.id:
        return _refused(Refuse("acme.unauthorized"))
    done = Allow() if message.is_get else accounts.update(site().ledger, message, client)
    if isinstance(done, Refuse):
        return _refused(done)
    with site().ledger.read() as session:
        now = client_of(session, client.account, site().clock.now())
    return _json(documents.account(_urls(), now))


@routes.post("/account/<key>/orders")
@guard(Guard.MESSAGE)
@by_account
def account_orders(message: Message, client: Client, key: str) -> Response:
    """The account's orders, page by page."""
    if key != client.account.id or not message.is_get:
        return _refused(Refuse("acme.unauthorized" if message.is_get else "acme.malformed"))
    with site().ledger.read() as session:
        ids = orders.orders_of(session, key, once(request.args).get("cursor"), PAGE)
    response = _json({"orders": [_urls().of("order", one) for one in ids]})
    if len(ids) == PAGE:
        response.headers.add("Link", f'<{_urls().of("account", key, "orders")}?cursor={ids[-1]}>;rel="next"')
    return response


@routes.post("/key-change")
@guard(Guard.MESSAGE)
@by_account
def key_change(message: Message, client: Client) -> Response:
    """The account has another key."""
    done = accounts.change_key(site().ledger, message, client)
    return _refused(done) if isinstance(done, Refuse) else _json(documents.account(_urls(), client))


@routes.post("/new-order")
@guard(Guard.MESSAGE)
@by_account
def new_order(message: Message, client: Client) -> Response:
    """An order, with what must be shown for it."""
    placed = orders.place(site().ledger, message, client, practice=site().settings.practice)
    if isinstance(placed, Refuse):
        return _refused(placed)
    response = _order(placed, client, 201)
    response.headers["Location"] = _urls().of("order", placed.id)
    return response


@routes.post("/order/<key>")
@guard(Guard.MESSAGE)
@by_account
def order(message: Message, client: Client, key: str) -> Response:
    """How the order stands."""
    row = _own_order(client, key)
    if isinstance(row, Refuse) or not message.is_get:
        return _refused(row if isinstance(row, Refuse) else Refuse("acme.malformed"))
    return _order(row, client)


@routes.post("/order/<key>/finalize")
@guard(Guard.MESSAGE)
@by_account
def finalize(message: Message, client: Client, key: str) -> Response:
    """The order with its PKCS#10 handed in."""
    row = _own_order(client, key)
    if isinstance(row, Refuse):
        return _refused(row)
    done = finalizing.finalize(
        site().ledger, message, client, _standing(row, client), practice=site().settings.practice
    )
    return _refused(done) if isinstance(done, Refuse) else _order(row, client)


@routes.post("/authorization/<key>")
@guard(Guard.MESSAGE)
@by_account
def authorization(message: Message, client: Client, key: str) -> Response:
    """How the authorization stands, after the client gave it up if it did."""
    found = _own_authorization(client, key)
    if isinstance(found, Refuse):
        return _refused(found)
    if not message.is_get:
        given = message.members()
        if isinstance(given, Refuse) or given.get("status") != "deactivated":
            return _refused(Refuse("acme.malformed"))
        orders.give_up(site().ledger, client, found)
    return _authorization(_own_authorization(client, key))


@routes.post("/challenge/<key>/<method>")
@guard(Guard.MESSAGE)
@by_account
def challenge(message: Message, client: Client, key: str, method: str) -> Response:
    """The challenge; anything but an empty message says that its answer is in place."""
    found = _own_authorization(client, key)
    if isinstance(found, Refuse) or method not in {one.value for one in Method}:
        return _refused(found if isinstance(found, Refuse) else Refuse("acme.not-found"))
    if not message.is_get:
        given = message.members()
        if isinstance(given, Refuse):
            return _refused(given)
        orders.answer(site().ledger, message, client, found, Method(method))
        found = _own_authorization(client, key)
        if isinstance(found, Refuse):
            return _refused(found)
    response = _json(documents.challenge(_urls(), found, Method(method), _told))
    response.headers.add("Link", f'<{_urls().of("authorization", key)}>;rel="up"')
    return _soon(response) if found.status is Status.PENDING else response


@routes.post("/certificate/<key>", defaults={"number": 0})
@routes.post("/certificate/<key>/<int:number>")
@guard(Guard.MESSAGE)
@by_account
def certificate(message: Message, client: Client, key: str, number: int) -> Response:
    """The certificate with its chain; others are named as alternates."""
    with site().ledger.read() as session:
        found, intent = session.get(Certificate, key), session.get(Intent, key)
        mine = intent is not None and orders.account_of(session, intent.enrolment_id) == client.account.id
        all_chains = chains(session, found) if found is not None and mine else []
    if not message.is_get or number >= len(all_chains):
        return _refused(Refuse("acme.not-found" if message.is_get else "acme.malformed"))
    response = Response(pem(all_chains[number]), content_type=CHAIN)
    for other in range(len(all_chains)):
        if other != number:
            response.headers.add("Link", f'<{_urls().of("certificate", key, str(other))}>;rel="alternate"')
    return response


@routes.post("/revoke-cert")
@guard(Guard.MESSAGE)
@signed
def revoke_cert(message: Message) -> Response:
    """The certificate ends, as soon as the signing room has verified what was signed: within a second or so."""
    done = revocation.ask(site().ledger, message)
    return _refused(done) if isinstance(done, Refuse) else Response(status=200)


@routes.get("/renewal-info/<certificate_id>")
@guard(Guard.PUBLIC)
def renewal_info(certificate_id: str) -> Response:
    """When the certificate should be renewed (RFC 9773)."""
    with site().ledger.read() as session:
        window = renewal.window_of(session, certificate_id)
    if window is None:
        return _refused(Refuse("acme.not-found"))
    response = _json(documents.renewal(window))
    response.headers["Retry-After"] = str(int(renewal.ASK_AGAIN.total_seconds()))
    return response


@routes.after_request
def _finish(response: Response) -> Response:
    response.headers["Replay-Nonce"] = _acme().nonces.new(site().clock.now())
    if request.endpoint != "acme.directory":
        response.headers.add("Link", f'<{_urls().of("directory")}>;rel="index"')
    return response


def _own_order(client: Client, key: str) -> AcmeOrder | Refuse:
    with site().ledger.read() as session:
        row = session.get(AcmeOrder, key)
    if row is None:
        return Refuse("acme.not-found")
    return row if row.account_id == client.account.id else Refuse("acme.unauthorized")


def _own_authorization(client: Client, key: str) -> Authorization | Refuse:
    with site().ledger.read() as session:
        row = session.get(AcmeAuthorization, key)
        order_row = session.get(AcmeOrder, row.order_id) if row else None
        if row is None or order_row is None:
            return Refuse("acme.not-found")
        if order_row.account_id != client.account.id:
            return Refuse("acme.unauthorized")
        return authorization_of(session, row, order_row, client, site().clock.now())


def _standing(row: AcmeOrder, client: Client) -> Order:
    with site().ledger.read() as session:
        return order_of(session, row, client, site().clock.now())


def _order(row: AcmeOrder, client: Client, status: int = 200) -> Response:
    shown = _standing(row, client)
    replaces = orders.replaces(site().ledger, row)
    response = _json(documents.order(_urls(), shown, _told, replaces), status)
    response.headers["Location"] = _urls().of("order", row.id)
    return _soon(response) if shown.status in {Status.PROCESSING, Status.PENDING} else response


def _authorization(found: Authorization | Refuse) -> Response:
    if isinstance(found, Refuse):
        return _refused(found)
    response = _json(documents.authorization(_urls(), found, _told))
    return _soon(response) if found.status is Status.PENDING else response


def _soon(response: Response) -> Response:
    response.headers["Retry-After"] = SOON
    return response


def _json(content: Json, status: int = 200, media: str = "application/json") -> Response:
    return Response(json.dumps(content), status, content_type=media)


def _told(code: str) -> Json:
    """The problem document of a refusal (RFC 8555 clause 6.7), with the project's own code."""
    type_, status = problem_of(code)
    return {"type": type_, "title": HTTPStatus(status).phrase, "status": status, "detail": words(code), "code": code}


def _refused(refusal: Decision) -> Response:
    assert isinstance(refusal, Refuse)
    _acme().counted.labels(refusal.code).inc()
    logs.log("acme-refused", code=refusal.code)
    told = _told(refusal.code)
    if refusal.code == "acme.algorithm":
        told["algorithms"] = list(NAMES)
    if isinstance(refusal, NamesRefused):
        each = (refusal.names or {}).items()
        told["subproblems"] = [{**_told(code), "identifier": documents.identifier(name)} for name, code in each]
    terms = f"{site().settings.home.url('ca')}/terms"
    if told["type"].endswith(":userActionRequired"):
        told["instance"] = terms
    response = _json(told, int(told["status"]), PROBLEM)
    if told["type"].endswith(":userActionRequired"):
        response.headers.add("Link", f'<{terms}>;rel="terms-of-service"')
    if isinstance(refusal, accounts.KeyTaken):
        response.headers["Location"] = _urls().of("account", refusal.account_id)
    if response.status_code == 429:
        response.headers["Retry-After"] = str(refusal.seconds) if isinstance(refusal, Later) else LATER
    return response
