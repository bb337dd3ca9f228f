"""A CA that has a key and a name of its own, certified by ours besides: another's, or our own next root.

It may have issuing CAs below it and is confined as they are. Which of our policies hold under it is said by a copy with
`listed_policies` in the place of `any_policy`.
"""

from datetime import timedelta

from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="cross-certificate",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN),
    longest_validity=timedelta(days=5 * 365),
    policy=None,
    is_ca=True,
    path_length=1,
    any_policy=True,
    confined=True,
    named_elsewhere=True,
)
