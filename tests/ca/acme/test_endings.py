"""The end of a certificate over ACME: the door keeps a wish, and the signing room believes it by what it proves."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.machines.endings import settle_machines
from ca.tables.machines import MachineEnding, MachineEndingEnd
from ledger.certificates import Certificate, KeyBlock, Revocation
from ledger.ledger import Deed
from ledger.outbox import OutboxMessage
from tests.ca.acme.client import AcmeClient, csr, text
from tests.ca.acme.conftest import BASE, Acme
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.issuing import KeySigner, new_key

NAME = "ends.mtc.gov.la"


class Held:
    """A certificate that an account got, with its key."""

    def __init__(self, acme: Acme) -> None:
        self.acme, self.client, key = acme, acme.client(), new_key()
        order = acme.issued(self.client, NAME, request=csr([NAME], key))
        leaf = x509.load_pem_x509_certificates(self.client.post(order.json["certificate"]).body)[0]
        self.leaf, self.id = text(leaf.public_bytes(Encoding.DER)), order.json["certificate"].rsplit("/", 1)[1]
        self.own = AcmeClient(acme.send, BASE, KeySigner(key))

    def message(self, by: AcmeClient, path: str = "revoke-cert", **said: Any) -> bytes:
        return by.message(by.url(path), {"certificate": self.leaf, **said})

    def wish(self, proof: bytes, reason: str = "unspecified") -> str:
        """What came of a wish that is there as the listener likes it."""
        ledger = self.acme.ca.ledger
        kept = MachineEnding(
            id=ledger.new_id(), certificate_id=self.id, protocol="acme", reason=reason, proof=proof
        )  # fmt: skip
        ledger.entries([Deed(Registered("forged"), TEST, [kept])])
        self.settle()
        with ledger.read() as session:
            return session.get_one(MachineEndingEnd, kept.id).code

    def settle(self) -> None:
        settle_machines(self.acme.ca.ledger, TEST)

    def reason(self) -> str | None:
        with self.acme.ca.ledger.read() as session:
            found = session.get(Revocation, self.id)
        return found.reason if found else None

    def blocked(self) -> bool:
        with self.acme.ca.ledger.read() as session:
            return session.get(KeyBlock, session.get_one(Certificate, self.id).key_sha256) is not None


@pytest.fixture(scope="module")
def held(shared: Acme) -> Held:
    """For tests after which it lives on."""
    shared.ca.ledger.clock.turn(days=8)  # type: ignore[attr-defined]  # of the very same names there are only so many
    return Held(shared)


def test_the_door_itself_ends_nothing(held: Held) -> None:
    held = Held(held.acme)

    answer = held.client.send_body(held.client.url("revoke-cert"), held.message(held.client, reason=4))

    assert (answer.status, held.reason()) == (200, None)
    held.settle()
    assert held.reason() == "superseded"
    with held.acme.ca.ledger.read() as session:
        entry = session.get_one(Revocation, held.id).entry_id
        assert session.query(OutboxMessage).filter_by(entry_id=entry).count() == 1  # to who answers for it


def test_what_nobody_signed_ends_nothing(held: Held) -> None:
    thief = AcmeClient(held.acme.send, BASE, KeySigner(), held.client.kid)
    stranger, other = held.acme.stranger(), held.acme.client()

    codes = [
        held.wish(b"{}"), held.wish(b"\xff"), held.wish(held.message(thief)), held.wish(held.message(stranger)),
        held.wish(held.message(other)), held.wish(held.message(held.client), "keyCompromise"),
        held.wish(held.message(held.client, "new-order")),
        held.wish(held.client.message(held.client.url("revoke-cert"), {"certificate": text(b"another")})),
    ]  # fmt: skip

    assert codes == ["acme.unproven"] * 8
    assert held.reason() is None


def test_an_account_cannot_block_a_key(held: Held) -> None:
    held = Held(held.acme)

    code = held.wish(held.message(held.client, reason=1), "keyCompromise")

    assert (code, held.reason(), held.blocked()) == ("ended", "keyCompromise", False)


def test_the_key_itself_is_blocked_by_its_own_word_and_the_end_has_its_cause(held: Held) -> None:
    held = Held(held.acme)

    code = held.wish(held.message(held.own, reason=1), "keyCompromise")

    assert (code, held.reason(), held.blocked()) == ("ended", "keyCompromise", True)
    with held.acme.ca.ledger.read() as session:
        assert held.id not in {one.id for one in uncaused(Provenance(session))}


def test_a_second_wish_finds_it_ended(held: Held) -> None:
    held = Held(held.acme)

    codes = [held.wish(held.message(held.own)), held.wish(held.message(held.own, reason=4), "superseded")]

    assert (codes, held.reason()) == (["ended", "ended"], "unspecified")


def test_an_account_that_showed_the_names_to_nobody_ends_nothing(held: Held) -> None:
    other = held.acme.client()
    order = other.order(NAME)
    other.post(other.challenge(order, "http-01")["url"], {})

    assert held.wish(held.message(other)) == "acme.unproven"


def test_an_account_that_has_shown_all_names_ends_it_for_eight_hours(held: Held) -> None:
    held, other = Held(held.acme), held.acme.client()
    held.acme.ready(other, NAME)
    proof = held.message(other)
    held.acme.ca.ledger.clock.turn(hours=9)  # type: ignore[attr-defined]
    late = held.wish(proof)
    held.acme.ready(other, NAME)

    assert (late, held.wish(proof)) == ("acme.unproven", "ended")
