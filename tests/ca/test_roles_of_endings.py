"""Each process can do its part of an ending under its own database role, and no other's."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ca.endings.answered import answer
from ca.endings.blocked import BlockedKeys
from ca.endings.expiry import tell_of_ends
from ca.endings.keys import block_listed, report_by_key
from ca.endings.paper import Drawn, Slip, draw, issue, use
from ca.endings.pausing import hold, release
from ca.endings.requests import Report, close, close_act, overdue, report, undecided
from ca.endings.revocation import Receipt, act_for, revoke_certificate
from ca.endings.settlement import settle
from ca.events.endings import CertificateHeld, DeskCertificateRevoked, DeskRevoked
from ca.issuance.kinship import tell
from ca.tables.endings import DeskRevocation, DeskRevocationEnd
from ca.tables.registration import Desk as RegistrationDesk
from ledger.certificates import Hold, HoldRelease, KeyBlock, Revocation
from ledger.courier import deliver
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, LedgerRefused
from ledger.outbox import Answer, retry, undelivered
from ledger.people import Cutoff
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK, Desk
from tests.ca.test_keys_in_other_hands import report_of
from tests.conftest import url_of
from tests.issuing import KeySigner
from web.mail import LIFE

pytestmark = pytest.mark.postgresql_only("SQLite has no roles")


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    desk = Desk(ledger)
    desk.mail(HOLDER, "somphone@mtc.gov.la")
    desk.mail(CLERK, "clerk@mtc.gov.la")
    return desk


@contextmanager
def process(desk: Desk, name: str) -> Iterator[Ledger]:
    """The ledger as this process sees it."""
    url = url_of(name, desk.ledger.url)
    own = Ledger(url, desk.ledger.clock, desk.ledger.randomness, "0.1.0", name)
    yield own
    own.close()


@pytest.fixture
def listening(desk: Desk) -> Iterator[Ledger]:
    with process(desk, "ca") as own:
        yield own


def test_the_process_that_listens_takes_in_reports_codes_and_the_verbs_acts(desk: Desk, listening: Ledger) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")
    now = desk.ledger.clock.now()
    drawn = draw(listening, CLERK)
    assert isinstance(drawn, Drawn)
    slip = issue(listening, drawn, desk.sign(OTHER_CLERK, drawn.act(now)))
    assert isinstance(slip, Slip)
    request = report(listening, Report("key-loss", "ເສຍ", contact="020"))
    assert isinstance(request, str)
    act = act_for("certificate.revoke", signing.sha256, "key-loss", now)

    done = [
        revoke_certificate(listening, signing.sha256, "key-loss", desk.sign(OTHER_CLERK, act)),
        close(listening, [request], "unfounded", desk.sign(OTHER_CLERK, close_act([request], "unfounded", now))),
        use(listening, slip.code),
        report_by_key(listening, report_of(KeySigner())),
        block_listed(listening, ["ab" * 32], "cd" * 32, Actor.system("ca")),
    ]

    assert [type(one) for one in done] == [Receipt, list, tuple, tuple, tuple]


def test_the_signing_room_asks_an_officer_about_the_certificates_of_a_broken_key(desk: Desk) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")

    with process(desk, "issue") as own:
        tell(own, "ab" * 32, {signing.key_sha256}, Actor.system("issue"))

    with desk.ledger.read() as session:
        assert [one.subject for one in undecided(session)] == [signing.id]


def test_the_signing_room_answers_what_was_asked_about_a_certificate_that_ended(desk: Desk, listening: Ledger) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")
    desk.write(Revocation(certificate_id=signing.id, at=desk.ledger.clock.now(), reason="superseded"))
    report(listening, Report("key-loss", "ເສຍ", signing.serial_number))

    with process(desk, "issue") as room:
        assert answer(room, Actor.system("issue")) == 1


def test_a_release_is_ordered_by_one_process_and_made_by_another(desk: Desk, listening: Ledger) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")
    held = act_for("certificate.hold", signing.sha256, "certificateHold", desk.ledger.clock.now())
    hold(listening, signing.sha256, desk.sign(CLERK, held))
    order = act_for("certificate.release", signing.sha256, "released", desk.ledger.clock.now())
    release(listening, signing.sha256, desk.sign(CLERK, order))

    with process(desk, "issue") as room:
        settled = settle(room, Actor.system("issue"))

    with desk.ledger.read() as session:
        assert (settled, session.query(HoldRelease).count()) == (1, 1)


def test_the_process_that_listens_cannot_write_a_release(desk: Desk, listening: Ledger) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")
    held = act_for("certificate.hold", signing.sha256, "certificateHold", desk.ledger.clock.now())
    receipt = hold(listening, signing.sha256, desk.sign(CLERK, held))
    assert isinstance(receipt, Receipt)
    with desk.ledger.read() as session:
        pause = session.query(Hold).one().id

    with (
        pytest.raises(LedgerRefused, match="permission denied"),
        listening.entry(CertificateHeld(signing.id, f"p{CLERK}"), Actor.system("ca")) as tx,
    ):
        tx.add(HoldRelease(hold_id=pause, at=tx.at))


def test_the_worker_raises_alarms_tells_of_ends_and_puts_letters_in_again(desk: Desk, listening: Ledger) -> None:
    report(listening, Report("key-loss", "ເສຍ"))
    desk.certify(f"p{HOLDER}", "officer-signing", days=20)
    desk.ledger.clock.turn(days=14)  # type: ignore[attr-defined]

    with process(desk, "work") as worker:
        done = [overdue(worker, Actor.system("work")), tell_of_ends(worker, Actor.system("work"))]
        deliver(worker, lambda _: Answer("smtp.550", final=True), Actor.system("work"))
        with worker.read() as session:
            dead = [one.id for one in undelivered(session, desk.ledger.clock.now())]
        again = retry(worker, dead[0], LIFE, Actor.system("work"))

    assert done == [3, 1]
    assert again is not None


def test_the_listening_process_blocks_a_key_with_all_that_hangs_on_it_and_the_room_ends_what_is_left(
    desk: Desk, listening: Ledger
) -> None:
    signer = KeySigner()
    desk.certify(f"p{HOLDER}", "officer-signing", signer)
    left = desk.certify(f"p{HOLDER}", "officer-encryption")

    ended = report_by_key(listening, report_of(signer))
    desk.write(KeyBlock(key_sha256=left.key_sha256, at=desk.ledger.clock.now()))
    with process(desk, "issue") as room:
        settled = BlockedKeys(room, Actor.system("issue")).settle()

    with desk.ledger.read() as session:
        assert (isinstance(ended, tuple), settled, session.query(Cutoff).count()) == (True, 1, 1)


def test_the_signing_room_ends_what_came_of_a_desk_and_says_when_it_has(desk: Desk) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")
    place = RegistrationDesk(id="desk", code="pakse", province="LA-CH")
    row = DeskRevocation(id="d1", desk_id="desk", since=desk.ledger.clock.now(), ground="misuse")
    desk.write(place, row)

    with process(desk, "issue") as room:
        now = room.clock.now()
        facts = [
            Revocation(certificate_id=signing.id, at=now, reason="privilegeWithdrawn"),
            Cutoff(id=room.new_id(), person_id=f"p{HOLDER}", at=now, reason="privilegeWithdrawn"),
        ]
        end = DeskRevocationEnd(revocation_id="d1", certificates=1)
        room.entries([
            Deed(DeskCertificateRevoked("d1", signing.id, "misuse"), Actor.system("issue"), facts),
            Deed(DeskRevoked("d1", 1), Actor.system("issue"), [end]),
        ])  # fmt: skip

    with desk.ledger.read() as session:
        assert session.query(DeskRevocationEnd).one().certificates == 1


def test_the_signing_room_ends_what_ran_out(desk: Desk, listening: Ledger) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")
    held = act_for("certificate.hold", signing.sha256, "certificateHold", desk.ledger.clock.now())
    hold(listening, signing.sha256, desk.sign(CLERK, held))
    report(listening, Report("key-loss", "ເສຍ", signing.serial_number))
    desk.ledger.clock.turn(days=31)  # type: ignore[attr-defined]

    with process(desk, "issue") as room:
        settled = settle(room, Actor.system("issue"))

    with desk.ledger.read() as session:
        assert (settled, session.get_one(Revocation, signing.id).reason) == (1, "unspecified")
