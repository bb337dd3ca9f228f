"""A machine's certificate in a campaign: its client is told to come, and what it gets stands in the old one's place."""

from email import message_from_bytes
from email.policy import SMTP

import pytest
from sqlalchemy import select

from ca.machines.acme.renewal import certificate_id_of, window_of
from ca.machines.rules import Protocol
from ca.reissue.progress import State
from ca.tables.reissue import ReissueMember
from ledger.certificates import Certificate, Revocation
from ledger.outbox import OutboxMessage
from pki.cmp.message import Body
from tests.ca.conftest import PracticeCa
from tests.ca.machines.cmp_client import Client, Door, asked, key
from tests.ca.machines.ministry import HOLDER, Ministry
from tests.ca.reissue.day import Day


@pytest.mark.sqlite_only("the door is the same on both engines")
def test_a_machine_is_asked_by_its_protocol_and_the_old_one_stays_until_the_deadline(ca: PracticeCa) -> None:
    day, ministry = Day(ca), Ministry.of(ca)
    made = ministry.secret(ministry.allowed(), Protocol.CMP)
    old = issued(ministry, Client(made, ca.ledger.clock.now()))
    with ca.ledger.read() as session:
        before = window_of(session, certificate_id_of(bytes(old.der)))
    day.roll_over("services")
    told = len(written(ca))

    campaign = day.start(issuers=["services"], profile="tls-server")
    day.advance(steps=2)
    now = ca.ledger.clock.now()
    with ca.ledger.read() as session:
        [member] = [one for one in session.query(ReissueMember) if one.certificate_id == old.id]
        after = window_of(session, certificate_id_of(bytes(old.der)))
    waiting = day.states(campaign)[old.id]
    issued(ministry, Client(made, now, transaction=b"u" * 16))
    ca.room().turn()

    assert before is not None and after is not None
    assert (before.start > now, after.end <= now) == (True, True)
    assert (member.way, waiting, day.states(campaign)[old.id]) == ("machine", State.TOLD, State.ISSUED)
    assert ["by its protocol (ACME, EST, CMP, SCEP)" in one for one in written(ca)[told:]] == [True]
    with ca.ledger.read() as session:
        assert session.get(Revocation, old.id) is None


def written(ca: PracticeCa) -> list[str]:
    """The letters to who answers for the machine."""
    with ca.ledger.read() as session:
        bodies = session.scalars(select(OutboxMessage.body).where(OutboxMessage.person_id == f"p{HOLDER}"))
        return [message_from_bytes(bytes(one), policy=SMTP).get_content() for one in bodies]


def issued(ministry: Ministry, client: Client) -> Certificate:
    Door(ministry).heard(client, Body.IR, asked(key(), "www.mtc.gov.la"))
    [certificate] = ministry.ca.room().turn().issued
    return certificate
