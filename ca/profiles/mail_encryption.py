"""Mail to the one address that it names is encrypted with it (S/MIME, RFC 8550)."""

from datetime import timedelta

from pki import oids
from pki.profile import AlternativeNames, CertificateProfile, KeyUsage, SubjectShape
from pki.signing import SignatureAlgorithm

PROFILE = CertificateProfile(
    name="mail-encryption",
    subject=SubjectShape.PERSON,
    key_usages=(KeyUsage.KEY_AGREEMENT,),
    key_usages_of=((SignatureAlgorithm.RSA_PKCS1_SHA256, (KeyUsage.KEY_ENCIPHERMENT,)),),
    key_algorithms=(
        SignatureAlgorithm.ECDSA_P256_SHA256,
        SignatureAlgorithm.ECDSA_P384_SHA384,
        SignatureAlgorithm.RSA_PKCS1_SHA256,
    ),
    longest_validity=timedelta(days=2 * 365),
    policy=10,
    extended_key_usages=(oids.EKU_EMAIL_PROTECTION,),
    alternative_names=AlternativeNames.MAIL,
)
