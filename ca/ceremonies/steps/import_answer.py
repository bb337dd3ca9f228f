"""`import`: an outside root's answer to a request of ours is judged and taken."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.names import check_family
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.step import Made, SoFar, Words
from ca.ceremonies.subordinate import take_answer
from ledger.decision import Refuse
from pki.certificate import ParsedCertificate, certificates_from_pem
from pki.errors import PkiError
from pki.keys import algorithm_of


@dataclass(frozen=True)
class ImportStep:
    """The certificate `answer` (PEM) of the CA whose key has this name; `chain` (PEM) is what stands above it."""

    kind: ClassVar[str] = "import"
    name: str
    answer: str
    chain: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no certificate, and a key that is not of the family of the name."""
        try:
            algorithm = algorithm_of(self._answered().spki)
        except PkiError as fault:
            raise ValueError(f"the answer for {self.name} has no key of ours: {fault}") from fault
        check_family(self.name, algorithm)

    def _answered(self) -> ParsedCertificate:
        try:
            return certificates_from_pem(self.answer.encode())[0]
        except (PkiError, IndexError):
            raise ValueError(f"the answer for {self.name} is no certificate in PEM: ask for it again") from None

    @property
    def about(self) -> str:
        """The name of the CA's key."""
        return self.name

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing: an earlier ceremony made the request."""
        return ()

    @property
    def gives(self) -> tuple[str, ...]:
        """Its certificate."""
        return (f"certificate {self.name}",)

    def words(self) -> Words:
        """In words."""
        sha256 = self._answered().sha256
        return Words(
            f"ຮັບເອົາໃບຢັ້ງຢືນຂອງ {self.name} ທີ່ຮາກພາຍນອກອອກໃຫ້ (SHA-256: {sha256})",
            f"The certificate of {self.name} by the outside root (SHA-256 {sha256}) is taken",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """Nothing is signed. Raises CeremonyFailed for an answer that would not be taken."""
        if (refused := sketch.judged(self.answer.encode(), self._above)) is not None:
            raise self._not_taken(refused)
        return None

    def hold(self, ceremony: Ceremony, _so_far: SoFar) -> Made:
        """The CA can be used under the outside root."""
        issuer = take_answer(ceremony, self.answer.encode(), self._above)
        if isinstance(issuer, Refuse):
            raise self._not_taken(issuer)
        if issuer.key_name != self.name:
            raise CeremonyFailed(
                f"the answer is for {issuer.key_name}, not for {self.name}: correct the plan", "ceremony.plan-differs"
            )
        return {"certificate": self._answered().der}

    @property
    def _above(self) -> list[bytes]:
        return [self.chain.encode()] if self.chain else []

    def _not_taken(self, refused: Refuse) -> CeremonyFailed:
        return CeremonyFailed(
            f"the answer for {self.name} is not taken ({refused.code}): ask for another", refused.code
        )

    def fault(self, made: Made, _so_far: SoFar) -> str | None:
        """It must be the certificate that was agreed."""
        same = made.get("certificate") == self._answered().der
        return None if same else f"another certificate of {self.name} was taken"
