"""CMP clause by clause (RFC 9483, RFC 9810): what a confirmation, an error, an end and a protection may say."""

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1

from ca.tables.machines import MachineAcceptance, MachineEnding, MachineEndingEnd
from ledger.certificates import Certificate, Revocation
from ledger.ledger import Deed
from pki import der
from pki.certificate import parse_certificate
from pki.cmp import answer
from pki.cmp.answer import Failure, Reply
from pki.cmp.message import Body, Header
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ca.machines.cmp_client import NAME, Client, Door, Machine, asked, ending, key
from tests.ca.machines.ministry import Ministry, csr
from tests.ca.machines.test_acceptance import client, door
from tests.ca.machines.test_cmp import failure

__all__ = ["client", "door"]

pytestmark = pytest.mark.sqlite_only("the door is the same on both engines")
HOST = "www.mtc.gov.la"
BOTH = answer.status(answer.ACCEPTED, "", Failure.BAD_CERT_TEMPLATE)


def status(certificate: Certificate, number: int = 0, *info: bytes) -> bytes:
    return der.sequence(der.octet_string(sha256(certificate.der).digest()), der.integer(number), *info)


def said_of(door: Door) -> tuple[int, int]:
    """How many certificates were taken and how many rejected."""
    with door.ministry.ca.ledger.read() as session:
        return session.query(MachineAcceptance).count(), session.query(MachineEnding).count()


@pytest.mark.parametrize("wrong", ["number", "several", "accepted and failed"])
def test_a_confirmation_that_is_not_clear_is_a_bad_request(door: Door, client: Client, wrong: str) -> None:
    waiting = client.having(door.heard(client, Body.IR, asked(key(), HOST)))
    [certificate] = door.ministry.ca.room().turn().issued
    content = {
        "number": der.sequence(status(certificate, 1)),
        "several": der.sequence(status(certificate), status(certificate)),
        "accepted and failed": der.sequence(status(certificate, 0, BOTH)),
    }

    refused = door.heard(waiting, Body.CERTCONF, content[wrong])

    assert (failure(refused), said_of(door)) == ({Failure.BAD_REQUEST}, (0, 0))


@pytest.mark.parametrize("number", [0, -1])
def test_what_a_pkcs10_asked_for_is_confirmed_by_either_number(door: Door, client: Client, number: int) -> None:
    waiting = client.having(door.heard(client, Body.P10CR, csr(key(), HOST)))
    [certificate] = door.ministry.ca.room().turn().issued

    said = door.heard(waiting, Body.CERTCONF, der.sequence(status(certificate, number)))

    assert (said.body, said_of(door)) == (Body.PKICONF, (1, 0))


def test_a_machine_that_reports_an_error_is_confirmed_and_nothing_more(door: Door, client: Client) -> None:
    waiting = client.having(door.heard(client, Body.IR, asked(key(), HOST)))
    reported = answer.error(answer.status(answer.REJECTION, "no", Failure.BAD_DATA_FORMAT))

    said = door.heard(waiting, Body.ERROR, reported)

    assert (said.body, said_of(door)) == (Body.PKICONF, (0, 0))


def test_an_end_of_another_issuers_certificate_of_that_number_ends_nothing(
    door: Door, client: Client, ministry: Ministry
) -> None:
    machine, now = Machine.enrolled(door, client, HOST), ministry.ca.ledger.clock.now()
    octets = ending(machine.key, machine.certificate, 4, now, NAME)
    wish = MachineEnding(
        id="wish", certificate_id=machine.certificate.id, protocol="cmp", reason="superseded", proof=octets
    )

    refused = door.said(octets)
    ministry.ca.ledger.entries([Deed(Registered("wish"), TEST, [wish])])
    ministry.ca.room().turn()

    with ministry.ca.ledger.read() as session:
        assert session.get_one(MachineEndingEnd, "wish").code == "machine.proof-wrong"
        assert session.get(Revocation, machine.certificate.id) is None
    assert failure(refused) == {Failure.BAD_CERT_ID}


def test_an_end_that_names_its_issuer_too_is_taken_up(door: Door, client: Client, ministry: Ministry) -> None:
    machine, now = Machine.enrolled(door, client, HOST), ministry.ca.ledger.clock.now()
    issuer = parse_certificate(bytes(machine.certificate.der)).issuer

    said = door.said(ending(machine.key, machine.certificate, 4, now, issuer))
    ministry.ca.room().turn()

    with ministry.ca.ledger.read() as session:
        assert session.get_one(Revocation, machine.certificate.id).reason == "superseded"
    assert said.body is Body.RP


def test_a_reason_that_no_machine_may_give_is_a_bad_request(door: Door, client: Client) -> None:
    machine, now = Machine.enrolled(door, client, HOST), door.ministry.ca.ledger.clock.now()

    refused = door.said(ending(machine.key, machine.certificate, 6, now))

    assert (failure(refused), said_of(door)) == ({Failure.BAD_REQUEST}, (0, 0))


def test_a_signature_that_is_not_served_is_a_bad_algorithm(door: Door, client: Client) -> None:
    machine, now = Machine.enrolled(door, client, HOST), door.ministry.ca.ledger.clock.now()
    body = answer.body(Body.GENM, der.sequence())
    to = Header(2, None, None, None, None, b"", b"g" * 16, b"", b"", False, b"")
    header = Reply(to, NAME, now, der.sequence(der.oid("1.2.840.10045.4.1")), b"n" * 16, b"").header()
    signature = machine.key.sign(answer.protected_part(header, body), ec.ECDSA(SHA1()))

    refused = door.said(answer.assembled(header, body, signature, [bytes(machine.certificate.der)]))

    assert failure(refused) == {Failure.BAD_ALG}
