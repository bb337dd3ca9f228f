"""The drill with SIGKILL at ten instants, counted from its home by other hands: nothing is lost, nothing is double."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select

from ca.tables.endings import Replacement
from ca.tables.reissue import ReissueMember
from ledger.certificates import Certificate, Intent, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.confirmations import HolderConfirmation
from ledger.ledger import Ledger
from scripts.__main__ import Verbs
from scripts.reissuing.keys import DeviceKey
from scripts.reissuing.nation import FIRST, OPERATOR
from web.home import Home

pytestmark = pytest.mark.timeout(900)
CERTIFICATES, KILLS = 60, 10


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the drill said of itself."""
    home = tmp_path_factory.mktemp("drill")
    words = ["--certificates", str(CERTIFICATES), "--kills", str(KILLS), "--seed", "5", "--home", str(home), "--json"]
    result = CliRunner().invoke(Verbs("laotrust"), ["drill-reissue", *words])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_the_drill_says_that_none_is_lost_and_none_doubled(drilled: dict[str, object]) -> None:
    told = [drilled[name] for name in ("good", "lost", "doubled", "certificates", "kills")]

    assert told == [True, 0, 0, CERTIFICATES, KILLS]
    assert drilled["recovered"] == drilled["failed_first"] != 0
    assert float(str(drilled["per_second"])) > 0


def test_each_old_certificate_has_one_living_confirmed_successor_of_another_issuer(drilled: dict[str, object]) -> None:
    ledger = Ledger(Home(Path(str(drilled["home"]))).database_url, SystemClock(), system_randomness, "0.1.0", "audit")
    with ledger.read() as session:
        ended = set(session.scalars(select(Revocation.certificate_id)))
        issuers = dict(session.execute(select(Certificate.id, Certificate.issuer_id)).all())
        confirmed = set(session.scalars(select(HolderConfirmation.certificate_id)))
        made = select(Replacement.certificate_id, Certificate.id).join(
            Intent, Intent.enrolment_id == Replacement.enrolment_id
        )
        pairs = session.execute(made.join(Certificate, Certificate.id == Intent.id)).all()
        by_key = set(session.scalars(select(ReissueMember.certificate_id).where(ReissueMember.way == "key")))
        intents = set(session.scalars(select(Intent.id)))
    ledger.close()
    living = [(old, new) for old, new in pairs if new not in ended]

    assert Counter(old for old, _ in living) == Counter(by_key)
    assert len(by_key) == CERTIFICATES
    assert by_key <= ended
    assert {new for _, new in living} <= confirmed
    assert [pair for pair in living if issuers[pair[0]] == issuers[pair[1]]] == []
    assert intents - ended - set(issuers) == set()


def test_the_ledger_of_its_home_verifies(drilled: dict[str, object]) -> None:
    verified = CliRunner().invoke(Verbs("laotrust"), ["ledger-verify", "--home", str(drilled["home"]), "--json"])

    assert (verified.exit_code, json.loads(verified.stdout)["good"]) == (0, True)


def typed(home: object, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of a verb in the drill's home."""
    result = CliRunner().invoke(Verbs("laotrust"), [*words, "--home", str(home), "--json"])
    return result.exit_code, dict(json.loads(result.stdout))


def acting(home: object, number: str) -> list[str]:
    return ["--as", number, "--key", f"file:{home}/people/{number}-authentication.key.pem"]


def test_status_and_report_say_the_same_of_the_drills_campaign(drilled: dict[str, object], tmp_path: Path) -> None:
    home, campaign, pdf = drilled["home"], str(drilled["reissue"]), tmp_path / "report.pdf"

    _, listed = typed(home, "reissue-status")
    _, status = typed(home, "reissue-status", campaign, "--not-come")
    code, report = typed(home, "reissue-report", campaign, "--pdf", str(pdf))
    unknown = typed(home, "reissue-report", "nothing")

    assert [one["reissue"] for one in listed["campaigns"]] == [campaign]
    assert {one["way"] for one in status["listed"]} == {"desk"}  # the officers whom the ceremony certified
    assert (code, report["good"], report["ledger_verified"], report["replaced"]) == (0, True, True, CERTIFICATES)
    assert status["seconds_to"] == report["seconds_to"]
    assert pdf.read_bytes().startswith(b"%PDF")
    assert (unknown[0], unknown[1]["error"]) == (1, "reissue.unknown")


def test_the_preview_names_lanes_and_the_ceremony_that_must_come_first(drilled: dict[str, object]) -> None:
    home = drilled["home"]

    _, shown = typed(home, "reissue", "--issuer", "citizens-2")
    late = typed(home, "reissue", "--issuer", "citizens-2", "--start", "00" * 32, *acting(home, FIRST))
    early = typed(home, "reissue", "--issuer", "citizens-2", "--start", shown["digest"], *acting(home, FIRST))
    empty = typed(home, "reissue")

    assert list(shown["lanes"]) == ["business", "citizens"]
    assert (shown["own_services"], shown["ceremonies"]) == (1, ["citizens"])
    refused = [(one[0], one[1]["error"]) for one in (late, early, empty)]
    assert refused == [(1, "reissue.outdated"), (1, "reissue.no-issuer"), (1, "reissue.selection-empty")]


def test_two_persons_start_a_campaign_by_its_digest_and_an_officer_pauses_it(drilled: dict[str, object]) -> None:
    home, operator = drilled["home"], DeviceKey.of(5, f"{OPERATOR} authentication")
    file = Path(str(home)) / "people" / f"{OPERATOR}-authentication.key.pem"
    file.touch(0o600)
    file.write_bytes(_newest_key(home, operator))
    selecting = ["--profile", "device"]

    _, shown = typed(home, "reissue", *selecting)
    _, planned = typed(home, "reissue", *selecting, "--start", shown["digest"], *acting(home, FIRST))
    approved = typed(home, "change-approve", planned["digest"][:16], *acting(home, OPERATOR))
    applied = typed(home, "change-apply", planned["digest"][:16], *acting(home, FIRST))
    [campaign] = [one["reissue"] for one in typed(home, "reissue-status")[1]["campaigns"] if one["members"] is None]
    paused = typed(home, "reissue-pause", campaign, *acting(home, FIRST))
    by_officer = typed(home, "reissue-resume", campaign, *acting(home, FIRST))
    resumed = typed(home, "reissue-resume", campaign, *acting(home, OPERATOR))

    assert [one[0] for one in (approved, applied, paused, by_officer, resumed)] == [0, 0, 0, 1, 0]
    assert by_officer[1]["error"] == "issuance.no-duty"


def test_an_officer_stops_all_issuing_and_the_room_signs_nothing(drilled: dict[str, object]) -> None:
    home = drilled["home"]

    stopped = typed(home, "issuance-stop", *acting(home, FIRST))
    again = typed(home, "issuance-stop", *acting(home, FIRST))
    _, turn = typed(home, "issue", "--once")

    assert (stopped[0], stopped[1]["issuance"]) == (0, "halted")
    assert (again[0], again[1]["error"]) == (1, "issuance.switched-already")
    assert turn["stopped"] is True


def _newest_key(home: object, first: DeviceKey) -> bytes:
    """The operator's key of now, in PEM: that of the certificate which came in the place of his first one."""
    ledger = Ledger(Home(Path(str(home))).database_url, SystemClock(), system_randomness, "0.1.0", "audit")
    with ledger.read() as session:
        old = session.scalars(select(Certificate.id).where(Certificate.key_sha256 == first.sha256)).one()
    ledger.close()
    key = DeviceKey.of(5, f"in the place of {old}").private
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
