"""`rollover`: the next generation of a CA is made ahead of its day."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.names import CA_NAMES, check_named
from ca.ceremonies.rollover import roll_over_to
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.generation import Generation
from ca.ceremonies.steps.step import Agreed, Made, SoFar, Words, ca_fault
from ca.profiles import PROFILES, profile_of_issuer
from pki.certificate import parse_certificate
from pki.profile import CertificateProfile
from pki.signing import SignatureAlgorithm
from web.home import ROOTS


@dataclass(frozen=True)
class RolloverStep(Generation):
    """Generation `generation` of `name`, which signs from `starts` (ISO 8601, UTC) on; `issuer` is the root in use.

    A root that follows a lost one is its own issuer (`root-2`): nobody vouches for it, and it for nobody.
    """

    kind: ClassVar[str] = "rollover"
    name: str
    generation: int
    starts: str
    issuer: str = "root"
    where: str = ""
    algorithm: SignatureAlgorithm | None = None
    rsa_bits: int | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is none of our CAs', a root of another family, the first generation, what is no time."""
        check_named(self.name, CA_NAMES, self.issuer)
        if self.generation < 2:
            raise ValueError("a rollover is from generation 2 on")
        self.check_kind()
        self._starts_at()

    def _starts_at(self) -> datetime:
        said = datetime.fromisoformat(self.starts)
        try:
            return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
        except OverflowError:
            raise ValueError(f"starts is {self.starts}, which is no time in UTC") from None

    @property
    def _profile(self) -> CertificateProfile:
        return PROFILES["root-ca"] if self.name in ROOTS else profile_of_issuer(self.name)

    @property
    def _alone(self) -> bool:
        return self.issuer == self.about

    @property
    def needs(self) -> tuple[str, ...]:
        """The root in use with its key: it certifies the generation, or the new root that follows it."""
        return () if self._alone else (f"key {self.issuer}", f"certificate {self.issuer}")

    @property
    def gives(self) -> tuple[str, ...]:
        """Key and certificate."""
        return (f"key {self.about}", f"certificate {self.about}")

    def words(self) -> Words:
        """In words."""
        key = self.key_words
        return Words(
            f"{self.issuer} ອອກໃບຢັ້ງຢືນໃຫ້ລຸ້ນໃໝ່ {self.about} ທີ່ມີ{key.lao}, ເຊັນຕັ້ງແຕ່ {self.starts} (UTC)",
            f"{self.issuer} certifies {self.about} with {key.english}, responder and CRL; "
            f"it signs from {self.starts} (UTC) on",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The new generation's bytes."""
        spki = sketch.next_key(self.about, self.name, self.asked)
        subject, profile = self.subject(sketch.mode, sketch.first_name(self.name)), self._profile
        own = sketch.issuer(self.about, profile, subject, profile.longest_validity)
        view = own if profile.self_signed else sketch.views[self.issuer]
        return sketch.certificate(profile, view, subject, spki, profile.longest_validity)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """The generation is there and waits for its day."""
        roll_over_to(ceremony, self.name, self.generation, self._starts_at(), self.asked, alone=self._alone)
        der = ceremony.certificate_of(self.about)
        return {"public-key": parse_certificate(der).spki, "certificate": der, **self.first(ceremony, so_far)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """It must be certified under name and kind of key that were agreed, by the root or, a root, by itself."""
        profile, subject = self._profile, self.subject(so_far.mode, so_far.first_name(self.name, made))
        above = "" if profile.self_signed else self.issuer
        key = made.get("public-key", b"")
        agreed = Agreed(profile.name, key, above, profile.longest_validity, subject, is_ca=True)
        return ca_fault(made, agreed, so_far) or self.key_fault(key, so_far.keys.get(self.name))
