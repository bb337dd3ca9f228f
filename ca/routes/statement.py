"""What the CA says about itself, to everybody and without sign-in: each version as it was published (CA-03, CA-08)."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, current_app, json, render_template
from sqlalchemy import select

from ca.statement.disclosure import ITEMS, issuers, twin
from ca.statement.paper import Papers
from ca.statement.text import LANGUAGES, blocks
from ca.statement.versions import newest, numbered
from ca.tables.statement import StatementVersion
from web import language
from web.guards import Guard, guard
from web.site import site

routes = Blueprint("statement", __name__)
_DOCUMENT = "<any(cps, disclosure, terms):document>"


@routes.get("/")
@routes.get(f"/{_DOCUMENT}")
@routes.get(f"/{_DOCUMENT}/<int:number>")
@guard(Guard.PUBLIC)
def page(document: str = "cps", number: int | None = None) -> str:
    """The document for people: the version in force, or the one of this number."""
    version, numbers = _version(document, number)
    with site().ledger.read() as session:
        named = issuers(session) if document == "cps" else []
    text = getattr(version, language.language())
    return render_template(
        "ca/statement.html",
        document=document,
        version=version,
        numbers=numbers,
        blocks=list(blocks(text)),
        issuers=named,
    )


@routes.get(f"/{_DOCUMENT}.txt")
@routes.get(f"/{_DOCUMENT}/<int:number>.txt")
@guard(Guard.PUBLIC)
def plain(document: str, number: int | None = None) -> Response:
    """The very text that the digest is over, in one language."""
    version, _ = _version(document, number)
    return Response(getattr(version, language.language()), content_type="text/plain; charset=utf-8")


@routes.get(f"/{_DOCUMENT}.pdf")
@routes.get(f"/{_DOCUMENT}/<int:number>.pdf")
@guard(Guard.PUBLIC)
def printed(document: str, number: int | None = None) -> Response:
    """The version on paper."""
    version, _ = _version(document, number)
    papers: Papers = current_app.extensions["papers"]
    title = language.gettext(f"statement.{document}")
    return Response(papers.of(version, language.language(), title), content_type="application/pdf")


@routes.get("/disclosure.json")
@guard(Guard.PUBLIC)
def disclosure() -> Response:
    """The disclosure for programs, in both languages."""
    version, _ = _version("disclosure", None)
    items: dict[str, Any] = twin({name: getattr(version, name) for name in LANGUAGES})
    body = {
        "version": version.number,
        "valid_from": version.valid_from.isoformat(),
        "digest": version.digest,
        "entry": version.entry_id,
        "items": {item: items[item] for item in ITEMS},
    }
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")


def _version(document: str, number: int | None) -> tuple[StatementVersion, Sequence[int]]:
    """A version with the numbers of all; 404 when there is none."""
    every = select(StatementVersion.number).where(StatementVersion.document == document)
    with site().ledger.read() as session:
        found = newest(session, document) if number is None else numbered(session, document, number)
        numbers = session.scalars(every.order_by(StatementVersion.number)).all()
    if found is None:
        abort(404)
    return found, numbers
