"""Gzip for text, and what a page cost its reader: both are known only when the page is whole."""

import gzip

from flask import Response

from web.asked import request

COST_MARK = "\N{SYMBOL FOR NULL}cost"
KIP_PER_KIB = 1
"""What a kibibyte of mobile data costs, roughly; a page says "about"."""
_TEXT = {"text/html", "application/json", "application/problem+json", "text/plain", "text/css", "image/svg+xml"}
_HEADERS = 900
_SMALLEST = 500


def finish(response: Response) -> Response:
    """The answer with its cost filled in, compressed when the client takes gzip."""
    if response.direct_passthrough or response.mimetype not in _TEXT or response.content_encoding:
        return response
    content = response.get_data()
    takes_gzip = request.accept_encodings.quality("gzip") > 0
    if response.mimetype == "text/html":
        sent = len(gzip.compress(content, 6, mtime=0)) if takes_gzip else len(content)
        content = content.replace(COST_MARK.encode(), str(-(-(sent + _HEADERS) // 1024)).encode())
    if takes_gzip and len(content) >= _SMALLEST:
        content = gzip.compress(content, 9, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_data(content)
    return response
