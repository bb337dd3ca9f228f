"""CRMF certification requests (RFC 4211), one at a time: parsed, key weighed, possession proved by a signature."""

from dataclasses import dataclass

from pki import certificate, der, keys
from pki.errors import ParseError, PkiError
from pki.request import MOST_OCTETS, SigningRequest, request_information

_SUBJECT, _PUBLIC_KEY, _EXTENSIONS = 0xA5, 0xA6, 0xA9
_SERIAL, _ISSUER = 0x81, 0xA3
_SIGNATURE = 0xA1
"""Of ProofOfPossession: the only one that is taken. `raVerified` proves nothing to us."""
_OLD_CERTIFICATE = "1.3.6.1.5.5.7.5.1.5"
"""id-regCtrl-oldCertID."""
_DIRECTORY_NAME = 0xA4
_EMPTY_NAME = der.sequence()


@dataclass(frozen=True)
class Template:
    """What a CertTemplate (clause 5) says of what we look at."""

    subject: bytes
    """DER Name; the empty one if there is none."""
    spki: bytes | None
    extensions: bytes
    """Whole Extension values one after the other."""
    issuer: bytes | None
    serial_number: int | None


def parse_crmf(encoded: bytes) -> SigningRequest:
    """The CertReqMsg with its key weighed and possession proved (clause 4.1). Raises as `pki.request.parse_request`."""
    if len(encoded) > MOST_OCTETS:
        raise ParseError(f"A request has at most {MOST_OCTETS} octets.", "request.too-large")
    try:
        wanted, algorithm, signature = _signed(encoded)
        template = template_of(der.parts(wanted)[1])
    except ParseError as fault:
        raise ParseError(str(fault), "request.malformed") from None
    if template.spki is None:
        raise ParseError("The request holds no public key.", "request.malformed")
    keys.check_strength(template.spki)
    try:
        keys.verify_by(template.spki, algorithm, wanted, signature)
    except PkiError:
        raise PkiError("The request's signature is not of its own key.", "request.possession-unproven") from None
    return SigningRequest(encoded, template.spki, template.subject, keys.algorithm_of(template.spki))


def is_crmf(encoded: bytes) -> bool:
    """Whether these bytes look like a CertReqMsg rather than a PKCS#10 request: a second part is tagged."""
    try:
        found = der.parts(encoded)
    except ParseError:
        return False
    return len(found) == 1 or (len(found) > 1 and found[1].tag & 0xC0 == 0x80)


def as_pkcs10(encoded: bytes) -> bytes:
    """A PKCS#10 that asks for the same as this parsed CertReqMsg, for who reads that form; it proves nothing."""
    wanted, _, signature = _signed(encoded)
    template = template_of(der.parts(wanted)[1])
    information = request_information(template.subject, template.spki or b"", template.extensions)
    return certificate.assemble(information, keys.algorithm_of(template.spki or b""), signature)


def identifier_of(encoded: bytes) -> int:
    """The certReqId of a CertReqMsg. Raises ParseError."""
    return der.read_integer(der.first(der.parts(der.first(der.parts(encoded)).whole)))


def updated_by(encoded: bytes) -> tuple[bytes | None, int] | None:
    """Issuer (DER Name) and number of the certificate that a CertReqMsg says to update (clause 6.5). Raises ParseError.

    None where it says none; the issuer is None where it is no Name.
    """
    request = der.parts(der.first(der.parts(encoded)).whole)
    for control in der.parts(request[2].whole) if len(request) > 2 else ():
        fields = der.parts(control.whole)
        if len(fields) == 2 and der.read_oid(fields[0]) == _OLD_CERTIFICATE:
            named = der.parts(fields[1].whole)
            if len(named) != 2:
                raise ParseError("A CertId has an issuer and a number.")
            issuer = _name(named[0]) if named[0].tag == _DIRECTORY_NAME else None
            return issuer, der.read_integer(named[1])
    return None


def template_of(element: der.Element) -> Template:
    """What the CertTemplate says. Raises ParseError."""
    fields = {field.tag: field for field in der.children(der.content_of(element, der.SEQUENCE))}
    subject, spki, issuer = fields.get(_SUBJECT), fields.get(_PUBLIC_KEY), fields.get(_ISSUER)
    serial = fields.get(_SERIAL)
    return Template(
        subject=_name(subject) if subject else _EMPTY_NAME,
        spki=der.sequence(spki.content) if spki else None,
        extensions=fields[_EXTENSIONS].content if _EXTENSIONS in fields else b"",
        issuer=_name(issuer) if issuer else None,
        serial_number=int.from_bytes(serial.content, "big", signed=True) if serial else None,
    )


def _name(element: der.Element) -> bytes:
    """A Name is a CHOICE, so its tag is explicit."""
    return der.sequence(der.single(element.content, der.SEQUENCE))


def _signed(encoded: bytes) -> tuple[bytes, bytes, bytes]:
    """CertRequest, AlgorithmIdentifier and signature of a CertReqMsg with a POPOSigningKey. Raises PkiError."""
    found = der.parts(encoded)
    if len(found) < 2 or found[1].tag != _SIGNATURE:
        raise PkiError("The request proves no possession by a signature.", "request.possession-unproven")
    proof = der.children(found[1].content)
    if len(proof) != 2:
        raise ParseError("The proof of possession is not over the request itself.")
    der.content_of(found[0], der.SEQUENCE)
    if len(der.parts(found[0].whole)) < 2:
        raise ParseError("The request has no template.")
    return found[0].whole, proof[0].whole, der.read_bits(proof[1])
