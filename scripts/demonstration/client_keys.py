"""Keys of the demonstration's strict clients and of its tokens, each made once."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc.jwk import ECKey

from pki.signing import SignatureAlgorithm
from scripts.demonstration.installation import Installation
from signers import generate
from web.home import Home

TOKEN_KEYS = {
    "token-rs256": SignatureAlgorithm.RSA_PKCS1_SHA256,
    "token-ps256": SignatureAlgorithm.RSA_PKCS1_SHA256,
    "token-eddsa": SignatureAlgorithm.ED25519,
}
"""Besides `token`, which the ceremony makes: for services that ask for another algorithm."""
_DAYS = 365


@dataclass(frozen=True)
class ClientKey:
    """A client's private key, its self-signed certificate, and both as a private JWK set: PEM and JSON, mode 0600."""

    folder: Path
    name: str

    @property
    def key(self) -> Path:
        """PKCS#8, unencrypted since it is for demonstration only."""
        return self.folder / f"client-{self.name}.key.pem"

    @property
    def certificate(self) -> Path:
        """What it shows at the port for services."""
        return self.folder / f"client-{self.name}.pem"

    @property
    def jwks_private(self) -> Path:
        """What it signs with."""
        return self.folder / f"client-{self.name}.jwks.json"

    def public_set(self, installation: Installation) -> str:
        """The JWK set that is registered; the key is made first if there is none."""
        if not self.jwks_private.exists():
            self._make(installation)
        private = json.loads(self.jwks_private.read_text())
        return json.dumps({"keys": [{name: one[name] for name in one if name != "d"} for one in private["keys"]]})

    def _make(self, installation: Installation) -> None:
        if not self.key.exists():
            made = ec.generate_private_key(ec.SECP256R1())
            _write(self.key, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        private = load_pem_private_key(self.key.read_bytes(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)]), installation.clock.now()
        builder = x509.CertificateBuilder(
            name, name, private.public_key(), x509.random_serial_number(), now - timedelta(days=1),
            now + timedelta(days=_DAYS),
        )  # fmt: skip
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = builder.add_extension(usage, critical=False).sign(private, SHA256())
        _write(self.certificate, certificate.public_bytes(Encoding.PEM))
        key = ECKey.import_key(self.key.read_bytes(), {"use": "sig", "alg": "ES256"})
        named = key.as_dict(private=True) | {"kid": key.thumbprint()}
        shown = b64encode(certificate.public_bytes(Encoding.DER)).decode()
        _write(self.jwks_private, json.dumps({"keys": [named | {"x5c": [shown]}]}).encode())


def make_token_keys(home: Home) -> None:
    """The keys of TOKEN_KEYS are in the home, each once."""
    for name, algorithm in TOKEN_KEYS.items():
        generate(home.key_uri(name), algorithm)


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.touch(mode=0o600)
    temporary.write_bytes(content)
    temporary.replace(path)
