"""CMP at the door: transactions, replays, clocks and strangers; and what the signing room verifies again."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256, sha384
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ca.ceremonies.rollover import roll_over
from ca.machines import requests
from ca.machines.doors import Made
from ca.machines.endings import reject
from ca.machines.forms import parsed_form
from ca.machines.requests import Asking, take_up
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.machines import Allowance, MachineEnding, MachineEndingEnd, MachineRequest
from ledger.certificates import Revocation
from ledger.entry import Entry
from ledger.ledger import Deed
from ledger.outbox import OutboxMessage
from ledger.people import OrganisationDetail
from ledger.turns import Turns
from pki import der
from pki.certificate import parse_certificate
from pki.cmp import answer
from pki.cmp.answer import Failure
from pki.cmp.message import Body, Message
from pki.cmp.protection import PBMAC1
from pki.errors import ParseError
from pki.key_kind import KeyKind
from pki.signing import SignatureAlgorithm
from tests.ca.closers import ceremony_of
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ca.machines.cmp_client import NAME, Client, Door, asked, key, old_certificate, rejecting, signed
from tests.ca.machines.ministry import HOLDER, MACHINES, Ministry

pytestmark = pytest.mark.sqlite_only("the door is the same on both engines")
HOST = "www.mtc.gov.la"


@pytest.fixture
def door(ministry: Ministry) -> Door:
    return Door(ministry)


@pytest.fixture
def client(ministry: Ministry) -> Client:
    made = ministry.secret(ministry.allowed(), Protocol.CMP)
    return Client(made, ministry.ca.ledger.clock.now())


def count(ministry: Ministry, kind: type[Entry | MachineRequest] = MachineRequest) -> int:
    with ministry.ca.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def failure(message: Message) -> set[int]:
    """The bits of failInfo in an error, or in the first response."""
    told = message.body is Body.ERROR
    content = message.content if told else der.parts(der.parts(message.content)[-1].whole)[0].whole
    info = next(one for one in der.parts(content) if one.tag == der.SEQUENCE)
    return set(der.read_named_bits(der.parts(info.whole)[-1]))


def test_who_waits_polls_gets_his_certificate_and_confirms_it(door: Door, client: Client) -> None:
    first = door.heard(client, Body.IR, asked(key(), HOST))
    waiting = client.having(first)
    poll = der.sequence(der.sequence(der.integer(0)))
    again = door.heard(waiting, Body.POLLREQ, poll)
    [certificate] = door.ministry.ca.room().turn().issued
    last = door.heard(waiting, Body.POLLREQ, poll)
    status = der.sequence(der.octet_string(sha256(certificate.der).digest()), der.integer(0))
    confirmed = door.heard(waiting, Body.CERTCONF, der.sequence(status))

    assert [one.body for one in (first, again, last, confirmed)] == [Body.IP, Body.POLLREP, Body.IP, Body.PKICONF]
    assert bytes(certificate.der) in last.content


@pytest.mark.parametrize("taken", [True, False], ids=["accepted", "rejected"])
def test_a_certificate_is_confirmed_by_the_hash_of_its_issuers_signature(
    door: Door, client: Client, ministry: Ministry, taken: bool
) -> None:
    now = ministry.ca.ledger.clock.now()
    roll_over(ceremony_of(ministry.ca), "services", now, KeyKind(SignatureAlgorithm.ECDSA_P384_SHA384))
    waiting = client.having(door.heard(client, Body.IR, asked(key(), HOST)))
    [certificate] = ministry.ca.room().turn().issued
    of_sha384 = der.octet_string(sha384(certificate.der).digest())
    status = der.sequence(of_sha384, der.integer(0), *([] if taken else [answer.status(2)]))

    said = door.heard(waiting, Body.CERTCONF, der.sequence(status)).body
    ministry.ca.room().turn()

    with ministry.ca.ledger.read() as session:
        ended = session.get(Revocation, certificate.id)
    assert (said, ended is None) == (Body.PKICONF, taken)


def test_the_body_and_who_answers_for_it_are_told_when_a_machine_ends_a_certificate(
    door: Door, client: Client, ministry: Ministry
) -> None:
    ledger = ministry.ca.ledger
    reached = OrganisationDetail(
        id="reached", organisation_id="o-MTC", number=2, kind="ministry", name_lo="ກະຊວງ", name_en="Ministry MTC",
        domains="mtc.gov.la", contact="pki@mtc.gov.la", valid_from=ledger.clock.now(),
    )  # fmt: skip
    ledger.entries([Deed(Registered("o-MTC"), TEST, [reached])])
    waiting = client.having(door.heard(client, Body.IR, asked(key(), HOST)))
    [certificate] = ministry.ca.room().turn().issued
    door.heard(waiting, Body.CERTCONF, rejecting(certificate))

    ministry.ca.room().turn()

    with ledger.read() as session:
        entry = session.get_one(Revocation, certificate.id).entry_id
        told = session.scalars(select(OutboxMessage.url).where(OutboxMessage.entry_id == entry)).all()
    assert sorted(told) == [f"mailto:p{HOLDER}@mtc.gov.la", "mailto:pki@mtc.gov.la"]


def test_a_certificate_that_its_machine_rejects_ends(door: Door, client: Client) -> None:
    waiting = client.having(door.heard(client, Body.IR, asked(key(), HOST)))
    [certificate] = door.ministry.ca.room().turn().issued

    said = [door.heard(waiting, Body.CERTCONF, rejecting(certificate)).body for _ in range(2)]
    door.ministry.ca.room().turn()

    with door.ministry.ca.ledger.read() as session:
        ended = session.get_one(Revocation, certificate.id)
        wishes = session.scalar(select(func.count()).select_from(MachineEnding))
    assert said == [Body.PKICONF] * 2
    assert (ended.reason, wishes) == ("cessationOfOperation", 1)


def test_an_empty_confirmation_rejects_what_its_transaction_supplied(door: Door, client: Client) -> None:
    other = replace(client, transaction=b"u" * 16)
    waiting = client.having(door.heard(client, Body.IR, asked(key(), HOST)))
    door.heard(other, Body.IR, asked(key(), "other.mtc.gov.la"))
    first, second = door.ministry.ca.room().turn().issued

    said = door.heard(waiting, Body.CERTCONF, der.sequence()).body
    door.ministry.ca.room().turn()

    with door.ministry.ca.ledger.read() as session:
        ended = [session.get(Revocation, one.id) is not None for one in (first, second)]
    assert (said, ended) == (Body.PKICONF, [True, False])


def test_an_empty_confirmation_of_another_transaction_ends_nothing_in_the_room(
    door: Door, client: Client, ministry: Ministry
) -> None:
    door.heard(client, Body.IR, asked(key(), HOST))
    [certificate] = ministry.ca.room().turn().issued
    proof = replace(client, transaction=b"u" * 16).message(Body.CERTCONF, der.sequence())
    wish = MachineEnding(
        id="wish", certificate_id=certificate.id, protocol="cmp", reason="cessationOfOperation", proof=proof
    )
    ministry.ca.ledger.entries([Deed(Registered("wish"), TEST, [wish])])

    ministry.ca.room().turn()

    with ministry.ca.ledger.read() as session:
        assert session.get_one(MachineEndingEnd, "wish").code == "machine.proof-wrong"
        assert session.get(Revocation, certificate.id) is None


def test_who_sends_the_same_message_twice_at_once_hears_the_same_twice(
    door: Door, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    octets, first = client.message(Body.IR, asked(key(), HOST)), list[Message]()
    judged, looks = requests._judged, iter((0,))

    def slow(*looked_at: Any, **more: Any) -> Any:
        """Between its look and its writing the other one is through."""
        scene = judged(*looked_at, **more)
        if next(looks, 1) == 0:
            first.append(door.said(octets))
        return scene

    monkeypatch.setattr(requests, "_judged", slow)
    monkeypatch.setattr(requests, "_turns_of", lambda _: Turns())  # as if by another process

    second = door.said(octets)
    turn = door.ministry.ca.room().turn()

    assert second.content == first[0].content
    assert (len(turn.issued), turn.refused, count(door.ministry)) == (1, [], 1)
    assert refusals(door.ministry) == 0


def refusals(ministry: Ministry) -> int:
    with ministry.ca.ledger.read() as session:
        return len(session.scalars(select(Entry.id).where(Entry.kind == "machine.refused")).all())


def test_a_rejection_under_another_secret_ends_nothing(door: Door, client: Client, ministry: Ministry) -> None:
    door.heard(client, Body.IR, asked(key(), HOST))
    [certificate] = ministry.ca.room().turn().issued
    forged = client.message(Body.CERTCONF, rejecting(certificate), secret="another")

    reject(ministry.ca.ledger, certificate, forged, MACHINES)
    ministry.ca.room().turn()

    with ministry.ca.ledger.read() as session:
        [end] = session.scalars(select(MachineEndingEnd))
        assert session.get(Revocation, certificate.id) is None
    assert end.code == "machine.proof-wrong"


def test_a_neighbour_neither_hears_nor_rejects_what_another_asked_for(
    door: Door, client: Client, ministry: Ministry
) -> None:
    with ministry.ca.ledger.read() as session:
        [allowance] = session.scalars(select(Allowance)).all()
    neighbour = replace(client, made=ministry.secret(allowance, Protocol.CMP))
    first = door.heard(client, Body.IR, asked(key(), HOST))
    [certificate] = ministry.ca.room().turn().issued
    poll = der.sequence(der.sequence(der.integer(0)))

    said = [
        door.heard(neighbour.having(first), kind, content)
        for kind, content in ((Body.POLLREQ, poll), (Body.CERTCONF, rejecting(certificate)))
    ]

    assert [failure(one) for one in said] == [{Failure.NOT_AUTHORIZED}] * 2


def test_a_rejection_that_the_room_did_not_honour_is_in_no_others_way(
    door: Door, client: Client, ministry: Ministry
) -> None:
    waiting = client.having(door.heard(client, Body.IR, asked(key(), HOST)))
    [certificate] = ministry.ca.room().turn().issued
    forged = client.message(Body.CERTCONF, rejecting(certificate), secret="another")
    reject(ministry.ca.ledger, certificate, forged, MACHINES)
    ministry.ca.room().turn()

    door.heard(waiting, Body.CERTCONF, rejecting(certificate))
    ministry.ca.room().turn()

    with ministry.ca.ledger.read() as session:
        assert session.get_one(Revocation, certificate.id).reason == "cessationOfOperation"


@pytest.mark.parametrize("other", ["number", "issuer"])
def test_an_update_of_another_certificate_than_its_own_is_refused_at_the_door_and_in_the_room(
    door: Door, client: Client, ministry: Ministry, other: str
) -> None:
    own, now = key(), ministry.ca.ledger.clock.now()
    door.heard(client, Body.IR, asked(own, HOST))
    [certificate] = ministry.ca.room().turn().issued
    issuer, number = parse_certificate(bytes(certificate.der)).issuer, int(certificate.serial_number, 16)
    wrong = old_certificate(issuer, number + 1) if other == "number" else old_certificate(NAME, number)
    content, good = (asked(key(), HOST, controls=[one]) for one in (wrong, old_certificate(issuer, number)))
    octets = signed(own, certificate, Body.KUR, content, now)

    refused = door.said(octets)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ca.machines.cmp.updates", lambda *_: True)  # a door that was broken into
        door.said(octets)
        [(_, code)] = ministry.ca.room().turn().refused
    taken = door.said(signed(own, certificate, Body.KUR, good, now, transaction=b"g" * 16))

    assert (failure(refused), code) == ({Failure.BAD_CERT_ID}, "machine.certificate-unknown")
    assert taken.body is Body.KUP


def test_a_machine_may_protect_by_pbmac1_and_is_answered_so(door: Door, client: Client) -> None:
    modern = replace(client, like=der.sequence(der.oid(PBMAC1), der.sequence()))

    answered = door.heard(modern, Body.IR, asked(key(), HOST))

    assert answered.body is Body.IP
    assert der.read_oid(der.parts(answered.header.algorithm or b"")[0]) == PBMAC1
    assert door.ministry.ca.room().turn().refused == []


def test_a_message_sent_again_asks_for_nothing_more_and_a_transaction_has_one_request(
    door: Door, client: Client
) -> None:
    sent = client.message(Body.IR, asked(key(), HOST))
    door.said(sent)
    door.said(sent)

    other = door.heard(client, Body.IR, asked(key(), HOST))

    assert count(door.ministry) == 1
    assert failure(other) == {Failure.TRANSACTION_ID_IN_USE}


def test_what_is_wrong_with_a_message_is_said_by_the_protocols_bits(door: Door, client: Client) -> None:
    good, content = client.message, asked(key(), HOST)
    late = replace(client, at=client.at - timedelta(minutes=6))
    said = {
        "badMessageCheck": door.said(good(Body.IR, content, secret="00")),
        "badTime": door.said(late.message(Body.IR, content)),
        "badSenderNonce": door.said(replace(client, nonce=b"n").message(Body.IR, content)),
        "badCertTemplate": door.said(good(Body.IR, asked(key(), "www.google.com"))),
        "wrongIntegrity of an update": door.said(good(Body.KUR, content)),
        "badRequest": door.said(replace(client, transaction=b"x" * 16).message(Body.POLLREQ, der.sequence())),
        "wrongIntegrity of an end": door.said(good(Body.RR, der.sequence(der.sequence(der.sequence())))),
    }

    assert {word: failure(message) for word, message in said.items()} == {
        "badMessageCheck": {Failure.BAD_MESSAGE_CHECK},
        "badTime": {Failure.BAD_TIME},
        "badSenderNonce": {Failure.BAD_SENDER_NONCE},
        "badCertTemplate": {Failure.BAD_CERT_TEMPLATE},
        "wrongIntegrity of an update": {Failure.WRONG_INTEGRITY},
        "badRequest": {Failure.BAD_REQUEST},
        "wrongIntegrity of an end": {Failure.WRONG_INTEGRITY},
    }
    assert count(door.ministry) == 0


def test_whoever_has_not_read_the_answer_confirms_nothing(door: Door, client: Client) -> None:
    door.heard(client, Body.IR, asked(key(), HOST))

    blind = door.heard(replace(client, back=b"m" * 16), Body.CERTCONF, der.sequence())

    assert failure(blind) == {Failure.BAD_RECIPIENT_NONCE}


def test_no_mutation_of_a_message_breaks_the_door_or_leaves_an_entry(door: Door, client: Client) -> None:
    valid = client.message(Body.IR, asked(key(), HOST))
    before = count(door.ministry, Entry)

    @given(st.integers(0, len(valid) - 1), st.binary(min_size=1, max_size=4), st.integers(1, 4))
    @settings(max_examples=60, deadline=None)
    def check(at: int, put: bytes, cut: int) -> None:
        sent = valid[:at] + put + valid[at + cut :]
        try:
            said = door.said(sent if sent != valid else b"")
        except ParseError:
            return
        assert said.body is Body.ERROR

    check()
    assert count(door.ministry, Entry) == before


@pytest.mark.parametrize("forged", ["another request", "another secret", "no message"])
def test_the_room_believes_the_message_and_not_the_door(door: Door, client: Client, forged: str) -> None:
    own, other = asked(key(), HOST), asked(key(), HOST)
    proofs = {
        "another request": client.message(Body.IR, other),
        "another secret": client.message(Body.IR, own, secret="00"),
        "no message": b"\x30\x00",
    }

    refused = planted(door.ministry, client.made, own, proofs[forged])

    assert refused == ["machine.proof-wrong"]


def test_a_message_whose_transaction_is_not_its_requests_asks_for_nothing(door: Door, client: Client) -> None:
    own = asked(key(), HOST)

    refused = planted(door.ministry, client.made, own, client.message(Body.IR, own))

    assert refused == ["machine.transaction-used"]


def planted(ministry: Ministry, made: Made, content: bytes, proof: bytes) -> list[str]:
    """What the room refuses of a request that a door made up."""
    request = parsed_form(der.parts(content)[0].whole)
    assert not hasattr(request, "code"), request
    with ministry.ca.ledger.read() as session:
        allowance = session.scalars(select(Allowance.id)).one()
    asking = Asking(allowance, Protocol.CMP, request, CredentialKind.SECRET, made.id, proof, (HOST,))
    assert isinstance(take_up(ministry.ca.ledger, asking, MACHINES, practice=True), str)
    turn = ministry.ca.room().turn()
    assert turn.issued == []
    return [code for _, code in turn.refused]


def test_a_machine_that_is_told_to_wait_is_told_so_in_its_own_kind_of_answer() -> None:
    waiting = answer.status_answer(0, answer.status(answer.WAITING))

    assert der.read_integer(der.parts(der.parts(der.parts(der.parts(waiting)[0].whole)[0].whole)[1].whole)[0]) == 3
