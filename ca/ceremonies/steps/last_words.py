"""`last-words`: a root signs what holds for ever, before its key is destroyed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony, service_title
from ca.ceremonies.last_words import say_last_words
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.root_crl import crl_fault
from ca.ceremonies.steps.step import Agreed, Made, SoFar, Words, certificate_fault
from ca.profiles import PROFILES
from pki.certificate import parse_certificate
from pki.profile import FOR_EVER

_PROFILE = PROFILES["ocsp-responder"]


@dataclass(frozen=True)
class LastWordsStep:
    """The endless certificate of this root's responder, for the key that it has, and the root's last CRL."""

    kind: ClassVar[str] = "last-words"
    issuer: str = "root"

    @property
    def about(self) -> str:
        """The responder's name: its certificate is what later steps may see."""
        return f"ocsp-{self.issuer}"

    @property
    def needs(self) -> tuple[str, ...]:
        """The root with its key."""
        return (f"key {self.issuer}", f"certificate {self.issuer}")

    @property
    def gives(self) -> tuple[str, ...]:
        """What nobody makes twice."""
        return (f"last words of {self.issuer}",)

    def words(self) -> Words:
        """In words."""
        return Words(
            f"{self.issuer} ເຊັນຄຳສຸດທ້າຍ: ໃບຢັ້ງຢືນຂອງຜູ້ຕອບ OCSP ທີ່ບໍ່ມີວັນໝົດອາຍຸ ແລະ ບັນຊີຍົກເລີກສະບັບສຸດທ້າຍ",
            f"{self.issuer} signs its last words: a certificate of its OCSP responder without end, and its last CRL",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The responder's bytes; beside them stands the CRL."""
        view = sketch.views[self.issuer]
        spki, subject = sketch.key(self.about, view.algorithm), service_title(self.about, sketch.mode)
        return sketch.certificate(_PROFILE, view, subject, spki, _PROFILE.longest_validity, endless=True)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """Both stand. Raises CeremonyFailed while a certificate lives under the root, but in the root's last year."""
        said = say_last_words(ceremony, self.issuer, so_far.issuing(ceremony, self.issuer))
        responder = {} if said.responder is None else {"certificate": bytes(said.responder.der)}
        return {"crl": bytes(said.crl.der), **responder}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """The root must have signed both, and the certificate must have no end."""
        if (found := crl_fault(made, so_far, self.issuer)) is not None or "certificate" not in made:
            return found
        responder = parse_certificate(made["certificate"])
        if responder.not_after != FOR_EVER:
            return "the responder's certificate has an end"
        life = FOR_EVER - responder.not_before + timedelta(seconds=1)
        subject = service_title(self.about, so_far.mode)
        return certificate_fault(made, Agreed(_PROFILE.name, responder.spki, self.issuer, life, subject), so_far)
