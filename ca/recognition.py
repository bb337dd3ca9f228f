"""Which foreign CAs are accepted, at which of our levels, for signatures of which time (law.md CA-04; MLES article 12).

An acceptance that two persons did not agree on counts for nothing, and neither does an end of one. What is not on the
list is refused, wherever it is from; what was signed provably before the end of an acceptance still holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from ca.governance.kind import Belief
from ledger.recognition import ForeignCa, ForeignCaTerm
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.path import PathDemands, PathInvalid, PathMaterial, StatusNeed, chain_of, verify_path
from pki.profile import KeyUsage

LEVELS = ("digital", "secure")
"""Of the three levels of signature (law.md ET-08) those that a certificate can lead to."""


class NotRecognised(PkiError):
    """No accepted CA stands over the certificate: `foreign.unlisted`, or `foreign.not-then` at that moment."""

    code = "foreign.unlisted"


@dataclass(frozen=True)
class Recognised:
    """An acceptance by the newest of its terms that counts."""

    ca: ForeignCa
    term: ForeignCaTerm
    newest: int
    """The number of its newest term, which may be one that nobody agreed on."""

    def holds(self, at: datetime) -> bool:
        """Whether what was signed at that moment is accepted."""
        return self.term.valid_from <= at and not self.over(at)

    def over(self, at: datetime) -> bool:
        """Whether the acceptance has ended by then."""
        return self.term.valid_to is not None and self.term.valid_to <= at


def recognised(belief: Belief, certificate_sha256: str | None = None) -> list[Recognised]:
    """Every acceptance that counts, or those of one certificate, in the order in which they were made."""
    found = select(ForeignCa).order_by(ForeignCa.id)
    if certificate_sha256 is not None:
        found = found.where(ForeignCa.sha256 == certificate_sha256)
    accepted = (_by_its_terms(belief, one) for one in belief.session.scalars(found) if belief.believes(one))
    return [one for one in accepted if one is not None]


def verify_foreign(
    belief: Belief,
    leaf: bytes,
    at: datetime,
    material: PathMaterial,
    status: StatusNeed = StatusNeed.REQUIRED,
) -> Recognised:
    """The acceptance under which a certificate (DER) counts for what was signed at `at`, at its `level`.

    Its key must be for signing, and it no CA's. Give a time that is proven, or now.
    Raises NotRecognised, PathInvalid (also PathRevoked) or ParseError.
    """
    above = _above(recognised(belief), leaf, material.intermediates)
    if not above:
        raise NotRecognised("no accepted foreign CA stands over this certificate")
    holding = {one.ca.sha256: one for one in above if one.holds(at)}
    if not holding:
        raise NotRecognised("the foreign CA was not accepted at that moment", "foreign.not-then")
    anchors = [bytes(one.ca.certificate) for one in holding.values()]
    path = verify_path(leaf, anchors, at, material, PathDemands(status=status))
    if not _signs(leaf):
        raise PathInvalid("the certificate is a CA's, or its key is not for signing")
    return holding[sha256(path[-1]).hexdigest()]


def _signs(leaf: bytes) -> bool:
    """Whether somebody signs with it. PathDemands asks for all of some usages; here either will do."""
    certificate = parse_certificate(leaf)
    usages = {KeyUsage.DIGITAL_SIGNATURE, KeyUsage.CONTENT_COMMITMENT}
    return not certificate.is_ca and not usages.isdisjoint(certificate.key_usages)


def _above(listed: Sequence[Recognised], leaf: bytes, intermediates: Sequence[bytes]) -> list[Recognised]:
    """Those of the list that the certificate's chain leads to; the list comes first where names are alike."""
    chain = chain_of(leaf, [*(bytes(one.ca.certificate) for one in listed), *intermediates])
    digests = {sha256(der).hexdigest() for der in chain[1:]}
    return [one for one in listed if one.ca.sha256 in digests]


def _by_its_terms(belief: Belief, accepted: ForeignCa) -> Recognised | None:
    terms = select(ForeignCaTerm).where(ForeignCaTerm.foreign_ca_id == accepted.id)
    rows = belief.session.scalars(terms.order_by(ForeignCaTerm.number.desc())).all()
    term = next(filter(belief.believes, rows), None)
    return None if term is None else Recognised(accepted, term, rows[0].number)
