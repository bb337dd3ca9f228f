"""Requests by the hundred: one signature closes many, an ending answers all, and nobody reads them all at once."""

import pytest

from ca.endings import answered, requests
from ca.endings.answered import answer
from ca.endings.channels import Channel
from ca.endings.requests import Among, Report, close, close_act, overdue, report, undecided
from ca.endings.revocation import Receipt, act_for, revoke_certificate, revoke_person
from ca.tables.endings import EndingRequest, RevocationProof
from ca.tables.registration import Evidence
from ledger.acts import SignedAct, verify_act
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from tests.ca.conftest import PracticeCa
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK, Desk
from tests.ca.machines.ministry import Ministry
from tests.ca.test_desk_search import with_two_desks

ROOM = Actor.system("issue")


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


@pytest.fixture
def certificate(desk: Desk) -> Certificate:
    return desk.certify(f"p{HOLDER}", "officer-signing")


def reports(ledger: Ledger, many: int, subject: str = "", ground: str = "key-loss") -> list[str]:
    return [str(report(ledger, Report(ground, f"{one}", subject))) for one in range(many)]


def closing(desk: Desk, ids: list[str], by: str = CLERK) -> SignedAct:
    return desk.sign(by, close_act(ids, "unfounded", desk.ledger.clock.now()))


def waiting(ledger: Ledger, among: Among = Among()) -> list[str]:  # noqa: B008 - it is frozen
    with ledger.read() as session:
        return [one.id for one in undecided(session, among)]


def test_one_signature_closes_many_and_each_of_them_keeps_what_proves_it(desk: Desk) -> None:
    ids = reports(desk.ledger, 12)

    done = close(desk.ledger, ids, "unfounded", closing(desk, ids))

    with desk.ledger.read() as session:
        kept = session.query(RevocationProof).order_by(RevocationProof.subject).all()
        act = close_act([one.subject for one in kept], "unfounded", kept[0].act_at)
        signers = {verify_act(session, SignedAct(act, one.act_certificate, one.act_signature)) for one in kept}
    assert isinstance(done, list) and len(set(done)) == 12
    assert (waiting(desk.ledger), len(kept), signers) == ([], 12, {f"p{CLERK}"})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (lambda ids: ids[:2], "revocation.not-about-this"),
        (lambda ids: [*ids[:2], "nothing"], "revocation.not-about-this"),
        (lambda ids: [*ids, ids[0]], "ending.not-so-many"),
        (lambda _: [], "ending.not-so-many"),
    ],
)
def test_what_the_officer_did_not_sign_is_not_closed(desk: Desk, changed: object, code: str) -> None:
    ids = reports(desk.ledger, 3)
    assert callable(changed)

    done = close(desk.ledger, changed(ids), "unfounded", closing(desk, ids))

    assert (done, waiting(desk.ledger)) == (Refuse(code), sorted(ids))


@pytest.mark.parametrize(("lost", "code"), [("closed", "ending.closed"), ("unknown", "ending.unknown")])
def test_of_many_all_are_closed_or_none(desk: Desk, lost: str, code: str) -> None:
    ids = reports(desk.ledger, 3)
    if lost == "closed":
        close(desk.ledger, ids[:1], "unfounded", closing(desk, ids[:1], OTHER_CLERK))
    meant = ids if lost == "closed" else [*ids, "nothing"]
    before = waiting(desk.ledger)

    done = close(desk.ledger, meant, "unfounded", closing(desk, meant))

    assert (done, waiting(desk.ledger)) == (Refuse(code), before)


def test_they_are_found_by_their_way_and_their_ground(desk: Desk) -> None:
    lost, misused = reports(desk.ledger, 2), reports(desk.ledger, 1, ground="misuse")
    desk.write(
        EndingRequest(
            id="z", wish="revoke", ground="misuse", channel="arithmetic", authentication="factor",
            subject=None, at=desk.ledger.clock.now(),
        )
    )  # fmt: skip

    found = [Among(channel=Channel.STRANGER.value), Among(ground="misuse"), Among("stranger", "misuse")]

    assert [waiting(desk.ledger, one) for one in found] == [sorted([*lost, *misused]), sorted([*misused, "z"]), misused]


def test_they_are_found_by_the_desk_whose_papers_their_certificate_rests_on(ca: PracticeCa) -> None:
    with_two_desks(ca)
    with ca.ledger.read() as session:
        place = session.query(Evidence.place).first()
        one = session.query(Certificate).where(Certificate.profile == "officer-authentication").all()[-1]
    asked = report(ca.ledger, Report("misuse", "x", one.serial_number))
    report(ca.ledger, Report("misuse", "x"))
    assert place is not None

    found = [waiting(ca.ledger, Among(desk=desk)) for desk in (place[0], "elsewhere")]

    assert found == [[asked], []]


def test_all_who_asked_about_a_certificate_have_their_answer_when_it_ends(
    desk: Desk, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answered, "AT_ONCE", 5)
    reports(desk.ledger, 25, certificate.serial_number)
    [other] = reports(desk.ledger, 1)
    act = act_for("certificate.revoke", certificate.sha256, "misuse", desk.ledger.clock.now())
    ended = revoke_certificate(desk.ledger, certificate.sha256, "misuse", desk.sign(CLERK, act))
    assert isinstance(ended, Receipt)

    closed = [answer(desk.ledger, ROOM), answer(desk.ledger, ROOM)]

    assert (closed, waiting(desk.ledger)) == ([25 - 8, 0], [other])


def test_who_asked_about_a_person_has_his_answer_when_nothing_of_him_lives(desk: Desk) -> None:
    reports(desk.ledger, 12, HOLDER)
    act = act_for("person.revoke", HOLDER, "key-loss", desk.ledger.clock.now())
    before = answer(desk.ledger, ROOM)

    revoke_person(desk.ledger, HOLDER, "key-loss", desk.sign(CLERK, act))
    closed = answer(desk.ledger, ROOM)

    assert (before, closed, waiting(desk.ledger)) == (0, 12 - 8, [])


def test_the_clocks_of_many_are_looked_at_some_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_AT_ONCE", 2)
    reports(desk.ledger, 5)
    desk.ledger.clock.turn(hours=13)  # type: ignore[attr-defined]

    taken = [overdue(desk.ledger, ROOM) for _ in range(2)]
    desk.ledger.clock.turn(hours=24)  # type: ignore[attr-defined]
    taken += [overdue(desk.ledger, ROOM) for _ in range(2)]

    assert taken == [5, 0, 10, 0]


def test_the_room_answers_what_is_left(ca: PracticeCa) -> None:
    ministry: Ministry = with_two_desks(ca)
    with ca.ledger.read() as session:
        one = session.query(Certificate).where(Certificate.profile == "officer-authentication").all()[-1]
    reports(ca.ledger, 10, one.serial_number)
    act = act_for("certificate.revoke", one.sha256, "wrong-data", ca.ledger.clock.now())
    assert isinstance(revoke_certificate(ca.ledger, one.sha256, "wrong-data", ca.sign(CLERK, act)), Receipt)

    ministry.ca.room().turn()

    assert waiting(ca.ledger) == []
