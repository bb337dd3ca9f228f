"""A new key takes the place of an old one: asked for under a living key, and the old one ends only afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ca.endings.asking import act_for
from ca.endings.pausing import hold, release
from ca.endings.replacement import ask, replace_act
from ca.endings.settlement import settle
from ca.tables.registration import Enrolment, EnrolmentEnd
from ledger.certificates import Certificate, Intent, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger
from tests.ca.desk import CLERK, HOLDER, Desk

ROOM = Actor.system("issue")


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


@pytest.fixture
def old(desk: Desk) -> Certificate:
    return desk.certify(f"p{HOLDER}", "officer-signing")


def enrolled(desk: Desk, profile: str = "officer-signing", number: str = HOLDER) -> Enrolment:
    key = desk.ledger.new_id().replace("-", "").ljust(64, "0")
    enrolment = Enrolment(
        id=desk.ledger.new_id(), person_id=f"p{number}", profile=profile, request=b"", key_sha256=key,
        evidence_digest="00" * 32, digest="11" * 32,
    )  # fmt: skip
    desk.write(KeyUse(key_sha256=key, subject=f"p{number}"), enrolment)
    with desk.ledger.read() as session:
        return session.get_one(Enrolment, enrolment.id)


def issued(desk: Desk, enrolment: Enrolment) -> Certificate:
    """The request's own certificate, as the signing room would write it."""
    new = desk.certify(enrolment.person_id, enrolment.profile)
    key = desk.ledger.new_id()
    intent = Intent(
        id=key, issuer_id=desk.issuer.id, serial_number=f"7{new.serial_number}", dense_number=7000, profile=new.profile,
        tbs=b"", enrolment_id=enrolment.id, person_id=enrolment.person_id,
    )  # fmt: skip
    certificate = Certificate(
        id=key, issuer_id=desk.issuer.id, serial_number=intent.serial_number, sha256="ab" * 32,
        key_sha256=enrolment.key_sha256, der=new.der, profile=new.profile, person_id=enrolment.person_id,
        not_before=new.not_before, not_after=new.not_after,
    )  # fmt: skip
    desk.write(intent, certificate)
    return certificate


def asked(desk: Desk, enrolment: Enrolment, old: Certificate, by: str = HOLDER) -> str | Refuse:
    act = replace_act(enrolment, old.sha256, desk.ledger.clock.now())
    return ask(desk.ledger, enrolment.id, old.sha256, desk.sign(by, act))


def reason(desk: Desk, certificate: Certificate) -> str | None:
    with desk.ledger.read() as session:
        return session.scalar(select(Revocation.reason).where(Revocation.certificate_id == certificate.id))


def later(desk: Desk, hours: float) -> None:
    desk.ledger.clock.turn(hours=hours)  # type: ignore[attr-defined]
    settle(desk.ledger, ROOM)


def test_the_old_one_ends_when_the_new_one_has_been_there_for_a_day_and_not_before(
    desk: Desk, old: Certificate
) -> None:
    enrolment = enrolled(desk)

    entry = asked(desk, enrolment, old)
    later(desk, 48)
    without = reason(desk, old)
    new = issued(desk, enrolment)
    later(desk, 23.9)
    early = reason(desk, old)
    later(desk, 0.1)

    assert isinstance(entry, str)
    assert (without, early, reason(desk, old), reason(desk, new)) == (None, None, "superseded", None)


def test_while_the_new_one_is_revoked_the_old_one_stays(desk: Desk, old: Certificate) -> None:
    enrolment = enrolled(desk)
    asked(desk, enrolment, old)
    new = issued(desk, enrolment)
    desk.write(Revocation(certificate_id=new.id, at=desk.ledger.clock.now(), reason="privilegeWithdrawn"))

    later(desk, 25)

    assert reason(desk, old) is None


def test_a_request_replaces_one_certificate_once(desk: Desk, old: Certificate) -> None:
    enrolment = enrolled(desk)
    asked(desk, enrolment, old)

    assert asked(desk, enrolment, old) == Refuse("replacement.twice")


def test_nobody_replaces_what_is_not_his_or_for_another_use_or_over(desk: Desk, old: Certificate) -> None:
    ended = enrolled(desk)
    desk.write(EnrolmentEnd(enrolment_id=ended.id, code="decision.no"))
    own, other_use, another_s = enrolled(desk), enrolled(desk, "officer-authentication"), enrolled(desk, number=CLERK)

    refused = [
        asked(desk, own, old, by=CLERK),
        asked(desk, another_s, old),
        asked(desk, other_use, old),
        asked(desk, ended, old),
    ]

    codes = ("replacement.not-yours", "replacement.not-yours", "replacement.other-profile", "replacement.ended")
    assert refused == [Refuse(code) for code in codes]


def test_what_has_expired_is_enrolled_for_anew(desk: Desk) -> None:
    old = desk.certify(f"p{HOLDER}", "officer-signing", days=1)
    enrolment = enrolled(desk)
    desk.ledger.clock.turn(days=1)  # type: ignore[attr-defined]

    assert old.not_after - desk.ledger.clock.now() == timedelta(0)
    assert asked(desk, enrolment, old) == Refuse("replacement.ended")


def test_while_the_new_one_is_suspended_the_old_one_stays(desk: Desk, old: Certificate) -> None:
    enrolment = enrolled(desk)
    asked(desk, enrolment, old)
    new, now = issued(desk, enrolment), desk.ledger.clock.now()
    until = now + timedelta(days=3)
    act = act_for("certificate.hold", new.sha256, "certificateHold", now, until)
    hold(desk.ledger, new.sha256, desk.sign(CLERK, act), until)

    later(desk, 48)
    during = reason(desk, old)
    later(desk, 48)

    assert (during, reason(desk, old), reason(desk, new)) == (None, None, "unspecified")


def test_when_the_new_one_counts_again_the_old_one_ends(desk: Desk, old: Certificate) -> None:
    enrolment = enrolled(desk)
    asked(desk, enrolment, old)
    new, now = issued(desk, enrolment), desk.ledger.clock.now()
    hold(desk.ledger, new.sha256, desk.sign(CLERK, act_for("certificate.hold", new.sha256, "certificateHold", now)))
    later(desk, 48)
    act = act_for("certificate.release", new.sha256, "released", desk.ledger.clock.now())
    release(desk.ledger, new.sha256, desk.sign(CLERK, act))

    later(desk, 0)

    assert (reason(desk, old), reason(desk, new)) == ("superseded", None)
