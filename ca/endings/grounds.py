"""Why a certificate may end (RV-04): a closed list, and for each ground what follows from it.

A ground is what people mean; the reason is what RFC 5280 clause 5.3.1 lets CRL and OCSP say of it. `unspecified` is
written as no reason at all. Free text is no ground.
"""

from dataclasses import dataclass
from enum import Enum

from ca.policy import REASONS

OFFICE_PROFILES = ("officer-authentication", "officer-signing", "officer-encryption", "mail-signing", "mail-encryption")
"""What a person has because he holds a post."""


class Reach(Enum):
    """Which other certificates of the same person end in the same entry."""

    ONE = "one"
    OFFICE = "office"
    """Those that he has as an officer; what he has as a citizen stays."""
    PERSON = "person"


@dataclass(frozen=True)
class Ground:
    """One ground. `cutoff`: the person's sessions and open requests end too. `blocks_key`: the key, for ever."""

    code: str
    reason: str
    lao: str
    english: str
    reach: Reach = Reach.ONE
    cutoff: bool = False
    blocks_key: bool = False

    def reaches(self, profile: str) -> bool:
        """Whether another certificate of the person, of this profile, ends too."""
        return self.reach is Reach.PERSON or (self.reach is Reach.OFFICE and profile in OFFICE_PROFILES)


CHANGED = Ground("changed-data", "affiliationChanged", "ຂໍ້ມູນປ່ຽນແປງ", "the data changed")
REPLACED = Ground("replaced", "superseded", "ມີໃບໃໝ່ແທນແລ້ວ", "replaced by a new certificate")
COMPROMISED = Ground(
    "key-compromise", "keyCompromise", "ກະແຈຕົກໃສ່ມືຄົນອື່ນ", "key in other hands", cutoff=True, blocks_key=True
)
GROUNDS: tuple[Ground, ...] = (
    Ground("holder-wish", "unspecified", "ຜູ້ຖືຕ້ອງການ", "the holder's wish"),
    Ground(
        "key-loss", "keyCompromise", "ກະແຈ ຫຼື ເຄື່ອງເສຍ", "key or device lost", cutoff=True, blocks_key=True
    ),
    COMPROMISED,
    Ground("key-unusable", "cessationOfOperation", "ກະແຈໃຊ້ບໍ່ໄດ້ແລ້ວ", "key destroyed or its PIN forgotten"),
    Ground("wrong-data", "privilegeWithdrawn", "ຂໍ້ມູນໃນໃບຢັ້ງຢືນຜິດ", "wrong data in the certificate"),
    CHANGED,
    Ground(
        "lost-role", "affiliationChanged", "ບໍ່ໄດ້ເປັນພະນັກງານແລ້ວ", "no officer any more", reach=Reach.OFFICE, cutoff=True
    ),
    Ground("death", "cessationOfOperation", "ຜູ້ຖືເສຍຊີວິດ", "the holder died", reach=Reach.PERSON, cutoff=True),
    Ground("misuse", "privilegeWithdrawn", "ໃຊ້ໃນທາງຜິດ", "misuse", reach=Reach.PERSON, cutoff=True),
    Ground("weak-algorithm", "superseded", "ວິທີເຂົ້າລະຫັດອ່ອນແລ້ວ", "the algorithm or key has become weak"),
    REPLACED,
    Ground("ca-right-ended", "cessationOfOperation", "ສິດຂອງຜູ້ອອກໃບຢັ້ງຢືນສິ້ນສຸດ", "end of the CA's right to issue"),
)
"""What a person may give."""
OF_HOLDERS = ("key-loss", "key-compromise", "key-unusable", "holder-wish", "wrong-data", "changed-data", "lost-role")
"""What a holder says of his own certificate when he is signed in, in the order in which he is asked. The others are
for whoever can know them: nobody reports his own death, and nobody accuses himself on a page."""
OF_DESKS = ("wrong-data", "misuse")
"""What may be said of all the work of a desk. By `misuse` all that these people have ends, and their sessions."""
HOLD_EXPIRED = Ground("hold-expired", "unspecified", "ໂຈະຄົບກຳນົດ ໂດຍບໍ່ມີໃຜປົດ", "the pause ran out and nobody released it")
"""Nobody gives it: the signing room does, when a hold is past its end (RV-05)."""
_BY_CODE = {ground.code: ground for ground in (*GROUNDS, HOLD_EXPIRED)}
WORDS = (*(ground.code for ground in GROUNDS), *REASONS)
"""What verbs take: a ground, or a bare reason of RFC 5280."""


def ground_of(word: str) -> Ground | None:
    """The ground of this word; a bare reason is a ground of its own, which reaches one certificate."""
    if word in REASONS:
        return Ground(word, word, word, word, blocks_key=word == "keyCompromise")
    return _BY_CODE.get(word)
