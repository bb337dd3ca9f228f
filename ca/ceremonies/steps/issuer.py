"""`issuer`: an issuing CA is certified by its parent."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from ca.ceremonies.ceremony import ORGANISATION, Ceremony, ca_title
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.step import Agreed, Made, SoFar, Words, certificate_fault
from ca.profiles import PROFILES
from pki.names import ca_name
from web.home import Mode

_PROFILE = PROFILES["issuing-ca"]


@dataclass(frozen=True)
class IssuerStep:
    """The issuing CA of this name under `parent`; `common_name` without PRACTICE."""

    kind: ClassVar[str] = "issuer"
    name: str
    parent: str = "root"
    common_name: str = ""
    validity_days: int = _PROFILE.longest_validity.days

    def __post_init__(self) -> None:
        """Refuse a life that the profile does not allow."""
        if not 30 <= self.validity_days <= _PROFILE.longest_validity.days:
            raise ValueError(f"validity_days of an issuer is from 30 to {_PROFILE.longest_validity.days}")

    @property
    def about(self) -> str:
        """The issuer's name."""
        return self.name

    @property
    def needs(self) -> tuple[str, ...]:
        """Its key, and its parent with its key."""
        return (f"key {self.name}", f"key {self.parent}", f"certificate {self.parent}")

    @property
    def gives(self) -> tuple[str, ...]:
        """Its certificate."""
        return (f"certificate {self.name}",)

    @property
    def _validity(self) -> timedelta:
        return timedelta(days=self.validity_days)

    def _subject(self, mode: Mode) -> bytes:
        return ca_name(ORGANISATION, self.common_name or ca_title(self.name), practice=mode is Mode.PRACTICE)

    def words(self) -> Words:
        """In words."""
        title, days = self.common_name or ca_title(self.name), self.validity_days
        return Words(
            f"{self.parent} ອອກໃບຢັ້ງຢືນໃຫ້ {title}, ໃຊ້ໄດ້ {days} ມື້",
            f"{self.parent} certifies the issuing CA {title} ({self.name}) for {days} days",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The issuer's bytes under its parent."""
        subject, parent = self._subject(sketch.mode), sketch.views[self.parent]
        sketch.issuer(self.name, _PROFILE, subject, self._validity)
        return sketch.certificate(_PROFILE, parent, subject, sketch.keys[self.name], self._validity)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """The issuer is there."""
        parent = so_far.issuing(ceremony, self.parent)
        ceremony.issuer(self.name, parent, so_far.algorithm(self.name), self.common_name, self._validity)
        return {"certificate": ceremony.certificate_of(self.name)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """Its parent must have signed it, under the name, key and life that were agreed."""
        key = so_far.keys.get(self.name, b"")
        agreed = Agreed(_PROFILE.name, key, self.parent, self._validity, self._subject(so_far.mode), is_ca=True)
        return certificate_fault(made, agreed, so_far)
