"""Whether what a look-up brought back meets a challenge: pure functions of the octets that were seen."""

from collections.abc import Sequence
from hmac import compare_digest

from cryptography import x509

from ca.machines.acme.challenges import certificate_answer, key_authorization, zone_answer
from ledger.decision import Allow, Decision, Refuse
from pki.errors import UNREADABLE

_ACME_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
"""id-pe-acmeIdentifier (RFC 8737 clause 3)."""
_OCTETS_OF_DIGEST = b"\x04\x20"


def http_met(body: bytes, token: str, thumbprint: str) -> Decision:
    """RFC 8555 clause 8.3: the body is the key authorization; what is empty behind it is ignored."""
    met = compare_digest(body.rstrip(), key_authorization(token, thumbprint).encode())
    return Allow() if met else Refuse("acme.seen-wrong")


def zone_met(texts: Sequence[bytes], token: str, thumbprint: str) -> Decision:
    """RFC 8555 clause 8.4: one of the TXT records is the answer."""
    if not texts:
        return Refuse("acme.seen-nothing")
    met = any(compare_digest(text, zone_answer(token, thumbprint).encode()) for text in texts)
    return Allow() if met else Refuse("acme.seen-wrong")


def certificate_met(der: bytes, name: str, token: str, thumbprint: str) -> Decision:
    """RFC 8737 clause 3: this very name alone, and the answer in a critical extension."""
    try:
        extensions = x509.load_der_x509_certificate(der).extensions
        names = list(extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        found = extensions.get_extension_for_oid(_ACME_IDENTIFIER)
    except (*UNREADABLE, x509.ExtensionNotFound):
        return Refuse("acme.seen-wrong")
    alone = len(names) == 1 and isinstance(names[0], x509.DNSName) and names[0].value.lower() == name
    answer = _OCTETS_OF_DIGEST + certificate_answer(token, thumbprint)
    told = found.value.value if isinstance(found.value, x509.UnrecognizedExtension) else b""
    return Allow() if alone and found.critical and compare_digest(told, answer) else Refuse("acme.seen-wrong")
