"""`certificate-show`: what the ledger knows of a certificate."""

from pathlib import Path

import click
from sqlalchemy import or_, select

from ledger.certificates import Certificate, Hold, HoldRelease, Issuer, Revocation
from ledger.decision import Refuse
from pki.certificate import certificates_from_pem, parse_certificate
from pki.names import name_text
from scripts.cli import Outcome, Run, verb

_LONGEST_NAME = 255
"""Of a file: what is longer is none."""


@verb("ca", example="python -m scripts certificate-show officer.pem")
@click.argument("certificate")
def certificate_show(run: Run, *, certificate: str) -> Outcome | Refuse:
    """Shows names, dates and state of a certificate: a file, its SHA-256, or its serial number in hex."""
    digest = digest_of(run, certificate)
    held = select(Hold).where(~select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id).exists())
    with run.ledger.read() as session:
        found = session.scalar(select(Certificate).where(Certificate.sha256 == digest))
        if found is None:
            return Refuse("revocation.certificate-unknown")
        issuer = session.get_one(Issuer, found.issuer_id)
        ended = session.get(Revocation, found.id)
        paused = session.scalar(held.where(Hold.certificate_id == found.id).limit(1))
    values = {
        "sha256": found.sha256,
        "serial": found.serial_number,
        "issuer": f"{issuer.name}-{issuer.generation}",
        "profile": found.profile,
        "subject": name_text(parse_certificate(bytes(found.der)).subject),
        "not_before": found.not_before.isoformat(),
        "not_after": found.not_after.isoformat(),
        "status": "revoked" if ended else "held" if paused else "good",
        "reason": ended.reason if ended else None,
    }
    return Outcome(values, [f"{name:>10}  {value}" for name, value in values.items() if value is not None])


def digest_of(run: Run, certificate: str) -> str:
    """The SHA-256 of the certificate that is meant: by file, digest or serial number."""
    path = Path(certificate)
    if len(path.name) <= _LONGEST_NAME and path.is_file():
        octets = path.read_bytes()
        parsed = parse_certificate(octets) if octets[:1] == b"\x30" else certificates_from_pem(octets)[0]
        return parsed.sha256
    wanted = certificate.lower().replace(":", "").lstrip("0")
    with run.ledger.read() as session:
        named = or_(Certificate.sha256 == certificate.lower(), Certificate.serial_number == wanted)
        return session.scalar(select(Certificate.sha256).where(named).limit(1)) or certificate.lower()
