"""Clients that hold a key of their own, and what they sign with it; JOSE by joserfc, so by another hand than ours."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

ALGORITHMS = ["ES256", "RS256", "PS256"]


class Escaped(json.JSONEncoder):
    """JSON in ASCII, which can say what UTF-8 cannot write."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**(named | {"ensure_ascii": True}))


@dataclass
class Holder:
    """A service with a key pair."""

    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"}))

    @classmethod
    def of_rsa(cls, kid: str = "r1") -> "Holder":
        return cls(RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}))

    @property
    def jwks(self) -> str:
        return json.dumps({"keys": [self.key.as_dict(private=False)]})

    def sign(self, claims: dict[str, Any], alg: str = "ES256", **header: Any) -> str:
        kept = {name: value for name, value in claims.items() if value is not None}
        named = {"alg": alg, "kid": self.key.kid, **header}
        return jwt.encode({k: v for k, v in named.items() if v is not None}, kept, self.key, algorithms=ALGORITHMS,
                          encoder_cls=Escaped)  # fmt: skip

    def assertion(self, client_id: str, audience: Any, now: datetime, alg: str = "ES256", **changes: Any) -> str:
        at = int(now.timestamp())
        usual = {"iss": client_id, "sub": client_id, "aud": audience, "iat": at, "exp": at + 60, "jti": f"j{at}"}
        return self.sign(usual | changes, alg)


def self_signed(name: str = "service") -> bytes:
    """A certificate that nobody vouches for, DER."""
    return self_signed_pair(name)[0]


def self_signed_pair(name: str = "service") -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    """The same with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    at = datetime(2026, 11, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7, at, at + timedelta(days=90))
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER), key


class Handshake:
    """The server's side of a connection whose client has shown a certificate."""

    def __init__(self, der: bytes | None) -> None:
        self.der = der

    def getpeercert(self, *, binary_form: bool) -> bytes | None:
        return self.der if binary_form else None
