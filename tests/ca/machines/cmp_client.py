"""A client of CMP by hand: messages as RFC 9483 has them, and as it has not."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificates

from ca.machines.cmp import CmpDoor, Own
from ca.machines.doors import Made
from ledger.certificates import Certificate
from pki import der
from pki.certificate import parse_certificate
from pki.cmp import answer
from pki.cmp.answer import Reply
from pki.cmp.message import Body, Header, Message, parse_message
from pki.cmp.protection import password_algorithm, password_mac, verify_password
from pki.names import service_name
from tests.ca.machines.ministry import MACHINES, Ministry
from tests.issuing import KeySigner

NAME = service_name("Ministry", "server")


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def template(key: ec.EllipticCurvePrivateKey, *hosts: str) -> bytes:
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    names = der.sequence(*(der.implicit(2, host.encode()) for host in hosts))
    extension = der.sequence(der.oid("2.5.29.17"), der.octet_string(names))
    return der.sequence(der.explicit(5, NAME), der.tlv(0xA6, der.single(spki, der.SEQUENCE)), der.tlv(0xA9, extension))


def asked(key: ec.EllipticCurvePrivateKey, *hosts: str, controls: Sequence[bytes] = ()) -> bytes:
    """A CertReqMessages with one request."""
    said = [der.sequence(*controls)] if controls else []
    request = der.sequence(der.integer(0), template(key, *hosts), *said)
    signature = key.sign(request, ec.ECDSA(SHA256()))
    proof = der.tlv(0xA1, der.sequence(der.oid("1.2.840.10045.4.3.2")), der.bit_string(signature))
    return der.sequence(der.sequence(request, proof))


def ending(
    key: ec.EllipticCurvePrivateKey, certificate: Certificate, reason: int, at: datetime, issuer: bytes = b""
) -> bytes:
    """An rr for this certificate under its own key; with an issuer (DER Name), for that one's of the same number."""
    number = der.integer(int(certificate.serial_number, 16))
    told = [der.explicit(3, issuer)] if issuer else []
    named = der.sequence(der.implicit(1, der.single(number, der.INTEGER)), *told)
    extension = der.sequence(der.oid("2.5.29.21"), der.octet_string(der.enumerated(reason)))
    content = der.sequence(der.sequence(named, der.sequence(extension)))
    return signed(key, certificate, Body.RR, content, at)


def old_certificate(issuer: bytes, number: int) -> bytes:
    """The control of an update that names the certificate of this issuer and number."""
    named = der.sequence(der.explicit(4, issuer), der.integer(number))
    return der.sequence(der.oid("1.3.6.1.5.5.7.5.1.5"), named)


def signed(
    key: ec.EllipticCurvePrivateKey,
    certificate: Certificate,
    kind: Body,
    content: bytes,
    at: datetime,
    transaction: bytes = b"r" * 16,
    back: bytes = b"",
) -> bytes:
    """A message under the key of this certificate, which brings that nonce back, to whoever issued it."""
    body = answer.body(kind, content)
    issuer = parse_certificate(bytes(certificate.der)).issuer
    to = Header(2, issuer, None, None, None, b"", transaction, back, b"", False, b"")
    header = Reply(to, NAME, at, der.sequence(der.oid("1.2.840.10045.4.3.2")), b"n" * 16, b"").header()
    signature = key.sign(answer.protected_part(header, body), ec.ECDSA(SHA256()))
    return answer.assembled(header, body, signature, [bytes(certificate.der)])


def accepting(certificate: Certificate) -> bytes:
    """What a certConf says of a certificate that is taken."""
    return der.sequence(der.sequence(der.octet_string(sha256(certificate.der).digest()), der.integer(0)))


def rejecting(certificate: Certificate) -> bytes:
    """What it says of one that is not."""
    status = der.sequence(der.octet_string(sha256(certificate.der).digest()), der.integer(0), answer.status(2))
    return der.sequence(status)


@dataclass(frozen=True)
class Client:
    """A machine with a secret and a transaction."""

    made: Made
    at: datetime
    transaction: bytes = b"t" * 16
    nonce: bytes = b"n" * 16
    back: bytes = b""
    """The nonce that it brings back."""
    version: int = 2
    like: bytes | None = None
    """An algorithm of the kind by which it protects; None for PasswordBasedMac."""

    def message(self, kind: Body, content: bytes, secret: str = "") -> bytes:
        to = Header(self.version, None, None, None, None, b"", self.transaction, self.back, b"", False, b"")
        algorithm = password_algorithm(b"salt" * 4, like=self.like)
        header = Reply(to, NAME, self.at, algorithm, self.nonce, self.made.reference.encode()).header()
        body = answer.body(kind, content)
        mac = password_mac(algorithm, (secret or self.made.secret).encode(), answer.protected_part(header, body))
        return answer.assembled(header, body, mac)

    def having(self, received: Message) -> "Client":
        """The same client, who has read that answer."""
        return replace(self, back=received.header.sender_nonce)


@dataclass
class Door:
    """The door of a ministry, and what it said."""

    ministry: Ministry
    signer: KeySigner = field(default_factory=KeySigner)

    @property
    def door(self) -> CmpDoor:
        home, ledger = self.ministry.ca.home, self.ministry.ca.ledger
        pem = home.certificate("tls-machines").read_bytes()
        chain = [one.public_bytes(Encoding.DER) for one in load_pem_x509_certificates(pem)]
        return CmpDoor(
            ledger, self.ministry.doors, Own(self.signer, chain), MACHINES, practice=True, patience=timedelta(),
            admit=lambda _: True,
        )  # fmt: skip

    def said(self, octets: bytes) -> Message:
        return parse_message(self.door.answer(octets))

    def heard(self, client: Client, kind: Body, content: bytes) -> Message:
        """An answer that the client's own secret protects."""
        message = self.said(client.message(kind, content))
        verify_password(message, client.made.secret.encode())
        return message


@dataclass(frozen=True)
class Machine:
    """A machine with a certificate, whose key signs what it says."""

    door: Door
    key: ec.EllipticCurvePrivateKey
    certificate: Certificate

    @classmethod
    def enrolled(cls, door: Door, client: Client, host: str) -> "Machine":
        """By its secret; it has confirmed nothing."""
        own = key()
        door.heard(client, Body.IR, asked(own, host))
        [certificate] = door.ministry.ca.room().turn().issued
        return cls(door, own, certificate)

    def signs(self, kind: Body, content: bytes, transaction: bytes, back: bytes = b"") -> bytes:
        at = self.door.ministry.ca.ledger.clock.now()
        return signed(self.key, self.certificate, kind, content, at, transaction, back)

    def says(self, kind: Body, content: bytes, transaction: bytes, back: bytes = b"") -> Message:
        """What the door answers to that."""
        return self.door.said(self.signs(kind, content, transaction, back))

    def updated(self, host: str, transaction: bytes, kind: Body = Body.KUR) -> "Update":
        """A new key is certified at its word; nothing is confirmed."""
        new = key()
        said = self.says(kind, asked(new, host), transaction)
        [certificate] = self.door.ministry.ca.room().turn().issued
        return Update(self, Machine(self.door, new, certificate), transaction, said.header.sender_nonce)


@dataclass(frozen=True)
class Update:
    """One certificate asked for by the key of another."""

    old: Machine
    new: Machine
    transaction: bytes
    back: bytes
    """The nonce of the door's answer."""

    def confirmed(self, content: bytes | None = None, by: Machine | None = None) -> Message:
        """What the door answers to a certConf: that the new one is taken, signed by the old one's key."""
        said = accepting(self.new.certificate) if content is None else content
        return (by or self.old).says(Body.CERTCONF, said, self.transaction, self.back)
