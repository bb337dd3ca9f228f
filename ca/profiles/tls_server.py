"""A TLS server of our own or of a relying service, under gov.la alone; never suspended (BR 4.9.13).

Post-quantum keys are left out as long as TLS has no standard for their signatures, Ed25519 by BR 7.1.3.1.
"""

from datetime import timedelta

from pki import oids
from pki.profile import AlternativeNames, CertificateProfile, KeyUsage, SubjectShape
from pki.signing import SignatureAlgorithm

PROFILE = CertificateProfile(
    name="tls-server",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=7,
    extended_key_usages=(oids.EKU_SERVER_AUTH,),
    key_algorithms=(
        SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.ECDSA_P384_SHA384, SignatureAlgorithm.RSA_PKCS1_SHA256,
    ),
    alternative_names=AlternativeNames.HOSTS,
)  # fmt: skip
