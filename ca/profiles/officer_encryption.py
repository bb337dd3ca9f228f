"""Documents are encrypted to an officer with it; it signs nothing, so that its key may be kept for when it is lost.

An EC key agrees on keys (RFC 5753), an RSA key enciphers them; other kinds of key do neither.
"""

from datetime import timedelta

from pki.profile import CertificateProfile, KeyUsage, SubjectShape
from pki.signing import SignatureAlgorithm

PROFILE = CertificateProfile(
    name="officer-encryption",
    subject=SubjectShape.PERSON,
    key_usages=(KeyUsage.KEY_AGREEMENT,),
    key_usages_of=((SignatureAlgorithm.RSA_PKCS1_SHA256, (KeyUsage.KEY_ENCIPHERMENT,)),),
    key_algorithms=(
        SignatureAlgorithm.ECDSA_P256_SHA256,
        SignatureAlgorithm.ECDSA_P384_SHA384,
        SignatureAlgorithm.RSA_PKCS1_SHA256,
    ),
    longest_validity=timedelta(days=2 * 365),
    policy=8,
)
