"""e-Staff: an officer reads which post the register gives him now. Nothing about him is kept here.

The smallest useful relying service: it asks userinfo again for every page, so what it shows is never older than the
page, and a sign-in that the provider has ended is noticed at once. Settings as for e-Document, without VALIDATION_URL.
"""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, current_app, redirect, render_template, request, session, url_for
from joserfc.jwk import ECKey
from werkzeug.wrappers import Response as AnyResponse

from examples.estaff.handing_in import handed_in, proof
from examples.estaff.logout import LogoutRefused, Sessions, verify_logout_token

LAO_TIME = timezone(timedelta(hours=7))


def create_app(environment: dict[str, str] | None = None) -> Flask:
    """The service, set up from the environment. A missing setting is a KeyError that names it."""
    settings = environment or dict(os.environ)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=os.urandom(32),
        SESSION_COOKIE_NAME="estaff",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=65536,
        ISSUER=settings["ISSUER"],
        SERVICE_URL=settings["SERVICE_URL"],
    )
    app.extensions["sessions"] = Sessions()
    app.extensions["key"] = ECKey.import_key(Path(settings["CLIENT_KEY_FILE"]).read_bytes())
    OAuth(app).register(
        "laotrust",
        client_id=settings["CLIENT_ID"],
        server_metadata_url=f"{settings['ISSUER']}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile organisation",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "none",  # the proof goes along as parameters, see `callback`
        },
    )
    for rule, view, methods in ROUTES:
        app.add_url_rule(rule, view.__name__, view, methods=methods)
    app.register_error_handler(OAuthError, failed)
    app.register_error_handler(requests.RequestException, failed)
    app.after_request(secure)
    app.jinja_env.globals.update(t=in_language)
    return app


def home() -> AnyResponse | str:
    """The register's answer of this moment; a sign-in that is over leads to a new one (silent while SSO lasts)."""
    key = session.get("key", "")
    kept = store().find(key)
    if kept is None:
        return render_template("home.html", who=None)
    try:
        who = {**kept["claims"], **provider().userinfo(token=kept["token"])}
        who["signed_in"] = datetime.fromtimestamp(who["auth_time"], LAO_TIME)
    except (requests.HTTPError, OAuthError) as over:
        if isinstance(over, requests.HTTPError) and over.response.status_code != 401:
            raise
        store().close(key)
        return redirect(url_for("login"))
    return render_template("home.html", who=who)


def login() -> AnyResponse:
    """Off to the provider; nobody who signed in to another service is asked again."""
    back = f"{current_app.config['SERVICE_URL']}/callback"
    issuer, key = current_app.config["ISSUER"], current_app.extensions["key"]
    return redirect(handed_in(provider(), key, issuer, back, ui_locales=language()))


def callback() -> AnyResponse:
    """Back with a code; the session is new at each sign-in."""
    if request.args.get("iss", current_app.config["ISSUER"]) != current_app.config["ISSUER"]:
        raise OAuthError("mix_up", "the answer is another provider's")  # RFC 9207
    own = proof(provider(), current_app.extensions["key"], current_app.config["ISSUER"])
    token = provider().authorize_access_token(**own)
    provider().userinfo(token=token)
    session["key"] = generate_token(32)
    store().open(session["key"], {"claims": dict(token["userinfo"]), "token": token, "id_token": token["id_token"]})
    return redirect(url_for("home"))


def logout() -> AnyResponse:
    """Out of here first, then out of the provider."""
    kept = store().close(session.pop("key", ""))
    after = f"{current_app.config['SERVICE_URL']}/signed-out"
    if kept is None:
        return redirect(after)
    leave = provider().logout_redirect(post_logout_redirect_uri=after, id_token_hint=kept["id_token"])
    return cast("AnyResponse", leave)


def signed_out() -> str:
    """The page after signing out."""
    return render_template("home.html", who=None, notice=in_language("ທ່ານອອກຈາກລະບົບແລ້ວ.", "You have signed out."))


def backchannel_logout() -> tuple[dict[str, str], int]:
    """The provider ends a session of somebody here (OpenID Connect Back-Channel Logout 1.0 clause 2.5)."""
    keys = provider().fetch_jwk_set(force=True)
    token, issuer = request.form.get("logout_token", ""), current_app.config["ISSUER"]
    try:
        verify_logout_token(token, keys, issuer, provider().client_id, store())
    except LogoutRefused as refused:
        return {"error": "invalid_request", "error_description": str(refused)}, 400
    return {}, 200


def healthz() -> dict[str, bool]:
    """Alive."""
    return {"alive": True}


ROUTES: tuple[tuple[str, Any, list[str]], ...] = (
    ("/", home, ["GET"]),
    ("/login", login, ["GET"]),
    ("/callback", callback, ["GET"]),
    ("/logout", logout, ["POST"]),
    ("/signed-out", signed_out, ["GET"]),
    ("/backchannel-logout", backchannel_logout, ["POST"]),
    ("/healthz", healthz, ["GET"]),
)


def provider() -> Any:
    """Authlib's client for the provider."""
    return current_app.extensions["authlib.integrations.flask_client"].laotrust


def store() -> Sessions:
    """The sessions of this service, kept on the server so that the provider can end them."""
    found: Sessions = current_app.extensions["sessions"]
    return found


def language() -> str:
    """Lao, unless English was chosen."""
    if request.args.get("lang") in {"lo", "en"}:
        session["lang"] = request.args["lang"]
    return str(session.get("lang", "lo"))


def in_language(lao: str, english: str) -> str:
    """One of the two."""
    return lao if language() == "lo" else english


def failed(error: Exception) -> tuple[str, int]:
    """The provider said no, or did not answer: what to do."""
    if isinstance(error, OAuthError):
        sentence = in_language("ເຂົ້າສູ່ລະບົບບໍ່ສຳເລັດ. ກະລຸນາລອງໃໝ່.", "Signing in did not work. Please try again.")
        return render_template("home.html", who=None, problem=sentence), 400
    sentence = in_language("ລະບົບກາງບໍ່ຕອບ. ກະລຸນາລອງໃໝ່.", "A central service did not answer. Try again.")
    return render_template("home.html", who=None, problem=sentence), 502


def secure(response: Response) -> Response:
    """No script, nothing from elsewhere; the form that signs out may end at the provider."""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {current_app.config['ISSUER']}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
