"""Many acts under one signature: each proves itself without the others, and nothing else does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.acts import Act, SignedAct
from ledger.merkle import ProofInvalid, Way, climbed
from ledger.together import MOST, Paths, covered_by, signed_over
from tests.ledger.test_merkle import naive_root

_MESSAGES = some.lists(some.binary(max_size=40), min_size=1, max_size=40)


@given(_MESSAGES)
def test_each_path_leads_to_what_was_signed(messages: list[bytes]) -> None:
    octets, paths = signed_over(messages)

    assert {covered_by(*one) for one in zip(messages, paths, strict=True)} == {octets}
    assert octets.endswith(len(messages).to_bytes(4) + naive_root(messages))


@given(_MESSAGES, some.data())
def test_no_other_message_stands_under_the_signature(messages: list[bytes], data: some.DataObject) -> None:
    octets, paths = signed_over(messages)
    place = data.draw(some.integers(0, len(messages) - 1))
    other = data.draw(some.binary(max_size=40).filter(lambda one: one != messages[place]))

    assert covered_by(other, paths[place]) != octets


@given(_MESSAGES, some.data())
def test_paths_that_are_followed_together_lead_where_each_leads_alone(
    messages: list[bytes], data: some.DataObject
) -> None:
    _, paths = signed_over(messages)
    pairs = list(zip(messages, paths, strict=True))
    for place in data.draw(some.lists(some.integers(0, len(pairs) - 1), max_size=5)):
        changed = bytearray(pairs[place][1])
        changed[data.draw(some.integers(0, len(changed) - 1))] ^= data.draw(some.integers(0, 255))
        pairs.append((data.draw(some.sampled_from(messages)), bytes(changed)))
    several, together = data.draw(some.permutations(pairs)), Paths()

    assert [reached(*one, together) for one in several] == [reached(*one) for one in several]


@given(_MESSAGES)
def test_many_paths_to_one_root_are_little_more_than_one_tree(messages: list[bytes]) -> None:
    _, paths = signed_over(messages)
    together, climbs = Paths(), []

    def counted(way: Way, step: bytes) -> Way:
        climbs.append(way)
        return climbed(way, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.together.climbed", counted)
        for one in zip(messages, paths, strict=True):
            together.covered(*one)

    assert len(climbs) <= 2 * len(messages)


@given(_MESSAGES, some.data())
def test_a_changed_path_leads_elsewhere_or_nowhere(messages: list[bytes], data: some.DataObject) -> None:
    octets, paths = signed_over(messages)
    place = data.draw(some.integers(0, len(messages) - 1))
    at = data.draw(some.integers(0, len(paths[place]) - 1))
    changed = bytearray(paths[place])
    changed[at] ^= data.draw(some.integers(1, 255))

    assert reached(messages[place], bytes(changed)) != octets


@pytest.mark.parametrize("path", [b"", b"1234567", bytes(8) + b"x", bytes(8), bytes(8 + 32)])
def test_a_path_that_is_none_is_refused(path: bytes) -> None:
    with pytest.raises(ProofInvalid):
        covered_by(b"message", path)


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_nothing_and_too_much_are_not_signed(count: int) -> None:
    with pytest.raises(ValueError, match="acts under one signature"):
        signed_over([b""] * count)


def test_what_many_sign_is_never_what_one_act_signs() -> None:
    act = Act("x", {}, datetime(2026, 11, 27, tzinfo=UTC))
    octets, [path] = signed_over([act.message()])

    assert SignedAct(act, "", b"", path).covered() == octets
    assert SignedAct(act, "", b"").covered() == act.message() != octets


def reached(message: bytes, path: bytes, paths: Paths | None = None) -> bytes | None:
    try:
        return covered_by(message, path) if paths is None else paths.covered(message, path)
    except ProofInvalid:
        return None
