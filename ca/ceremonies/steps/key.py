"""`key`: a key pair is made where the plan says, or is there already."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.names import check_family
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.place import shown
from ca.ceremonies.steps.step import Made, SoFar, Words
from pki.errors import PkiError
from pki.key_kind import KeyKind, kind_of
from pki.keys import RSA_BITS
from pki.signing import SignatureAlgorithm


@dataclass(frozen=True)
class KeyStep:
    """A key's name, kind and place; without `where`, the encrypted file in the home (practice, and what is no CA)."""

    kind: ClassVar[str] = "key"
    name: str
    algorithm: SignatureAlgorithm
    rsa_bits: int = 3072
    where: str = ""

    def __post_init__(self) -> None:
        """Refuse what is not of the family of a CA's name, and a size that no rule allows."""
        check_family(self.name, self.algorithm)
        if self.rsa_bits not in RSA_BITS:
            raise ValueError(f"rsa_bits is {self.rsa_bits}: take 3072 or 4096")

    @property
    def about(self) -> str:
        """The key's name."""
        return self.name

    @property
    def _agreed(self) -> KeyKind:
        return KeyKind(self.algorithm, self.rsa_bits if self.algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256 else 0)

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def gives(self) -> tuple[str, ...]:
        """The key."""
        return (f"key {self.name}",)

    def words(self) -> Words:
        """In words."""
        where = shown(self.where)
        lao = where or "ບ່ອນທີ່ການຕັ້ງຄ່າຂອງເຄື່ອງນີ້ບອກ ຫຼື ໄຟລ໌ເຂົ້າລະຫັດຂອງມັນ"
        english = where or "a place that this machine's settings say, or an encrypted file of the home"
        return Words(
            f"ສ້າງກະແຈ {self.name} ({self._agreed}) ໃນ {lao}",
            f"The key {self.name} ({self._agreed}) is made in {english}",
        )

    def draft(self, sketch: Sketch) -> Draft | None:
        """Nothing is signed; the key, if it is there, stands in the drafts after this one."""
        sketch.key(self.name, self.algorithm, self.rsa_bits)
        return None

    def hold(self, ceremony: Ceremony, _so_far: SoFar) -> Made:
        """The key is there and belongs to this name."""
        return {"public-key": ceremony.own_key(self.name, self.algorithm, self.rsa_bits).public_key}

    def fault(self, made: Made, _so_far: SoFar) -> str | None:
        """The key must be of the kind and size that were agreed."""
        try:
            found = kind_of(made.get("public-key", b""))
        except PkiError as fault:
            return f"the key {self.name} does not hold: {fault}"
        return None if found == self._agreed else f"the key {self.name} is {found}, not {self._agreed}"
