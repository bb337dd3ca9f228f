"""The root: certifies the issuing CAs, its own responder, and nothing else."""

from datetime import timedelta

from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="root-ca",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN),
    longest_validity=timedelta(days=20 * 365),
    policy=None,
    is_ca=True,
    status_pointers=False,
    self_signed=True,
)
