"""`issuer`: an issuing CA is certified by its parent."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.names import ISSUING_NAMES, check_named
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.certified import CertifiedCa
from ca.ceremonies.steps.step import Agreed, Made, SoFar, Words, ca_fault
from ca.profiles import PROFILES, profile_of_issuer
from pki.profile import CertificateProfile

_LONGEST = PROFILES["issuing-ca"].longest_validity


@dataclass(frozen=True)
class IssuerStep(CertifiedCa):
    """The issuing CA of this name under `parent`; `common_name` without PRACTICE."""

    kind: ClassVar[str] = "issuer"
    name: str
    parent: str = "root"
    common_name: str = ""
    validity_days: int = _LONGEST.days

    def __post_init__(self) -> None:
        """Refuse a name that is no issuing CA's, a parent of another family, a life that the profile does not allow."""
        check_named(self.name, ISSUING_NAMES, self.parent)
        self.check_title()
        if not 30 <= self.validity_days <= _LONGEST.days:
            raise ValueError(f"validity_days of an issuer is from 30 to {_LONGEST.days}")

    @property
    def _profile(self) -> CertificateProfile:
        return profile_of_issuer(self.name)

    @property
    def needs(self) -> tuple[str, ...]:
        """Its key, and its parent with its key."""
        return (f"key {self.name}", f"key {self.parent}", f"certificate {self.parent}")

    def words(self) -> Words:
        """In words."""
        return Words(
            f"{self.parent} ອອກໃບຢັ້ງຢືນໃຫ້ {self.title}, ໃຊ້ໄດ້ {self.validity_days} ມື້",
            f"{self.parent} certifies the issuing CA {self.title} ({self.name}) for {self.validity_days} days",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The issuer's bytes under its parent."""
        subject, parent = self.subject(sketch.mode), sketch.views[self.parent]
        sketch.issuer(self.name, self._profile, subject, self.validity)
        return sketch.certificate(self._profile, parent, subject, sketch.keys[self.name], self.validity)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """The issuer is there."""
        parent = so_far.issuing(ceremony, self.parent)
        ceremony.issuer(self.name, parent, so_far.algorithm(self.name), self.common_name, self.validity)
        return {"certificate": ceremony.certificate_of(self.name)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """Its parent must have signed it, under the name, key and life that were agreed."""
        key = so_far.keys.get(self.name, b"")
        agreed = Agreed(self._profile.name, key, self.parent, self.validity, self.subject(so_far.mode), is_ca=True)
        return ca_fault(made, agreed, so_far)
