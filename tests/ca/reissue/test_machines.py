"""A machine's certificate in a campaign: its client is told to come, and what it gets stands in the old one's place."""

from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP

import pytest
from sqlalchemy import select

from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.machines.acme.renewal import certificate_id_of, window_of
from ca.machines.rules import Protocol
from ca.reissue.progress import State
from ca.tables.machines import MachineAcceptance
from ca.tables.reissue import ReissueMember
from ledger.certificates import Certificate, Revocation
from ledger.outbox import OutboxMessage
from pki.cmp.message import Body
from tests.ca.conftest import PracticeCa
from tests.ca.following import Holder, reason, write
from tests.ca.machines.cmp_client import Client, Door, Machine, Update, accepting, asked, key, rejecting
from tests.ca.machines.ministry import HOLDER, Ministry
from tests.ca.reissue.day import Day

HOST = "www.mtc.gov.la"
SERVICES = {"issuers": ["services"], "profile": "tls-server"}


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


@dataclass
class Machines:
    """Servers with certificates of an issuer that is followed by its next generation."""

    day: Day
    servers: list[Machine]

    @classmethod
    def of(cls, ca: PracticeCa, *hosts: str) -> "Machines":
        day, ministry = Day(ca), Ministry.of(ca)
        door, made = Door(ministry), ministry.secret(ministry.allowed(), Protocol.CMP)
        servers = list[Machine]()
        for host in hosts:
            client = Client(made, ca.ledger.clock.now(), transaction=f"{len(servers):016}".encode())
            servers.append(Machine.enrolled(door, client, host))
        day.roll_over("services")
        return cls(day, servers)

    def turn(self) -> None:
        self.day.ca.room().turn()

    def endings(self, *machines: Machine) -> list[str | None]:
        return [reason(self.day.ca, one.certificate) for one in machines]

    def told(self, update: Update, instead: Certificate | None = None) -> None:
        """A door that was broken into says that the update was taken, under the new key."""
        forged = update.new.signs(Body.CERTCONF, accepting(update.new.certificate), update.transaction)
        row = MachineAcceptance(
            certificate_id=update.new.certificate.id, replaces_id=(instead or update.old.certificate).id,
            at=self.day.ca.ledger.clock.now(), proof=forged,
        )  # fmt: skip
        write(self.day.ca, row)


def test_the_old_one_of_a_machine_ends_when_it_says_that_it_took_the_new_one(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST)
    day, [server] = machines.day, machines.servers
    campaign = day.start(**SERVICES)
    update = server.updated(HOST, b"u" * 16)
    day.later(3 * 24 * 3600)
    machines.turn()
    before = (day.states(campaign)[server.certificate.id], day.score(campaign).confirmed)

    update.confirmed()
    in_use = day.states(campaign)[server.certificate.id]
    machines.turn()

    found = day.score(campaign)
    assert (before, in_use) == ((State.ISSUED, 0), State.IN_USE)
    assert day.states(campaign)[server.certificate.id] is State.REPLACED
    assert machines.endings(server, update.new) == ["superseded", None]
    assert (len(found.machines), found.confirmed, found.lost, found.doubled) == (1, 1, 0, 0)
    with ca.ledger.read() as session:
        assert list(uncaused(Provenance(session))) == []


def test_without_its_word_the_old_one_ends_with_the_deadline_and_not_before(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST)
    day, [server] = machines.day, machines.servers
    deadline = ca.ledger.clock.now() + timedelta(days=2)
    campaign = day.start(**SERVICES, deadline=deadline.isoformat())
    update = server.updated(HOST, b"u" * 16)
    machines.turn()
    before = machines.endings(server)
    day.later(2 * 24 * 3600)
    machines.turn()

    assert (before, machines.endings(server, update.new)) == ([None], ["superseded", None])
    assert (day.states(campaign)[server.certificate.id], day.score(campaign).confirmed) == (State.ENDED, 0)


def test_a_room_that_goes_on_learns_of_a_machines_word_and_ends_nothing_else(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST, "other.mtc.gov.la")
    day, [server, other] = machines.day, machines.servers
    day.start(**SERVICES)
    update, unsaid = server.updated(HOST, b"u" * 16), other.updated("other.mtc.gov.la", b"v" * 16)
    room = ca.room()
    room.turn()

    update.confirmed()
    room.turn()

    assert machines.endings(server, other, update.new, unsaid.new) == ["superseded", None, None, None]


def test_of_two_servers_of_one_name_that_one_ends_whose_key_asked(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST, HOST)
    day, [first, second] = machines.day, machines.servers
    campaign = day.start(**SERVICES)
    second.updated(HOST, b"u" * 16).confirmed()
    before = day.states(campaign)

    machines.turn()

    assert (before[first.certificate.id], before[second.certificate.id]) == (State.WAITS, State.IN_USE)
    assert machines.endings(first, second) == [None, "superseded"]
    assert day.states(campaign)[first.certificate.id] is State.WAITS


def test_what_the_machine_rejects_after_all_ends_and_the_old_one_stays(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST)
    day, [server] = machines.day, machines.servers
    campaign = day.start(**SERVICES)
    update = server.updated(HOST, b"u" * 16)
    update.confirmed()
    update.confirmed(rejecting(update.new.certificate))

    machines.turn()

    assert machines.endings(server, update.new) == [None, "cessationOfOperation"]
    assert day.states(campaign)[server.certificate.id] is not State.REPLACED


def test_a_rejection_that_the_room_cannot_look_at_yet_keeps_the_old_one_too(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = Machines.of(ca, HOST)
    machines.day.start(**SERVICES)
    [server] = machines.servers
    update = server.updated(HOST, b"u" * 16)
    update.confirmed()
    update.confirmed(rejecting(update.new.certificate))
    monkeypatch.setattr("ca.issuance.endings.settle_machines", lambda *_: 0)

    machines.turn()

    assert machines.endings(server, update.new) == [None, None]


def test_a_word_that_a_door_made_up_ends_nothing(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST)
    day, [server] = machines.day, machines.servers
    day.start(**SERVICES)
    update = server.updated(HOST, b"u" * 16)
    machines.told(update)

    machines.turn()

    assert machines.endings(server, update.new) == [None, None]


def test_no_word_of_a_door_ends_what_is_no_machines(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST)
    day, [server] = machines.day, machines.servers
    officers = Holder.of(ca, "10000018").first()
    day.roll_over()
    campaign = day.start(issuers=["officers"], profile="officer-signing")
    machines.told(server.updated(HOST, b"u" * 16), officers)

    machines.turn()

    assert reason(ca, officers) is None
    assert day.states(campaign)[officers.id] in (State.WAITS, State.TOLD)


def test_an_ending_for_the_sake_of_a_made_up_word_is_named(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> None:
    machines = Machines.of(ca, HOST)
    machines.day.start(**SERVICES)
    [server] = machines.servers
    machines.told(server.updated(HOST, b"u" * 16))
    monkeypatch.setattr("ca.reissue.settlement.word_of", lambda *_: MachineAcceptance())

    machines.turn()

    with ca.ledger.read() as session:
        found = [one.code for one in uncaused(Provenance(session))]
    assert machines.endings(server) == ["superseded"]
    assert found == ["unproven.no-cause"]


def test_an_update_to_a_key_of_the_broken_kind_ends_nothing(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST)
    day, [server] = machines.day, machines.servers
    campaign = day.start(profile="tls-server", key_type="ES256")
    server.updated(HOST, b"u" * 16).confirmed()

    machines.turn()

    assert machines.endings(server) == [None]
    assert day.states(campaign)[server.certificate.id] in (State.WAITS, State.TOLD)


def test_what_was_taken_before_the_campaign_began_ends_nothing_by_it(ca: PracticeCa) -> None:
    machines = Machines.of(ca, HOST)
    day, [server] = machines.day, machines.servers
    update = server.updated(HOST, b"u" * 16)
    update.confirmed()
    day.later(1)
    day.start(profile="tls-server")

    machines.turn()

    assert machines.endings(server, update.new) == [None, None]
