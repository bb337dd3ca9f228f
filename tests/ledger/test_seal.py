"""Sealing, and what happens when it breaks off between two steps."""

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ledger import seal as sealing
from ledger.bell import SEALS, Bell, ear_of
from ledger.checkpoint import Checkpoint, verify_checkpoint
from ledger.ledger import Ledger
from ledger.log import Leaf, SignedHead, TreeHead
from ledger.merkle import EMPTY_ROOT, Frontier
from ledger.outside import Outside
from ledger.seal import BREATH, LOOK_EVERY, SHARE, Pace, Sealer, SealRefused, run, seal, sealed
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from tests.ledger.doubles import SeedSigner, StopAtFirstWait, note_people, without_guards


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


def sealed_now(ledger: Ledger, outside: Path) -> Checkpoint | None:
    return seal(ledger, SeedSigner(), outside, ledger.clock.now())


def test_every_entry_becomes_a_leaf_in_the_order_of_its_commit(ledger: Ledger, outside: Path) -> None:
    entries = note_people(ledger, 1, 2, 3)

    checkpoint = sealed_now(ledger, outside)

    with ledger.read() as session:
        leaves = session.scalars(select(Leaf).order_by(Leaf.number)).all()
    tree = Frontier()
    tree.extend([leaf.digest for leaf in leaves])
    assert [leaf.entry_id for leaf in leaves] == entries
    assert checkpoint is not None
    assert (checkpoint.size, checkpoint.root) == (3, tree.root())
    assert checkpoint.root != EMPTY_ROOT


def test_sealing_in_many_small_steps_gives_the_same_root_as_at_once(ledger: Ledger, outside: Path) -> None:
    checkpoint = None
    for number in range(40):
        note_people(ledger, number)
        checkpoint = sealed_now(ledger, outside)

    with ledger.read() as session:
        tree = Frontier()
        tree.extend(list(session.scalars(select(Leaf.digest).order_by(Leaf.number))))
    assert checkpoint is not None
    assert checkpoint.root == tree.root()


def test_a_batch_larger_than_one_head_is_sealed_whole(
    ledger: Ledger, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)
    note_people(ledger, *range(8))

    checkpoint = sealed_now(ledger, outside)

    with ledger.read() as session:
        heads = session.scalars(select(TreeHead.size).order_by(TreeHead.size)).all()
    assert checkpoint is not None
    assert (checkpoint.size, heads) == (8, [3, 6, 8])


def test_nothing_new_makes_no_checkpoint(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1)
    sealed_now(ledger, outside)

    assert sealed_now(ledger, outside) is None


def test_each_checkpoint_is_also_kept_outside(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1)
    first = sealed_now(ledger, outside)
    note_people(ledger, 2)
    second = sealed_now(ledger, outside)

    assert first is not None
    assert second is not None
    assert [Outside(outside).of_size(size) for size in (1, 2)] == [first, second]
    assert (outside / "newest.note").read_text() == second.note
    assert verify_checkpoint(second.note, Outside(outside).keys()) == second


def test_an_entry_is_sealed_once_its_checkpoint_is_published(ledger: Ledger, outside: Path) -> None:
    entries = note_people(ledger, 1, 2)
    with ledger.read() as session:
        before = sealed(session, entries)

    sealed_now(ledger, outside)

    with ledger.read() as session:
        after = sealed(session, entries)
        stranger = sealed(session, [*entries, "unheard-of"])
    assert (before, after, stranger) == (False, True, False)


def test_an_entry_changed_before_sealing_stops_the_sealer(ledger: Ledger, outside: Path) -> None:
    entry = note_people(ledger, 1)[0]
    without_guards(ledger)("UPDATE entry SET actor = 'system:nobody'")

    with pytest.raises(SealRefused, match=entry):
        sealed_now(ledger, outside)

    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(Leaf)) == 0


def test_an_older_database_brought_back_is_refused(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1, 2)
    sealed_now(ledger, outside)
    for table in ("checkpoint", "tree_head", "tree_node", "leaf"):
        without_guards(ledger)(f"DELETE FROM {table}")

    with pytest.raises(SealRefused, match="older or another state"):
        sealed_now(ledger, outside)


def test_another_head_under_the_same_size_is_refused(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1)
    sealed_now(ledger, outside)
    without_guards(ledger)("UPDATE tree_head SET root = :hash", hash=bytes(32))

    with pytest.raises(SealRefused):
        sealed_now(ledger, outside)


def test_leaves_changed_behind_the_last_checkpoint_are_not_signed_over(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1, 2)
    sealed_now(ledger, outside)
    without_guards(ledger)("UPDATE leaf SET digest = :hash WHERE number = 1", hash=bytes(32))
    note_people(ledger, 3)

    with pytest.raises(SealRefused, match="first 2 leaves"):
        sealed_now(ledger, outside)


def test_a_foreign_checkpoint_key_makes_its_own_verifier_key_of_the_same_log(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1)
    sealed_now(ledger, outside)
    note_people(ledger, 2)

    checkpoint = seal(ledger, SeedSigner(8), outside, ledger.clock.now())

    keys = Outside(outside).keys()
    assert checkpoint is not None
    assert [key.name for key in keys] == [checkpoint.origin] * 2


@pytest.mark.parametrize("broken", [b"\xff\n\n", b"\xff\n\n\f\n"])
@pytest.mark.parametrize("file", ["newest.note", "verifier-keys", "every.notes"])
def test_a_broken_file_outside_stops_the_sealer(ledger: Ledger, outside: Path, file: str, broken: bytes) -> None:
    note_people(ledger, 1)
    sealed_now(ledger, outside)
    (outside / file).write_bytes(broken)

    with pytest.raises(SealRefused, match="not ours"):
        sealed_now(ledger, outside)


class Break(Exception):
    """The machine stopped here."""


STEPS = ("insert_tables", "_show_extension", "sign_checkpoint", "_commit_note")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_crash_at_any_step_is_made_good_by_the_next_call(
    ledger: Ledger, outside: Path, monkeypatch: pytest.MonkeyPatch, step: str, done: bool
) -> None:
    note_people(ledger, 1, 2)
    sealed_now(ledger, outside)
    note_people(ledger, 3)
    with monkeypatch.context() as broken:
        broken.setattr(sealing, step, breaking(getattr(sealing, step), done=done))
        with pytest.raises(Break):
            sealed_now(ledger, outside)
    note_people(ledger, 4)

    sealed_now(ledger, outside)

    assert published(ledger, outside) == 4


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_crash_while_the_checkpoint_goes_outside_is_made_good(
    ledger: Ledger, outside: Path, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    note_people(ledger, 1)
    with monkeypatch.context() as broken:
        broken.setattr(Outside, "keep", breaking(Outside.keep, done=done))
        with pytest.raises(Break):
            sealed_now(ledger, outside)

    sealed_now(ledger, outside)

    assert published(ledger, outside) == 1


def test_a_crash_between_the_two_files_outside_is_made_good(ledger: Ledger, outside: Path, clock: TurnedClock) -> None:
    note_people(ledger, 1)
    first = sealed_now(ledger, outside)
    note_people(ledger, 2)
    sealed_now(ledger, outside)
    assert first is not None
    (outside / "newest.note").write_text(first.note)
    clock.turn(seconds=90)

    sealed_now(ledger, outside)

    assert published(ledger, outside) == 2


def test_a_sealer_publishes_again_what_the_database_lost_of_its_signatures(ledger: Ledger, outside: Path) -> None:
    sealer = Sealer(ledger, SeedSigner(), Outside(outside))
    note_people(ledger, 1)
    sealer.seal(ledger.clock.now())
    without_guards(ledger)("DELETE FROM checkpoint")

    sealer.seal(ledger.clock.now(), thorough=False)

    assert published(ledger, outside) == 1


def test_the_bell_rings_as_soon_as_entries_are_sealed_and_only_then(ledger: Ledger, outside: Path) -> None:
    heard: list[int | None] = []

    class Loud(Bell):
        def ring(self) -> None:
            heard.append(published(ledger, outside))

    sealer = Sealer(ledger, SeedSigner(), Outside(outside), Loud())
    note_people(ledger, 1, 2)
    sealer.seal(ledger.clock.now())
    sealer.seal(ledger.clock.now())

    assert heard == [2]


def test_what_was_half_written_outside_when_the_machine_stopped_is_written_again(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1)
    first = sealed_now(ledger, outside)
    note_people(ledger, 2)
    sealed_now(ledger, outside)
    octets, size = (outside / "every.notes").read_bytes(), len(first.note.encode()) + 2 if first else 0
    (outside / "newest.note").write_text(first.note if first else "")

    for half in (octets[: size + 40], octets[:-1], octets[: size + 40] + bytes(4000)):
        (outside / "every.notes").write_bytes(half)
        assert Outside(outside).sizes() == [1]
        sealed_now(ledger, outside)
        assert (outside / "every.notes").read_bytes() == octets
        (outside / "newest.note").write_text(first.note if first else "")


def test_what_came_to_the_disk_with_a_hole_before_its_end_is_written_again(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1)
    first = sealed_now(ledger, outside)
    note_people(ledger, 2)
    sealed_now(ledger, outside)
    octets, size = (outside / "every.notes").read_bytes(), len(first.note.encode()) + 2 if first else 0
    (outside / "newest.note").write_text(first.note if first else "")

    for hole in (slice(size, size + 90), slice(size + 90, size + 120)):
        torn = bytearray(octets)
        torn[hole] = bytes(hole.stop - hole.start)
        (outside / "every.notes").write_bytes(torn)
        assert (Outside(outside).sizes(), Outside(outside).newest()) == ([1], first)
        sealed_now(ledger, outside)
        assert (outside / "every.notes").read_bytes() == octets
        (outside / "newest.note").write_text(first.note if first else "")


def test_a_disk_that_is_full_where_the_file_begins_leaves_none(
    ledger: Ledger, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    note_people(ledger, 1)
    sealed_now(ledger, outside)
    (outside / "every.notes").unlink()  # as before there was such a file
    note_people(ledger, 2)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fdatasync", full)
        with pytest.raises(OSError, match="No space"):
            sealed_now(ledger, outside)

    sealed_now(ledger, outside)

    assert published(ledger, outside) == 2


def test_a_folder_brought_back_from_before_is_made_good_by_a_sealer_at_work(ledger: Ledger, outside: Path) -> None:
    sealer = Sealer(ledger, SeedSigner(), Outside(outside))
    note_people(ledger, 1)
    sealer.seal(ledger.clock.now())
    before = (outside / "every.notes").read_bytes()
    note_people(ledger, 2)
    sealer.seal(ledger.clock.now())
    (outside / "every.notes").write_bytes(before)

    sealer.seal(ledger.clock.now())

    assert (Outside(outside).sizes(), published(ledger, outside)) == ([1, 2], 2)


def test_what_is_shown_was_on_the_disk_before_it_had_its_name(
    ledger: Ledger, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[str] = []
    force, replace = os.fdatasync, Path.replace

    def noted(descriptor: int) -> None:
        forced.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        force(descriptor)

    def replaced(draft: Path, target: Path) -> Path:
        assert forced[-1] == draft.name
        return replace(draft, target)

    monkeypatch.setattr(os, "fdatasync", noted)
    monkeypatch.setattr(Path, "replace", replaced)
    note_people(ledger, 1)

    sealed_now(ledger, outside)

    assert ".newest.note.draft" in forced


def test_what_is_shown_never_goes_back(ledger: Ledger, outside: Path) -> None:
    slow, fast = (Sealer(ledger, SeedSigner(), Outside(outside)) for _ in range(2))
    note_people(ledger, 1)
    slow.seal(ledger.clock.now())
    note_people(ledger, 2)
    newest = fast.seal(ledger.clock.now())
    fast.show()

    slow.show()

    assert newest is not None
    assert (outside / "newest.note").read_text() == newest.note


def test_who_looks_outside_while_a_checkpoint_comes_sees_one_of_the_two(ledger: Ledger, outside: Path) -> None:
    class Slow(Outside):
        def _end(self) -> tuple[int, str | None]:
            end = super()._end()
            note_people(ledger, 2)
            sealed_now(ledger, outside)
            return end

    note_people(ledger, 1)
    first = sealed_now(ledger, outside)

    assert Slow(outside).newest() == first


def test_a_first_note_that_was_half_written_outside_is_written_again(ledger: Ledger, outside: Path) -> None:
    note_people(ledger, 1)
    first = sealed_now(ledger, outside)
    octets = (outside / "every.notes").read_bytes()
    (outside / "newest.note").unlink()
    (outside / "every.notes").write_bytes(octets[:50])

    sealed_now(ledger, outside)

    assert (outside / "every.notes").read_bytes() == octets
    assert Outside(outside).newest() == first


def test_a_sealer_that_remembers_goes_on_behind_another(ledger: Ledger, outside: Path) -> None:
    sealer = Sealer(ledger, SeedSigner(), Outside(outside))
    note_people(ledger, 1)
    sealer.seal(ledger.clock.now())
    note_people(ledger, 2)
    sealed_now(ledger, outside)
    note_people(ledger, 3)

    sealer.seal(ledger.clock.now(), thorough=False)

    assert published(ledger, outside) == 3


def test_an_entry_is_sealed_when_the_bell_rings_and_nobody_else_looked(
    ledger: Ledger, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_waiting", lambda _: False)
    stop = threading.Event()
    loop = threading.Thread(target=run, args=(ledger, SeedSigner(), outside, stop))
    loop.start()
    first = note_people(ledger, 1)
    pause = threading.Event()
    [pause.wait(0.05) for _ in range(60) if not all_sealed(ledger, first)]
    entries = note_people(ledger, 2)

    waited = [pause.wait(0.05) for _ in range(60) if not all_sealed(ledger, entries)]
    stop.set()
    loop.join(5)

    assert all_sealed(ledger, entries)
    assert len(waited) < 60


def test_who_waits_for_a_seal_hears_of_it(ledger: Ledger, outside: Path) -> None:
    ear, stop = ear_of(ledger.url, SEALS), threading.Event()
    loop = threading.Thread(target=run, args=(ledger, SeedSigner(), outside, stop))
    loop.start()

    entries = note_people(ledger, 1)
    heard = ear.wait(20)
    sealed_then = all_sealed(ledger, entries)
    stop.set()
    loop.join()
    ear.close()

    assert (heard, sealed_then) == (True, True)


def test_the_bell_of_seals_is_not_that_of_entries(ledger: Ledger) -> None:
    ear = ear_of(ledger.url, SEALS)

    note_people(ledger, 1)
    heard = ear.wait(0.05)
    ear.close()

    assert not heard


def test_the_loop_seals_what_comes_and_stops_when_told(ledger: Ledger, outside: Path) -> None:
    stop = threading.Event()
    loop = threading.Thread(target=run, args=(ledger, SeedSigner(), outside, stop))
    loop.start()
    entries = note_people(ledger, 1)

    pause = threading.Event()
    waited = [pause.wait(0.05) for _ in range(60) if not all_sealed(ledger, entries)]
    stop.set()
    loop.join(5)

    assert all_sealed(ledger, entries)
    assert len(waited) < 60
    assert not loop.is_alive()


def test_a_database_that_is_away_is_waited_for(
    clock: TurnedClock, chance: SteadyChance, outside: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = Ledger("sqlite:////no-such-folder/laotrust.db", clock, chance, "0.1.0", "seal")

    run(away, SeedSigner(), outside, StopAtFirstWait())

    assert "the sealer waits for the database" in caplog.text


def test_the_sealer_needs_no_more_than_its_own_role(ledger: Ledger, outside: Path) -> None:
    sealer = Ledger(url_of("seal", ledger.url), ledger.clock, ledger.randomness, "0.1.0", "seal")
    note_people(ledger, 1, 2)

    checkpoint = sealed_now(sealer, outside)

    sealer.close()
    assert checkpoint is not None
    assert checkpoint.size == 2


def test_two_sealers_at_once_make_one_log(ledger: Ledger, outside: Path) -> None:
    stop = threading.Event()
    loops = [threading.Thread(target=run, args=(ledger, SeedSigner(), outside, stop)) for _ in range(2)]
    for loop in loops:
        loop.start()
    note_people(ledger, *range(30))
    stop.set()
    for loop in loops:
        loop.join(10)

    sealed_now(ledger, outside)

    assert published(ledger, outside) == 30


def breaking(step: Any, *, done: bool) -> Any:
    """`step`, but the machine stops before it or right after it."""

    def broken(*given: Any, **named: Any) -> None:
        if done:
            step(*given, **named)
        raise Break

    return broken


def kept(outside: Path) -> list[Checkpoint]:
    """Every checkpoint outside."""
    place = Outside(outside)
    return [found for found in map(place.of_size, place.sizes()) if found is not None]


def published(ledger: Ledger, outside: Path) -> int:
    """The size of the newest checkpoint, once its chain, tree and files have been shown to agree."""
    newest = Outside(outside).newest()
    assert newest is not None
    with ledger.read() as session:
        heads = session.execute(select(TreeHead.previous_size, TreeHead.size).order_by(TreeHead.size)).all()
        signed = session.scalars(select(SignedHead).order_by(SignedHead.size)).all()
        tree = Frontier()
        tree.extend(list(session.scalars(select(Leaf.digest).order_by(Leaf.number))))
    assert [before for before, _ in heads[1:]] == [size for _, size in heads[:-1]]
    assert [row.size for row in signed] == [size for _, size in heads]
    assert [note.note for note in kept(outside)] == [row.note for row in signed]
    assert (tree.size, tree.root()) == (newest.size, newest.root)
    return newest.size


def all_sealed(ledger: Ledger, entries: list[str]) -> bool:
    with ledger.read() as session:
        return sealed(session, entries)


def test_after_a_rest_it_seals_at_once_and_in_a_flood_a_third_of_the_time() -> None:
    pace, taken, now = Pace(), 0.025, 1000.0
    rests = []
    for _ in range(200):
        rests.append(pace.rest(now, now + taken))
        now += taken + rests[-1]

    assert rests[:3] == [BREATH] * 3
    assert taken / (taken + rests[-1]) == pytest.approx(SHARE)
    assert pace.rest(now + 60, now + 60 + taken) == BREATH


def test_a_clock_that_was_set_back_or_a_long_look_asks_for_no_long_rest() -> None:
    pace = Pace()

    assert pace.rest(1000.0, 1030.0) <= LOOK_EVERY
    assert pace.rest(400.0, 400.1) <= LOOK_EVERY
    assert pace.rest(400.2, 400.3) <= LOOK_EVERY
