"""The worker's look at the keys of tokens: by the numbers in force, seldom, and never in the way of the rest."""

from pathlib import Path

from idp.key_rotation import lives
from ledger.ledger import Ledger
from scripts.cli import Run
from scripts.rolling import Rolling, base_keys
from tests.doubles import TurnedClock
from tests.issuing import KeySigner
from tests.serving import home_with_keys


def running(ledger: Ledger, clock: TurnedClock, folder: Path, *names: str) -> Run:
    run = Run(home_with_keys(folder / "rolling-home", {name: KeySigner() for name in names}), "work", clock=clock)
    run.__dict__["ledger"] = ledger
    return run


def test_a_key_of_the_home_is_adopted_and_its_successor_announced_in_time(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    rolling = Rolling(running(ledger, clock, tmp_path, "token"))

    looks = [rolling.look(), rolling.look()]
    clock.turn(days=89)
    looks += [rolling.look(), rolling.look()]

    assert looks == [1, 0, 1, 0]
    with ledger.read() as reading:
        assert [life.started_at is None for life in lives(reading).values()].count(True) == 1


def test_a_worker_that_may_not_open_the_keys_goes_on_and_tries_again_after_an_hour(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    run = running(ledger, clock, tmp_path)
    rolling = Rolling(run)
    before = rolling.look()
    late = home_with_keys(tmp_path / "late", {"token": KeySigner()})
    for file in late.key("token").parent.iterdir():
        file.rename(run.home.key("token").with_name(file.name))
    clock.turn(minutes=2)
    soon = rolling.look()
    clock.turn(hours=1)

    assert (before, soon, rolling.look()) == (0, 0, 1)


def test_the_keys_of_a_home_are_found_with_their_places(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    run = running(ledger, clock, tmp_path, "token", "token-es256")

    assert [one.uri for one in base_keys(run)] == [run.home.key_uri("token"), run.home.key_uri("token-es256")]
