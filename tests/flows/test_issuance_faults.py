"""Each outside step of issuance fails before and after it was done; nothing that was signed is unaccounted for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from ca.composition import IssuingKey
from ca.publication import listed
from ca.signing_room import SigningRoom
from ledger.certificates import Certificate, Intent, Revocation
from ledger.ledger import Deed, Ledger, LedgerUnavailable
from pki.signing import SignatureAlgorithm, Signer
from tests.ca.conftest import PracticeCa, ca, register_person  # noqa: F401 - `ca` is a fixture

OFFICER = "10000017"


class Failing:
    """Does or does not do the call whose turn it is, and reports failure either way."""

    def __init__(self, turn: int, *, done: bool) -> None:
        self.turn, self.done, self.count = turn, done, 0

    def __call__(self, act: Callable[[], object]) -> object:
        self.count += 1
        if self.count != self.turn:
            return act()
        if self.done:
            act()
        raise LedgerUnavailable("pulled")


class FailingLedger(Ledger):
    """A ledger whose `entries` fail once."""

    failing: Failing

    def entries(self, deeds: Sequence[Deed]) -> list[str]:
        return self.failing(lambda: super(FailingLedger, self).entries(deeds))  # type: ignore[return-value]


class FailingSigner:
    """A key that fails once."""

    def __init__(self, signer: Signer, failing: Failing) -> None:
        self.signer, self.failing = signer, failing
        self.algorithm: SignatureAlgorithm = signer.algorithm
        self.public_key = signer.public_key

    def sign(self, message: bytes) -> bytes:
        return self.failing(lambda: self.signer.sign(message))  # type: ignore[return-value]


@pytest.fixture
def failing_ledger(ca: PracticeCa) -> Iterator[FailingLedger]:  # noqa: F811 - the fixture
    ledger = FailingLedger(ca.ledger.url, ca.ledger.clock, ca.ledger.randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


def broken_room(practice: PracticeCa, ledger: FailingLedger, step: str, *, done: bool) -> SigningRoom:
    room = practice.room()
    key: IssuingKey = room.issuing["officers"]
    if step == "sign":
        failing = FailingSigner(key.signer, Failing(1, done=done))
        return replace(room, issuing={**room.issuing, "officers": IssuingKey(key.id, key.view, failing)})
    if step == "seal":
        failure = Failing(1, done=done)

        def await_seal(entries: Sequence[str]) -> None:
            failure(lambda: room.await_seal(entries))

        return replace(room, await_seal=await_seal)
    ledger.failing = Failing({"intend": 1, "certify": 2}[step], done=done)
    return replace(room, ledger=ledger)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["intend", "seal", "sign", "certify"])
def test_a_step_that_fails_leaves_one_certificate_and_every_intent_accounted_for(
    ca: PracticeCa, failing_ledger: FailingLedger, step: str, done: bool  # noqa: F811 - the fixture
) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.approved(OFFICER)

    with pytest.raises(LedgerUnavailable):
        broken_room(ca, failing_ledger, step, done=done).turn()
    room = ca.room()
    room.recover()
    room.turn()

    with ca.ledger.read() as session:
        intents = session.scalars(select(Intent).where(Intent.enrolment_id == enrolment)).all()
        signed = {one.id for one in session.scalars(select(Certificate)) if one.id in {i.id for i in intents}}
        ended = {one.certificate_id for one in session.scalars(select(Revocation))}
        serials = {entry.serial for entry in listed(session, room.issuing["officers"].id)}
    assert len(signed) == 1
    assert {intent.id for intent in intents} == signed | ended
    assert signed & ended == set()
    assert serials == {int(intent.serial_number, 16) for intent in intents if intent.id in ended}
    assert len({bytes(intent.tbs) for intent in intents}) == len(intents)
