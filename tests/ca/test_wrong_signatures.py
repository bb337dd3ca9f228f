"""What a key answers is verified before anything of it is committed, however many it answers at once."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select

from ca.issuance.composition import IssuingKey
from ca.issuance.line import AHEAD, Line, SigningWrong, no_last_look
from ca.issuance.signing_room import SigningRoom
from ledger.certificates import Certificate, Intent
from ledger.event import Actor
from pki.signing import Signer
from tests.ca.conftest import PracticeCa, register_person

OFFICER = "10000017"


@dataclass
class Mistaken:
    """A signer that signs something else once; counts what it signed."""

    real: Signer
    wrong: int
    signed: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The key is as ever."""
        self.algorithm, self.public_key = self.real.algorithm, self.real.public_key

    def sign(self, message: bytes) -> bytes:
        self.signed.append(message)
        return self.real.sign(b"something else" if len(self.signed) == self.wrong else message)


def mistaken(ca: PracticeCa, wrong: int) -> IssuingKey:
    key = ca.room().issuing["officers"]
    return IssuingKey(key.id, key.view, Mistaken(key.signer, wrong))


@pytest.mark.parametrize("wrong", [1, AHEAD // 2, AHEAD // 2 + 1, 3 * AHEAD, 3 * AHEAD + 1])
def test_one_wrong_signature_among_many_is_found_before_many_more_are_made(ca: PracticeCa, wrong: int) -> None:
    key = mistaken(ca, wrong)
    signer = key.signer
    line = Line(ca.ledger, key, lambda _: None, no_last_look, Actor.system("issue"))
    assert isinstance(signer, Mistaken)

    with pytest.raises(SigningWrong), line._checks() as check:
        for number in range(3 * AHEAD + 1):
            tbs = b"%d" % number
            check(Intent(id=str(number), tbs=tbs), signer.sign(tbs))

    assert len(signer.signed) < wrong + AHEAD


def test_nothing_of_a_batch_with_a_wrong_signature_is_certified(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    for _ in range(3):
        ca.approved(OFFICER)
    room = ca.room()
    doomed = SigningRoom(**{**vars(room), "issuing": {**room.issuing, "officers": mistaken(ca, 3)}})

    with pytest.raises(SigningWrong):
        doomed.turn()
    ended = room.recover()

    with ca.ledger.read() as session:
        made = session.scalar(select(func.count()).where(Certificate.person_id == f"p{OFFICER}"))
    assert (made, ended) == (0, 3)
