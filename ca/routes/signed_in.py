"""Who is signed in in this browser, and the way to the provider and back. Nothing of it is kept here.

Two cookies, both of this host alone: while the browser is away, the errand on which it went; afterwards the access
token, for five minutes. The errand is not secret from its browser and needs no seal: what is done is what the
provider's token names, and whoever writes himself an errand asks for what is his own.
"""

import hmac
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import cast

from flask import Response, current_app, g, make_response, redirect, request

from ca.endings.asking import act_for
from ca.endings.sign_in import LEVELS, RECENT, nonce_of
from ledger.acts import Act
from ledger.canonical import microseconds, moment
from ledger.standing import person_by_number
from pki.base64url import decode, encode
from pki.errors import ParseError
from web.language import language
from web.limits import once
from web.sign_on import RelyingParty, SignOnFailed, Tokens, token_keys
from web.site import site

_ERRAND, _ACCESS = "holder-errand", "holder-access"
_ERRAND_SECONDS, _ACCESS_SECONDS = 15 * 60, 5 * 60
_SALT = 16


@dataclass(frozen=True)
class Errand:
    """Why a browser went to the provider: to come back to `to`, or, if `kind` is set, for an act on a certificate."""

    state: str
    verifier: str
    nonce: str
    to: str
    kind: str = ""
    subject: str = ""
    """The certificate's SHA-256."""
    reason: str = ""
    at: int = 0
    """Microseconds since 1970."""
    salt: str = ""

    @property
    def act(self) -> Act:
        """What the person confirmed."""
        return act_for(self.kind, self.subject, self.reason, moment(self.at))


@dataclass(frozen=True)
class Arrival:
    """A browser that is back with a code of the provider's that was good, and whose person the register knows."""

    errand: Errand
    tokens: Tokens
    person_id: str


def party() -> RelyingParty:
    """This application's client of the provider."""
    return cast("RelyingParty", current_app.extensions["relying_party"])


def holder() -> str | None:
    """The ledger id of whoever is signed in, as the provider says now; None when nobody is. Raises OSError."""
    if "holder" not in g:
        token = request.cookies.get(_name(_ACCESS), "")
        g.holder = _person_of(token) if token else None
    return cast("str | None", g.holder)


def to_sign_in(to: str) -> Response:
    """Off to the provider; afterwards the browser comes to `to`."""
    return _off(Errand("", "", encode(site().randomness(_SALT)), to))


def to_confirm(to: str, kind: str, subject: str, reason: str, at: datetime) -> Response:
    """Off to the provider for a token that names this act; it asks again who has shown that too long ago."""
    salt = site().randomness(_SALT)
    nonce = nonce_of(act_for(kind, subject, reason, at), salt)
    return _off(Errand("", "", nonce, to, kind, subject, reason, microseconds(at), encode(salt)))


def arrive() -> Arrival:
    """The browser is back (RFC 6749 clause 4.1.2, RFC 9207). Raises SignOnFailed; OSError if the provider is away."""
    given, errand = once(request.args), _errand()
    if errand is None or not hmac.compare_digest(errand.state.encode(), given.get("state", "").encode()):
        raise SignOnFailed("sign-on.lost")
    if given.get("iss") != party().issuer:
        raise SignOnFailed("sign-on.lost")
    if "code" not in given:
        raise SignOnFailed("sign-on.refused")
    tokens = party().redeem(given["code"], errand.verifier, site().randomness, site().clock.now())
    with site().ledger.read() as session:
        keys = token_keys(session, site().clock.now())
    verified = party().verified(tokens.id_token, errand.nonce, keys, site().clock.now())
    person_id = _person_of(tokens.access_token, verified.sub)
    if person_id is None:
        raise SignOnFailed("sign-on.nobody")
    return Arrival(errand, tokens, person_id)


def settled(response: Response, tokens: Tokens | None = None) -> Response:
    """The errand is over; with `tokens` the person is signed in here from now on."""
    response.delete_cookie(_name(_ERRAND), secure=request.is_secure, httponly=True, samesite="Lax")
    return _kept(response, _ACCESS, tokens.access_token, _ACCESS_SECONDS) if tokens else response


def signed_out(response: Response) -> Response:
    """Nobody is signed in here any more."""
    response.delete_cookie(_name(_ACCESS), secure=request.is_secure, httponly=True, samesite="Lax")
    return settled(response)


def _off(errand: Errand) -> Response:
    begun = party().begin(
        site().randomness,
        site().clock.now(),
        errand.nonce,
        acr_values=LEVELS[0],
        ui_locales=language(),
        **({"max_age": f"{RECENT.total_seconds():.0f}"} if errand.kind else {}),
    )
    kept = replace(errand, state=begun.state, verifier=begun.verifier)
    response = make_response(redirect(begun.url, 303))
    return _kept(response, _ERRAND, encode(json.dumps(asdict(kept)).encode()), _ERRAND_SECONDS)


def _errand() -> Errand | None:
    """What this browser took along; None if it is nothing that we could have given it."""
    try:
        found = Errand(**json.loads(decode(request.cookies.get(_name(_ERRAND), ""))))
        moment(found.at)
        decode(found.salt)
    except (ParseError, ValueError, TypeError, OverflowError):
        return None
    whole = all(type(value) is (int if name == "at" else str) for name, value in asdict(found).items())
    return found if whole else None


def _person_of(access_token: str, sub: str | None = None) -> str | None:
    """The person whom userinfo names, of the ID token's `sub` if that is given (OpenID Connect Core clause 5.3.2)."""
    with site().ledger.read() as session:
        keys = token_keys(session, site().clock.now())
    told = party().userinfo(access_token, keys)
    if told is None or (sub is not None and told["sub"] != sub):
        return None
    with site().ledger.read() as session:
        person = person_by_number(session, str(told.get("person_number", "")))
        return person.id if person else None


def _kept(response: Response, name: str, value: str, seconds: int) -> Response:
    response.set_cookie(
        _name(name), value, max_age=seconds, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
    )
    return response


def _name(name: str) -> str:
    return f"__Host-{name}" if request.is_secure else name
