"""e-Document: officers sign in with laotrust, send a signed PDF, and read in plain words whether it is good.

Settings, all from the environment:
    ISSUER              https://localhost:8443, the OpenID provider
    CLIENT_ID           what `python -m scripts client-add` answered
    CLIENT_KEY_FILE     our private key, PEM (P-256); its public half was registered
    SERVICE_URL         https://localhost:8448, where this service is reached
    VALIDATION_URL      https://localhost:8445, the validation service
    REQUESTS_CA_BUNDLE  the root certificate, PEM (read by the `requests` library itself)
"""

import os
from pathlib import Path
from typing import Any, cast

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, current_app, redirect, render_template, request, session, url_for
from joserfc.jwk import ECKey
from werkzeug.wrappers import Response as AnyResponse

from examples.edocument.handing_in import handed_in, proof
from examples.edocument.logout import LogoutRefused, Sessions, verify_logout_token
from examples.edocument.words import PROBLEMS, in_language, in_lao_time, language

MOST_OCTETS = 20 * 1024 * 1024


def create_app(environment: dict[str, str] | None = None) -> Flask:
    """The service, set up from the environment. A missing setting is a KeyError that names it."""
    settings = environment or dict(os.environ)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=os.urandom(32),  # a restart signs everybody out, as the sessions below are kept in memory
        SESSION_COOKIE_NAME="edocument",  # cookies ignore ports: every service has a name of its own
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_OCTETS + 65536,
        ISSUER=settings["ISSUER"],
        SERVICE_URL=settings["SERVICE_URL"],
        VALIDATION_URL=settings["VALIDATION_URL"],
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
    for kind, *_ in PROBLEMS:
        app.register_error_handler(kind, failed)
    app.after_request(secure)
    app.jinja_env.globals.update(t=in_language, when=in_lao_time, user=current_user)
    return app


def home() -> str:
    """Who you are, and the form for a document; or the way to sign in."""
    return render_template("home.html")


def login() -> AnyResponse:
    """Off to the provider, which has the request already: the browser carries its name only."""
    back = f"{current_app.config['SERVICE_URL']}/callback"
    issuer, key = current_app.config["ISSUER"], current_app.extensions["key"]
    return redirect(handed_in(provider(), key, issuer, back, ui_locales=language()))


def callback() -> AnyResponse:
    """Back with a code: Authlib checks state, redeems the code and verifies the ID token; userinfo says who it is."""
    if request.args.get("iss", current_app.config["ISSUER"]) != current_app.config["ISSUER"]:
        raise OAuthError("mix_up", "the answer is another provider's")  # RFC 9207
    own = proof(provider(), current_app.extensions["key"], current_app.config["ISSUER"])
    token = provider().authorize_access_token(**own)
    claims = {**token["userinfo"], **provider().userinfo(token=token)}
    session["key"] = generate_token(32)  # a new session at every sign-in, so that none can be planted
    store().open(session["key"], {"claims": claims, "id_token": token["id_token"]})
    return redirect(url_for("home"))


def logout() -> AnyResponse:
    """Out of here first, then out of the provider (OpenID Connect RP-Initiated Logout 1.0)."""
    after = f"{current_app.config['SERVICE_URL']}/signed-out"
    if (kept := store().close(session.pop("key", ""))) is None:
        return redirect(after)
    leave = provider().logout_redirect(post_logout_redirect_uri=after, id_token_hint=kept["id_token"])
    return cast("AnyResponse", leave)


def signed_out() -> str:
    """The page after signing out."""
    return render_template("home.html", notice=in_language("ທ່ານອອກຈາກລະບົບແລ້ວ.", "You have signed out."))


def backchannel_logout() -> tuple[dict[str, str], int]:
    """The provider ends a session of somebody here (OpenID Connect Back-Channel Logout 1.0 clause 2.5)."""
    keys = provider().fetch_jwk_set(force=True)  # the key may be newer than what we know
    token, issuer = request.form.get("logout_token", ""), current_app.config["ISSUER"]
    try:
        verify_logout_token(token, keys, issuer, provider().client_id, store())
    except LogoutRefused as refused:
        return {"error": "invalid_request", "error_description": str(refused)}, 400
    return {}, 200


def documents() -> AnyResponse | str | tuple[str, int]:
    """Sends the PDF to `POST /v1/validations` and shows the answer in plain words."""
    if current_user() is None:
        return redirect(url_for("login"))
    if not (sent := request.files.get("file")):
        problem = in_language("ກະລຸນາເລືອກໄຟລ໌ PDF ກ່ອນ.", "Choose a PDF file first.")
        return render_template("home.html", problem=problem), 400
    answer = requests.post(
        f"{current_app.config['VALIDATION_URL']}/v1/validations",
        files={"file": ("document.pdf", sent.read(), "application/pdf")},
        headers={"Accept-Language": language()},
        timeout=30,
    )
    if answer.status_code != 200:
        return render_template("home.html", problem=answer.json().get("detail", "")), answer.status_code
    return render_template("verdict.html", verdict=answer.json())


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
    ("/documents", documents, ["POST"]),
    ("/healthz", healthz, ["GET"]),
)


def provider() -> Any:
    """Authlib's client for the provider."""
    return current_app.extensions["authlib.integrations.flask_client"].laotrust


def store() -> Sessions:
    """The sessions of this service, kept on the server so that the provider can end them."""
    found: Sessions = current_app.extensions["sessions"]
    return found


def current_user() -> dict[str, Any] | None:
    """The claims of whoever is signed in; None when nobody is, or when the provider has ended the session."""
    kept = store().find(session.get("key", ""))
    if kept is None:
        return None
    claims: dict[str, Any] = kept["claims"]
    return claims


def failed(error: Exception) -> tuple[str, int]:
    """Something went wrong that the person can do something about: what to do."""
    status, lao, english = next(row[1:] for row in PROBLEMS if isinstance(error, row[0]))
    return render_template("home.html", problem=in_language(lao, english)), status


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
