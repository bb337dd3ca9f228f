"""A CertRep (RFC 8894 clause 3.3.2): its attributes, and the message around what our key signed."""

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from pki import der
from pki.scep.message import (
    CONTENT_TYPE,
    DATA,
    FAILURE,
    MESSAGE_DIGEST,
    MESSAGE_TYPE,
    RECIPIENT_NONCE,
    SENDER_NONCE,
    SIGNED_DATA,
    STATUS,
    TRANSACTION,
    Identity,
    Kind,
    Message,
)

_SHA256 = "2.16.840.1.101.3.4.2.1"
_RSA_PKCS1 = "1.2.840.113549.1.1.1"


class Status(IntEnum):
    """pkiStatus (clause 3.2.1.3)."""

    SUCCESS = 0
    FAILURE = 2
    PENDING = 3


class Failure(IntEnum):
    """failInfo (clause 3.2.1.4)."""

    BAD_ALG = 0
    BAD_MESSAGE_CHECK = 1
    BAD_REQUEST = 2
    BAD_TIME = 3
    BAD_CERT_ID = 4


@dataclass(frozen=True)
class Reply:
    """What an answer says; `content` is the DER envelope of a success, else empty."""

    to: Message
    status: Status
    nonce: bytes
    failure: Failure | None = None
    content: bytes = b""

    def attributes(self) -> bytes:
        """The DER SET OF to be signed by RSA with SHA-256."""
        held = [
            _attribute(CONTENT_TYPE, der.oid(DATA)),
            _attribute(MESSAGE_DIGEST, der.octet_string(sha256(self.content).digest())),
            _attribute(MESSAGE_TYPE, der.printable(str(Kind.CERT_REP.value))),
            _attribute(STATUS, der.printable(str(self.status.value))),
            _attribute(TRANSACTION, der.tlv(der.PRINTABLE, self.to.transaction)),
            _attribute(RECIPIENT_NONCE, der.octet_string(self.to.sender_nonce)),
            _attribute(SENDER_NONCE, der.octet_string(self.nonce)),
        ]
        if self.failure is not None:
            held.append(_attribute(FAILURE, der.printable(str(self.failure.value))))
        return der.set_of(*held)

    def assembled(self, attributes: bytes, signature: bytes, own: Identity) -> bytes:
        """The DER ContentInfo with the signature over these attributes, and our certificate."""
        digest = der.sequence(der.oid(_SHA256), der.tlv(der.NULL))
        signer = der.sequence(
            der.integer(1),
            own.name,
            digest,
            der.explicit(0, der.single(attributes, der.SET)),
            der.sequence(der.oid(_RSA_PKCS1), der.tlv(der.NULL)),
            der.octet_string(signature),
        )
        inside = (der.explicit(0, der.octet_string(self.content)),) if self.content else ()
        whole = der.sequence(
            der.integer(1),
            der.tlv(der.SET, digest),
            der.sequence(der.oid(DATA), *inside),
            der.explicit(0, own.certificate),
            der.tlv(der.SET, signer),
        )
        return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, whole))


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, value))
