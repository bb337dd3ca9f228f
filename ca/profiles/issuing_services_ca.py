"""The issuing CA `services`: certifies hosts, devices, seals and our own services, and by its policies no person.

Its name constraints hold no directory name, since TLS stacks refuse a chain with one unread (Go, and all that is
written in it). What `issuing-ca` gains by one, that it names nobody outside the country, the policies give here and
more: they are listed, and none of a person's is among them, nor is the purpose of mail (decision 0022). The purpose
of OCSP is not there either: it would make this CA a responder of the root's.
"""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="issuing-services-ca",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN),
    longest_validity=timedelta(days=10 * 365),
    policy=None,
    extended_key_usages=(
        oids.EKU_SERVER_AUTH,
        oids.EKU_CLIENT_AUTH,
        oids.EKU_CODE_SIGNING,
        oids.EKU_TIME_STAMPING,
        oids.EKU_DOCUMENT_SIGNING,
        oids.EKU_CMC_RA,
    ),
    is_ca=True,
    path_length=0,
    listed_policies=(4, 5, 6, 7, 14, 15, 16, 17, 18),
    confined=True,
    subjects_free=True,
)
