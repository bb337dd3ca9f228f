"""Cross certificates: our root certifies another CA's key beside that CA's own root, or our own next root.

Name and key are taken as they are in what was handed over, whose signature must be of that very key. What comes of it
is confined as our issuing CAs are, stands in the ledger under the root, and ends by the change `ca-certificate.revoke`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.ceremony import Ceremony
from ca.events.ceremonies import KeyMade
from ca.issuance.composition import IssuingKey, Wanted
from ca.profiles import PROFILES
from ledger.certificates import Certificate, Issuer, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.ledger import Deed, Taken
from pki.certificate import certificates_from_pem, parse_certificate
from pki.errors import ParseError, PkiError, WeakKey
from pki.keys import check_strength, key_sha256
from pki.outside import signed_by_itself
from pki.request import parse_request

PROFILE = "cross-certificate"


@dataclass(frozen=True)
class Other:
    """Another CA as it showed itself: its name (DER) and key, whose possession it proved."""

    subject: bytes
    spki: bytes
    not_after: datetime | None = None
    """When its own root ends; None for one that handed over a request."""

    def ended(self, now: datetime) -> bool:
        """Whether its own root is past its end: nobody may be led to it any more."""
        return self.not_after is not None and self.not_after < now

    @property
    def key_sha256(self) -> str:
        """The key's name in the ledger."""
        return key_sha256(self.spki)


def certify(ceremony: Ceremony, root: IssuingKey, handed_over: bytes) -> Certificate | Refuse:
    """The cross certificate of `root` for the CA whose root certificate or PKCS#10 (PEM or DER) was handed over.

    Asked again, the one in force comes back. Raises CeremonyFailed when the other CA's name breaks the profile.
    """
    other = other_of(handed_over)
    if isinstance(other, Refuse):
        return other
    with ceremony.ledger.read() as session:
        refused = _unfit(session, other)
        found = _in_force(session, ceremony, root.id, other)
    if refused is not None:
        return refused
    if found is not None:
        return found
    if other.ended(ceremony.ledger.clock.now()):
        return Refuse("cross.ended")
    _claim(ceremony, other)
    profile = PROFILES[PROFILE]
    wanted = Wanted(profile, other.subject, other.spki, profile.longest_validity)
    certificate = ceremony.certified(root, wanted, f"cross {other.key_sha256[:12]}")
    ceremony.keep_at(ceremony.home.certificate(f"cross-{other.key_sha256[:12]}-by-{root.id[-8:]}"), certificate.der)
    ceremony.list_endings(root)
    return certificate


def certify_each_other(ceremony: Ceremony, one: str, other: str) -> tuple[Certificate, Certificate]:
    """Each of two roots of ours has certified the other (RFC 4210 clause 4.4), so whoever trusts one reaches both.

    They are named by their keys: `root`, `root-2`. Raises CeremonyFailed.
    """
    first, second = ceremony.opened_generation(one), ceremony.opened_generation(other)
    made = [
        (_own(ceremony, first, second), f"{other}-by-{one}"),
        (_own(ceremony, second, first), f"{one}-by-{other}"),
    ]
    for certificate, name in made:
        ceremony.keep_at(ceremony.home.certificate(name), bytes(certificate.der))
    return made[0][0], made[1][0]


def crosses(session: Session, now: datetime) -> list[tuple[Certificate, str]]:
    """Every cross certificate with its state: `good`, `revoked`, `expired` (past its end, and never revoked)."""
    rows = select(Certificate).where(Certificate.profile == PROFILE).order_by(Certificate.id)
    return [(one, _state(session, one, now)) for one in session.scalars(rows)]


def _state(session: Session, one: Certificate, now: datetime) -> str:
    if session.get(Revocation, one.id) is not None:
        return "revoked"
    return "good" if now <= one.not_after else "expired"


def _own(ceremony: Ceremony, above: IssuingKey, below: IssuingKey) -> Certificate:
    other = Other(below.view.subject, below.spki)
    with ceremony.ledger.read() as session:
        found = _in_force(session, ceremony, above.id, other)
    profile = PROFILES[PROFILE]
    wanted = Wanted(profile, other.subject, other.spki, profile.longest_validity)
    return found or ceremony.certified(above, wanted, f"cross {other.key_sha256[:12]}")


def other_of(octets: bytes) -> Other | Refuse:
    """The CA whose root certificate or PKCS#10 (PEM or DER) this is, or why it is not taken."""
    try:
        return _certificate(octets) or _requested(octets)
    except WeakKey:
        return Refuse("cross.weak")
    except ParseError:
        return Refuse("cross.malformed")
    except PkiError:
        return Refuse("cross.possession")


def _certificate(octets: bytes) -> Other | None:
    """The CA of a root certificate, or None if this is no certificate. Raises PkiError for one that is not fit."""
    try:
        found = parse_certificate(octets) if octets[:1] == b"\x30" else certificates_from_pem(octets)[0]
    except (ParseError, IndexError):
        return None
    check_strength(found.spki)
    if not found.is_ca:
        raise ParseError("not a CA")
    if not signed_by_itself(found):
        raise PkiError("not signed by its own key")
    return Other(found.subject, found.spki, found.not_after)


def _requested(octets: bytes) -> Other:
    request = parse_request(octets)
    return Other(request.subject, request.spki)


def _unfit(session: Session, other: Other) -> Refuse | None:
    """Why this name and key are not certified."""
    for der in session.scalars(select(Issuer.certificate)):
        ours = parse_certificate(bytes(der))
        if ours.subject == other.subject and ours.spki != other.spki:
            return Refuse("cross.own-name")
        if ours.spki == other.spki and ours.subject != other.subject:
            return Refuse("cross.key-used")
    holder = session.scalar(select(KeyUse.subject).where(KeyUse.key_sha256 == other.key_sha256))
    own = session.scalars(select(Issuer)).all()
    theirs = holder in (None, _holder(other), *(one.key_name for one in own))
    blocked = session.get(KeyBlock, other.key_sha256) is not None
    return None if theirs and not blocked else Refuse("cross.key-used")


def _claim(ceremony: Ceremony, other: Other) -> None:
    """The key is the other CA's from now on: nobody here enrols with it."""
    use = KeyUse(key_sha256=other.key_sha256, subject=_holder(other))
    try:
        ceremony.ledger.entries([Deed(KeyMade(_holder(other), other.key_sha256), ceremony.actor, [use])])
    except Taken:
        return  # It is one of our own roots, or was claimed by a ceremony that was interrupted.


def _holder(other: Other) -> str:
    return f"cross-{other.key_sha256[:32]}"


def _in_force(session: Session, ceremony: Ceremony, issuer_id: str, other: Other) -> Certificate | None:
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Certificate.id)
    statement = select(Certificate).where(
        Certificate.issuer_id == issuer_id, Certificate.profile == PROFILE, ~ended.exists(),
        Certificate.key_sha256 == other.key_sha256, Certificate.not_after > ceremony.ledger.clock.now(),
    )  # fmt: skip
    return session.scalar(statement.limit(1))
