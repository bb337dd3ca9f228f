"""A form is taken only from a page of ours: SameSite cookie, Origin and Sec-Fetch-Site when sent, and a token per form.

The cookie holds 128 random bits; the token is an HMAC of the form's address under it, masked afresh in each page
so that compression tells nothing (BREACH). Nothing is kept on the server. `Origin: null` counts as not sent, because
browsers send it under our own `Referrer-Policy: no-referrer`.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request
from markupsafe import Markup

from web.asked import g_itself, request_itself
from web.errors import RequestRefused
from web.site import site

FIELD = "form_token"
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""}
_SIZE = 16
View = TypeVar("View", bound=Callable[..., Any])


def exempt(view: View) -> View:
    """Marks a view that programs call, or that authenticates each request otherwise, so that no token is asked."""
    view.without_form_token = True  # type: ignore[attr-defined]
    return view


def cookie_name() -> str:
    """The form cookie's name; every house has its own because cookies ignore ports."""
    return f"{'__Host-' if request_itself().is_secure else ''}{site().house}-form"


def token(path: str | None = None) -> str:
    """A fresh token for a form that will be posted to `path` (default: the address of this page)."""
    pad = site().randomness(_SIZE)
    masked = bytes(a ^ b for a, b in zip(pad, _mac(_secret(), path or request_itself().path), strict=True))
    return urlsafe_b64encode(pad + masked).decode().rstrip("=")


def field(path: str | None = None) -> Markup:
    """The hidden field to put into each form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token(path))


def browser() -> str:
    """A digest that stands for this browser's form cookie, to bind what the server keeps to the browser."""
    return sha256(b"browser\n" + _secret().encode()).hexdigest()


def install(app: Flask) -> None:
    """Every unsafe request is checked before its view."""
    app.before_request(verify_form)
    app.after_request(keep)


def verify_form() -> None:
    """The request came from a form of ours, or is none. Raises RequestRefused."""
    if request.endpoint is not None:
        verify(request.method, request.mimetype, current_app.view_functions[request.endpoint])


def verify(method: str, mimetype: str, view: Callable[..., Any]) -> None:
    """The request for this view came from a form of ours, or is none. Raises RequestRefused."""
    if method not in _UNSAFE or mimetype not in _FORMS or getattr(view, "without_form_token", False):
        return
    _verify_origin()
    direct = request_itself()
    secret = direct.cookies.get(cookie_name(), "")
    if not secret or not _matches(secret, direct.form.get(FIELD, "")):
        raise RequestRefused("request.form-stale", 400)


def _verify_origin() -> None:
    direct = request_itself()
    origin = direct.headers.get("Origin", "null")
    if origin not in {"null", direct.host_url.rstrip("/")}:
        raise RequestRefused("request.foreign-origin", 403)
    if direct.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        raise RequestRefused("request.foreign-origin", 403)


def _matches(secret: str, sent: str) -> bool:
    try:
        raw = urlsafe_b64decode(sent + "=" * (-len(sent) % 4))
    except ValueError:
        return False
    if len(raw) != 2 * _SIZE:
        return False
    unmasked = bytes(a ^ b for a, b in zip(raw[:_SIZE], raw[_SIZE:], strict=True))
    return hmac.compare_digest(unmasked, _mac(secret, request_itself().path))


def _mac(secret: str, path: str) -> bytes:
    return hmac.digest(secret.encode(), path.encode(), sha256)[:_SIZE]


def _secret() -> str:
    g = g_itself()
    secret = request_itself().cookies.get(cookie_name()) or g.get("form_secret")
    if not secret:
        secret = urlsafe_b64encode(site().randomness(_SIZE)).decode().rstrip("=")
        g.form_secret = secret
    return str(secret)


def keep(response: Response) -> Response:
    """The answer, with the cookie that its form needs."""
    g = g_itself()
    if "form_secret" in g:
        secure = request_itself().is_secure
        response.set_cookie(cookie_name(), g.form_secret, secure=secure, httponly=True, samesite="Lax")
    return response
