"""By it the doors for machines answer: it signs what they say, and opens what SCEP's clients encipher to it (RSA).

Its purpose says that it speaks for the CA to whom enrols (RFC 6402 clause 2.10; RFC 9483 clause 3.1 takes it for CMP).
"""

from datetime import timedelta

from pki import oids
from pki.profile import CLASSIC_KEY, CertificateProfile, KeyUsage, SubjectShape
from pki.signing import SignatureAlgorithm

PROFILE = CertificateProfile(
    name="machines-ra",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=18,
    extended_key_usages=(oids.EKU_CMC_RA,),
    key_algorithms=CLASSIC_KEY,
    key_usages_of=(
        (SignatureAlgorithm.RSA_PKCS1_SHA256, (KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_ENCIPHERMENT)),
    ),
)
