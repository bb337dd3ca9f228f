"""Decisions that an officer signed at one sitting: each is proven by its own path to what he signed, or not at all."""

from dataclasses import replace

import pytest

from ca.ceremonies.steps.first_officer import DESK
from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide_many
from ca.tables.registration import Decision, DishonouredDecision
from ledger.acts import SignedAct
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.together import signed_over
from signers import open_signer
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person
from tests.ca.events import Registered

NUMBERS = ("10000003", "10000004", "10000005")


@pytest.fixture
def asked(ca: PracticeCa) -> list[str]:
    """Three requests of three persons."""
    for number in NUMBERS:
        register_person(ca.ledger, number)
    return [ca.enrolment(ca.apply(number)).id for number in NUMBERS]


def together(ca: PracticeCa, officer: str, asked: list[str]) -> list[Vote]:
    """One signature of this officer over a yes to each."""
    now = ca.ledger.clock.now()
    acts = [act_for(ca.enrolment(one), now, approved=True, desk=DESK) for one in asked]
    octets, paths = signed_over([act.message() for act in acts])
    signer = open_signer(f"file:{ca.home.path.resolve()}/people/{officer}-authentication.key.pem")
    shown = ca.sign(officer, acts[0]).certificate_sha256
    signature = signer.sign(octets)
    signed = [SignedAct(act, shown, signature, path) for act, path in zip(acts, paths, strict=True)]
    return [Vote(one, True, act, DESK) for one, act in zip(asked, signed, strict=True)]


def test_the_room_issues_upon_decisions_that_were_signed_together(ca: PracticeCa, asked: list[str]) -> None:
    for officer in (FIRST, SECOND):
        decide_many(ca.ledger, together(ca, officer, asked))

    done = ca.room().turn()

    assert (len(done.issued), done.refused, done.dishonoured) == (3, [], 0)


def test_one_of_them_alone_is_proven_too(ca: PracticeCa, asked: list[str]) -> None:
    for officer in (FIRST, SECOND):
        assert isinstance(decide_many(ca.ledger, together(ca, officer, asked)[1:2])[0], str)

    assert len(ca.room().turn().issued) == 1


def test_a_decision_under_the_path_of_another_is_refused(ca: PracticeCa, asked: list[str]) -> None:
    first, second, _ = together(ca, FIRST, asked)
    swapped = replace(first, signed=replace(first.signed, path=second.signed.path))

    assert decide_many(ca.ledger, [swapped]) == [Refuse("act.signature-invalid")]


@pytest.mark.parametrize("path", [None, b"", b"not a path"])
def test_a_decision_without_its_path_is_refused(ca: PracticeCa, asked: list[str], path: bytes | None) -> None:
    first, *_ = together(ca, FIRST, asked)
    bare = replace(first, signed=replace(first.signed, path=path))

    assert decide_many(ca.ledger, [bare]) == [Refuse("act.signature-invalid")]


def test_the_room_honours_none_that_the_desk_slipped_in_under_the_signature(ca: PracticeCa, asked: list[str]) -> None:
    slipped = asked[2]
    for officer in (FIRST, SECOND):
        votes = together(ca, officer, asked[:2])
        decide_many(ca.ledger, votes)
        written(ca, officer, slipped, votes[0].signed)

    done = ca.room().turn()

    assert (len(done.issued), done.dishonoured) == (2, 2)


def test_at_one_sitting_an_officers_own_request_is_judged_otherwise_than_the_others(
    ca: PracticeCa, asked: list[str]
) -> None:
    """The desk refuses such a decision, so it is written past the desk."""
    own = ca.enrolment(ca.apply(FIRST)).id
    every = [*asked, own]
    for officer in (FIRST, SECOND):
        for vote in together(ca, officer, every):
            written(ca, officer, vote.enrolment_id, vote.signed)

    done = ca.room().turn()

    with ca.ledger.read() as session:
        dishonoured = [(one.decision_id, one.code) for one in session.query(DishonouredDecision)]
    assert dishonoured == [(f"{FIRST}-{own}", "decision.own-request")]
    assert (len(done.issued), done.refused) == (3, [])


def written(ca: PracticeCa, officer: str, enrolment_id: str, signed: SignedAct) -> None:
    """A decision is in the ledger as the desk's role may write it, whatever the desk would say."""
    decision = Decision(
        id=f"{officer}-{enrolment_id}", enrolment_id=enrolment_id, officer_id=f"p{officer}", approved=True, desk=DESK,
        act_at=signed.act.at, act_certificate=signed.certificate_sha256, act_signature=signed.signature,
        act_path=signed.path,
    )  # fmt: skip
    ca.ledger.entries([Deed(Registered("x"), TEST, [decision])])
