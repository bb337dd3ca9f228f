"""Each outside step of issuance fails before and after it was done; nothing that was signed is unaccounted for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select

from ca.events.issuance import CertificatesIntended
from ca.issuance.composition import IssuingKey
from ca.issuance.signing_room import SigningRoom
from ca.publication.listing import listed
from ledger.certificates import Certificate, Intent, Revocation
from ledger.entry import Entry
from tests.ca.conftest import PracticeCa, ca, register_person  # noqa: F401 - `ca` is a fixture
from tests.ca.failing import Deadline, Killed, MortalSigner, mortal_ledger

OFFICER = "10000017"
COMMITS = {"intend": 1, "certify": 2}


@contextmanager
def mortal_room(practice: PracticeCa, step: str, *, done: bool) -> Iterator[SigningRoom]:
    """A signing room that is killed at this step of its turn."""
    room, deadline = practice.room(), Deadline(COMMITS.get(step, 1), done=done)
    key: IssuingKey = room.issuing["officers"]
    if step == "sign":
        signer = MortalSigner(key.signer, deadline)
        yield replace(room, issuing={**room.issuing, "officers": IssuingKey(key.id, key.view, signer)})
    elif step == "seal":
        seal: Callable[..., None] = room.await_seal
        yield replace(room, await_seal=lambda entries: deadline(lambda: seal(entries)))
    else:
        ledger = mortal_ledger(practice.ledger, deadline)
        yield replace(room, ledger=ledger)
        ledger.close()


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["intend", "seal", "sign", "certify"])
def test_a_step_that_fails_leaves_one_certificate_and_every_intent_accounted_for(
    ca: PracticeCa, step: str, done: bool  # noqa: F811 - the fixture
) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.approved(OFFICER)

    with mortal_room(ca, step, done=done) as doomed, pytest.raises(Killed):
        doomed.turn()
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


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("commit", [1, 2, 3, 4], ids=["intend", "intend the next", "certify", "certify the next"])
def test_batches_that_overlap_leave_one_certificate_for_each_request(
    ca: PracticeCa, commit: int, done: bool  # noqa: F811 - the fixture
) -> None:
    register_person(ca.ledger, OFFICER)
    enrolments = {ca.approved(OFFICER), ca.approved(OFFICER)}
    ledger = mortal_ledger(ca.ledger, Deadline(commit, done=done))

    with pytest.raises(Killed):
        replace(ca.room(), ledger=ledger, batch=1).turn()
    ledger.close()
    ca.room().recover()
    ca.room().turn()

    with ca.ledger.read() as session:
        intents = session.scalars(select(Intent).where(Intent.enrolment_id.in_(enrolments))).all()
        certificates = session.scalars(select(Certificate.id).where(Certificate.person_id == f"p{OFFICER}")).all()
        ended = set(session.scalars(select(Revocation.certificate_id)))
    signed = {one.id: one.enrolment_id for one in intents if one.id in certificates}
    assert sorted(map(str, signed.values())) == sorted(enrolments)
    assert {one.id for one in intents} == signed.keys() | ended
    assert signed.keys() & ended == set()


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["intend", "seal", "sign", "certify"])
def test_a_step_that_fails_for_several_at_once_leaves_one_certificate_for_each_request(
    ca: PracticeCa, step: str, done: bool  # noqa: F811 - the fixture
) -> None:
    register_person(ca.ledger, OFFICER)
    enrolments = {ca.approved(OFFICER), ca.approved(OFFICER), ca.approved(OFFICER)}

    with mortal_room(ca, step, done=done) as doomed, pytest.raises(Killed):
        doomed.turn()
    ca.room().recover()
    ca.room().turn()

    with ca.ledger.read() as session:
        intents = session.scalars(select(Intent).where(Intent.enrolment_id.in_(enrolments))).all()
        certificates = set(session.scalars(select(Certificate.id)))
        ended = set(session.scalars(select(Revocation.certificate_id)))
        together = session.scalars(select(Entry).where(Entry.kind == CertificatesIntended.kind)).all()
    signed = {one.id: one.enrolment_id for one in intents if one.id in certificates}
    assert sorted(map(str, signed.values())) == sorted(enrolments)
    assert {one.id for one in intents} == signed.keys() | ended
    assert signed.keys() & ended == set()
    assert {name for entry in together for name in entry.facts} == {f"intent/{one.id}" for one in intents}
