"""Messages that we send (RFC 9810): header and body written; whoever protects them puts the parts together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from pki import der
from pki.cmp.message import IMPLICIT_CONFIRM, Body, Header

CA_CERTIFICATES = "1.3.6.1.5.5.7.4.17"
EMPTY_NAME = der.sequence()
"""The name of who is not named."""
NOTHING = der.tlv(der.NULL)
"""A PKIConfirmContent."""


class Failure(IntEnum):
    """Bits of PKIFailureInfo (clause 5.2.3)."""

    BAD_ALG = 0
    BAD_MESSAGE_CHECK = 1
    BAD_REQUEST = 2
    BAD_TIME = 3
    BAD_CERT_ID = 4
    BAD_DATA_FORMAT = 5
    WRONG_AUTHORITY = 6
    BAD_POP = 9
    CERT_REVOKED = 10
    WRONG_INTEGRITY = 12
    BAD_RECIPIENT_NONCE = 13
    BAD_SENDER_NONCE = 18
    BAD_CERT_TEMPLATE = 19
    SIGNER_NOT_TRUSTED = 20
    TRANSACTION_ID_IN_USE = 21
    UNSUPPORTED_VERSION = 22
    NOT_AUTHORIZED = 23
    SYSTEM_UNAVAIL = 24


ACCEPTED, REJECTION, WAITING = 0, 2, 3


@dataclass(frozen=True)
class Reply:
    """What the header of an answer says."""

    to: Header
    sender: bytes
    """DER Name."""
    at: datetime
    algorithm: bytes | None
    nonce: bytes
    key: bytes
    """Which key protects it: the reference of a secret, or our own key's identifier."""
    implicit_confirm: bool = False

    def header(self) -> bytes:
        """The DER PKIHeader: the sender's transaction, its nonce given back, and ours."""
        to = self.to
        fields = [
            der.integer(to.version if to.version in (2, 3) else 2),
            der.tlv(0xA4, self.sender),
            der.tlv(0xA4, to.sender or EMPTY_NAME),
            der.explicit(0, der.generalized_time(self.at)),
        ]
        if self.algorithm is not None:
            fields.append(der.explicit(1, self.algorithm))
        if self.key:
            fields.append(der.explicit(2, der.octet_string(self.key)))
        if to.transaction:
            fields.append(der.explicit(4, der.octet_string(to.transaction)))
        fields.append(der.explicit(5, der.octet_string(self.nonce)))
        if to.sender_nonce:
            fields.append(der.explicit(6, der.octet_string(to.sender_nonce)))
        if self.implicit_confirm:
            confirm = der.sequence(der.oid(IMPLICIT_CONFIRM), der.tlv(der.NULL))
            fields.append(der.explicit(8, der.sequence(confirm)))
        return der.sequence(*fields)


def body(kind: Body, content: bytes) -> bytes:
    """The DER PKIBody."""
    return der.explicit(int(kind), content)


def protected_part(header: bytes, body: bytes) -> bytes:
    """What the protection is over (clause 5.1.3)."""
    return der.sequence(header, body)


def assembled(header: bytes, body: bytes, protection: bytes | None, certificates: Sequence[bytes] = ()) -> bytes:
    """The DER PKIMessage."""
    rest = [] if protection is None else [der.explicit(0, der.bit_string(protection))]
    if certificates:
        rest.append(der.explicit(1, der.sequence(*certificates)))
    return der.sequence(header, body, *rest)


def status(value: int, words: str = "", failure: Failure | None = None) -> bytes:
    """The DER PKIStatusInfo."""
    fields = [der.integer(value)]
    if words:
        fields.append(der.sequence(der.utf8(words)))
    if failure is not None:
        fields.append(der.named_bits(frozenset({int(failure)})))
    return der.sequence(*fields)


def certificate_answer(number: int, certificate: bytes, roots: Sequence[bytes]) -> bytes:
    """A CertRepMessage with the certificate, and the roots above it: nothing else stands in caPubs (clause 5.3.4)."""
    pair = der.sequence(der.explicit(0, certificate))
    response = der.sequence(der.integer(number), status(ACCEPTED), pair)
    publications = [der.explicit(1, der.sequence(*roots))] if roots else []
    return der.sequence(*publications, der.sequence(response))


def status_answer(number: int, info: bytes) -> bytes:
    """A CertRepMessage without a certificate: rejected, or waiting."""
    return der.sequence(der.sequence(der.sequence(der.integer(number), info)))


def poll_answer(number: int, seconds: int) -> bytes:
    """A PollRepContent: ask again after so many seconds."""
    return der.sequence(der.sequence(der.integer(number), der.integer(seconds)))


def revocation_answer(info: bytes) -> bytes:
    """A RevRepContent."""
    return der.sequence(der.sequence(info))


def error(info: bytes) -> bytes:
    """An ErrorMsgContent."""
    return der.sequence(info)


def information(certificates: Sequence[bytes], wanted: Sequence[str]) -> bytes:
    """A GenRepContent: the CA certificates to who asked for them, nothing to who asked for what is not known here."""
    values = [der.sequence(der.oid(CA_CERTIFICATES), der.sequence(*certificates))] if CA_CERTIFICATES in wanted else []
    return der.sequence(*values)
