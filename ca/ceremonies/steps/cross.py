"""`cross`: a root of ours certifies another CA's key, within our own name constraints."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.cross import PROFILE, Other, certify, other_of
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.step import Agreed, Made, SoFar, Words, certificate_fault
from ca.profiles import PROFILES
from ledger.decision import Refuse
from pki.certificate import parse_certificate
from pki.errors import PkiError

_PROFILE = PROFILES[PROFILE]


@dataclass(frozen=True)
class CrossStep:
    """The CA of the root certificate or PKCS#10 `other` (PEM), which the plan calls `name`."""

    kind: ClassVar[str] = "cross"
    name: str
    other: str
    issuer: str = "root"

    def __post_init__(self) -> None:
        """Refuse a CA that did not show its own key."""
        self._shown()

    def _shown(self) -> Other:
        found = other_of(self.other.encode())
        if isinstance(found, Other):
            return found
        raise ValueError(f"what {self.name} handed over does not hold ({found.code}): ask for it again")

    @property
    def about(self) -> str:
        """What the plan calls the other CA."""
        return self.name

    @property
    def needs(self) -> tuple[str, ...]:
        """The root with its key."""
        return (f"key {self.issuer}", f"certificate {self.issuer}")

    @property
    def gives(self) -> tuple[str, ...]:
        """The cross certificate."""
        return (f"certificate {self.name}",)

    def words(self) -> Words:
        """In words."""
        key, days = self._shown().key_sha256, _PROFILE.longest_validity.days
        return Words(
            f"{self.issuer} ອອກໃບຢັ້ງຢືນໄຂວ້ໃຫ້ {self.name} (SHA-256 ຂອງກະແຈ: {key}), ໃຊ້ໄດ້ {days} ມື້",
            f"{self.issuer} cross-certifies {self.name} (SHA-256 of its key: {key}) for {days} days",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The cross certificate's bytes."""
        other, view = self._shown(), sketch.views[self.issuer]
        if other.ended(sketch.now):
            raise PkiError(self._ended(other))
        return sketch.certificate(_PROFILE, view, other.subject, other.spki, _PROFILE.longest_validity)

    def _ended(self, other: Other) -> str:
        return f"the root of {self.name} ended on {other.not_after:%Y-%m-%d}: ask it for its next root"

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """The cross certificate is there, and on the root's CRL is what ended."""
        certificate = certify(ceremony, so_far.issuing(ceremony, self.issuer), self.other.encode())
        if isinstance(certificate, Refuse):
            raise CeremonyFailed(
                f"{self.name} is not certified ({certificate.code}): correct the plan", certificate.code
            )
        return {"certificate": bytes(certificate.der)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """The root must have signed name and key as they were handed over."""
        other = self._shown()
        agreed = Agreed(PROFILE, other.spki, self.issuer, _PROFILE.longest_validity, other.subject, is_ca=True)
        if found := certificate_fault(made, agreed, so_far):
            return found
        late = other.ended(parse_certificate(made["certificate"]).not_before)
        return self._ended(other) if late else None
