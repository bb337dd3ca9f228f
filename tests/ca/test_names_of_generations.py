"""A CA keeps the name that its first generation got: plan, roll-over, request and replay say the same one."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.plan import Operator, Plan, PlanUnfit, parse_plan, read_plan
from ca.ceremonies.practice import begin, hold_alone
from ca.ceremonies.replay import replay
from ca.ceremonies.rollover import roll_over
from ca.ceremonies.run import Place
from ca.ceremonies.steps.cross import CrossStep
from ca.ceremonies.steps.issuer import IssuerStep
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.request import RequestStep
from ca.ceremonies.steps.rollover import RolloverStep
from ca.ceremonies.steps.root import RootStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.steps.step import FIRST, Made, SoFar, Step
from pki import oids
from pki.certificate import parse_certificate, parse_tbs
from pki.names import attribute
from pki.request import parse_request
from pki.signing import SignatureAlgorithm
from scripts.__main__ import Verbs
from tests.ca.outside import OutsideRoot
from tests.ca.test_ceremony_transcript import begun
from tests.issuing import KeySigner
from web.home import Mode

P256 = SignatureAlgorithm.ECDSA_P256_SHA256
STARTS = "2026-12-24T00:00"
ROOT: list[Step] = [KeyStep("root", P256), RootStep(common_name="Lao National Root")]
OFFICERS: list[Step] = [KeyStep("officers", P256), IssuerStep("officers", common_name="Civil Officers CA")]
NEXT = RolloverStep("officers", 2, STARTS)


@pytest.fixture
def ceremony(tmp_path: Path, sqlite_template: Path) -> Iterator[Ceremony]:
    made = begun(tmp_path, sqlite_template)
    yield made
    made.ledger.close()


@pytest.fixture
def outside(tmp_path: Path) -> str:
    return OutsideRoot(tmp_path / "outside").made().certificate.read_text(encoding="ascii")


def held(ceremony: Ceremony, title: str, *steps: Step) -> Place:
    """The papers of a ceremony that begins as every one does, and does these steps, most under the root."""
    root = [] if isinstance(steps[0], RequestStep) else ROOT
    done = hold_alone(ceremony, title, [*begin(), *root, *steps], ceremony.ledger.clock.now())
    return Place(done.transcript.parent)


def faults(ceremony: Ceremony, place: Place) -> list[str]:
    """What a replay finds beside the ledger and without one."""
    text, plan = place.transcript.read_text(), read_plan(place.plan)
    return [fault for ledger in (ceremony.ledger, None) for fault in replay(text, plan, place, ledger).faults]


def made_by(place: Place, kind: str) -> Made:
    [line] = [one for one in map(json.loads, place.transcript.read_text().splitlines()) if one["kind"] == kind]
    made = place.found(line["made"])
    assert made is not None
    return made


def title(name: bytes) -> str | None:
    return attribute(name, oids.COMMON_NAME)


def foreseen(ceremony: Ceremony, place: Place, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Which common name `ceremony-plan` shows for the certificates of CAs, by step."""
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    words = ["ceremony-plan", str(place.plan), "--home", str(ceremony.home.path), "--json"]
    said = json.loads(CliRunner().invoke(Verbs("laotrust"), words).stdout)
    shown = [one["tbs"] for one in said["steps"] if one["kind"] in ("root", "issuer", "rollover")]
    return [title(parse_tbs(b64decode(octets)).subject) for octets in shown]


def test_a_generation_has_the_name_of_the_first_which_a_step_before_it_made(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = held(ceremony, "All in one", *OFFICERS, NEXT, RootCrlStep())

    made = made_by(place, "rollover")
    assert title(parse_certificate(made["certificate"]).subject) == "PRACTICE Civil Officers CA 2"
    assert FIRST not in made
    assert faults(ceremony, place) == []
    assert foreseen(ceremony, place, monkeypatch) == [
        "PRACTICE Lao National Root", "PRACTICE Civil Officers CA", "PRACTICE Civil Officers CA 2",
    ]  # fmt: skip


def test_a_generation_has_the_name_of_the_first_which_an_earlier_ceremony_made(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(ceremony, "The first", *OFFICERS)

    place = held(ceremony, "The second", NEXT, RootCrlStep())

    made = made_by(place, "rollover")
    assert title(parse_certificate(made["certificate"]).subject) == "PRACTICE Civil Officers CA 2"
    assert made[FIRST] == ceremony.certificate_of("officers")
    assert faults(ceremony, place) == []
    assert foreseen(ceremony, place, monkeypatch)[1] == "PRACTICE Civil Officers CA 2"


def test_a_root_asks_an_outside_one_for_its_own_name_and_is_followed_under_it(ceremony: Ceremony, outside: str) -> None:
    held(ceremony, "The first", *OFFICERS)

    place = held(ceremony, "It asks", RequestStep("root", 1, outside))
    later = held(ceremony, "An issuer asks", RequestStep("officers", 2, outside))
    roll_over(ceremony, "root", ceremony.ledger.clock.now())

    asked = [title(parse_request(made_by(one, "request")["request"]).subject) for one in (place, later)]
    assert asked == ["PRACTICE Lao National Root", "PRACTICE Civil Officers CA 2"]
    assert title(parse_certificate(ceremony.certificate_of("root-2")).subject) == "PRACTICE Lao National Root 2"
    assert faults(ceremony, place) == faults(ceremony, later) == []


def test_a_generation_under_another_name_than_the_first_is_found(ceremony: Ceremony, outside: str) -> None:
    held(ceremony, "The first", *OFFICERS)
    asks = RequestStep("officers", 2, outside)
    asked = made_by(held(ceremony, "It asks", asks), "request")
    made = made_by(held(ceremony, "The second", NEXT, RootCrlStep()), "rollover")
    unnamed = [{what: octets for what, octets in one.items() if what != FIRST} for one in (asked, made)]
    so_far = SoFar(Mode.PRACTICE, certificates={"root": ceremony.certificate_of("root")})

    found = [asks.fault(unnamed[0], so_far), NEXT.fault(unnamed[1], so_far)]

    assert found == ["the request is of another key or name", "the certificate has another subject"]
    assert [asks.fault(asked, so_far), NEXT.fault(made, so_far)] == [None, None]


def test_the_first_generation_that_a_step_shows_is_among_what_the_ledger_must_have(
    ceremony: Ceremony,
) -> None:
    held(ceremony, "The first", *OFFICERS)
    place, so_far = held(ceremony, "The second", NEXT, RootCrlStep()), SoFar(Mode.PRACTICE)

    so_far.keep("officers-2", made_by(place, "rollover"))

    assert so_far.certificates["officers"] == ceremony.certificate_of("officers")


@pytest.mark.parametrize(("characters", "fits"), [(52, True), (53, False)])
def test_a_name_leaves_room_for_the_number_of_a_generation(characters: int, fits: bool) -> None:
    step = {"kind": "root", "common_name": "R" * characters}
    head = {"title": "A plan", "place": "here", "date": "2026-11", "mode": "practice", "quorum": 0, "operators": []}

    with pytest.raises(PlanUnfit) as refused:
        parse_plan(json.dumps({**head, "steps": [{"kind": "mode"}, step]}), Path())

    said = "step 2 (root): common_name of root has 53 characters: 52 at most"
    assert any(fault.startswith(said) for fault in refused.value.faults) is not fits


def test_another_s_root_does_not_go_by_the_name_of_a_ca_of_ours(outside: str) -> None:
    operators = (Operator("one", KeySigner().public_key),)

    with pytest.raises(PlanUnfit) as refused:
        Plan("A", "here", "now", Mode.PRACTICE, 1, operators, (*begin(), *ROOT, CrossStep("officers", outside)))

    assert refused.value.faults == [
        "step 5 (cross 'officers'): that is the name of a CA's key, or the log's: give it one of its own"
    ]
