"""The certificates of a batch, for whoever handed it in: a zip with a PEM file a line."""

from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy.orm import Session

from ca.batches.outcomes import certificates
from ca.tables.batches import EnrolmentBatch
from ledger.certificates import Issuer

_FIRST_TIME = (1980, 1, 1, 0, 0, 0)
"""The same certificates are the same octets."""


def write_certificates(session: Session, batch: EnrolmentBatch, out: Path) -> int:
    """How many certificates are in the zip `out`: `LINE-NUMBER-PROFILE.pem`, the certificate and then its issuer's."""
    draft, issuers = out.with_name(f".{out.name}.draft"), dict[str, str]()
    count = 0
    with ZipFile(draft, "w") as zipped:
        for line, number, certificate in certificates(session, batch):
            key = certificate.issuer_id
            if key not in issuers:
                issuers[key] = DER_cert_to_PEM_cert(bytes(session.get_one(Issuer, key).certificate))
            info = ZipInfo(f"{line:06}-{number}-{certificate.profile}.pem", _FIRST_TIME)
            info.compress_type = ZIP_DEFLATED
            zipped.writestr(info, DER_cert_to_PEM_cert(bytes(certificate.der)) + issuers[key])
            count += 1
    draft.replace(out)
    return count
