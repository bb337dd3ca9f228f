"""`service`: one of our own services has a key and a certificate: a responder, a time-stamping unit, a TLS server."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony, service_title
from ca.ceremonies.names import check_family
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.place import in_brackets
from ca.ceremonies.steps.step import Agreed, Made, SoFar, Words, certificate_fault
from ca.profiles import PROFILES
from pki.certificate import parse_certificate
from pki.keys import algorithm_of
from pki.profile import CertificateProfile, SubjectShape
from pki.signing import SignatureAlgorithm

RESPONDER = "ocsp-responder"
_OTHERS = {"root-ca", "issuing-ca", "issuing-services-ca"}
SERVICE_PROFILES = tuple(
    name for name, profile in PROFILES.items() if profile.subject is SubjectShape.SERVICE and name not in _OTHERS
)


@dataclass(frozen=True)
class ServiceStep:
    """A service's key and certificate; `chain` names issuers whose certificates follow in its file."""

    kind: ClassVar[str] = "service"
    name: str
    profile: str
    issuer: str
    algorithm: SignatureAlgorithm = SignatureAlgorithm.ECDSA_P256_SHA256
    where: str = ""
    validity_days: int = 0
    """0: as long as the profile allows."""
    alternative_names: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a profile that is not for services, a life that it does not allow, a responder of another family."""
        if self.profile not in SERVICE_PROFILES:
            raise ValueError(f"profile {self.profile} is not for services: take one of {', '.join(SERVICE_PROFILES)}")
        if not 0 <= self.validity_days <= self._profile.longest_validity.days:
            raise ValueError(f"validity_days of {self.name} is at most {self._profile.longest_validity.days}")
        if self.profile == RESPONDER:  # else what breaks its family breaks the status of a chain that it does not break
            check_family(self.issuer, self.algorithm, of=f"the responder {self.name} of {self.issuer}")

    @property
    def _profile(self) -> CertificateProfile:
        return PROFILES[self.profile]

    @property
    def _validity(self) -> timedelta:
        return timedelta(days=self.validity_days) if self.validity_days else self._profile.longest_validity

    @property
    def about(self) -> str:
        """The service's name."""
        return self.name

    @property
    def needs(self) -> tuple[str, ...]:
        """The issuer with its key, and the certificates that follow in the file."""
        return (f"key {self.issuer}", f"certificate {self.issuer}", *(f"certificate {name}" for name in self.chain))

    @property
    def gives(self) -> tuple[str, ...]:
        """Key and certificate."""
        return (f"key {self.name}", f"certificate {self.name}")

    def words(self) -> Words:
        """In words."""
        days, kind = self._validity.days, f"{self.profile}, {self.algorithm.value}"
        place = in_brackets(self.where)
        names = f": {', '.join(self.alternative_names)}" if self.alternative_names else ""
        return Words(
            f"{self.issuer} ອອກໃບຢັ້ງຢືນໃຫ້ບໍລິການ {self.name} ({kind}){place}, ໃຊ້ໄດ້ {days} ມື້{names}",
            f"{self.issuer} certifies our service {self.name} ({kind}){place} for {days} days{names}",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The service's bytes."""
        spki, subject = sketch.key(self.name, self.algorithm), service_title(self.name, sketch.mode)
        view = sketch.views[self.issuer]
        return sketch.certificate(self._profile, view, subject, spki, self._validity, self.alternative_names)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """Key and certificate are there."""
        certificate = ceremony.service(
            self.name,
            self.profile,
            so_far.issuing(ceremony, self.issuer),
            algorithm=self.algorithm,
            validity=self._validity,
            alternative_names=self.alternative_names,
            chain=self.chain,
        )
        key = parse_certificate(bytes(certificate.der)).spki
        return {"public-key": key, "certificate": bytes(certificate.der)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """Its issuer must have signed it, under the name, key and life that were agreed."""
        key = made.get("public-key", b"")
        if not key or algorithm_of(key) is not self.algorithm:
            return f"the key {self.name} is not of the algorithm {self.algorithm.value}"
        subject = service_title(self.name, so_far.mode)
        agreed = Agreed(
            self.profile, key, self.issuer, self._validity, subject, alternative_names=self.alternative_names
        )
        return certificate_fault(made, agreed, so_far)
