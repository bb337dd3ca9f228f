"""Cross certificates, requests, answers and roll-overs are steps of a plan; production has them in no other way."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import pytest
from click.testing import CliRunner

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.plan import read_plan
from ca.ceremonies.practice import begin, hold_alone, root_steps
from ca.ceremonies.preview import foresee
from ca.ceremonies.replay import replay
from ca.ceremonies.run import Place
from ca.ceremonies.steps.cross import CrossStep
from ca.ceremonies.steps.import_answer import ImportStep
from ca.ceremonies.steps.issuer import IssuerStep
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.request import RequestStep
from ca.ceremonies.steps.rollover import RolloverStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.steps.step import SoFar, Step
from pki.signing import SignatureAlgorithm
from scripts.__main__ import Verbs
from tests.ca.outside import OutsideRoot
from tests.ca.test_ceremony_transcript import begun
from web.home import Mode

P256 = SignatureAlgorithm.ECDSA_P256_SHA256
STARTS = "2026-12-24T00:00"


@pytest.fixture
def ceremony(tmp_path: Path, sqlite_template: Path) -> Iterator[Ceremony]:
    made = begun(tmp_path, sqlite_template)
    yield made
    made.ledger.close()


@pytest.fixture
def outside(tmp_path: Path) -> OutsideRoot:
    return OutsideRoot(tmp_path / "outside", name="PRACTICE Other Root").made()


def pem_of(outside: OutsideRoot) -> str:
    return outside.certificate.read_text(encoding="ascii")


def held(ceremony: Ceremony, title: str, *steps: Step) -> Path:
    """The folder of the ceremony that was held; its steps are those that every one begins with, and these."""
    chain = [*begin(), *root_steps("root"), KeyStep("officers", P256), IssuerStep("officers")]
    return hold_alone(ceremony, title, [*chain, *steps], ceremony.ledger.clock.now()).transcript.parent


def faults(ceremony: Ceremony, folder: Path) -> Sequence[str]:
    place = Place(folder)
    return replay(place.transcript.read_text(), read_plan(place.plan), place, ceremony.ledger).faults


def made_by(folder: Path, kind: str) -> dict[str, bytes]:
    lines = [json.loads(line) for line in (folder / "transcript.jsonl").read_text().splitlines()]
    [digests] = [line["made"] for line in lines if line["kind"] == kind]
    return {what: (folder / "made" / digest).read_bytes() for what, digest in digests.items()}


def test_a_root_cross_certifies_and_a_generation_follows_in_a_ceremony_that_replays(
    ceremony: Ceremony, outside: OutsideRoot
) -> None:
    steps = (CrossStep("other", pem_of(outside)), RolloverStep("officers", 2, STARTS), RootCrlStep())

    folder = held(ceremony, "The other root, and a generation", *steps)
    again = held(ceremony, "The same once more", *steps)

    assert [faults(ceremony, one) for one in (folder, again)] == [(), ()]
    assert made_by(folder, "cross") == made_by(again, "cross")
    assert made_by(folder, "rollover") == made_by(again, "rollover")


def test_an_outside_root_is_asked_in_one_ceremony_and_its_answer_taken_in_another(
    ceremony: Ceremony, outside: OutsideRoot
) -> None:
    asked = held(ceremony, "A request", RequestStep("services", 1, pem_of(outside)))
    answer = outside.answer(made_by(asked, "request")["request"]).decode()

    taken = held(ceremony, "The answer", ImportStep("services", answer, pem_of(outside)))

    assert [faults(ceremony, one) for one in (asked, taken)] == [(), ()]
    assert ceremony.certificate_of("services") == made_by(taken, "import")["certificate"]


def test_who_looks_at_a_plan_sees_that_an_answer_in_it_would_not_be_taken(
    ceremony: Ceremony, outside: OutsideRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not those who have come together to hold it."""
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    asked = held(ceremony, "A request", RequestStep("services", 1, pem_of(outside)))
    request, plan = made_by(asked, "request")["request"], json.loads(Place(asked).plan.read_text())
    wrong = outside.answer(request, "-subj", "/C=LA/O=Lao e-Government Center/CN=Another")
    file, seen = tmp_path / "answer.json", []

    for answer in (outside.answer(request), wrong):
        step = {"kind": "import", "name": "services", "answer": answer.decode(), "chain": pem_of(outside)}
        file.write_text(json.dumps({**plan, "steps": [*plan["steps"][:-1], step]}))
        seen.append(CliRunner().invoke(Verbs("laotrust"), planned_at(ceremony, file)))

    assert [one.exit_code for one in seen] == [0, 1]
    [fault] = json.loads(seen[1].stdout)["faults"]
    assert "the answer for services is not taken (import.name-other): ask for another" in fault


def planned_at(ceremony: Ceremony, file: Path) -> list[str]:
    return ["ceremony-plan", str(file), "--home", str(ceremony.home.path), "--json"]


def test_a_cross_for_a_root_past_its_end_is_a_fault_of_the_plan_and_of_what_was_made(
    ceremony: Ceremony, tmp_path: Path
) -> None:
    ends = ceremony.ledger.clock.now() + timedelta(days=2)
    other = OutsideRoot(tmp_path / "old", name="PRACTICE Old Root", ends=f"{ends:%Y%m%d%H%M%SZ}").made()
    step = CrossStep("old", pem_of(other))
    folder = held(ceremony, "While it lives", step, RootCrlStep())
    plan = read_plan(Place(folder).plan)
    so_far = SoFar(Mode.PRACTICE, certificates={"root": ceremony.certificate_of("root")})
    shorter = CrossStep("old", pem_of(replace(other, ends="20201231000000Z").certified()))

    planned = [
        [one.fault for one in foresee(plan, ceremony.home, ceremony.home.key_uri, at) if one.fault]
        for at in (ends - timedelta(hours=1), ends + timedelta(days=1))
    ]
    made = [one.fault(made_by(folder, "cross"), so_far) for one in (step, shorter)]

    assert planned == [[], [f"the root of old ended on {ends:%Y-%m-%d}: ask it for its next root"]]
    assert made == [None, "the root of old ended on 2020-12-31: ask it for its next root"]


def test_a_step_finds_that_it_made_something_else(ceremony: Ceremony, outside: OutsideRoot) -> None:
    folder = held(ceremony, "All", CrossStep("other", pem_of(outside)), RequestStep("services", 1, pem_of(outside)))
    root = ceremony.certificate_of("root")
    so_far = SoFar(Mode.PRACTICE, certificates={"root": root})
    crossed, asked = made_by(folder, "cross"), made_by(folder, "request")

    found = [
        RolloverStep("officers", 2, STARTS).fault(crossed, so_far),
        CrossStep("other", pem_of(outside)).fault({"certificate": root}, so_far),
        RequestStep("services", 2, pem_of(outside)).fault(asked, so_far),
        ImportStep("services", DER_cert_to_PEM_cert(root)).fault(crossed, so_far),
    ]

    assert found == [
        "the certificate is of another key",
        "the certificate is of another key",
        "the request is of another key or name",
        "another certificate of services was taken",
    ]


@pytest.mark.parametrize(
    "verb",
    [
        ["ceremony-cross", "{pem}", "--out", "{out}"],
        ["ceremony-request", "officers", "--outside", "{pem}", "--out", "{out}"],
        ["ceremony-import", "{pem}"],
        ["rollover", "officers"],
        ["crl-publish", "root"],
    ],
    ids=lambda words: words[0],
)
def test_production_refuses_what_one_person_would_do_with_a_key_of_a_ca(
    ceremony: Ceremony, outside: OutsideRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: list[str]
) -> None:
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    held(ceremony, "A home")
    (ceremony.home.path / "mode").write_text("production\n")
    words = [word.format(pem=outside.certificate, out=tmp_path / "out.pem") for word in verb]

    refused = CliRunner().invoke(Verbs("laotrust"), [*words, "--home", str(ceremony.home.path), "--json"])

    assert refused.exit_code == 1
    assert "begin with ceremony-plan FILE" in json.loads(refused.stdout)["en"]
