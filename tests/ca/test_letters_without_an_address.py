"""A body's contact to which no letter can go: what was to be told of is written all the same."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ca.endings.asking import act_for
from ca.endings.pausing import hold
from ca.endings.settlement import settle
from ledger.certificates import Revocation
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.outbox import OutboxMessage
from tests.ca.desk import CLERK, HOLDER, Desk

CONTACTS = [
    "office@mtc.gov.la\nhelp@mtc.gov.la", "office@mtc.gov.la\r\nBcc: x@y.la", "ຫ້ອງການ", "@", "=?utf-8?b?Cg==?=@b", "",
]  # fmt: skip


@pytest.mark.parametrize("contact", CONTACTS)
def test_what_ends_by_itself_ends_and_the_others_with_it(ledger: Ledger, contact: str) -> None:
    desk = Desk(ledger)
    paused = [desk.certify_body(HOLDER), desk.certify("p10000002", "officer-signing")]
    now = ledger.clock.now()
    until = now + timedelta(hours=1)
    for one in paused:
        act = act_for("certificate.hold", one.sha256, "certificateHold", now, until)
        hold(ledger, one.sha256, desk.sign(CLERK, act), until)
    desk.contact(f"o{HOLDER}", contact)
    ledger.clock.turn(hours=2)  # type: ignore[attr-defined]

    settle(ledger, Actor.system("issue"))

    with ledger.read() as session:
        assert set(session.scalars(select(Revocation.certificate_id))) >= {one.id for one in paused}
        addressed = set(session.scalars(select(OutboxMessage.url)))
    assert (f"mailto:{contact}" in addressed) is bool(contact)
