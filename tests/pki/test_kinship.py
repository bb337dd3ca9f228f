"""A modulus that comes is held against all that came before: what pairs find is found, by name, and nothing else."""

from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import kinship
from pki.kinship import KnownModuli

PRIMES = (101, 103, 107, 109, 113, 127, 131, 137)
pairs = st.lists(st.sampled_from(PRIMES), min_size=2, max_size=2, unique=True)
moduli = st.lists(pairs.map(lambda two: two[0] * two[1]), max_size=9)


def by_pairs(numbers: list[int], at: int) -> set[str]:
    return {f"k{place}" for place, other in enumerate(numbers) if place != at and gcd(numbers[at], other) != 1}


@given(moduli, st.integers(0, 9))
def test_what_pairs_find_is_found_whether_it_was_known_before_or_comes_together(numbers: list[int], known: int) -> None:
    named = {f"k{at}": number for at, number in enumerate(numbers)}
    before, coming = list(named.items())[:known], dict(list(named.items())[known:])
    held = KnownModuli(before)

    found = held.meet(coming)

    expected = {f"k{at}": by_pairs(numbers, at) for at in range(len(numbers)) if f"k{at}" in coming}
    assert found == {name: kin for name, kin in expected.items() if kin}
    assert len(held) == len(numbers)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_kin_are_found_across_pieces_and_when_they_come_again(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(kinship, "_PIECE", size)
    numbers = {"a": 101 * 103, "b": 107 * 109, "c": 113 * 127, "d": 101 * 131, "e": 103 * 137}
    held = KnownModuli()

    first = [held.meet({name: number}) for name, number in numbers.items()]
    again = held.meet(numbers)

    assert first == [{}, {}, {}, {"d": {"a"}}, {"e": {"a"}}]
    assert again == {"a": {"d", "e"}, "d": {"a"}, "e": {"a"}}


def test_one_modulus_under_two_names_is_kin_to_itself_and_one_name_alone_is_not() -> None:
    held = KnownModuli()

    outcomes = [held.meet({name: 101 * 103}) for name in ("a", "a", "b")]

    assert outcomes == [{}, {}, {"b": {"a"}}]


def test_who_has_been_met_has_his_answer_without_a_division_also_about_those_that_come_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = KnownModuli({"a": 101 * 103, "b": 107 * 109}.items())
    first = held.meet({"a": 101 * 103})
    held.meet({"c": 101 * 107})
    monkeypatch.setattr(kinship, "gcd", lambda *_: pytest.fail("it was divided again"))

    again = held.meet({"a": 101 * 103, "c": 101 * 107})

    assert (first, again) == ({}, {"a": {"c"}, "c": {"a", "b"}})
