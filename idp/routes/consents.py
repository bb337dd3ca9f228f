"""What services get to know of the person in this browser: by his word, which he takes back, or by a policy."""

from flask import Blueprint, Response, make_response, render_template, request

from idp.agreements import newest_agreement
from idp.clients import every
from idp.consents import Remembered, narrow, remembered, revoke
from idp.consents.matters import matters_of
from idp.consents.preapproved import claims_of, policies_about
from idp.consents.question import KNOWN_AGAIN
from idp.elsewhere.own import own_client
from idp.routes import pages
from idp.routes.approve import to_sign_in
from idp.routes.here import provider, see_other, session_here
from idp.sessions import LiveSession
from ledger.preapproval import Preapproval
from ledger.standing import organisation_then
from web.errors import page
from web.guards import Guard, guard
from web.language import keep_place, language

routes = Blueprint("consents", __name__)


@routes.get("/consents")
@guard(Guard.SIGNED_IN)
def review() -> Response:
    """Every service that the person agreed to, what it gets and until when; and what policies let services have."""
    here, session = provider(), session_here()
    if session is None:
        return _sign_in_first()
    with here.ledger.read() as reading:
        found = remembered(reading, session.account_id, here.ledger.clock.now())
    keep_place("/consents")
    consents = [_consent(one) for one in found]
    return make_response(render_template("idp/consents.html", consents=consents, policies=_policies(session)))


@routes.post("/consents")
@guard(Guard.FORM)
def take_back() -> Response:
    """One service gets single claims no more; or the consent for it is over, and what it holds is dead."""
    session = session_here()
    if session is None:
        return _sign_in_first()
    ledger = provider().ledger
    if narrowed := request.form.get("narrow"):
        narrow(ledger, session, narrowed, request.form.getlist("without"))
    else:
        revoke(ledger, session, request.form.get("client", ""))
    return see_other("/consents")


def _sign_in_first() -> Response:
    """There and back, as from our other pages; a page says what to do where nobody has registered these."""
    here = provider()
    with here.ledger.read() as reading:
        own = own_client(reading, here.issuer)
    return page("consent.not-signed-in", 403) if own is None else to_sign_in("consents")


def _consent(one: Remembered) -> dict[str, object]:
    return {
        "client_id": one.client.id,
        "service": pages.service_name(one.client),
        "organisation": pages.organisation_name(one.client),
        "given": matters_of(one.word.given - {KNOWN_AGAIN}),
        "withheld": matters_of(one.word.withheld),
        "at": pages.day(one.at),
        "until": pages.day(one.until),
    }


def _policies(session: LiveSession) -> list[dict[str, object]]:
    here = provider()
    now = here.ledger.clock.now()
    with here.ledger.read() as reading:
        found = policies_about(reading, session.person_id, now)
        working = [
            (agreement.organisation_id, client)
            for client, lives in (every(reading, now) if found else [])
            if lives and not client.first_party and (agreement := newest_agreement(reading, client.id))
        ]
        bodies = {one.id: organisation_then(reading, one.organisation_id, now) for one in found}
    return [
        {
            "organisation": (body.name_lo if language() == "lo" else body.name_en),
            "services": [pages.service_name(client) for where, client in working if where == one.organisation_id],
            **_said(one),
        }
        for one in found if (body := bodies[one.id]) is not None
    ]  # fmt: skip


def _said(policy: Preapproval) -> dict[str, object]:
    return {
        "matters": matters_of(claims_of(policy)),
        "basis": policy.legal_basis,
        "since": pages.day(policy.valid_from),
        "until": pages.day(policy.valid_to) if policy.valid_to else None,
    }
