"""What the steps that make the key of a generation share: its name, and of which kind the plan says that it is."""

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.generations import first_certificate
from ca.ceremonies.names import check_family, first_algorithm, is_of_its_family
from ca.ceremonies.steps.place import in_brackets
from ca.ceremonies.steps.step import FIRST, Made, SoFar, Words
from ca.ceremonies.subordinate import subject_of
from ledger.certificates import generation_name
from pki.errors import PkiError
from pki.key_kind import KeyKind, key_kind, kind_of
from pki.signing import SignatureAlgorithm
from web.home import Mode


class Generation:
    """Generation `generation` of `name`; without `algorithm` its key is of the kind of the one before it."""

    name: str
    generation: int
    algorithm: SignatureAlgorithm | None
    rsa_bits: int | None
    where: str

    @property
    def about(self) -> str:
        """The name of the generation's key."""
        return generation_name(self.name, self.generation)

    @property
    def asked(self) -> KeyKind | None:
        """The kind that the plan says. Raises ValueError for one that is not made."""
        if self.algorithm is None:
            if self.rsa_bits is not None:
                raise ValueError("rsa_bits needs algorithm: RS256 beside it")
            return None
        return key_kind(self.algorithm, self.rsa_bits)

    def check_kind(self) -> None:
        """The plan says no kind that is not made, or is not of the name's family. Raises ValueError, CeremonyFailed."""
        if self.asked is not None:
            check_family(self.about, self.asked.algorithm)

    @property
    def key_words(self) -> Words:
        """Of which kind the key will be, and where the plan has it."""
        place = in_brackets(self.where)
        if self.asked is not None:
            return Words(f"ກະແຈ {self.asked}{place}", f"a key {self.asked}{place}")
        if self.generation == 1:
            first = first_algorithm(self.name).value
            return Words(f"ກະແຈທີ່ມີຢູ່ແລ້ວ ຫຼື {first}{place}", f"the key that it has, or else one {first}{place}")
        return Words(f"ກະແຈຊະນິດດຽວກັບລຸ້ນກ່ອນ{place}", f"a key of the kind of the one before it{place}")

    def first(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """The first generation's certificate, where no step of this plan made it: a replay must know the name too."""
        if self.name in so_far.certificates:
            return {}
        with ceremony.ledger.read() as session:
            found = first_certificate(session, self.name)
        return {} if found is None else {FIRST: found}

    def subject(self, mode: Mode, first: bytes | None) -> bytes:
        """Its Name, DER, after the `first` generation's."""
        return subject_of(mode, self.name, self.generation, first)

    def key_fault(self, spki: bytes, before: bytes | None) -> str | None:
        """How this public key differs from the plan, and from the key `before` it where an earlier step had that."""
        try:
            found, former = kind_of(spki), kind_of(before) if before is not None else None
        except PkiError as fault:
            return f"the key {self.about}, or the one before it, does not hold: {fault}"
        if self.asked is not None and found != self.asked:
            return f"the key {self.about} is {found}, not {self.asked}"
        if not is_of_its_family(self.name, found.algorithm):
            return f"the key {self.about} is {found}, which is not of the family of its name"
        if former is not None and found.is_weaker_than(former):
            return f"the key {self.about} is {found}, weaker than the one before it"
        return None
