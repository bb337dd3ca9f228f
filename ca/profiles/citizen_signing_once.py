"""A citizen signs one document with it, within minutes, under a key that is thrown away afterwards.

It keeps its status pointers: who looks later finds the same evidence as for every other certificate, so there is no
noRevAvail (RFC 9608).
"""

from datetime import timedelta

from pki import oids
from pki.profile import CertificateProfile, Claim, KeyUsage, SubjectShape

PROFILE = CertificateProfile(
    name="citizen-signing-once",
    subject=SubjectShape.PERSON,
    key_usages=(KeyUsage.CONTENT_COMMITMENT,),
    longest_validity=timedelta(minutes=30),
    policy=12,
    extended_key_usages=(oids.EKU_DOCUMENT_SIGNING,),
    claim=Claim.SIGNATURE,
    value_limited=True,
)
