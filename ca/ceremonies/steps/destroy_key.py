"""`destroy-key`: a key of ours is given up, and what is left of it destroyed."""

from dataclasses import dataclass
from typing import ClassVar

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import is_root
from ca.ceremonies.sketch import Draft, Sketch
from ca.ceremonies.steps.place import in_brackets
from ca.ceremonies.steps.step import Made, SoFar, Words
from ca.closing.last_crl import owes_last_words
from pki.keys import key_sha256


@dataclass(frozen=True)
class DestroyKeyStep:
    """The key of this name. `key` is the SHA-256 (hex) of its public half: left out, the one that this plan made."""

    kind: ClassVar[str] = "destroy-key"
    name: str
    where: str = ""
    key: str = ""

    @property
    def about(self) -> str:
        """The key's name."""
        return self.name

    @property
    def needs(self) -> tuple[str, ...]:
        """The step that made it, unless the plan names its digest."""
        return () if self.key else (f"key {self.name}",)

    @property
    def gives(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def words(self) -> Words:
        """In words."""
        place = in_brackets(self.where)
        return Words(
            f"ທຳລາຍກະແຈ {self.name}{place}: ຕໍ່ໄປຈະເຊັນຫຍັງດ້ວຍກະແຈນີ້ບໍ່ໄດ້ອີກ",
            f"The key {self.name}{place} is destroyed: nothing can be signed with it afterwards, no CRL either",
        )

    def draft(self, _sketch: Sketch) -> Draft | None:
        """Nothing is signed."""
        return None

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """The key is given up in the ledger, then destroyed: a crash between leaves a key that nobody may use."""
        digest = self._digest(so_far)
        if digest is None:
            raise CeremonyFailed(
                f"the plan does not say which key of {self.name} is to be destroyed: add key=", "ceremony.plan-differs"
            )
        with ceremony.ledger.read() as session:
            owes = owes_last_words(session, self.name, ceremony.ledger.clock.now())
        if owes:
            how = "a step last-words" if is_root(self.name) else f"`terminate {self.name}` and then `issue --once`"
            raise CeremonyFailed(
                f"the last words of {self.name} are not signed: {how} must come first", "ceremony.last-words-first"
            )
        ceremony.give_up_key(self.name, digest)
        ceremony.keys.destroy(self.name, digest)
        return {"destroyed-key": digest.encode()}

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """It must be the key that was named."""
        same = made.get("destroyed-key") == (self._digest(so_far) or "").encode()
        return None if same else f"another key than {self.name}'s was destroyed"

    def _digest(self, so_far: SoFar) -> str | None:
        if self.key:
            return self.key
        return key_sha256(so_far.keys[self.name]) if self.name in so_far.keys else None
