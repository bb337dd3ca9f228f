"""`request`: one of our CAs asks an outside root for a certificate, with a key of its own."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.names import CA_NAMES, check_named, first_algorithm
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.step import Made, SoFar, Words
from ca.ceremonies.subordinate import information_for, next_generation, outside_root, request, subject_of
from ledger.certificates import generation_name
from pki.errors import PkiError
from pki.request import parse_request


@dataclass(frozen=True)
class RequestStep:
    """The request of this generation of `name` to the root whose certificate is `outside` (PEM)."""

    kind: ClassVar[str] = "request"
    name: str
    generation: int
    outside: str
    where: str = ""

    def __post_init__(self) -> None:
        """Refuse a name that is none of our CAs', and what is no root."""
        check_named(self.name, CA_NAMES)
        outside_root(self.outside.encode())

    @property
    def about(self) -> str:
        """The name of the generation's key."""
        return generation_name(self.name, self.generation)

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def gives(self) -> tuple[str, ...]:
        """The key."""
        return (f"key {self.about}",)

    def words(self) -> Words:
        """In words."""
        outside = outside_root(self.outside.encode()).sha256
        return Words(
            f"{self.about} ຂໍໃບຢັ້ງຢືນຈາກຮາກພາຍນອກ (SHA-256: {outside})",
            f"{self.about} asks the outside root of SHA-256 {outside} for a certificate",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The request's bytes."""
        spki = sketch.key(self.about, first_algorithm(self.name))
        unknown = tuple(f"the key {name} ({why})" for name, why in sketch.stand_ins.items() if name == self.about)
        return Draft(information_for(sketch.mode, self.name, self.generation, spki), unknown=unknown, linted=False)

    def hold(self, ceremony: Ceremony, _so_far: SoFar) -> Made:
        """Key and request are there."""
        if (following := next_generation(ceremony, self.name)) != self.generation:
            raise CeremonyFailed(
                f"{self.name} asks for generation {following}, not {self.generation}: correct the plan",
                "ceremony.plan-differs",
            )
        der = bytes(request(ceremony, self.name, self.outside.encode()).request)
        return {"public-key": parse_request(der).spki, "request": der}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """It must be signed by its own key and ask for the name that was agreed."""
        try:
            asked = parse_request(made.get("request", b""))
        except PkiError as fault:
            return f"the request does not hold: {fault}"
        right = (made.get("public-key"), subject_of(so_far.mode, self.name, self.generation))
        return None if (asked.spki, asked.subject) == right else "the request is of another key or name"
