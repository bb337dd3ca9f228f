"""A small ACME client of the tests' own, in which every member of a message can be bent."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hmac import digest
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pki.jwk import jwk, thumbprint
from pki.jws import sign as compact
from tests.issuing import KeySigner, PrivateKey, new_key


def text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets(encoded: str) -> bytes:
    return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def public(signer: KeySigner) -> dict[str, str]:
    """The public JWK without what RFC 7638 leaves out."""
    members = jwk(signer.public_key)
    return {name: value for name, value in members.items() if name not in {"alg", "use", "kid"}}


def flattened(header: Mapping[str, Any], payload: bytes, signer: KeySigner) -> dict[str, str]:
    """A flattened JWS over `payload` whose header is as given, but for `alg` where none is given."""
    wanted = {"alg": signer.algorithm.value, **header}
    # The compact form is signed by the project's own signer; a header of another alg is put in its place afterwards.
    protected, body, signature = compact({**header, "kid": header.get("kid", "")}, payload, signer).split(".")
    if json.loads(octets(protected)) != wanted:
        protected = text(json.dumps(wanted).encode())
        signature = _signature(f"{protected}.{body}".encode(), signer)
    return {"protected": protected, "payload": body, "signature": signature}


def _signature(message: bytes, signer: KeySigner) -> str:
    made = signer.sign(message)
    if isinstance(signer.key, ec.EllipticCurvePrivateKey):
        half = (signer.key.key_size + 7) // 8
        made = b"".join(number.to_bytes(half, "big") for number in decode_dss_signature(made))
    return text(made)


def binding(kid: str, key: bytes, url: str, account: KeySigner) -> dict[str, str]:
    """RFC 8555 clause 7.3.4."""
    protected = text(json.dumps({"alg": "HS256", "kid": kid, "url": url}).encode())
    payload = text(json.dumps(public(account)).encode())
    mac = digest(key, f"{protected}.{payload}".encode(), "sha256")
    return {"protected": protected, "payload": payload, "signature": text(mac)}


def csr(names: list[str], key: PrivateKey | None = None, common_name: str | None = None) -> str:
    """A PKCS#10 for these hosts, base64url of DER."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    made = builder.sign(key or new_key(), hashes.SHA256())
    return text(made.public_bytes(Encoding.DER))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The type of a problem document, without its namespace."""
        return str(self.json["type"]).removeprefix("urn:ietf:params:acme:error:")

    @property
    def place(self) -> str:
        return str(self.headers["Location"])


Send = Callable[[str, str, bytes | None, Mapping[str, str]], Answer]
"""By method, URL, body and headers."""


@dataclass
class AcmeClient:
    """Speaks for one account key."""

    send: Send
    base: str
    signer: KeySigner = field(default_factory=KeySigner)
    kid: str | None = None

    @property
    def thumbprint(self) -> str:
        return thumbprint(self.signer.public_key)

    def url(self, path: str) -> str:
        return f"{self.base}/acme/{path}"

    def nonce(self) -> str:
        answer = self.send("HEAD", self.url("new-nonce"), None, {})
        return str(answer.headers["Replay-Nonce"])

    def message(self, url: str, payload: Any, /, **header: Any) -> bytes:
        """The body of a request; a member of the header that is given as None is left out."""
        named = {"kid": self.kid} if self.kid else {"jwk": public(self.signer)}
        wanted = (
            {"nonce": self.nonce(), "url": url, **named, **header}
            if "nonce" not in header
            else {"url": url, **named, **header}
        )
        wanted = {name: value for name, value in wanted.items() if value is not None}
        body = b"" if payload is None else json.dumps(payload).encode()
        return json.dumps(flattened(wanted, body, self.signer)).encode()

    def post(self, url: str, payload: Any = None, /, **header: Any) -> Answer:
        """A signed request; without payload it is a POST-as-GET."""
        return self.send_body(url, self.message(url, payload, **header))

    def send_body(self, url: str, body: bytes, media: str = "application/jose+json") -> Answer:
        return self.send("POST", url, body, {"Content-Type": media})

    def register(self, kid: str, key: bytes, **more: Any) -> Answer:
        """newAccount with an external account binding; the account is used from then on."""
        url = self.url("new-account")
        bound = binding(kid, key, url, self.signer)
        given = {"termsOfServiceAgreed": True, "externalAccountBinding": bound, **more}
        answer = self.post(url, {name: value for name, value in given.items() if value is not None})
        if answer.status < 300:
            self.kid = answer.place
        return answer

    def order(self, *names: str, **more: Any) -> Answer:
        identifiers = [{"type": "dns", "value": name} for name in names]
        return self.post(self.url("new-order"), {"identifiers": identifiers, **more})

    def challenge(self, order: Answer, method: str, which: int = 0) -> Any:
        """The challenge of this kind in one of the order's authorizations."""
        shown = self.post(order.json["authorizations"][which])
        return next(one for one in shown.json["challenges"] if one["type"] == method)
