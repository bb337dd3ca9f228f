"""`request`: one of our CAs asks an outside root for a certificate, with a key of its own."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.names import CA_NAMES, check_named
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.generation import Generation
from ca.ceremonies.steps.step import Made, SoFar, Words
from ca.ceremonies.subordinate import information_for, next_generation, outside_root, request
from pki.errors import PkiError
from pki.request import parse_request
from pki.signing import SignatureAlgorithm


@dataclass(frozen=True)
class RequestStep(Generation):
    """The request of this generation of `name` to the root whose certificate is `outside` (PEM)."""

    kind: ClassVar[str] = "request"
    name: str
    generation: int
    outside: str
    where: str = ""
    algorithm: SignatureAlgorithm | None = None
    rsa_bits: int | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is none of our CAs', a kind of key that it may not have, and what is no root."""
        check_named(self.name, CA_NAMES)
        self.check_kind()
        outside_root(self.outside.encode())

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
        outside, key = outside_root(self.outside.encode()).sha256, self.key_words
        return Words(
            f"{self.about} ຂໍໃບຢັ້ງຢືນຈາກຮາກພາຍນອກ (SHA-256: {outside}), {key.lao}",
            f"{self.about} asks the outside root of SHA-256 {outside} for a certificate, with {key.english}",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """The request's bytes."""
        spki = sketch.next_key(self.about, self.name, self.asked)
        unknown = tuple(f"the key {name} ({why})" for name, why in sketch.stand_ins.items() if name == self.about)
        information = information_for(sketch.mode, self.name, self.generation, spki, sketch.first_name(self.name))
        return Draft(information, unknown=unknown, linted=False)

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """Key and request are there."""
        if (following := next_generation(ceremony, self.name)) != self.generation:
            raise CeremonyFailed(
                f"{self.name} asks for generation {following}, not {self.generation}: correct the plan",
                "ceremony.plan-differs",
            )
        der = bytes(request(ceremony, self.name, self.outside.encode(), self.asked).request)
        return {"public-key": parse_request(der).spki, "request": der, **self.first(ceremony, so_far)}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """It must be signed by its own key, of the kind that was agreed, and ask for the name that was agreed."""
        try:
            asked = parse_request(made.get("request", b""))
        except PkiError as fault:
            return f"the request does not hold: {fault}"
        right = (made.get("public-key"), self.subject(so_far.mode, so_far.first_name(self.name, made)))
        if (asked.spki, asked.subject) != right:
            return "the request is of another key or name"
        return self.key_fault(asked.spki, so_far.keys.get(self.name))
