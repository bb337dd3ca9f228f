"""The ministry's leave: while none is in force nothing is issued, all else goes on, and everybody can see it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ca.app import create_app
from ca.closing.authority import Granted, act_for, record
from ca.endings.revocation import Receipt, revoke_certificate
from ca.endings.revocation import act_for as revoking
from ca.policy import Leave, leave_holds
from ca.tables.hierarchy import AuthorityRecord
from ledger.decision import Allow, Refuse
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from tests.ca.closers import CLOSERS, admit_closers
from tests.ca.conftest import FIRST, PracticeCa, register_person
from tests.ca.held import inaugurate
from tests.doubles import START, TurnedClock
from web.home import Mode
from web.settings import HouseSettings

OFFICER = "10000017"
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("leaves", "needed", "outcome"),
    [
        ([], False, Allow()),
        ([], True, Refuse("authority.missing")),
        ([Leave(START - YEAR, None)], True, Allow()),
        ([Leave(START - YEAR, START)], True, Refuse("authority.ended")),
        ([Leave(START + YEAR, None)], True, Refuse("authority.not-yet")),
        ([Leave(START - YEAR, START), Leave(START, START + YEAR)], True, Allow()),
    ],
    ids=["practice without", "production without", "no end", "ended", "not begun", "renewed"],
)
def test_one_leave_that_runs_is_needed(leaves: list[Leave], needed: bool, outcome: Allow | Refuse) -> None:
    assert leave_holds(leaves, START, needed=needed) == outcome


def entered(ca: PracticeCa, granted: Granted) -> AuthorityRecord | Refuse:
    return record(ca.ledger, granted, ca.sign(CLOSERS[0], act_for(granted, ca.ledger.clock.now())))


@pytest.fixture
def unlicensed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PracticeCa:
    """A CA whose ceremony entered no leave of practice, so that only what the test enters counts."""
    monkeypatch.setattr("ca.ceremonies.practice.record_practice", lambda *_: None)
    home = inaugurate(ledger, tmp_path / "home")
    return PracticeCa(ledger, home, SealedFields.open(home.key_uri("fields")))


def page(ca: PracticeCa, language: str) -> str:
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    return create_app(settings, ledger=ca.ledger).test_client().get(f"/authority?lang={language}").text


def test_past_its_end_nothing_is_issued_and_revocation_and_crl_go_on(
    unlicensed: PracticeCa, clock: TurnedClock
) -> None:
    ca = unlicensed
    admit_closers(ca)
    entered(ca, Granted("12/MTC", "MTC", clock.now(), clock.now() + timedelta(days=30)))
    for number in (OFFICER, "10000018"):
        register_person(ca.ledger, number)
    ca.approved(OFFICER)
    [certificate] = ca.room().turn().issued
    clock.turn(days=30)
    ca.approved("10000018")
    room = ca.room()

    held = room.turn()
    act = revoking("certificate.revoke", certificate.sha256, "superseded", clock.now())
    revoked = revoke_certificate(ca.ledger, certificate.sha256, "superseded", ca.sign(FIRST, act))
    clock.turn(seconds=2)
    after = room.turn()

    assert (held.issued, held.refused, held.held) == ([], [], "authority.ended")
    assert isinstance(revoked, Receipt)
    assert len(after.crls) == 1
    assert "No leave is in force" in page(ca, "en")
    entered(ca, Granted("13/MTC", "MTC", clock.now()))
    assert len(room.turn().issued) == 1


def test_the_page_shows_number_and_dates_in_both_languages(ca: PracticeCa, clock: TurnedClock) -> None:
    admit_closers(ca)
    entered(ca, Granted("12/MTC", "MTC", clock.now(), clock.now() + YEAR))

    english, lao = page(ca, "en"), page(ca, "lo")

    assert "Leave number 12/MTC, given by MTC" in english
    assert "From 2026-11-24 to 2027-11-24" in english
    assert "officers: issues certificates" in english
    assert "ອະນຸຍາດເລກທີ 12/MTC" in lao


@pytest.mark.sqlite_only("nothing is written but the refusal")
def test_who_is_no_ca_operator_enters_none_and_none_twice_nor_backwards(ca: PracticeCa, clock: TurnedClock) -> None:
    admit_closers(ca)
    granted = Granted("12/MTC", "MTC", clock.now(), clock.now() + YEAR)

    stranger = record(ca.ledger, granted, ca.sign(FIRST, act_for(granted, clock.now())))
    first, again = entered(ca, granted), entered(ca, granted)
    backwards = entered(ca, replace(granted, number="14/MTC", valid_to=clock.now() - YEAR))
    other = record(ca.ledger, replace(granted, number="15/MTC"), ca.sign(CLOSERS[0], act_for(granted, clock.now())))

    assert isinstance(first, AuthorityRecord)
    assert [stranger, again, backwards, other] == [
        Refuse("closing.no-duty"), Refuse("authority.known"), Refuse("authority.dates"),
        Refuse("closing.not-about-this"),
    ]  # fmt: skip
