"""What is handed in at a desk: the request, whose it is, what it is for, the papers shown, and the agreement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from ca.policy import EvidenceKind, IdentificationMethod, Paper
from ca.registration.case import Asked
from ca.tables.registration import Evidence


class AgreementMeans(Enum):
    """How an applicant accepted the terms (EN 319 411-1 REG-6.3.4-08)."""

    WRITTEN = "written"
    """On paper, which the desk keeps."""
    SPOKEN = "spoken"
    """Before the officer, who recorded it."""
    SIGNED = "signed"
    """With a key of his."""


@dataclass(frozen=True)
class Agreed:
    """An acceptance of the terms whose text has this digest (hex), at that moment."""

    terms_digest: str
    means: AgreementMeans
    at: datetime
    publication: bool = False
    """Whether the certificate may be published in a directory."""


@dataclass(frozen=True)
class Shown:
    """A paper that an officer saw. `number` never leaves this value unencrypted; `scan_sha256` is hex."""

    kind: EvidenceKind
    number: str
    issuer: str
    issued_on: date
    expires_on: date | None
    scan_sha256: str
    officer_id: str
    place: str
    """The desk, by its code."""
    method: IdentificationMethod = IdentificationMethod.IN_PERSON

    @property
    def paper(self) -> Paper:
        """As the rules look at it."""
        return Paper(self.kind, self.issued_on, self.expires_on)


@dataclass(frozen=True)
class Application:
    """What is handed in: PKCS#10 (PEM or DER), the person's number, what is wanted, papers shown, terms accepted.

    Where the certificate is to be an organisation's, the person is the one who answers for it.
    """

    request: bytes
    number: str
    profile: str
    evidence: Sequence[Shown]
    agreed: Agreed | None
    organisation: str | None = None
    """Its code."""
    names: tuple[str, ...] = ()
    common_name: str | None = None
    value_limit_lak: int | None = None
    carried: Sequence[Evidence] = ()
    """In the place of `evidence`: papers that were seen for an earlier request of his, and hold still."""
    old_key: bool = False
    """Whether the key may be that of the certificate that this request follows."""

    @property
    def seen(self) -> set[tuple[str, str]]:
        """Which officer saw papers at which desk, now or for the earlier request."""
        now = {(shown.officer_id, shown.place) for shown in self.evidence}
        return now | {(paper.officer_id, paper.place) for paper in self.carried}

    @property
    def asked(self) -> Asked:
        """What is wanted beside the person, as the rules look at it."""
        return Asked(self.profile, self.organisation, self.names, self.common_name, self.value_limit_lak)
