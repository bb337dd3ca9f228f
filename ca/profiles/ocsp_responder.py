"""Signs OCSP answers for the one issuer that certified it (RFC 6960 clause 4.2.2.2).

It carries no status pointers but `nocheck`, so it is short-lived instead: the signing room renews it at half its
life with the same key. The root's lives a year, since the root's key is not at hand. The last one of a CA has no
end (ETSI EN 319 411-2 asks for answers that hold on): of one that was closed it begins then, else with the CA's end.
"""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="ocsp-responder",
    subject=SubjectShape.SERVICE,
    key_usages=(KeyUsage.DIGITAL_SIGNATURE,),
    longest_validity=timedelta(days=366),
    policy=4,
    extended_key_usages=(oids.EKU_OCSP_SIGNING,),
    status_pointers=False,
    ocsp_no_check=True,
    endless=True,
)
