"""The certificates above those of machines: what they need beside their own. Reads only."""

from datetime import datetime

from sqlalchemy.orm import Session

from ca.ceremonies.generations import generations, used
from ca.profiles import issuer_for, root_of
from pki.signing import SignatureAlgorithm


def chain(session: Session, profile: str, now: datetime) -> list[bytes]:
    """The issuer that signs this profile now, and the roots of its family, as DER; the issuer first."""
    name = issuer_for(profile, SignatureAlgorithm.ECDSA_P256_SHA256)
    found = generations(session, now)
    issuer = used(found, name)
    roots = [one.issuer for one in found if one.is_root and one.issuer.name == root_of(name)]
    return [bytes(one.certificate) for one in ([issuer.issuer] if issuer else []) + roots]
