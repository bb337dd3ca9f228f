"""The holder's own page: his certificates, and how he suspends or revokes one while he is signed in (RV-01).

What he wants he says in addresses, which change nothing; on the last page he reads what follows and confirms it by a
form of ours; then the provider signs a token that names this very act, and with that the use case is called.
"""

from datetime import datetime, timedelta

from flask import Blueprint, Response, make_response, redirect, render_template, request
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.endings.asking import Receipt, refuse
from ca.endings.grounds import OF_HOLDERS, Ground, ground_of
from ca.endings.holdings import Holding, holding, holdings
from ca.endings.pausing import hold, open_hold
from ca.endings.revocation import reached, revoke_certificate
from ca.endings.sign_in import SignedIn, verify_sign_in
from ca.routes.signed_in import Arrival, arrive, holder, party, settled, signed_out, to_confirm, to_sign_in
from ca.statement.labels import label
from ledger.acts import ActInvalid
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.people import Person
from ledger.standing import detail_of
from pki.base64url import decode
from web import errors, headers
from web.guards import Guard, guard
from web.language import keep_place, language, words
from web.limits import once
from web.pages import FormError
from web.relying_party import OutboundFailed, OutboundRefused
from web.sign_on import SignOnFailed
from web.site import site

routes = Blueprint("holder", __name__)
HOME = "/certificates"
REVOKE, PAUSE = "certificate.revoke", "certificate.hold"
_PAUSED = "certificateHold"


@routes.get(HOME)
@guard(Guard.SIGNED_IN)
def every() -> Response:
    """All that is his."""
    person_id = holder()
    if person_id is None:
        return to_sign_in(HOME)
    with site().ledger.read() as session:
        found, name = holdings(session, person_id, _now()), _name(session, person_id)
    return _page("ca/holdings.html", name=name, holdings=found)


@routes.get(f"{HOME}/<certificate_id>")
@guard(Guard.SIGNED_IN)
def one(certificate_id: str) -> Response:
    """This certificate, and what can be done about it."""
    found = _own(certificate_id)
    return found if isinstance(found, Response) else _one(found)


@routes.get(f"{HOME}/<certificate_id>/end")
@guard(Guard.SIGNED_IN)
def before_end(certificate_id: str) -> Response:
    """What follows from an end by this ground, before anything is done."""
    found = _own(certificate_id)
    if isinstance(found, Response):
        return found
    ground = _ground(once(request.args).get("ground", ""))
    if ground is None:
        return _one(found, [FormError("ground", words("holder.ground"))], 400)
    if found.no_end:
        return errors.page(found.no_end, 409)
    with site().ledger.read() as session:
        ending = reached(session, found.certificate, ground, _now())
    return _page("ca/ending.html", holding=found, ground=ground, ending=ending, cut=_cuts(found.certificate, ground))


@routes.get(f"{HOME}/<certificate_id>/pause")
@guard(Guard.SIGNED_IN)
def before_pause(certificate_id: str) -> Response:
    """What follows from a pause, before anything is done."""
    found = _own(certificate_id)
    if isinstance(found, Response):
        return found
    if found.no_pause:
        return errors.page(found.no_pause, 409)
    with site().ledger.read() as session:
        until = _now() + timedelta(days=current(session).hold_days)
    return _page("ca/pausing.html", holding=found, until=until)


@routes.post(f"{HOME}/<certificate_id>/end")
@guard(Guard.FORM)
def end(certificate_id: str) -> Response:
    """He confirmed: the provider is asked for its word on it."""
    reason = once(request.form).get("ground", "")
    return _confirmed(certificate_id, REVOKE, reason, known=_ground(reason) is not None)


@routes.post(f"{HOME}/<certificate_id>/pause")
@guard(Guard.FORM)
def pause(certificate_id: str) -> Response:
    """As `end`."""
    return _confirmed(certificate_id, PAUSE, _PAUSED, known=True)


@routes.get(f"{HOME}/back")
@guard(Guard.BROWSER)
def back() -> Response:
    """Back from the provider: signed in, or with its word on what was confirmed, which is done now."""
    keep_place(HOME)
    try:
        arrival = arrive()
        if not arrival.errand.kind:
            return settled(make_response(redirect(_place(arrival.errand.to), 303)), arrival.tokens)
        outcome = _done(arrival)
    except (SignOnFailed, ActInvalid) as fault:
        return settled(errors.page(fault.code, 400))
    if isinstance(outcome, Refuse):
        return settled(errors.page(outcome.code, 409), arrival.tokens)
    return settled(_receipt(outcome), arrival.tokens)


@routes.post(f"{HOME}/sign-out")
@guard(Guard.FORM)
def sign_out() -> Response:
    """Out of here, and on to the provider, which asks whether everywhere is meant."""
    return signed_out(make_response(redirect(party().sign_out_url, 303)))


@routes.errorhandler(OutboundFailed)
@routes.errorhandler(OutboundRefused)
def away(_error: OSError) -> Response:
    """The provider does not answer: nothing was done, and other ways are open."""
    return errors.page("sign-on.away", 503)


def _own(certificate_id: str) -> Holding | Response:
    """The certificate if it is his; else the way to sign in, or a page that says no more than that there is none."""
    person_id = holder()
    if person_id is None:
        return to_sign_in(request.full_path.rstrip("?"))
    with site().ledger.read() as session:
        found = holding(session, person_id, certificate_id, _now())
    return found or errors.page("revocation.certificate-unknown", 404)


def _confirmed(certificate_id: str, kind: str, reason: str, *, known: bool) -> Response:
    """Off to the provider for this act. Who is not signed in any more does so, and confirms again."""
    place = f"{HOME}/{certificate_id}/{'end' if kind == REVOKE else 'pause'}"
    person_id = holder()
    if person_id is None:
        return to_sign_in(f"{place}?ground={reason}" if kind == REVOKE and known else place)
    if not known:
        return errors.page("holder.ground", 400)
    with site().ledger.read() as session:
        found = holding(session, person_id, certificate_id, _now())
        known_at_all = session.get(Certificate, certificate_id) is not None
    if found is None:
        refuse(site().ledger, certificate_id if known_at_all else "unknown", "revocation.no-duty", person_id)
        return errors.page("revocation.certificate-unknown", 404)
    moot = found.no_end if kind == REVOKE else found.no_pause
    if moot:
        return errors.page(moot, 409)
    return to_confirm(place, kind, found.certificate.sha256, reason, _now())


def _done(arrival: Arrival) -> Receipt | Refuse:
    """The act, carried out by whom the token names. Raises ActInvalid."""
    errand, ledger = arrival.errand, site().ledger
    with ledger.read() as session:
        shown = verify_sign_in(
            session, party(), errand.act, decode(errand.salt), arrival.tokens.id_token, arrival.person_id, _now()
        )
    return _carried_out(shown)


def _carried_out(shown: SignedIn) -> Receipt | Refuse:
    digest, reason = str(shown.act.fields["subject"]), str(shown.act.fields["reason"])
    if shown.act.kind == PAUSE:
        return hold(site().ledger, digest, shown)
    return revoke_certificate(site().ledger, digest, reason, shown)


def _receipt(receipt: Receipt) -> Response:
    """What he gets to keep."""
    with site().ledger.read() as session:
        certificate = session.get_one(Certificate, receipt.subject)
        pause = open_hold(session, receipt.subject)
    ground = _ground(receipt.reason)
    cut = ground is not None and _cuts(certificate, ground)
    return _page("ca/ended.html", receipt=receipt, ground=ground, cut=cut, until=pause.until if pause else None)


def _one(found: Holding, problems: list[FormError] | None = None, status: int = 200) -> Response:
    grounds = [ground for code in OF_HOLDERS if (ground := ground_of(code))]
    named = [(one.code, one.lao if language() == "lo" else one.english) for one in grounds]
    return _page("ca/holding.html", status, holding=found, grounds=named, errors=problems or [])


def _page(template: str, status: int = 200, **values: object) -> Response:
    """A page whose forms may end at the provider."""
    headers.allow_form_target(party().issuer)
    values |= {"profile": lambda one: label(one.profile, language()), "home": HOME}
    return make_response(render_template(template, **values), status)


def _cuts(certificate: Certificate, ground: Ground) -> bool:
    """Whether the person's sessions and ways to sign in end too."""
    return ground.cutoff and certificate.person_id is not None


def _name(session: Session, person_id: str) -> str:
    """By which whoever shares a computer sees whose page it is; the number of one whose names were erased."""
    detail = detail_of(session, person_id)
    if detail is None:
        return session.get_one(Person, person_id).number
    whole = (detail.given_lo, detail.family_lo) if language() == "lo" else (detail.given_en, detail.family_en)
    return " ".join(filter(None, whole))


def _ground(code: str) -> Ground | None:
    return ground_of(code) if code in OF_HOLDERS else None


def _place(path: str) -> str:
    return path if path.startswith(HOME) else HOME


def _now() -> datetime:
    return site().clock.now()
