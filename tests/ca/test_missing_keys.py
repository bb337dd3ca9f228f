"""A room begins though one key is not there: it says which, the others work, and the missing one is looked for."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ca.ceremonies.rollover import roll_over
from ca.issuance.signing_room import SigningRoom
from ledger.certificates import Certificate
from scripts.__main__ import Verbs
from scripts.cli import Run
from scripts.issue import room_of
from signers import KeyUnusable
from tests.ca.closers import ceremony_of
from tests.ca.conftest import PracticeCa, register_person
from tests.doubles import TurnedClock

OFFICER, CITIZEN = "10000017", "10000041"


@pytest.fixture
def run(ca: PracticeCa, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("LAOTRUST_DATABASE_URL", ca.ledger.url)
    run = Run(ca.home, "issue", clock=ca.ledger.clock, randomness=ca.ledger.randomness)
    yield run
    run.close()


def take_away(ca: PracticeCa, name: str, folder: Path) -> Path:
    """The key of this issuer, where nobody looks for it."""
    return ca.home.key(name).rename(folder / "taken.key.pem")


def begun(ca: PracticeCa, run: Run) -> SigningRoom:
    return replace(room_of(run), await_seal=ca.await_seal)


def both_asked(ca: PracticeCa) -> tuple[str, str]:
    for number in (OFFICER, CITIZEN):
        register_person(ca.ledger, number)
    return ca.approved(OFFICER), ca.approved(CITIZEN, "citizen-signing")


def profiles_issued(ca: PracticeCa) -> list[str]:
    with ca.ledger.read() as session:
        rows = session.query(Certificate.profile).filter(Certificate.person_id.in_([f"p{OFFICER}", f"p{CITIZEN}"]))
        return sorted(profile for (profile,) in rows)


def test_the_others_work_at_once_and_the_missing_one_as_soon_as_it_is_there(
    ca: PracticeCa, run: Run, clock: TurnedClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both_asked(ca)
    taken = take_away(ca, "citizens", tmp_path)
    clock.turn(seconds=1)

    room = begun(ca, run)
    with pytest.raises(KeyUnusable, match="citizens"):
        room.turn()
    at_first = profiles_issued(ca)
    taken.rename(ca.home.key("citizens"))
    clock.turn(seconds=1)
    room.turn()

    said = capsys.readouterr().out
    assert "the key of citizens (" in said and "officers" not in said
    assert (at_first, profiles_issued(ca)) == (["officer-signing"], ["citizen-signing", "officer-signing"])


def test_what_officers_signed_counts_while_the_key_above_them_is_missing(
    ca: PracticeCa, run: Run, clock: TurnedClock, tmp_path: Path
) -> None:
    both_asked(ca)
    take_away(ca, "officers", tmp_path)
    clock.turn(seconds=1)

    with pytest.raises(KeyUnusable, match="officers"):
        begun(ca, run).turn()

    assert profiles_issued(ca) == ["citizen-signing"]


def test_an_issuer_that_the_ledger_alone_knows_of_is_not_believed_without_its_key(
    ca: PracticeCa, run: Run, tmp_path: Path
) -> None:
    take_away(ca, "citizens", tmp_path)
    ca.home.certificate("citizens").unlink()

    with pytest.raises(KeyUnusable):
        room_of(run)


def test_production_begins_with_no_key_of_a_ca_in_a_file_of_whichever_generation(
    ca: PracticeCa, run: Run, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    roll_over(ceremony_of(ca), "officers", clock.now())
    (ca.home.path / "mode").write_text("production\n")
    for name in ("CITIZENS", "SERVICES", "OFFICERS", "OFFICERS_PQ"):
        monkeypatch.setenv(f"LAOTRUST_KEYS_{name}", "pkcs11:token=away;object=key")

    refused = []
    for _ in range(2):
        with pytest.raises(KeyUnusable) as filed:
            room_of(run)
        refused.append(str(filed.value))
        ca.home.key("officers-2").unlink(missing_ok=True)  # a file that may come later is one as well
    monkeypatch.setenv("LAOTRUST_KEYS_OFFICERS_2", "pkcs11:token=away;object=key")

    assert refused == ["production refuses the file key of officers-2: give a pkcs11: URI"] * 2
    assert {"officers", "officers-2"} <= room_of(run).issuing.keys()


def test_production_begins_with_the_keys_of_second_generations_alone_when_the_first_have_ended(
    ca: PracticeCa, run: Run, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("officers", "citizens", "services"):
        clock.turn(days=30)
        roll_over(ceremony_of(ca), name, clock.now())
        monkeypatch.setenv(f"LAOTRUST_KEYS_{name.upper()}_2", f"pkcs11:token=away;object={name}-2")
    (ca.home.path / "mode").write_text("production\n")
    with pytest.raises(KeyUnusable) as needed:
        room_of(run)

    clock.turn(days=3570)
    room = room_of(run)

    assert str(needed.value) == "production refuses the file key of citizens: give a pkcs11: URI"
    assert room.issuing.keys() == {"officers-2", "citizens-2", "services-2"}


def test_production_signs_no_list_with_a_key_in_a_file(ca: PracticeCa, run: Run) -> None:
    (ca.home.path / "mode").write_text("production\n")

    done = CliRunner().invoke(Verbs("laotrust"), ["crl-publish", "officers", "--json", "--home", str(ca.home.path)])

    said = json.loads(done.stdout)
    assert (done.exit_code, said["error"]) == (1, "KeyUnusable")
    assert "production refuses the file key of officers: give a pkcs11: URI" in said["en"]
