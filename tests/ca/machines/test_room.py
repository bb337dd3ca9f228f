"""What a process that was broken into writes of times, keys and other people's requests, and the room's answer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.issuance import machines
from ca.issuance.ground import Ground, ground_of
from ca.issuance.honour import examine
from ca.issuance.queue import Watch
from ca.machines.allowances import Under, granted
from ca.machines.doors import withdraw
from ca.machines.rules import Protocol
from ca.tables.acme import AcmeAccount, AcmeAccountEnd
from ca.tables.machines import Allowance, AllowanceSecret, MachineEnding, MachineEndingEnd, MachineRequest
from ca.tables.registration import Enrolment, EnrolmentEnd
from ledger.certificates import KeyBlock, Revocation
from ledger.ledger import MOST_FACTS, Deed
from tests.ca.conftest import FIRST, TEST
from tests.ca.copies import copies
from tests.ca.events import Registered
from tests.ca.machines.cmp_client import ending, key
from tests.ca.machines.ministry import HOLDER, Ministry
from tests.doubles import TurnedClock

pytestmark = pytest.mark.sqlite_only("the rules are the same on both engines")


def turn(ministry: Ministry, by: timedelta) -> None:
    clock = ministry.ca.ledger.clock
    assert isinstance(clock, TurnedClock)
    clock.turn(seconds=int(by.total_seconds()))


def test_a_persons_request_is_no_machines_whatever_is_said_of_it_later(ministry: Ministry) -> None:
    ministry.ca.apply(HOLDER, "officer-signing")
    ledger, allowance = ministry.ca.ledger, ministry.allowed()
    with ledger.read() as session:
        pending = session.scalars(select(Enrolment.id).order_by(Enrolment.id.desc())).first() or ""
    row = MachineRequest(
        enrolment_id=pending, allowance_id=allowance.id, protocol="est", credential_kind="secret", credential="x",
        proof=b"",
    )  # fmt: skip
    ledger.entries([Deed(Registered("m"), TEST, [row])])

    done = ministry.ca.room().turn()

    with ledger.read() as session:
        assert session.get(EnrolmentEnd, pending) is None
        assert examine(session, [pending], ledger.clock.now()).refused == []
    assert done.refused == []


def test_a_request_is_taken_up_within_the_hour_and_not_in_the_future(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    turn(ministry, timedelta(minutes=5))
    asked = [ministry.ask(allowance, f"{host}.mtc.gov.la") for host in "ab"]
    with ministry.ca.ledger.read() as session:
        early = ministry.ca.ledger.clock.now() - timedelta(minutes=1)
        future = examine(session, [str(asked[0])], early, practice=True, doors=ministry.doors)
    turn(ministry, timedelta(minutes=61))

    late = ministry.ca.room().turn()

    assert [code for _, code in future.refused] == ["machine.proof-stale"]
    assert sorted(late.refused) == sorted((one, "machine.proof-stale") for one in asked)


def test_a_secret_that_is_over_opens_nothing_whatever_time_the_request_has(ministry: Ministry) -> None:
    allowance = ministry.allowed()
    code = ministry.secret(allowance)
    with ministry.ca.ledger.read() as session:
        left = session.get_one(AllowanceSecret, code.id).not_after - ministry.ca.ledger.clock.now()
    turn(ministry, left - timedelta(minutes=1))
    asked = ministry.ask(allowance, "a.mtc.gov.la", code=code)
    turn(ministry, timedelta(minutes=2))

    done = ministry.ca.room().turn()

    assert done.refused == [(asked, "machine.secret-over")]


def test_a_secret_that_is_withdrawn_undoes_and_one_that_is_used_up_does_not(ministry: Ministry) -> None:
    allowance, ledger = ministry.allowed(), ministry.ca.ledger
    used, withdrawn = ministry.secret(allowance), ministry.secret(allowance, Protocol.CMP)
    watch = Watch(ledger)
    ministry.ask(allowance, "a.mtc.gov.la", code=used)
    before = watch.undone()
    withdraw(ledger, withdrawn.reference, f"p{FIRST}")

    assert (before, watch.undone()) == (False, True)


def test_an_account_that_ends_undoes_what_is_being_signed(ministry: Ministry) -> None:
    allowance, ledger = ministry.allowed(), ministry.ca.ledger
    secret = ministry.secret(allowance, Protocol.ACME)
    account = AcmeAccount(id="account", allowance_id=allowance.id, secret_id=secret.id, request=b"-")
    ledger.entries([Deed(Registered("a"), TEST, [account])])
    watch = Watch(ledger)
    before = watch.undone()
    ledger.entries([Deed(Registered("a"), TEST, [AcmeAccountEnd(account_id="account", request=b"-")])])

    assert (before, watch.undone()) == (False, True)


def test_a_key_that_its_machine_calls_compromised_is_blocked_with_all_its_certificates(ministry: Ministry) -> None:
    allowance, own, ledger = ministry.allowed(), key(), ministry.ca.ledger
    first, second = (ministry.issued(allowance, f"{host}.mtc.gov.la", key=own) for host in "ab")
    further = copies(ledger, first, MOST_FACTS)
    proof = ending(own, first, 1, ledger.clock.now())
    wish = MachineEnding(id="wish", certificate_id=first.id, protocol="cmp", reason="keyCompromise", proof=proof)
    ledger.entries([Deed(Registered("wish"), TEST, [wish])])

    ministry.ca.room().turn()

    with ledger.read() as session:
        assert session.get_one(MachineEndingEnd, "wish").code == "ended"
        assert session.get_one(Revocation, first.id).reason == "keyCompromise"
        assert {session.get_one(Revocation, one).reason for one in (second.id, *further)} == {"keyCompromise"}
        assert list(uncaused(Provenance(session))) == []
        assert session.get(KeyBlock, first.key_sha256) is not None


def test_each_request_meets_those_before_it_and_their_allowance_is_looked_at_once(
    ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowance, looked = ministry.allowed(), list[str]()
    asked = [str(ministry.ask(allowance, f"{name}.mtc.gov.la")) for name in "abc"]

    def counted(session: Session, provenance: Provenance, allowance_id: str, *more: Any) -> Ground | None:
        looked.append(allowance_id)
        return ground_of(session, provenance, allowance_id, *more)

    monkeypatch.setattr(machines, "ground_of", counted)
    waiting = [met(ministry, allowance, one) for one in asked]
    issued = ministry.ca.room().turn().issued

    assert waiting == [(0, 0), (1, 1), (2, 2)]
    assert (len(issued), looked) == (3, [allowance.id])
    assert [met(ministry, allowance, one) for one in asked] == [(2, 0)] * 3
    assert met(ministry, allowance, "another") == (3, 0)


def met(ministry: Ministry, allowance: Allowance, enrolment_id: str) -> tuple[int, int]:
    """What that request finds running and open under the allowance."""
    ledger = ministry.ca.ledger
    with ledger.read() as session:
        now = ledger.clock.now()
        found = Under.of(session, allowance, now, [enrolment_id]).beside(granted(session, allowance, now), enrolment_id)
    return found.running, found.open
