"""`root`: a root certifies itself, with the key of its name."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.names import check_named
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.certified import CertifiedCa
from ca.ceremonies.steps.step import Agreed, Made, SoFar, Words, ca_fault
from ca.profiles import PROFILES
from web.home import ROOTS

_PROFILE = PROFILES["root-ca"]


@dataclass(frozen=True)
class RootStep(CertifiedCa):
    """The root of this name; `common_name` without PRACTICE."""

    kind: ClassVar[str] = "root"
    name: str = "root"
    common_name: str = ""
    validity_days: int = _PROFILE.longest_validity.days

    def __post_init__(self) -> None:
        """Refuse a name that is no root's, and a life that the profile does not allow."""
        check_named(self.name, ROOTS)
        self.check_title()
        if not 365 <= self.validity_days <= _PROFILE.longest_validity.days:
            raise ValueError(f"validity_days of a root is from 365 to {_PROFILE.longest_validity.days}")

    @property
    def needs(self) -> tuple[str, ...]:
        """Its key, and the log's, since nothing is signed that the log does not hold."""
        return (f"key {self.name}", "key checkpoint")

    def words(self) -> Words:
        """In words."""
        return Words(
            f"ໃບຢັ້ງຢືນຮາກ {self.title} ເຊັນຕົນເອງ, ໃຊ້ໄດ້ {self.validity_days} ມື້",
            f"{self.title} ({self.name}) certifies itself for {self.validity_days} days",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The root's own bytes."""
        subject = self.subject(sketch.mode)
        view = sketch.issuer(self.name, _PROFILE, subject, self.validity)
        return sketch.certificate(_PROFILE, view, subject, view.spki, self.validity)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """The root is there."""
        ceremony.root(self.name, so_far.algorithm(self.name), self.common_name, self.validity)
        return {"certificate": ceremony.certificate_of(self.name)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """It must have signed itself, under the name, key and life that were agreed."""
        agreed = Agreed(
            _PROFILE.name, so_far.keys.get(self.name, b""), "", self.validity, self.subject(so_far.mode), is_ca=True
        )
        return ca_fault(made, agreed, so_far)
