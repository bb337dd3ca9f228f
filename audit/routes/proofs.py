"""GET /proof/…, public: that an entry is in the log, and that the log only grew. Digests alone, no entry's text."""

from base64 import b64encode
from collections.abc import Sequence

from flask import Blueprint, Response, json, request

from ledger.decision import Refuse
from ledger.merkle import leaf_hash
from ledger.proofs import newest_checkpoint, prove_consistency, prove_inclusion
from web.errors import refusal
from web.guards import Guard, guard
from web.site import site

routes = Blueprint("proofs", __name__, url_prefix="/proof")


@routes.get("/inclusion/<entry>")
@guard(Guard.PUBLIC)
def inclusion(entry: str) -> Response:
    """The proof that an entry is under the newest checkpoint, hashes in Base64; also as a C2SP tlog-proof.

    `leaf` is the entry's digest, which the log holds; `leaf_hash` that of RFC 9162, from which `path` leads up.
    """
    with site().ledger.read() as session:
        proof = prove_inclusion(session, entry)
    if isinstance(proof, Refuse):
        return refusal(proof.code, 404)
    return _json(
        {
            "entry": proof.entry_id,
            "leaf": b64encode(proof.digest).decode(),
            "leaf_hash": b64encode(leaf_hash(proof.digest)).decode(),
            "index": proof.number,
            "size": proof.size,
            "path": _encoded(proof.path),
            "checkpoint": proof.note,
            "tlog_proof": proof.text(),
        }
    )


@routes.get("/consistency")
@guard(Guard.PUBLIC)
def consistency() -> Response:
    """The proof that the log of `from` leaves begins that of `to` leaves (the newest if left out)."""
    with site().ledger.read() as session:
        head = newest_checkpoint(session)
        first = _size("from")
        second = _size("to") if "to" in request.args else (head.size if head else 0)
        if first is None or second is None:
            return refusal("checkpoint.sizes-wanted", 400)
        path = prove_consistency(session, first, second)
    if isinstance(path, Refuse):
        return refusal(path.code, 404)
    return _json({"from": first, "to": second, "path": _encoded(path)})


def _size(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _encoded(hashes: Sequence[bytes]) -> list[str]:
    return [b64encode(value).decode() for value in hashes]


def _json(body: dict[str, object]) -> Response:
    return Response(json.dumps(body), mimetype="application/json")
