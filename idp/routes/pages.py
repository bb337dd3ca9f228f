"""The pages of a sign-in. Each is one form that works without script, and keeps its place when the language changes."""

from collections.abc import Hashable
from datetime import datetime
from urllib.parse import urlsplit

from flask import Response

from idp.agreements import newest_agreement
from idp.answer import ConsentNeeded
from idp.authorization import AuthenticationRequest
from idp.consents.matters import matters_of
from idp.consents.question import KNOWN_AGAIN, wanted
from idp.declared import declared_by
from idp.policy import ANSWERING_LIFE, CONSENT_LIFE
from idp.profiles import profile_of
from idp.routes import details
from idp.routes.here import provider
from idp.tables import Client
from ledger.clock import VIENTIANE
from ledger.standing import organisation_then
from web.asked import extension
from web.csrf import browser
from web.headers import allow_form_target, allow_image
from web.language import choose, keep_place, language, words
from web.pages import FormError, render, render_kept

FIELD_OF = {
    "sign-in.name-missing": "username",
    "sign-in.password-missing": "password",
    "sign-in.wrong": "username",
    "sign-in.cut-off": "username",
    "sign-in.locked": "username",
    "sign-in.level-unreachable": "username",
    "sign-in.code-wrong": "code",
    "sign-in.code-used": "code",
}
STATUS_OF = {"sign-in.locked": 429, "sign-in.cut-off": 403}


def sign_in(request: AuthenticationRequest, typed: str = "", refusals: tuple[str, ...] = ()) -> Response:
    """User name and password, and the way to sign in with a certificate."""
    choose(*request.ui_locales)
    allow_form_target(request.redirect_uri)
    keep_place(f"/authorize?{request.query}")
    own = {"action": f"/sign-in?{request.query}", "certificate_url": certificate_url(request)}
    alike: dict[str, Hashable] = {
        "about": declared_by(request.client), "logo": logo(request.client), "service": service_name(request.client),
        "typed": typed,
    }  # fmt: skip
    if typed or refusals:
        return _page("idp/sign_in.html", refusals, **own, **alike)
    return Response(render_kept("idp/sign_in.html", own, "/sign-in", errors=(), **alike))


def code(handle: str, request: AuthenticationRequest, refusals: tuple[str, ...] = ()) -> Response:
    """The one-time code."""
    choose(*request.ui_locales)
    allow_form_target(request.redirect_uri)
    keep_place(f"/sign-in/code?step={handle}")
    return _page("idp/code.html", refusals, action=f"/sign-in/code?step={handle}", service=service_name(request.client))


def consent(needed: ConsentNeeded, *, choosing: bool = False) -> Response:
    """Which service asks, what it gets claim by claim, and the two answers; for who is `choosing`, a box for each."""
    asked = needed.asked
    matters, fixed, out = (matters_of(one) for one in (asked.claims, asked.essential, asked.withheld))
    choose(*needed.request.ui_locales)
    allow_form_target(needed.request.redirect_uri)
    keep_place(f"/consent?step={needed.handle}")
    alone = profile_of(needed.request.client).signs_in_alone
    response = _page(
        "idp/consent.html",
        (),
        about=declared_by(needed.request.client),
        organisation=organisation_name(needed.request.client),
        until=day(provider().ledger.clock.now() + CONSENT_LIFE),
        action=f"/consent?step={needed.handle}",
        service=service_name(needed.request.client),
        matters=[{"matter": one, "needed": one in fixed, "withheld": one in out} for one in matters],
        choosing=choosing,
        shown=asked.digest,
        may_choose=not choosing and not set(matters) <= set(fixed),
        only_new=asked.claims != wanted(needed.request) - {KNOWN_AGAIN},
        details=details.shown(needed.request, service_name),
        minutes=int(ANSWERING_LIFE.total_seconds()) // 60 if alone else 0,
    )
    if alone:  # by then his session is over, and the page is one for whoever is next
        response.headers["Refresh"] = f"{int(ANSWERING_LIFE.total_seconds()) + 1}; url=/consent?step={needed.handle}"
    return response


def service_name(client: Client) -> str:
    """The service's name in the language of the page."""
    return client.name_lo if language() == "lo" else client.name_en


def organisation_name(client: Client) -> str:
    """The organisation that the service works for by its agreement, in the language of the page; empty without one."""
    here = provider()
    with here.ledger.read() as reading:
        agreement = newest_agreement(reading, client.id)
        found = agreement and organisation_then(reading, agreement.organisation_id, here.ledger.clock.now())
    return (found.name_lo if language() == "lo" else found.name_en) if found else ""


def logo(client: Client) -> str:
    """The service's logo if it comes from where the service is: nobody else learns who is about to sign in."""
    uri = declared_by(client).logo_uri
    if not uri or urlsplit(uri).netloc != urlsplit(client.redirect_uris.split(" ")[0]).netloc:
        return ""
    allow_image(uri)
    return uri


def day(moment: datetime) -> str:
    """The day, as a person in the country reads it."""
    return f"{moment.astimezone(VIENTIANE):%d/%m/%Y}"


def certificate_url(request: AuthenticationRequest) -> str:
    """Where this request goes on with a certificate: the port that asks for one."""
    return f"{extension('certificate_url')}/certificate?{request.query}&browser={browser()}"


def _page(template: str, refusals: tuple[str, ...], **values: object) -> Response:
    errors = [FormError(FIELD_OF[refusal], words(refusal)) for refusal in refusals]
    status = max((STATUS_OF.get(refusal, 422) for refusal in refusals), default=200)
    response = Response(render(template, errors=errors, **values), status)
    if status == 429:
        response.headers["Retry-After"] = "900"
    return response
