from datetime import timedelta

import pytest

from tests.doubles import START
from web.pace import Pace, source_of


def test_each_source_has_its_own_number_of_times_in_each_window() -> None:
    pace = Pace(2, timedelta(minutes=15))

    taken = [pace.take(address, START) for address in ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2")]

    assert taken == [True, True, False, True]
    assert pace.take("192.0.2.1", START + timedelta(minutes=15))


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::2", "2001:db8:0:1::/64"),
        ("", ""),
        (None, ""),
    ],
)
def test_who_has_one_address_of_ipv6_has_its_whole_network(address: str | None, source: str) -> None:
    assert source_of(address) == source


def test_past_so_many_sources_nobody_new_is_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pace._MOST_SOURCES", 1)
    pace = Pace(1, timedelta(hours=1))

    taken = [pace.take(address, START) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.1")]

    assert taken == [True, True, True, False]
