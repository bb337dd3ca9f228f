"""A machine renews for years and never makes another key; then it says that the key is known to others."""

from datetime import timedelta

from sqlalchemy import select

from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ledger.certificates import Certificate, Revocation
from ledger.ledger import MOST_FACTS
from tests.ca.acme.conftest import Acme
from tests.ca.acme.test_endings import Held
from tests.ca.copies import copies


def test_a_key_ends_more_certificates_than_an_entry_can_hold_and_crls_go_on(acme: Acme) -> None:
    held, ledger = Held(acme), acme.ca.ledger
    with ledger.read() as session:
        first = session.get_one(Certificate, held.id)
    further = copies(ledger, first, MOST_FACTS)
    over = copies(ledger, first, 1, not_after=ledger.clock.now() - timedelta(seconds=1), start=6000)
    held.client.send_body(held.own.url("revoke-cert"), held.message(held.own, reason=1))

    done = acme.ca.room().turn()

    with ledger.read() as session:
        ended = set(session.scalars(select(Revocation.certificate_id)))
        unexplained = list(uncaused(Provenance(session)))
    assert {held.id, *further} <= ended
    assert ended.isdisjoint(over)
    assert (held.blocked(), unexplained, bool(done.crls)) == (True, [], True)


def test_a_room_that_died_behind_the_block_ends_the_rest_at_its_next_start(acme: Acme) -> None:
    held, ledger = Held(acme), acme.ca.ledger
    with ledger.read() as session:
        further = copies(ledger, session.get_one(Certificate, held.id), 2)

    held.wish(held.message(held.own, reason=1), "keyCompromise")
    with ledger.read() as session:
        before = {one for one in further if session.get(Revocation, one)}
    acme.ca.room().turn()

    with ledger.read() as session:
        after = {one for one in further if session.get(Revocation, one)}
    assert (held.reason(), before, after) == ("keyCompromise", set(), set(further))
