"""A plan that does not hang together is refused with every fault named; one that does is shown with its bytes."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ca.ceremonies.approval import ApprovalInvalid, parse_approval
from ca.ceremonies.plan import Operator, Plan, PlanUnfit, parse_plan, production_faults
from ca.ceremonies.practice import everything
from ca.ceremonies.preview import foresee
from ca.ceremonies.steps import KINDS
from ca.ceremonies.steps.step import Step
from ca.configuration import Configuration
from pki.certificate import parse_tbs
from tests.ca.vault import OPERATORS, Vault
from tests.doubles import TurnedClock
from tests.issuing import KeySigner
from web.home import Home, Mode

DOCUMENT = Path(__file__).parents[2] / "docs" / "ceremony.md"


@pytest.fixture
def vault(tmp_path: Path, sqlite_template: Path) -> Vault:
    uri = "pkcs11:token={};object={{}}?pin-source=file:/pin"
    vault = Vault(tmp_path, {label: uri.format(label) for label in ("vault", "issuing")})
    vault.furnish(sqlite_template)
    return vault


def faults_of(vault: Vault, steps: list[dict[str, Any]], **changed: Any) -> list[str]:
    with pytest.raises(PlanUnfit) as refused:
        parse_plan(json.dumps(vault.body(steps, **changed)), vault.folder)
    return refused.value.faults


def read(vault: Vault, steps: list[dict[str, Any]], **changed: Any) -> Plan:
    return parse_plan(json.dumps(vault.body(steps, **changed)), vault.folder)


def test_the_digest_covers_the_plan_and_the_files_that_it_names(vault: Vault) -> None:
    plan = read(vault, vault.steps())
    resolved = parse_plan(plan.body, vault.folder / "nowhere")
    (vault.folder / f"{OPERATORS[2]}.pub.pem").write_text((vault.folder / f"{OPERATORS[2]}.pub.pem").read_text() + "\n")
    same = read(vault, vault.steps())
    vault.tokens["vault"] = vault.tokens["vault"].replace("vault", "other")
    other = read(vault, vault.steps())

    assert plan.digest == resolved.digest == same.digest
    assert other.digest != plan.digest


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"quorum": 4}, "quorum is 4: it is from 1 to the number of operators (3)"),
        ({"quorum": 0}, "quorum is 0: it is from 1 to the number of operators (3)"),
        ({"quorum": "2"}, "quorum: is missing, or of another kind"),
        ({"title": ""}, "title: is missing, or of another kind"),
        ({"mode": "play"}, "mode: 'play' is not a valid Mode"),
        ({"colour": "red"}, "not known in a plan: colour"),
        ({"operators": []}, "quorum is 2: it is from 1 to the number of operators (0)"),
        ({"operators": "all"}, "operators is no list of objects"),
    ],
)
def test_a_head_that_is_wrong_is_named(vault: Vault, changed: dict[str, Any], sentence: str) -> None:
    assert sentence in faults_of(vault, vault.steps(), **changed)


def test_an_operator_counts_once_whatever_he_is_called(vault: Vault) -> None:
    same = [{"code": code, "key_file": f"{OPERATORS[0]}.pub.pem"} for code in OPERATORS]

    assert faults_of(vault, vault.steps(), operators=same) == [
        "an operator is named twice: each has one code and one key of his own"
    ]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"kind": "dance"}, "step 12: 'dance' is no kind: take one of mode, key, root, issuer, service"),
        ({"kind": "issuer", "name": "citizens"}, "step 12 (issuer citizens) needs key citizens: a step before it must"),
        ({"kind": "issuer"}, "step 12 (issuer): name: is missing, or of another kind"),
        ({"kind": "issuer", "name": "officers"}, "step 12 (issuer officers) makes certificate officers again"),
        ({"kind": "issuer", "name": "officers"}, "step 12 (issuer officers) comes after the CRL of root"),
        ({"kind": "key", "name": "x", "algorithm": "DSA"}, "step 12 (key): algorithm: 'DSA' is not a valid"),
        ({"kind": "key", "name": "x", "algorithm": "RS256", "rsa_bits": 2048}, "step 12 (key): rsa_bits is 2048"),
        ({"kind": "root-crl", "hue": 1}, "step 12 (root-crl): not known there: hue"),
        ({"kind": "mode"}, "the first step, and no other, is of the kind mode"),
        ({"kind": "root", "name": "root-pq", "validity_days": 9999}, "step 12 (root): validity_days of a root is from"),
        ({"kind": "service", "name": "x", "profile": "issuing-ca", "issuer": "root"}, "profile issuing-ca is not for"),
        ({"kind": "first-officer", "number": "1", "request": "no"}, "the request of 1 does not hold"),
        ({"kind": "destroy-key", "name": "spare"}, "step 12 (destroy-key spare) needs key spare"),
        ({"kind": "destroy-key", "name": "spare", "key": "00", "where": "file://["}, "where: this is no key URI"),
        (
            {"kind": "rollover", "name": "officers", "generation": 2, "starts": "0001-01-01T00:00:00+14:00"},
            "starts is 0001-01-01T00:00:00+14:00, which is no time in UTC",
        ),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_done_is_named(vault: Vault, step: dict[str, Any], sentence: str) -> None:
    assert any(sentence in fault for fault in faults_of(vault, [*vault.steps(), step]))


def test_a_file_that_is_not_there_is_named(vault: Vault) -> None:
    (vault.folder / "officer.csr").unlink()

    assert faults_of(vault, vault.steps()) == [
        f"request_file: {vault.folder}/officer.csr is not there, or is no PEM: put it beside the plan"
    ]


@pytest.mark.parametrize("text", ["steps:\n- mode", "[" * 20_000], ids=["another form", "without a bottom"])
def test_a_plan_that_is_no_json_is_refused(vault: Vault, text: str) -> None:
    with pytest.raises(PlanUnfit, match="the plan is no JSON"):
        parse_plan(text, vault.folder)


def test_an_approval_without_a_bottom_is_none() -> None:
    with pytest.raises(ApprovalInvalid, match="this is no approval"):
        parse_approval("[" * 20_000)


def test_production_takes_its_numbers_from_the_configuration(vault: Vault) -> None:
    plan = read(vault, vault.steps())

    assert production_faults(plan, Configuration()) == []
    assert production_faults(plan, Configuration(ceremony_operators=5, ceremony_quorum=3)) == [
        "quorum is 2: production needs 3 at least",
        "3 operators are named: production needs 5",
    ]


def test_every_certificate_of_the_practice_ceremony_is_foreseen_and_passes_the_lint(tmp_path: Path) -> None:
    home, clock = Home(tmp_path), TurnedClock()
    (tmp_path / "base-port").write_text("8440\n")
    operators = (Operator("practice", KeySigner().public_key),)
    plan = Plan("Practice", "here", "2026", Mode.PRACTICE, 1, operators, tuple(everything(["10000001"])))

    steps = list(foresee(plan, home, home.key_uri, clock.now()))

    drafts = {one.step.about: one.draft for one in steps if one.draft and one.step.kind != "root-crl"}
    assert len(drafts) == 6 + 20
    assert [found for draft in drafts.values() for found in draft.findings] == []
    assert parse_tbs(drafts["root-pq"].tbs).subject == parse_tbs(drafts["officers-pq"].tbs).issuer
    assert "the key tsa (not made yet)" in drafts["tsa"].unknown
    assert [one.words.lao for one in steps if not one.words.lao] == []
    assert [file.name for file in tmp_path.iterdir()] == ["base-port"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_of_step_is_documented_with_its_fields(kind: type[Step]) -> None:
    [row] = [line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith(f"| `{kind.kind}` |")]
    named = [field.name for field in fields(kind)]  # type: ignore[arg-type]

    assert [name for name in named if f"`{name}`" not in row and f"`{name}_file`" not in row] == []
