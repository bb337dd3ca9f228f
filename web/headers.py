"""Security headers of every answer.

No script anywhere, so the policy has none: `default-src 'none'`, styles inline by their hash. Chromium holds a POST
that redirects to a client against `form-action`, so the page that carries the form names the client's origin.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Response

from web.asked import g_itself, request_itself

LOCAL = ("localhost", "127.0.0.1", "[::1]", "::1")
_YEARS_TWO = 63_072_000
HSTS = f"Strict-Transport-Security: max-age={_YEARS_TWO}; includeSubDomains\r\n"
_TO_PROGRAMS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_REST = {name: value for name, value in _TO_PROGRAMS.items() if name != "Content-Security-Policy"}
_OF_PAGES = {
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_LINES = {name.lower(): f"{name}: {value}\r\n" for name, value in _TO_PROGRAMS.items()}


def allow_form_target(url: str) -> None:
    """Forms of this page may, by redirection, end at the origin of `url` (CSP3 clause 6.4.1, form-action)."""
    g_itself().setdefault("form_targets", []).append(_source(url))


def allow_frame(url: str) -> None:
    """This page may show a frame from the origin of `url`."""
    g_itself().setdefault("frame_sources", []).append(_source(url))


def allow_image(url: str) -> None:
    """This page may show an image from the origin of `url`."""
    g_itself().setdefault("image_sources", []).append(_source(url))


def allow_style(css_hash: str) -> None:
    """The inline style with this CSP hash source (`sha256-…`) applies in this page."""
    hashes: list[str] = g_itself().setdefault("style_hashes", [])
    if css_hash not in hashes:
        hashes.append(css_hash)


def _source(url: str) -> str:
    """The origin of `url`; of an address of IPv6 its scheme alone, since no source can say one (CSP3 clause 2.3.1)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc and "[" not in parts.netloc else f"{parts.scheme}:"


def secure(response: Response) -> Response:
    """The answer with its headers; a route's own Cache-Control and policy stay."""
    html, request, g = response.mimetype == "text/html", request_itself(), g_itself()
    wanted = {"Content-Security-Policy": _policy(html=html)} | _REST | {"X-Request-Id": str(g.get("request_id", ""))}
    if html:
        wanted |= _OF_PAGES
    if request.is_secure and urlsplit(f"//{request.host}").hostname not in LOCAL:
        wanted["Strict-Transport-Security"] = f"max-age={_YEARS_TWO}; includeSubDomains"
    there = {name.lower() for name, _ in response.headers}
    response.headers.extend([(name, value) for name, value in wanted.items() if name.lower() not in there])
    return response


def of_programs(there: Collection[str]) -> str:
    """The header lines that `secure` would add to an answer that is no page, without number and transport.

    `there` are the names, in small letters, of those that it has.
    """
    return "".join([line for name, line in _LINES.items() if name not in there])


def _policy(*, html: bool) -> str:
    if not html:
        return _TO_PROGRAMS["Content-Security-Policy"]
    g = g_itself()
    styles = " ".join(f"'{css_hash}'" for css_hash in g.get("style_hashes", [])) or "'none'"
    targets = " ".join(["'self'", *g.get("form_targets", [])])
    frames = "".join(f"frame-src {' '.join(sources)}; " for sources in [g.get("frame_sources")] if sources)
    images = "".join(f"img-src {' '.join(sources)}; " for sources in [g.get("image_sources")] if sources)
    rest = f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    return f"default-src 'none'; style-src {styles}; {frames}{images}{rest}"
