"""Status evidence: asks the OCSP responder that a certificate names, for every certificate of a path."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from asn1crypto import ocsp, x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from cryptography.x509.ocsp import OCSPRequestBuilder
from pyhanko_certvalidator.revinfo.archival import OCSPContainer

Post = Callable[[str, bytes, str], bytes]
"""`post(url, body, content_type)` gives the answer's body, or raises OSError when nobody answers."""


def status_answers(
    certificates: Iterable[x509.Certificate], issuers: Iterable[x509.Certificate], post: Post
) -> list[ocsp.OCSPResponse]:
    """Fresh OCSP answers (RFC 6960) for `certificates` and for every issuer above them but the roots.

    A responder that does not answer, or answers with an error, contributes nothing: the judgement that follows
    is then INDETERMINATE for want of evidence, never better.
    """
    known = {issuer.subject.hashable: issuer for issuer in issuers}
    answers = (_ask(certificate, known, post) for certificate in _with_issuers(certificates, known))
    return [answer for answer in answers if answer is not None]


def containers(answers: Iterable[ocsp.OCSPResponse]) -> list[OCSPContainer]:
    """The answers as pyHanko's validator takes them."""
    return [container for answer in answers for container in OCSPContainer.load_multi(answer)]


def _with_issuers(
    certificates: Iterable[x509.Certificate], known: dict[str, x509.Certificate]
) -> Iterator[x509.Certificate]:
    seen: set[bytes] = set()
    waiting = list(certificates)
    while waiting:
        certificate = waiting.pop()
        digest = sha256(certificate.dump()).digest()
        if digest in seen or certificate.self_issued:
            continue
        seen.add(digest)
        yield certificate
        issuer = known.get(certificate.issuer.hashable)
        if issuer is not None:
            waiting.append(issuer)


def _ask(
    certificate: x509.Certificate, known: dict[str, x509.Certificate], post: Post
) -> ocsp.OCSPResponse | None:
    issuer, urls = known.get(certificate.issuer.hashable), certificate.ocsp_urls
    if issuer is None or not urls:
        return None
    builder = OCSPRequestBuilder().add_certificate(
        load_der_x509_certificate(certificate.dump()), load_der_x509_certificate(issuer.dump()), SHA256()
    )
    question = builder.build().public_bytes(Encoding.DER)
    try:
        answer = ocsp.OCSPResponse.load(post(urls[0], question, "application/ocsp-request"))
        return answer if answer["response_status"].native == "successful" else None
    except (OSError, ValueError):
        return None
