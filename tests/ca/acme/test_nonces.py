"""Nonces are ours, fresh, and used once: by whichever process they were given out."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.machines.acme.nonces import LIVES, Nonces
from ledger.ledger import Ledger
from ledger.replay import spend
from tests.ca.acme.client import octets, text
from tests.doubles import START, SteadyChance, TurnedClock

KEY = b"k" * 32


def test_a_nonce_of_one_process_is_taken_once_by_any(ledger: Ledger) -> None:
    first, second = Nonces(KEY, SteadyChance(1)), Nonces(KEY, SteadyChance(2))
    nonce = first.new(START)

    taken = [one.spent_first(ledger, nonce, START) for one in (second, first, second)]

    assert taken == [True, False, False]


def test_a_nonce_is_over_after_an_hour_and_not_before(ledger: Ledger, clock: TurnedClock) -> None:
    nonces = Nonces(KEY, SteadyChance())
    early, late = nonces.new(START), nonces.new(START)

    assert nonces.spent_first(ledger, early, START + LIVES - timedelta(seconds=1))
    assert not nonces.spent_first(ledger, late, START + LIVES)


def test_a_nonce_of_the_future_or_of_another_key_is_not_taken(ledger: Ledger) -> None:
    nonces, others = Nonces(KEY, SteadyChance()), Nonces(b"o" * 32, SteadyChance())

    assert not nonces.spent_first(ledger, nonces.new(START + timedelta(minutes=1)), START)
    assert not nonces.spent_first(ledger, others.new(START), START)


@given(st.integers(0, 29), st.integers(1, 255))
def test_no_octet_of_a_nonce_can_be_changed(place: int, by: int) -> None:
    made = bytearray(octets(Nonces(KEY, SteadyChance()).new(START)))
    made[place] ^= by

    # Refused before the ledger is asked, so none is needed.
    assert not Nonces(KEY, SteadyChance()).spent_first(None, text(bytes(made)), START)  # type: ignore[arg-type]


@pytest.mark.parametrize("purposes", [("acme", "acme"), ("acme", "other")])
def test_a_value_is_spent_for_its_purpose_alone(ledger: Ledger, purposes: tuple[str, str]) -> None:
    first, second = (spend(ledger, purpose, "value", START) for purpose in purposes)

    assert (first, second) == (True, purposes[0] != purposes[1])
