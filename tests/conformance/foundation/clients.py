"""The clients that the suite plays, registered as a service is: names, addresses at the suite, and keys."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc.jwk import ECKey, RSAKey

from idp.clients import Registration
from idp.scopes import SCOPES
from scripts.demonstration.accounts import client_for
from scripts.demonstration.installation import Installation

ALIAS = "laotrust"
"""Part of the suite's addresses for our provider."""


@dataclass(frozen=True)
class Played:
    """A registered client with what the suite needs to play it."""

    client_id: str
    client_secret: str | None
    private: Mapping[str, Any] | None = None
    """Its key as a JWK set, private."""
    certificate: str | None = None
    key: str | None = None
    """The self-signed certificate of that key, and the key; PEM."""


@dataclass(frozen=True)
class _Keys:
    private: Mapping[str, Any]
    certificate: str
    key: str

    @property
    def public(self) -> str:
        """The set that is registered."""
        secret = {"d", "p", "q", "dp", "dq", "qi"}
        kept = [{name: one[name] for name in one if name not in secret} for one in self.private["keys"]]
        return json.dumps({"keys": kept})


Wanted = Callable[[str, str, str], Registration]
"""By a name for people, the suite's base address, and the public keys."""


def _standard(name: str, base: str, _keys: str, **besides: Any) -> Registration:
    usual = {"post_logout_redirect_uris": (f"{base}/post_logout_redirect",), "id_token_alg": "RS256"}
    return Registration("ຊຸດທົດສອບ", name, "standard", _back(base), SCOPES, **(usual | besides))


def _told(name: str, base: str, keys: str) -> Registration:
    return _standard(name, base, keys, backchannel_logout_uri=f"{base}/backchannel_logout")


def _framed(name: str, base: str, keys: str) -> Registration:
    return _standard(name, base, keys, frontchannel_logout_uri=f"{base}/frontchannel_logout")


def _strict(name: str, base: str, keys: str, **besides: Any) -> Registration:
    return Registration(
        "ຊຸດທົດສອບ", name, "fapi2", _back(base), SCOPES, auth_method="private_key_jwt", jwks=keys, **besides
    )


def _decoupled(name: str, base: str, keys: str, mode: str) -> Registration:
    notified = f"{base}/ciba-notification-endpoint" if mode == "ping" else None
    return _strict(name, base, keys, backchannel_mode=mode, backchannel_alg="ES256", notification_uri=notified)


def _back(base: str) -> tuple[str, ...]:
    """The suite's second client comes back with parameters of its own."""
    return (f"{base}/callback", f"{base}/callback?dummy1=lorem&dummy2=ipsum")


WANTED: Mapping[str, Wanted] = {
    "standard-1": _standard,
    "standard-2": _standard,
    "post": partial(_standard, auth_method="client_secret_post"),
    "told-1": _told,
    "framed-1": _framed,
    "ec-1": _strict,
    "ec-2": _strict,
    "rsa-1": _strict,
    "rsa-2": _strict,
    "sign-1": partial(_strict, signed_requests=True),
    "sign-2": partial(_strict, signed_requests=True),
    "poll-1": partial(_decoupled, mode="poll"),
    "poll-2": partial(_decoupled, mode="poll"),
    "ping-1": partial(_decoupled, mode="ping"),
    "ping-2": partial(_decoupled, mode="ping"),
}


def registered(installation: Installation, suite: str, admin: str) -> Mapping[str, Played]:
    """All of WANTED, registered by `admin`, for a suite at the address `suite`."""
    found = {}
    for name, wanted in WANTED.items():
        keys = None if wanted_has_secret(name) else _made(name, installation)
        one = wanted(f"Suite {name}", f"{suite}/test/a/{ALIAS}", keys.public if keys else "")
        client = client_for(installation, f"suite-{name}", one, admin)
        shown = (keys.private, keys.certificate, keys.key) if keys else (None, None, None)
        found[name] = Played(client.client_id, client.client_secret, *shown)
    return found


def wanted_has_secret(name: str) -> bool:
    """Whether the client of this name has a secret instead of a key."""
    return name.startswith(("standard", "post", "told", "framed"))


def _made(name: str, installation: Installation) -> _Keys:
    is_rsa = name.startswith(("rsa", "sign"))
    key = rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), installation.clock.now()
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), x509.random_serial_number(), now - timedelta(days=1),
        now + timedelta(days=30),
    )  # fmt: skip
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = builder.add_extension(usage, critical=False).sign(key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    kind, algorithm = (RSAKey, "PS256") if is_rsa else (ECKey, "ES256")
    jwk = kind.import_key(pem, {"use": "sig", "alg": algorithm})
    shown = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    private = {"keys": [jwk.as_dict(private=True) | {"kid": jwk.thumbprint(), "x5c": [shown]}]}
    return _Keys(private, certificate.public_bytes(Encoding.PEM).decode(), pem.decode())
