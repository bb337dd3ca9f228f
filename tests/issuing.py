"""A practice hierarchy by cryptography's own builder: root, issuers, responders and leaves for tests.

It shares no code with `pki`, so that what `pki` writes is read and judged against certificates of another hand.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from pki.signing import SignatureAlgorithm

FROM = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = datetime(2036, 1, 1, tzinfo=UTC)
_MlDsaKey = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
_ML_DSA: dict[SignatureAlgorithm, type[_MlDsaKey]] = {
    SignatureAlgorithm.ML_DSA_44: mldsa.MLDSA44PrivateKey,
    SignatureAlgorithm.ML_DSA_65: mldsa.MLDSA65PrivateKey,
    SignatureAlgorithm.ML_DSA_87: mldsa.MLDSA87PrivateKey,
}
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | _MlDsaKey


_CRL = x509.CRLDistributionPoints(
    [x509.DistributionPoint([x509.UniformResourceIdentifier("http://127.0.0.1/crl")], None, None, None)]
)
_OCSP = x509.AuthorityInformationAccess(
    [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://127.0.0.1/"))]
)


def new_key(algorithm: SignatureAlgorithm = SignatureAlgorithm.ECDSA_P256_SHA256) -> PrivateKey:
    makers: dict[SignatureAlgorithm, Callable[[], PrivateKey]] = {
        SignatureAlgorithm.ECDSA_P256_SHA256: lambda: ec.generate_private_key(ec.SECP256R1()),
        SignatureAlgorithm.ECDSA_P384_SHA384: lambda: ec.generate_private_key(ec.SECP384R1()),
        SignatureAlgorithm.RSA_PKCS1_SHA256: lambda: rsa.generate_private_key(65537, 3072),
        SignatureAlgorithm.ED25519: ed25519.Ed25519PrivateKey.generate,
        **{algorithm: kind.generate for algorithm, kind in _ML_DSA.items()},
    }
    return makers[algorithm]()


@dataclass
class KeySigner:
    """A Signer over a key in memory."""

    key: PrivateKey = field(default_factory=new_key)

    @cached_property
    def algorithm(self) -> SignatureAlgorithm:
        match self.key:
            case ec.EllipticCurvePrivateKey(curve=ec.SECP256R1()):
                return SignatureAlgorithm.ECDSA_P256_SHA256
            case ec.EllipticCurvePrivateKey():
                return SignatureAlgorithm.ECDSA_P384_SHA384
            case rsa.RSAPrivateKey():
                return SignatureAlgorithm.RSA_PKCS1_SHA256
            case ed25519.Ed25519PrivateKey():
                return SignatureAlgorithm.ED25519
        return next(algorithm for algorithm, kind in _ML_DSA.items() if isinstance(self.key, kind))

    @cached_property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> bytes:
        match self.key:
            case ec.EllipticCurvePrivateKey():
                digest = hashes.SHA256() if self.key.curve.name == "secp256r1" else hashes.SHA384()
                return self.key.sign(message, ec.ECDSA(digest))
            case rsa.RSAPrivateKey():
                return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message)


def name(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "LA"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


@dataclass
class PracticeIssuer:
    """A CA whose certificate `above` signed, or it itself."""

    common_name: str = "Practice root"
    above: "PracticeIssuer | None" = None
    signer: KeySigner = field(default_factory=KeySigner)
    constraints: x509.NameConstraints | None = None
    until: datetime = UNTIL

    @cached_property
    def certificate(self) -> x509.Certificate:
        issuer = self.above or self
        serial_number = 1 if self.above is None else 2
        builder = self._builder(
            name(self.common_name), self.signer, serial_number, issuer=name(issuer.common_name), until=self.until
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
        if self.constraints:
            builder = builder.add_extension(self.constraints, critical=True)
        return builder.sign(issuer.signer.key, _digest(issuer.signer))

    @property
    def der(self) -> bytes:
        return der(self.certificate)

    def leaf(self, common_name: str, serial_number: int, signer: KeySigner | None = None) -> x509.Certificate:
        builder = self._builder(name(common_name), signer or KeySigner(), serial_number)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(usage(digital_signature=True, content_commitment=True), critical=True)
        return builder.sign(self.signer.key, _digest(self.signer))

    def responder(
        self, signer: KeySigner, serial_number: int, valid_from: datetime = FROM, days: int = 3650,
        until: datetime | None = None,
    ) -> x509.Certificate:  # fmt: skip
        """A delegated OCSP responder's certificate with `ocsp-nocheck`; it ends after so many days, or at `until`."""
        until = until or valid_from + timedelta(days=days)
        builder = self._builder(name("OCSP responder"), signer, serial_number, valid_from=valid_from, until=until)
        builder = builder.add_extension(usage(digital_signature=True), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        return builder.sign(self.signer.key, _digest(self.signer))

    def time_stamp_unit(self, signer: KeySigner, serial_number: int, valid_from: datetime = FROM) -> x509.Certificate:
        builder = self._builder(name("Time-stamp unit"), signer, serial_number, valid_from=valid_from)
        builder = builder.add_extension(usage(digital_signature=True), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        return builder.sign(self.signer.key, _digest(self.signer))

    def _builder(
        self,
        subject: x509.Name,
        signer: KeySigner,
        serial_number: int,
        *,
        issuer: x509.Name | None = None,
        valid_from: datetime = FROM,
        until: datetime = UNTIL,
    ) -> x509.CertificateBuilder:
        above = self.above or self
        authority = above.signer if issuer else self.signer
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or name(self.common_name))
            .public_key(signer.key.public_key())
            .serial_number(serial_number)
            .not_valid_before(valid_from)
            .not_valid_after(until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(signer.key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False
            )
            .add_extension(_CRL, critical=False)
            .add_extension(_OCSP, critical=False)
        )


def _digest(signer: KeySigner) -> hashes.SHA256 | hashes.SHA384 | None:
    match signer.algorithm:
        case SignatureAlgorithm.ED25519:
            return None
        case SignatureAlgorithm.ECDSA_P384_SHA384:
            return hashes.SHA384()
    return None if signer.algorithm.post_quantum else hashes.SHA256()


def usage(**usages: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{usage: usages.get(usage, False) for usage in names})
