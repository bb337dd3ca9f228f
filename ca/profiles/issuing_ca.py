"""An issuing CA (`officers`, `citizens`, `services`): certifies end entities of the state only."""

from datetime import timedelta

from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="issuing-ca",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN),
    longest_validity=timedelta(days=10 * 365),
    policy=None,
    is_ca=True,
    path_length=0,
    any_policy=True,
    confined=True,
)
