"""The root: certifies the issuing CAs, its own responder, and nothing else.

Its own certificate is confined too. RFC 5280 clause 6.1.1 (d) takes name and key alone from a trust anchor, but
OpenSSL, GnuTLS, NSS and Go hold a chain to the constraints of its root, so who trusts ours lets it speak for the state
alone. Of subjects nothing is said, as in `issuing_services_ca`: hosts are under it too, and Go refuses a directory name
unread.
"""

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
    confined=True,
    subjects_free=True,
)
