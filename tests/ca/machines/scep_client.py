"""A SCEP client by another hand than ours: asn1crypto writes and reads the CMS, cryptography does the rest."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

_ARC = "2.16.840.1.113733.1.9"
NAMES = {"type": f"{_ARC}.2", "status": f"{_ARC}.3", "failure": f"{_ARC}.4", "transaction": f"{_ARC}.7"}
NONCE, CEK, IV = bytes(range(16)), bytes(range(32)), bytes(range(16, 32))


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.ObjectIdentifier), ("values", core.SetOf, {"spec": core.Any})]  # noqa: RUF012


def self_signed(key: RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a device")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(7).not_valid_before(begin).not_valid_after(begin + timedelta(days=365))
    return dated.sign(key, hashes.SHA256())


@dataclass
class Said:
    """What a CertRep says."""

    values: dict[str, str]
    certificates: list[x509.Certificate] = field(default_factory=list)


@dataclass
class ScepClient:
    """A device with an RSA key and the certificate that it shows, its own or one of ours."""

    ra: x509.Certificate
    key: RSAPrivateKey
    certificate: x509.Certificate

    def message(self, content: bytes, kind: int = 19, transaction: str = "1", **changed: Any) -> bytes:
        """A pkiMessage around this content."""
        envelope = changed.get("envelope") or self.enveloped(content, **changed)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(envelope)
        values = {
            "1.2.840.113549.1.9.3": core.ObjectIdentifier("1.2.840.113549.1.7.1"),
            "1.2.840.113549.1.9.4": core.OctetString(digest.finalize()),
            NAMES["type"]: core.PrintableString(str(kind)),
            NAMES["transaction"]: core.PrintableString(transaction),
            f"{_ARC}.5": core.OctetString(changed.get("nonce", NONCE)),
        }
        held = [_Attribute({"type": kind, "values": [value]}).dump() for kind, value in values.items()]
        attributes = b"".join(sorted(held))
        signed = core.SetOf(contents=attributes, spec=core.Any).dump()
        signer = cms.SignerInfo({
            "version": "v1", "sid": cms.SignerIdentifier({"issuer_and_serial_number": _called(self.certificate)}),
            "digest_algorithm": {"algorithm": changed.get("digest", "sha256")},
            "signed_attrs": cms.CMSAttributes.load(signed), "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
            "signature": self.key.sign(signed, PKCS1v15(), hashes.SHA256()),
        })  # fmt: skip
        data = cms.SignedData({
            "version": "v1", "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data", "content": envelope},
            "certificates": [asn1.Certificate.load(self.certificate.public_bytes(Encoding.DER))],
            "signer_infos": [signer],
        })  # fmt: skip
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())

    def enveloped(self, content: bytes, cek: bytes = CEK, sealed: bytes | None = None, **_: Any) -> bytes:
        padder = padding.PKCS7(128).padder()
        padded = padder.update(content) + padder.finalize()
        encryptor = Cipher(algorithms.AES(CEK), modes.CBC(IV)).encryptor()
        key = self.ra.public_key()
        recipient = cms.KeyTransRecipientInfo({
            "version": "v0", "rid": cms.RecipientIdentifier({"issuer_and_serial_number": _called(self.ra)}),
            "key_encryption_algorithm": {"algorithm": "rsaes_pkcs1v15"},
            "encrypted_key": sealed or key.encrypt(cek, PKCS1v15()),  # type: ignore[union-attr]
        })  # fmt: skip
        data = cms.EnvelopedData({
            "version": "v0", "recipient_infos": [cms.RecipientInfo({"ktri": recipient})],
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": algos.EncryptionAlgorithm(
                    {"algorithm": "aes256_cbc", "parameters": core.OctetString(IV)}
                ),
                "encrypted_content": encryptor.update(padded) + encryptor.finalize(),
            },
        })  # fmt: skip
        return bytes(cms.ContentInfo({"content_type": "enveloped_data", "content": data}).dump())

    def read(self, octets: bytes) -> Said:
        """What the answer says, after its signature was verified under the RA's key."""
        data = cms.ContentInfo.load(octets, strict=True)["content"]
        [signer] = data["signer_infos"]
        signed = signer["signed_attrs"].untag().dump()
        self.ra.public_key().verify(  # type: ignore[union-attr, call-arg]
            signer["signature"].native, signed, PKCS1v15(), hashes.SHA256()  # type: ignore[arg-type]
        )
        held = {one["type"].dotted: one["values"][0] for one in signer["signed_attrs"]}
        values = {name: str(held[oid].native) for name, oid in NAMES.items() if oid in held}
        content = data["encap_content_info"]["content"].native
        return Said(values, self._opened(content) if content else [])

    def _opened(self, envelope: bytes) -> list[x509.Certificate]:
        data = cms.ContentInfo.load(envelope, strict=True)["content"]
        cek = self.key.decrypt(data["recipient_infos"][0].chosen["encrypted_key"].native, PKCS1v15())
        held = data["encrypted_content_info"]
        iv = held["content_encryption_algorithm"]["parameters"].native
        decryptor = Cipher(algorithms.AES(cek), modes.CBC(iv)).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        padded = decryptor.update(held["encrypted_content"].native) + decryptor.finalize()
        return pkcs7.load_der_pkcs7_certificates(unpadder.update(padded) + unpadder.finalize())


def name_of(certificate: x509.Certificate) -> bytes:
    """The DER IssuerAndSerialNumber."""
    return bytes(_called(certificate).dump())


def _called(certificate: x509.Certificate) -> cms.IssuerAndSerialNumber:
    read = asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
    return cms.IssuerAndSerialNumber({"issuer": read.issuer, "serial_number": read.serial_number})
