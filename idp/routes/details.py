"""What a service asks for in detail, as people read it: a template a type, `idp/details_<type>.html`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from idp.authorization import AuthenticationRequest
from idp.details import Detail
from idp.details.places import serving
from idp.routes.here import provider
from idp.tables import Client
from pki.base64url import decode

_GROUP = 4
Named = Callable[[Client], str]


def shown(request: AuthenticationRequest, named: Named) -> list[Mapping[str, Any]]:
    """All details of the request; `named` names a client in the language of the page."""
    return [_shown(one, named) for one in request.details]


def _shown(one: Detail, named: Named) -> Mapping[str, Any]:
    here = provider()
    with here.ledger.read() as reading:
        service = serving(reading, one.place, here.ledger.clock.now())
    return {"type": one.type, "place": one.place, "service": named(service) if service else "", **_OF[one.type](one)}


def _documents(one: Detail) -> Mapping[str, Any]:
    """Labels, and fingerprints in groups, as other programs show them."""
    documents: Sequence[Mapping[str, str]] = one.said["documents"]
    listed = [(document["label"], _grouped(decode(document["digest"]).hex())) for document in documents]
    return {"algorithm": one.said["digest_algorithm"].upper(), "documents": listed}


def _grouped(text: str) -> str:
    return " ".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


_OF: Mapping[str, Callable[[Detail], Mapping[str, Any]]] = {"sign": _documents}
