"""EST (RFC 7030, as RFC 8951 clarifies): a machine enrols by a one-time code, or by the certificate that it has.

`/.well-known/est[/LABEL]/…`; the label is an allowance's id, and only says which one is meant. With a code the user of
Basic authentication is its reference. A certificate that is shown in the handshake must be for clients (`tls-client`,
`device`): OpenSSL takes no other there, so servers renew by a new code, by ACME or by CMP.
"""

import binascii
from base64 import b64decode, b64encode
from hashlib import sha256

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from ca.machines.chain import chain
from ca.machines.doors import by_reference
from ca.machines.fates import Fate, Issued, Refused
from ca.machines.forms import wish_of
from ca.machines.proofs.shown import bearer, certificate_counts
from ca.machines.requests import Asking, code_opens, refuse
from ca.machines.rules import HOSTS, CredentialKind, Protocol
from ca.registration.enrolment import parsed
from ca.routes.entrance import ACTOR, BODY, COME_AGAIN, doors, fate_of, paces, said
from ca.tables.machines import Allowance
from ledger.decision import Refuse
from pki import der
from pki.cms import certificates_only
from pki.request import SigningRequest
from web.csrf import exempt
from web.guards import Guard, guard
from web.limits import body
from web.peer import peer_certificate
from web.site import site

routes = Blueprint("est", __name__)
_HOME = "/.well-known/est"
_UNKNOWN = {"machine.secret-unknown", "machine.secret-wrong", "machine.secret-used", "machine.secret-over"}
_STATUS = {
    "enrolment.request-malformed": 400,
    "enrolment.proof-of-possession": 400,
    "enrolment.key-weak": 400,
    "machine.allowance-unknown": 404,
    "machine.too-many-open": 429,
    "machine.no-doors": 503,
}
"""Of HTTP; a refusal that is not here is 403 (RFC 7030 clause 4.2.3)."""
_P256 = "1.2.840.10045.3.1.7"
_EC_KEY, _SAN, _EXTENSION_REQUEST = "1.2.840.10045.2.1", "2.5.29.17", "1.2.840.113549.1.9.14"


@routes.get(f"{_HOME}/cacerts")
@routes.get(f"{_HOME}/<label>/cacerts")
@guard(Guard.PUBLIC)
def cacerts(label: str | None = None) -> Response:  # noqa: ARG001 - every label has the same issuers
    """The issuer and its root (clause 4.1); whoever asks has checked our own TLS certificate."""
    here = site()
    with here.ledger.read() as session:
        found = chain(session, HOSTS, here.clock.now())
    return _bag(found) if found else said("enrolment.no-issuer", 503)


@routes.get(f"{_HOME}/csrattrs")
@routes.get(f"{_HOME}/<label>/csrattrs")
@guard(Guard.PUBLIC)
def csrattrs(label: str | None = None) -> Response:  # noqa: ARG001 - all machines are asked for the same
    """What a request should have (clause 4.5.2): a key on P-256, and for servers alternative names."""
    key = der.sequence(der.oid(_EC_KEY), der.tlv(der.SET, der.oid(_P256)))
    names = der.sequence(der.oid(_EXTENSION_REQUEST), der.tlv(der.SET, der.oid(_SAN)))
    return _base64(der.sequence(key, names), "application/csrattrs")


@routes.post(f"{_HOME}/simpleenroll")
@routes.post(f"{_HOME}/<label>/simpleenroll")
@guard(Guard.MACHINE)
@exempt
@body(BODY)
def simpleenroll(label: str | None = None) -> Response:
    """A first certificate (clause 4.2.1)."""
    return _enrolled(label, again=False)


@routes.post(f"{_HOME}/simplereenroll")
@routes.post(f"{_HOME}/<label>/simplereenroll")
@guard(Guard.MACHINE)
@exempt
@body(BODY)
def simplereenroll(label: str | None = None) -> Response:
    """A certificate in the place of the one that is shown, which alone lets in here (clause 4.2.2)."""
    return _enrolled(label, again=True)


def _enrolled(label: str | None, *, again: bool) -> Response:
    if not paces().source():
        return said("request.too-many", 429)
    if request.mimetype != "application/pkcs10":
        return said("request.media-type", 415)
    asking = _asking(label, again=again)
    if isinstance(asking, Refuse):
        return _refused(asking)
    if not paces().allowance(asking.allowance_id):
        return said("request.too-many", 429)
    with site().ledger.read() as session:
        fit = code_opens(session, asking, site().clock.now())
    if isinstance(fit, Refuse):
        return _refused(refuse(site().ledger, asking, fit, ACTOR))
    return _answer(fate_of(asking))


def _asking(label: str | None, *, again: bool) -> Asking | Refuse:
    """What is asked for, and by whom; who shows nothing that we know is a stranger, of whom nothing is recorded."""
    credential, asked = _let_in(again=again), _request()
    if isinstance(credential, Refuse) or isinstance(asked, Refuse):
        return credential if isinstance(credential, Refuse) else Refuse(getattr(asked, "code", ""))
    allowance, kind, key, proof = credential
    if label is not None and label != allowance.id:
        return Refuse("machine.allowance-unknown")
    wish, once = wish_of(asked, allowance.profile), kind is CredentialKind.SECRET
    if isinstance(wish, Refuse):
        return wish
    return Asking(
        allowance.id, Protocol.EST, asked, kind, key, proof, wish.names, wish.common_name, uses_up=once
    )


_Credential = tuple[Allowance, CredentialKind, str, bytes]


def _let_in(*, again: bool) -> _Credential | Refuse:
    """By which allowance, and by what shown, this client comes; a certificate goes before a code."""
    shown = peer_certificate(request.environ)
    with site().ledger.read() as session:
        if shown is not None:
            return _by_certificate(session, shown)
        return Refuse("machine.credential") if again else _by_code(session)


def _by_certificate(session: Session, shown: bytes) -> _Credential | Refuse:
    digest = sha256(shown).hexdigest()
    row = bearer(session, digest)
    if row is None:
        return Refuse("machine.certificate-unknown")
    counts = certificate_counts(session, row[0], site().clock.now())
    return counts if isinstance(counts, Refuse) else (row[1], CredentialKind.CERTIFICATE, digest, b"")


def _by_code(session: Session) -> _Credential | Refuse:
    given, keeper = request.authorization, doors()
    if given is None or given.type != "basic" or keeper is None:
        return Refuse("machine.secret-unknown" if keeper else "machine.no-doors")
    code = given.password or ""
    secret = by_reference(session, Protocol.EST, given.username or "")
    if secret is None or not keeper.opens(secret, code):
        return Refuse("machine.secret-wrong")
    allowance = session.get_one(Allowance, secret.allowance_id)
    return allowance, CredentialKind.SECRET, secret.id, code.encode()


def _request() -> SigningRequest | Refuse:
    try:
        return parsed(b64decode(b"".join(request.get_data().split()), validate=True))
    except (binascii.Error, ValueError):
        return Refuse("enrolment.request-malformed")


def _answer(fate: Fate | Refuse) -> Response:
    match fate:
        case Issued(certificate):
            return _bag([bytes(certificate.der)])
        case Refused(code) | Refuse(code):
            return _refused(Refuse(code))
        case _:
            return Response(status=202, headers={"Retry-After": COME_AGAIN})


def _refused(refusal: Refuse) -> Response:
    code = refusal.code
    if code in _UNKNOWN:
        response = said(code, 401)
        response.headers["WWW-Authenticate"] = 'Basic realm="estrealm", charset="UTF-8"'
        return response
    return said(code, _STATUS.get(code, 403))


def _bag(certificates: list[bytes]) -> Response:
    return _base64(certificates_only(certificates), "application/pkcs7-mime", "; smime-type=certs-only")


def _base64(content: bytes, kind: str, more: str = "") -> Response:
    # In one line: RFC 8951 clause 3.1 lets senders, and strongSwan reads no other.
    response = Response(b64encode(content), content_type=kind + more)
    response.headers["Content-Transfer-Encoding"] = "base64"
    return response
