"""What officers sign: digests over everything that was recorded of a request, so that nothing can be changed later."""

import json
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from ca.registration.applicants import Names
from ca.registration.case import Body
from ca.registration.rules import RULES, Subject
from ca.tables.registration import Agreement, Enrolment, EnrolmentScope, Evidence
from ledger.canonical import canonical_of_kind
from ledger.entry import values_of

_PAPER = ("kind", "issuer", "issued_on", "expires_on", "scan_sha256", "officer_id", "place", "method")
_SCOPE = ("desk_id", "organisation_id", "names", "common_name", "value_limit_lak", "backing")
_AGREEMENT = ("terms_version", "terms_digest", "means", "at", "publication")


def enrolment_digest(
    enrolment: Enrolment, scope: EnrolmentScope, agreement: Agreement, spelt: Sequence[str | None]
) -> str:
    """Hex SHA-256 over the request, whose it is, what for, where and by what supported, and the names.

    `spelt` are the names as the certificate will have them, so nobody can rename anyone after the approval. The
    enrolment's own `digest` is not read.
    """
    covered = {
        "enrolment": enrolment.id,
        "person": enrolment.person_id,
        "profile": enrolment.profile,
        "request": sha256(bytes(enrolment.request)).hexdigest(),
        "evidence": enrolment.evidence_digest,
        "scope": values_of(scope, _SCOPE),
        "agreement": values_of(agreement, _AGREEMENT),
        "names": list(spelt),
    }
    return sha256(canonical_of_kind(covered)).hexdigest()


def evidence_digest(papers: Sequence[Evidence]) -> str:
    """Hex SHA-256 over all that was recorded of the papers save what may be erased, in the order of their ids."""
    listed = [values_of(paper, _PAPER) for paper in sorted(papers, key=lambda paper: paper.id)]
    return sha256(canonical_of_kind(listed)).hexdigest()


def scan_commitment(scan_sha256: str, blind: bytes) -> str:
    """What Evidence holds in place of the scan's digest: hex SHA-256 over 16 octets of chance and the digest."""
    return sha256(blind + bytes.fromhex(scan_sha256)).hexdigest()


def spelt_names(profile: str, names: Names, organisation: Body | None) -> list[str | None]:
    """The names that a certificate of this profile will carry, as the register has them now."""
    persons: list[str | None] = [names.given_lo, names.family_lo, names.given_en, names.family_en]
    organisations: list[str | None] = []
    if organisation is not None:
        organisations = [organisation.code, organisation.name_lo, organisation.name_en]
    return organisations if RULES[profile].subject is Subject.ORGANISATION else [*persons, *organisations]


def names_of(scope: EnrolmentScope) -> tuple[str, ...]:
    """The alternative names of a scope."""
    return _names(scope.names)


@lru_cache(maxsize=256)
def _names(listed: str) -> tuple[str, ...]:
    """Of most people's scopes there are none."""
    return tuple(json.loads(listed))


def subject_of(enrolment: Enrolment, scope: EnrolmentScope) -> str:
    """Whose key it is, as KeyUse says: the person's, or the organisation's."""
    if RULES[enrolment.profile].subject is Subject.ORGANISATION and scope.organisation_id:
        return scope.organisation_id
    return enrolment.person_id
