"""CRLs and issuer certificates: public, by plain http, as relying software expects."""

import re
from datetime import datetime, timedelta
from hashlib import sha256

from flask import Blueprint, Response, abort, request

from ca.publication.crl import Part, in_force, issuer_certificate
from ledger.clock import VIENTIANE
from web.errors import RequestRefused
from web.guards import Guard, guard
from web.site import site

routes = Blueprint("published", __name__)

FRESH, KEPT = timedelta(minutes=1), timedelta(days=1)
"""How long caches may hold what may change (RV-03 bounds it), and what never will."""
SETTLED = timedelta(hours=1)
"""Behind a moment: no list of it comes any more. It says the second before it was signed, and lies here only then."""
_LIST = re.compile(r"([a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*)-(\d{1,9})(?:-(\d{1,9}))?(-delta)?")
"""An issuer's name and generation; the shard; whether it is the delta."""


@routes.get("/crl/<file>.crl")
@guard(Guard.PUBLIC)
def crl(file: str) -> Response:
    """The newest CRL of that name (RFC 2585 clause 4.2), or the one that was in force at `as_of`.

    `as_of` is a day (its end in Vientiane) or an ISO 8601 instant with its offset.
    """
    named, now = _LIST.fullmatch(file), site().ledger.clock.now()
    if named is None:
        abort(404)
    name, generation, shard, delta = named.groups()
    at = _instant(request.args["as_of"], now) if "as_of" in request.args else None
    part = Part(None if shard is None else int(shard), delta is not None)
    with site().ledger.read() as session:
        found = in_force(session, name, int(generation), part, at)
    if found is None:
        raise RequestRefused("crl.none" if at is None else "crl.none-then", 404)
    past = at is not None and at < now - SETTLED
    return _file(bytes(found.der), "application/pkix-crl", now, KEPT if past else FRESH, found.this_update)


def _instant(text: str, now: datetime) -> datetime:
    """The instant that is meant, `now` at the latest; the end of a day if it is a day. Raises RequestRefused."""
    try:
        meant = datetime.fromisoformat(text)
    except ValueError:
        raise RequestRefused("crl.as-of-malformed") from None
    if len(text) == len("2026-01-31"):
        begun = meant.replace(tzinfo=VIENTIANE)
        if begun <= now:
            return min(begun + timedelta(days=1) - timedelta(microseconds=1), now)
    elif meant.tzinfo is None:
        raise RequestRefused("crl.as-of-malformed")
    if meant.replace(tzinfo=meant.tzinfo or VIENTIANE) > now:
        raise RequestRefused("crl.as-of-future")
    return meant


@routes.get("/issuer/<name>-<int:generation>.cer")
@guard(Guard.PUBLIC)
def issuer(name: str, generation: int) -> Response:
    """The issuer's own certificate (RFC 2585 clause 4.1)."""
    with site().ledger.read() as session:
        der = issuer_certificate(session, name, generation)
    if der is None:
        abort(404)
    return _file(bytes(der), "application/pkix-cert", site().ledger.clock.now(), KEPT)


def _file(octets: bytes, media_type: str, now: datetime, fresh: timedelta, changed: datetime | None = None) -> Response:
    """The file with what caches need (RFC 9110 clause 8.8, RFC 9111 clause 5); 304 for who has it already."""
    response = Response(octets, content_type=media_type)
    response.cache_control.public = True
    response.cache_control.max_age = int(fresh.total_seconds())
    response.expires = now + fresh
    response.last_modified = changed
    response.set_etag(sha256(octets).hexdigest())
    response.make_conditional(request)
    return response
