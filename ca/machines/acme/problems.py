"""Which error of RFC 8555 clause 6.7 and which HTTP status a refusal is: a row a code."""

from typing import NamedTuple

URN = "urn:ietf:params:acme:error:"


class Problem(NamedTuple):
    """An error type and its status."""

    type: str
    status: int


_TABLE: dict[str, tuple[str, int]] = {
    "acme.malformed": ("malformed", 400),
    "acme.media-type": ("malformed", 415),
    "acme.not-found": ("malformed", 404),
    "acme.method": ("malformed", 405),
    "acme.algorithm": ("badSignatureAlgorithm", 400),
    "acme.key-unfit": ("badPublicKey", 400),
    "acme.url": ("unauthorized", 403),
    "acme.signature": ("unauthorized", 403),
    "acme.nonce": ("badNonce", 400),
    "acme.account-unknown": ("accountDoesNotExist", 400),
    "acme.account-ended": ("unauthorized", 401),
    "acme.unauthorized": ("unauthorized", 403),
    "acme.binding-needed": ("externalAccountRequired", 403),
    "acme.binding-wrong": ("unauthorized", 403),
    "acme.contact-unsupported": ("unsupportedContact", 400),
    "acme.contact-invalid": ("invalidContact", 400),
    "acme.terms-not-agreed": ("userActionRequired", 403),
    "acme.terms-changed": ("userActionRequired", 403),
    "acme.key-taken": ("malformed", 409),
    "acme.identifier-unsupported": ("unsupportedIdentifier", 400),
    "acme.name-refused": ("rejectedIdentifier", 403),
    "acme.too-many-names": ("malformed", 400),
    "acme.dates": ("malformed", 400),
    "acme.rate-accounts": ("rateLimited", 429),
    "acme.rate-orders": ("rateLimited", 429),
    "acme.rate-failures": ("rateLimited", 429),
    "acme.rate-same-names": ("rateLimited", 429),
    "acme.rate-source": ("rateLimited", 429),
    "acme.replaces-unknown": ("malformed", 400),
    "acme.already-replaced": ("alreadyReplaced", 409),
    "acme.order-not-ready": ("orderNotReady", 403),
    "acme.order-refused": ("unauthorized", 403),
    "acme.csr": ("badCSR", 400),
    "acme.csr-names": ("badCSR", 400),
    "acme.csr-account-key": ("badCSR", 400),
    "acme.certificate-unknown": ("malformed", 404),
    "acme.already-revoked": ("alreadyRevoked", 400),
    "acme.reason": ("badRevocationReason", 400),
    "acme.broken": ("serverInternal", 500),
    # What our look-ups saw.
    "acme.seen-dns": ("dns", 400),
    "acme.seen-connection": ("connection", 400),
    "acme.seen-tls": ("tls", 400),
    "acme.seen-wrong": ("incorrectResponse", 403),
    "acme.seen-nothing": ("unauthorized", 403),
    "acme.seen-caa": ("caa", 403),
    # What the common door of all machines says.
    "machine.too-many": ("rateLimited", 429),
    "machine.too-many-open": ("rateLimited", 429),
    "enrolment.request-malformed": ("badCSR", 400),
    "enrolment.proof-of-possession": ("badCSR", 400),
    "enrolment.key-weak": ("badCSR", 400),
    "enrolment.key-used": ("badCSR", 400),
    "enrolment.key-blocked": ("badCSR", 400),
    "enrolment.key-not-for-profile": ("badCSR", 400),
    "enrolment.asks-for-more": ("badCSR", 400),
}


def problem_of(code: str) -> Problem:
    """The error that a refusal is. What the common rules of all machines say no to is `unauthorized`."""
    type_, status = _TABLE.get(code, ("unauthorized", 403))
    return Problem(URN + type_, status)


CODES = frozenset(_TABLE)
