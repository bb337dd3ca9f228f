"""What processes leave in the home about themselves, and what becomes of it in the ledger."""

import os
from json import loads
from pathlib import Path

from sqlalchemy import select

from ledger.entry import Entry
from ledger.ledger import Ledger
from tests.doubles import TurnedClock
from web.home import Home
from web.presence import Presence, enter_notes, present


def entered(ledger: Ledger) -> list[tuple[str, str, object]]:
    with ledger.read() as session:
        rows = session.scalars(select(Entry).order_by(Entry.position)).all()
    return [(row.kind, row.actor, loads(row.body).get("clean")) for row in rows]


def test_a_clean_end_leaves_nothing_to_tell(ledger: Ledger, tmp_path: Path) -> None:
    home = Home(tmp_path)
    with present(home, "seal", ledger):
        enter_notes(ledger, home)

    left = list((tmp_path / "run" / "seal").iterdir())

    assert (left, entered(ledger)) == ([], [("process.started", "system:seal", True)])


def test_a_kill_is_told_at_the_next_start_once(ledger: Ledger, clock: TurnedClock, tmp_path: Path) -> None:
    home = Home(tmp_path)
    Presence(home, "idp", clock).begin()
    enter_notes(ledger, home)
    clock.turn(seconds=1)

    Presence(home, "idp", clock).begin()
    enter_notes(ledger, home)
    enter_notes(ledger, home)

    assert entered(ledger) == [("process.started", "system:idp", True), ("process.started", "system:idp", False)]


def test_a_note_that_was_entered_but_not_taken_away_is_entered_once(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    Presence(home, "tsa", clock).begin()
    [note] = (tmp_path / "run" / "notes").iterdir()
    text = note.read_text()
    enter_notes(ledger, home)
    note.write_text(text)

    again = enter_notes(ledger, home)

    assert (again, len(entered(ledger)), note.exists()) == (0, 1, False)


def test_a_worker_that_did_not_end_by_itself_is_told_at_once(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    home, presence = Home(tmp_path), Presence(Home(tmp_path), "ca", clock)
    presence.join()

    presence.ended(os.getpid())
    presence.ended(os.getpid())
    enter_notes(ledger, home)

    assert entered(ledger) == [("process.started", "system:ca", False)]


def test_an_outage_in_which_a_process_died_is_told_by_the_next(
    ledger: Ledger, clock: TurnedClock, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    Presence(home, "ocsp", clock).lost("reading")
    clock.turn(seconds=30)

    Presence(home, "ocsp", clock).watch(ledger)
    with ledger.read() as session:
        session.scalar(select(Entry.id))
    enter_notes(ledger, home)

    with ledger.read() as session:
        body = loads(session.scalars(select(Entry.body)).one())
    assert (body["process"], body["access"], body["back_at"] - body["lost_at"]) == ("ocsp", "reading", 30_000_000)


def test_what_no_process_of_ours_wrote_is_thrown_away(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "run" / "notes"
    folder.mkdir(parents=True)
    (folder / "2-forged").write_text('{"kind": "person.revoked", "person": "x"}')

    assert enter_notes(ledger, Home(tmp_path)) == 0
    assert list(folder.iterdir()) == []


def test_a_home_that_is_not_there_stops_nobody(clock: TurnedClock, tmp_path: Path) -> None:
    presence = Presence(Home(tmp_path / "gone"), "work", clock)

    presence.begin()
    presence.lost("writing")
    presence.back("writing")
    presence.end()

    assert not (tmp_path / "gone").exists()
