"""A pause ends by a release that the signing room believes, or it becomes a revocation (RV-05)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ca.endings.each import EndingsBroken
from ca.endings.pausing import hold, release
from ca.endings.revocation import Receipt, act_for
from ca.endings.settlement import next_end, settle
from ca.publication.listing import listed
from ca.tables.endings import ReleaseOrder, ReleaseOrderEnd, RevocationProof
from ledger.acts import proof_columns
from ledger.certificates import Certificate, Hold, HoldRelease, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.people import Duty, DutyEnd, DutyKind
from ocsp.store import StatusStore
from pki.status import Good, Held, Revoked
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK, Desk
from tests.ca.failing import InterruptedLedger

ROOM = Actor.system("issue")


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


@pytest.fixture
def certificate(desk: Desk) -> Certificate:
    return desk.certify(f"p{HOLDER}", "officer-signing")


def held(desk: Desk, certificate: Certificate, days: int | None = None) -> Receipt | Refuse:
    now = desk.ledger.clock.now()
    until = now + timedelta(days=days) if days else None
    act = act_for("certificate.hold", certificate.sha256, "certificateHold", now, until)
    return hold(desk.ledger, certificate.sha256, desk.sign(CLERK, act), until)


def released(desk: Desk, certificate: Certificate, by: str = OTHER_CLERK) -> Receipt | Refuse:
    act = act_for("certificate.release", certificate.sha256, "released", desk.ledger.clock.now())
    return release(desk.ledger, certificate.sha256, desk.sign(by, act))


def on_crl(desk: Desk) -> list[str]:
    with desk.ledger.read() as session:
        return [entry.reason for entry in listed(session, desk.issuer.id)]


def by_ocsp(desk: Desk, certificate: Certificate) -> object:
    store = StatusStore(desk.ledger)
    [authority] = store.authorities()
    return store.status(authority, int(certificate.serial_number, 16))


def ends_of_orders(desk: Desk) -> list[str]:
    with desk.ledger.read() as session:
        return list(session.scalars(select(ReleaseOrderEnd.code)))


def releases(desk: Desk) -> int:
    with desk.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(HoldRelease)) or 0


def test_a_release_counts_once_the_signing_room_has_verified_it_and_not_before(
    desk: Desk, certificate: Certificate
) -> None:
    held(desk, certificate)

    ordered = released(desk, certificate)
    before = (on_crl(desk), by_ocsp(desk, certificate))
    settle(desk.ledger, ROOM)

    assert isinstance(ordered, Receipt)
    assert before[0] == ["certificateHold"] and isinstance(before[1], Held)
    assert on_crl(desk) == []
    assert by_ocsp(desk, certificate) == Good(certificate.sha256)
    assert ends_of_orders(desk) == ["released"]


def test_a_second_order_waits_for_the_first(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate)
    released(desk, certificate)

    assert released(desk, certificate, CLERK) == Refuse("revocation.release-ordered")


def test_what_was_released_may_be_held_again(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate)
    released(desk, certificate)
    settle(desk.ledger, ROOM)

    again = held(desk, certificate)

    assert isinstance(again, Receipt)
    assert on_crl(desk) == ["certificateHold"]


def test_of_two_who_pause_at_once_one_is_told_that_it_is_paused(desk: Desk, certificate: Certificate) -> None:
    now = desk.ledger.clock.now()
    signed = desk.sign(OTHER_CLERK, act_for("certificate.hold", certificate.sha256, "certificateHold", now))
    racing = InterruptedLedger(desk.ledger.url, desk.ledger.clock, desk.ledger.randomness, "0.1.0", "test")
    racing.first = lambda: held(desk, certificate)

    second = hold(racing, certificate.sha256, signed)

    racing.close()
    with desk.ledger.read() as session:
        pauses = session.query(Hold).count()
    assert (second, pauses) == (Refuse("revocation.already-held"), 1)


def test_a_release_lifts_every_pause_that_runs(desk: Desk, certificate: Certificate) -> None:
    now = desk.ledger.clock.now()
    for name in ("a", "b"):  # as two could begin at once before pauses were numbered
        desk.write(Hold(id=name, certificate_id=certificate.id, at=now, until=now + timedelta(days=1)))
    released(desk, certificate)
    settle(desk.ledger, ROOM)
    desk.ledger.clock.turn(days=2)  # type: ignore[attr-defined]

    settle(desk.ledger, ROOM)

    assert (releases(desk), on_crl(desk), ends_of_orders(desk)) == (2, [], ["released"])
    assert by_ocsp(desk, certificate) == Good(certificate.sha256)


def forged(desk: Desk, certificate: Certificate, **changed: object) -> None:
    """An order as a process that listens could write it, with an act that is not what it says."""
    now = desk.ledger.clock.now()
    act = act_for("certificate.release", certificate.sha256, "released", now)
    values = proof_columns(desk.sign(OTHER_CLERK, act)) | {
        "id": "forged", "kind": "certificate.release", "subject": certificate.id, "reason": "released",
        "officer_id": f"p{OTHER_CLERK}",
    }  # fmt: skip
    with desk.ledger.read() as session:
        pause = session.scalars(select(Hold.id).order_by(Hold.id.desc())).first()
    desk.write(RevocationProof(**(values | changed)), ReleaseOrder(id="order", hold_id=pause, proof_id="forged"))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"act_signature": b"\x30\x00"}, "act.signature-invalid"),
        ({"act_certificate": "00" * 32}, "act.certificate-unknown"),
        ({"officer_id": f"p{CLERK}"}, "act.other-person"),
        ({"kind": "certificate.hold"}, "revocation.not-about-this"),
        ({"subject": f"p{HOLDER}"}, "revocation.not-about-this"),
        ({"reason": "no more"}, "act.signature-invalid"),
    ],
)
def test_an_order_whose_act_does_not_hold_lifts_nothing_and_is_on_record(
    desk: Desk, certificate: Certificate, changed: dict[str, object], code: str
) -> None:
    held(desk, certificate)
    forged(desk, certificate, **changed)

    settle(desk.ledger, ROOM)

    assert (ends_of_orders(desk), releases(desk), on_crl(desk)) == ([code], 0, ["certificateHold"])


def test_an_act_about_an_earlier_pause_does_not_lift_a_later_one(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate)
    early = act_for("certificate.release", certificate.sha256, "released", desk.ledger.clock.now())
    old = proof_columns(desk.sign(OTHER_CLERK, early))
    released(desk, certificate)
    settle(desk.ledger, ROOM)
    desk.ledger.clock.turn(minutes=1)  # type: ignore[attr-defined]
    held(desk, certificate)
    forged(desk, certificate, **old)

    settle(desk.ledger, ROOM)

    assert sorted(ends_of_orders(desk)) == ["act.stale", "released"]
    assert on_crl(desk) == ["certificateHold"]


def test_an_officer_whose_duty_ended_before_the_room_looked_has_released_nothing(
    desk: Desk, certificate: Certificate
) -> None:
    held(desk, certificate)
    released(desk, certificate)
    with desk.ledger.read() as session:
        duty = desk.on_duty(HOLDER, DutyKind.REGISTRATION_OFFICER)  # somebody else's, so that the query has to choose
        mine = session.scalars(select(Duty.id).where(Duty.person_id == f"p{OTHER_CLERK}")).one()
    desk.write(DutyEnd(duty_id=mine, at=desk.ledger.clock.now()))

    settle(desk.ledger, ROOM)

    assert duty != mine
    assert (ends_of_orders(desk), releases(desk)) == (["revocation.no-duty"], 0)


def test_a_duty_that_nobody_agreed_on_releases_nothing(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate)
    desk.person("10000050")
    now = desk.ledger.clock.now()
    desk.write(Duty(id="made-up", person_id="p10000050", kind="registration-officer", valid_from=now))
    released(desk, certificate, "10000050")

    settle(desk.ledger, ROOM)

    assert (ends_of_orders(desk), releases(desk)) == (["revocation.no-duty"], 0)


def test_a_pause_that_nobody_ended_is_a_revocation_from_its_end(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate, days=7)
    ends = desk.ledger.clock.now() + timedelta(days=7)
    desk.ledger.clock.turn(days=7, seconds=-1)  # type: ignore[attr-defined]
    began = desk.ledger.clock.now()
    early = (next_end(desk.ledger, began), settle(desk.ledger, ROOM), on_crl(desk))
    desk.ledger.clock.turn(seconds=2)  # type: ignore[attr-defined]

    settled = settle(desk.ledger, ROOM)

    assert early == (ends, 0, ["certificateHold"])
    assert (settled, on_crl(desk), next_end(desk.ledger, began)) == (1, ["unspecified"], None)
    assert by_ocsp(desk, certificate) == Revoked(ends, "unspecified")
    assert settle(desk.ledger, ROOM) == 0
    with desk.ledger.read() as session:
        assert session.get_one(Revocation, certificate.id).at == ends


def test_what_is_revoked_cannot_be_released_any_more(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate, days=1)
    desk.ledger.clock.turn(days=2)  # type: ignore[attr-defined]
    settle(desk.ledger, ROOM)

    assert released(desk, certificate) == Refuse("revocation.already-revoked")


@pytest.mark.parametrize("days", [-1, 31])
def test_a_pause_ends_after_now_and_within_the_configured_days(
    desk: Desk, certificate: Certificate, days: int
) -> None:
    assert held(desk, certificate, days=days) == Refuse("revocation.hold-too-long")


def test_without_a_wish_the_pause_is_as_long_as_the_configuration_allows(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate)

    with desk.ledger.read() as session:
        pause = session.scalars(select(Hold)).one()
    assert pause.until == pause.at + timedelta(days=30)


@pytest.mark.postgresql_only("roles are PostgreSQL's")
def test_the_process_that_listens_can_neither_release_nor_extend(desk: Desk) -> None:
    with desk.ledger.writing.connect() as connection:
        may = connection.exec_driver_sql(
            "SELECT has_table_privilege('laotrust_ca', 'hold_release', 'INSERT'), "
            "has_table_privilege('laotrust_issue', 'hold_release', 'INSERT'), "
            "has_table_privilege('laotrust_ca', 'hold', 'UPDATE')"
        ).one()
    assert tuple(may) == (False, True, False)


def test_a_pause_past_its_end_is_released_by_nobody(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate, days=1)
    desk.ledger.clock.turn(days=2)  # type: ignore[attr-defined]

    refused = released(desk, certificate)
    settle(desk.ledger, ROOM)

    assert refused == Refuse("revocation.hold-over")
    assert (releases(desk), on_crl(desk)) == (0, ["unspecified"])


def test_an_order_that_the_room_comes_to_after_the_end_lifts_nothing(desk: Desk, certificate: Certificate) -> None:
    held(desk, certificate, days=1)
    released(desk, certificate)
    desk.ledger.clock.turn(days=2)  # type: ignore[attr-defined]

    settle(desk.ledger, ROOM)

    assert (releases(desk), ends_of_orders(desk), on_crl(desk)) == (0, ["revocation.already-revoked"], ["unspecified"])


def test_where_the_room_breaks_at_the_end_of_a_pause_no_order_lifts_it(
    desk: Desk, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(desk, certificate, days=1)
    released(desk, certificate)
    desk.ledger.clock.turn(days=2)  # type: ignore[attr-defined]
    monkeypatch.setattr("ca.endings.settlement._expire", broken)

    with pytest.raises(EndingsBroken):
        settle(desk.ledger, ROOM)

    assert (releases(desk), ends_of_orders(desk)) == (0, ["revocation.hold-over"])


def broken(*_: object) -> bool:
    raise IndexError
