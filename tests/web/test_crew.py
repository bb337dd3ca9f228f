"""Who has more than his share of connections, and who is not waited for."""

from hypothesis import given
from hypothesis import strategies as st

from web.crew import ALIVE_NS, Crew

NOW = 10 * ALIVE_NS


class Member:
    """What the master keeps as long as its process lives."""


def _crew(*connections: int) -> tuple[Crew, list[Member]]:
    crew, members = Crew(), [Member() for _ in connections]
    for place, number in zip([crew.join(one) for one in members], connections, strict=True):
        crew.show_life(place, NOW)
        crew.tell(place, number)
    return crew, members


def test_who_is_alone_is_never_crowded() -> None:
    crew, _members = _crew(10_000)

    assert not crew.crowded(1, NOW)


def test_who_has_clearly_more_than_another_leaves_the_next_to_him() -> None:
    crew, _members = _crew(18, 2)

    assert crew.crowded(1, NOW)
    assert not crew.crowded(2, NOW)


def test_one_connection_more_is_no_crowd() -> None:
    crew, _members = _crew(1, 0)

    assert not crew.crowded(1, NOW)


def test_who_shows_no_life_is_not_waited_for() -> None:
    crew, _members = _crew(18, 2)

    assert not crew.crowded(1, NOW + ALIVE_NS)


def test_who_has_ended_is_not_waited_for() -> None:
    crew, _members = _crew(18, 2)

    crew.show_life(2, 0)

    assert not crew.crowded(1, NOW)


def test_the_place_of_who_has_gone_is_given_again_and_begins_with_nothing() -> None:
    crew, members = _crew(18, 2)

    del members[0]
    heir = Member()

    assert crew.join(heir) == 1
    assert not crew.crowded(2, NOW)


@given(st.lists(st.integers(min_value=0, max_value=10_000), min_size=1, max_size=12))
def test_somebody_always_listens(connections: list[int]) -> None:
    crew, members = _crew(*connections)

    listening = [place for place in range(1, len(members) + 1) if not crew.crowded(place, NOW)]

    assert connections.index(min(connections)) + 1 in listening
