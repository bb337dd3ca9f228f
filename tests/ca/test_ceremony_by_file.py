"""A ceremony by its file, as operators hold it: planned, approved by two of three, run on tokens, signed, replayed."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from ca.ceremonies.approval import (
    LAPSES_AFTER,
    Approval,
    ApprovalInvalid,
    approval_file,
    approve,
    read_approvals,
    verify_timely,
)
from ca.ceremonies.plan import read_plan
from ca.ceremonies.practice import hold_practice_ceremony
from ca.events.ceremonies import KeyMade
from ledger.acts import FRESHNESS
from ledger.certificates import Certificate, Issuer, KeyBlock, KeyUse
from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.verification import verify_ledger
from pki.keys import key_sha256
from pki.signing import SignatureAlgorithm
from scripts.__main__ import Verbs
from signers import open_signer
from signers.pkcs11 import contents, generate
from tests.ca.conftest import register_person
from tests.ca.vault import OFFICER, OPERATORS, Token, Vault, named, vault_with
from tests.conftest import url_of
from tests.doubles import START, TurnedClock
from tests.softhsm import token
from web.home import Home
from web.words import WORDS

__all__ = ["token"]
ANNA, BOUN, CHANH = OPERATORS
SECOND = timedelta(seconds=1)


@pytest.fixture
def ledger_of_vault(vault: Vault) -> Iterator[Ledger]:
    ledger = Ledger(vault.home.database_url, SystemClock(), system_randomness, "0.1.0", "test")
    register_person(ledger, OFFICER)
    yield ledger
    ledger.close()


@pytest.fixture
def vault(tmp_path: Path, sqlite_template: Path, token: Token, monkeypatch: pytest.MonkeyPatch) -> Vault:
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    return vault_with(tmp_path, sqlite_template, token)


def test_from_nothing_to_the_first_officer_on_tokens_by_two_of_three(vault: Vault, ledger_of_vault: Ledger) -> None:
    vault.write(vault.steps())
    planned, plan = vault.said("ceremony-plan", str(vault.plan_file))
    keyless = contents(vault.tokens["vault"].format("root"))

    alone, too_few = (vault.by("ceremony-approve", ANNA), vault.run())[1]
    approved, _ = vault.by("ceremony-approve", BOUN)
    unsigned, run = vault.run()
    first, _ = vault.by("ceremony-sign", BOUN)
    signed, end = vault.by("ceremony-sign", ANNA)
    again, same = vault.run()
    held, replayed = vault.replayed()

    assert (planned, plan["faults"], keyless) == (0, [], [])
    assert (alone, "1 of 3 operators approved, 2 must" in too_few["en"]) == (1, True)
    assert (approved, unsigned, first, signed, again, held) == (0, 3, 3, 0, 0, 0)
    assert run["missing"] == [ANNA, BOUN]
    assert same == end
    assert (replayed["holds"], replayed["steps"], replayed["ledger"]) == (True, 11, True)
    assert replayed["signed_by"] == [ANNA, BOUN, "checkpoint"]
    with ledger_of_vault.read() as session:
        certificates = {one.profile: one for one in session.scalars(select(Certificate))}
        issuers = list(session.scalars(select(Issuer.name).order_by(Issuer.name)))
        owners = sorted(session.scalars(select(KeyUse.subject)))
    assert certificates.keys() == {"root-ca", "issuing-ca", "ocsp-responder", "officer-authentication"}
    assert issuers == ["officers", "root"]
    assert owners == ["checkpoint", "ocsp-officers", "officers", f"p{OFFICER}", "root", "spare"]
    assert [one.label for one in contents(vault.tokens["vault"].format("x"))] == ["root", "root"]
    report = verify_ledger(ledger_of_vault.reading, vault.home.checkpoints)
    assert (report.faults, report.unsealed) == ([], 0)
    folder = vault.home.path / "certificates"
    officer = vault.home.path.resolve() / "people" / f"{OFFICER}-authentication.pem"
    command = f"openssl verify -x509_strict -no_check_time -CAfile root.pem -untrusted officers.pem {officer}"
    judged = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
    assert judged.stdout == f"{officer}: OK\n", judged.stderr


def test_approvals_that_do_not_count_are_refused_in_a_sentence(vault: Vault, ledger_of_vault: Ledger) -> None:
    vault.write(vault.steps())
    vault.by("ceremony-approve", ANNA)
    copy = vault.plan_file.with_name("root.approval.again.json")
    copy.write_text(vault.plan_file.with_name(f"root.approval.{ANNA}.json").read_text())
    twice = vault.run()
    copy.unlink()
    strange = vault.said("ceremony-approve", str(vault.plan_file), "--operator", CHANH, "--key", vault.key(BOUN))
    unknown = vault.said("ceremony-approve", str(vault.plan_file), "--operator", "nobody", "--key", vault.key(BOUN))
    vault.by("ceremony-approve", BOUN)
    vault.write(vault.steps(), title="Another")
    other = vault.run()

    assert [code for code, _ in (twice, strange, unknown, other)] == [1, 1, 1, 1]
    assert "approved twice" in twice[1]["en"]
    assert f"this key is not the one that the plan names for {CHANH}" in strange[1]["en"]
    assert "nobody is no operator of this plan" in unknown[1]["en"]
    assert f"the approval of {ANNA} is of another plan" in other[1]["en"]
    assert not (vault.home.path / "ceremonies").exists()
    assert contents(vault.tokens["vault"].format("root")) == []


def test_a_key_that_is_blocked_approves_no_ceremony(vault: Vault, ledger_of_vault: Ledger) -> None:
    vault.write(vault.steps()[:4])
    [operator] = [one for one in read_plan(vault.plan_file).operators if one.code == ANNA]
    key, now = key_sha256(operator.spki), ledger_of_vault.clock.now()
    facts = [KeyUse(key_sha256=key, subject=ANNA), KeyBlock(key_sha256=key, at=now)]
    ledger_of_vault.entries([Deed(KeyMade(ANNA, key), Actor.system("test"), facts)])
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)

    code, said = vault.run()

    assert (code, f"the key of {ANNA} is blocked for ever" in said["en"]) == (1, True)
    assert contents(vault.tokens["vault"].format("root")) == []


def test_production_takes_no_plan_of_one_person_and_no_key_of_a_ca_in_a_file(vault: Vault) -> None:
    steps = [{name: value for name, value in step.items() if name != "where"} for step in vault.steps()]
    vault.write(steps, quorum=1, operators=vault.body([])["operators"][:2])

    code, said = vault.said("ceremony-plan", str(vault.plan_file))

    assert code == 1
    assert said["faults"] == [
        "quorum is 1: production needs 2 at least",
        "2 operators are named: production needs 3",
        "production refuses a file key for the CA officers: give its key step where: pkcs11:…",
        "production refuses a file key for the CA root: give its key step where: pkcs11:…",
    ]
    vault.by("ceremony-approve", ANNA)
    assert vault.run()[1]["faults"] == said["faults"]


def test_an_approval_of_long_ago_or_of_the_future_begins_no_ceremony_and_one_made_again_does(
    vault: Vault, ledger_of_vault: Ledger
) -> None:
    vault.write(vault.steps()[:2])
    vault.by("ceremony-approve", BOUN)
    now, day = ledger_of_vault.clock.now(), timedelta(days=1)
    approved_at(vault, now - LAPSES_AFTER - day)
    old = vault.run()
    approved_at(vault, now + day)
    early = vault.run()
    begun = (vault.home.path / "ceremonies").exists()

    approved_at(vault, now - LAPSES_AFTER + day)
    fresh, done = vault.run()

    assert [(code, said["error"]) for code, said in (old, early)] == [(1, "ceremony.approval-lapsed")] * 2
    assert f"the approval of {ANNA} is older than 90 days: he must approve again" in old[1]["en"]
    assert f"the approval of {ANNA} is of a time that is still to come" in early[1]["en"]
    assert not begun
    assert (fresh, done["done"]) == (3, 3)


def approved_at(vault: Vault, at: datetime) -> None:
    """The first operator approved the plan then."""
    approval = approve(read_plan(vault.plan_file), ANNA, open_signer(vault.key(ANNA)), at)
    approval_file(vault.plan_file, ANNA).write_text(json.dumps(approval.body()), "utf-8")


def test_approvals_are_found_beside_a_plan_of_any_name(tmp_path: Path) -> None:
    """Brackets are a pattern to those who look for files."""
    plan_file = tmp_path / "root [second]*.json"
    approval = Approval("ab" * 32, ANNA, START, b"")
    approval_file(plan_file, ANNA).write_text(json.dumps(approval.body()), "utf-8")

    assert read_approvals(plan_file) == [approval]


@pytest.mark.parametrize(
    ("ago", "counts"),
    [(LAPSES_AFTER, True), (LAPSES_AFTER + SECOND, False), (-FRESHNESS, True), (-FRESHNESS - SECOND, False)],
)
def test_how_old_an_approval_may_be(ago: timedelta, counts: bool) -> None:
    approval = Approval("ab" * 32, ANNA, START - ago, b"")

    with nullcontext() if counts else pytest.raises(ApprovalInvalid):
        verify_timely([approval], START)


def test_one_who_did_not_approve_signs_no_transcript(vault: Vault, ledger_of_vault: Ledger) -> None:
    vault.write(vault.steps()[:4])
    vault.by("ceremony-approve", ANNA)
    early = vault.by("ceremony-sign", ANNA)
    vault.by("ceremony-approve", BOUN)
    vault.run()

    absent = vault.by("ceremony-sign", CHANH)
    forged = vault.said("ceremony-sign", str(vault.plan_file), "--operator", ANNA, "--key", vault.key(CHANH))
    code, replayed = vault.replayed()

    assert "is not at its end" in early[1]["en"]
    assert f"{CHANH} did not approve" in absent[1]["en"]
    assert "is not the one that the plan names" in forged[1]["en"]
    assert (code, replayed["faults"]) == (1, [f"not signed once by {ANNA}, {BOUN}: have them run ceremony-sign"])


def test_a_key_that_is_another_than_planned_stops_the_ceremony(vault: Vault, ledger_of_vault: Ledger) -> None:
    steps = vault.steps()[:4]
    vault.write(steps)
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)
    vault.run()
    steps[2]["algorithm"] = "ES256"
    vault.write(steps)
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)

    code, said = vault.run()

    assert (code, said["en"]) == (1, "the key root is ES384, not ES256: give another URI")


def test_a_root_that_lives_otherwise_than_planned_stops_the_ceremony(vault: Vault, ledger_of_vault: Ledger) -> None:
    for days in (7300, 3650):
        vault.write([*vault.steps()[:3], {"kind": "root", "validity_days": days}])
        vault.by("ceremony-approve", ANNA)
        vault.by("ceremony-approve", BOUN)
        code, said = vault.run()

    assert code == 1
    assert said["en"] == (
        "step 4 (root root) came out otherwise than planned: the certificate lives longer than the plan says"
    )


def test_a_plan_changes_nothing(vault: Vault, ledger_of_vault: Ledger) -> None:
    vault.write(vault.steps())
    before = {file: file.stat().st_mtime_ns for file in vault.home.path.rglob("*") if "laotrust.db-" not in file.name}

    vault.said("ceremony-plan", str(vault.plan_file))

    after = {file: file.stat().st_mtime_ns for file in vault.home.path.rglob("*") if "laotrust.db-" not in file.name}
    assert after == before
    assert contents(vault.tokens["vault"].format("root")) == []


def test_production_certifies_nothing_that_points_to_this_machine(vault: Vault) -> None:
    (vault.home.path / "addresses").write_text("ca = http://pki.gov.la\n")
    vault.write(vault.steps()[:2])
    _, planned = vault.said("ceremony-plan", str(vault.plan_file))
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)
    _, refused = vault.run()

    assert planned["addresses"] == {"ca": "http://pki.gov.la", "ocsp": "http://127.0.0.1:8441"}
    assert planned["faults"] == [
        f"production needs the address of ocsp: write `ocsp = http://…gov.la` into {vault.home.path / 'addresses'}"
    ]
    assert refused["error"] == "ceremony.no-address"


def test_what_was_approved_for_one_home_is_held_in_no_other(
    vault: Vault, ledger_of_vault: Ledger, sqlite_template: Path
) -> None:
    vault.write(vault.steps()[:2])
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)
    second = Home(vault.folder / "second")
    second.path.mkdir(mode=0o700)
    for name in ("base-port", "addresses"):
        copyfile(vault.home.path / name, second.path / name)
    copyfile(sqlite_template, second.path / "laotrust.db")
    unnamed = said_there(second, "ceremony-run", vault.plan_file)
    name = named(second)

    planned, elsewhere = (said_there(second, verb, vault.plan_file) for verb in ("ceremony-plan", "ceremony-run"))
    here, done = vault.run()

    assert (unnamed["faults"], elsewhere["error"]) == (
        ["this home has no name yet: run `python -m scripts migrate`, and see whether the plan names it"],
        "ceremony.plan-unfit",
    )
    assert planned["faults"] == elsewhere["faults"]
    assert elsewhere["faults"] == [
        f"the plan is for the home {vault.name}, and this one is {name}: hold it there, or have a plan for this one"
    ]
    assert not (second.path / "mode").exists()
    assert (here, done["done"]) == (3, 3)


def said_there(home: Home, verb: str, plan: Path) -> dict[str, Any]:
    """What a verb about the plan says in another home, where it does nothing."""
    result = CliRunner().invoke(Verbs("laotrust"), [verb, str(plan), "--home", str(home.path), "--json"])
    assert result.exit_code == 1
    return dict(json.loads(result.stdout))


def test_production_asks_for_the_home_that_the_plan_is_for(vault: Vault, ledger_of_vault: Ledger) -> None:
    agreed = vault.body(vault.steps()[:2])
    del agreed["home"]
    vault.plan_file.write_text(json.dumps(agreed), "utf-8")
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)

    _, planned = vault.said("ceremony-plan", str(vault.plan_file))
    code, refused = vault.run()

    assert code == 1
    assert planned["faults"] == refused["faults"]
    assert refused["faults"] == [
        "no home is named: production needs home, the name that `python -m scripts migrate` says there"
    ]


def test_a_home_is_named_once(vault: Vault) -> None:
    names = [vault.said("migrate")[1]["home"] for _ in range(2)]

    assert names == [vault.name, vault.name]


def test_one_person_holds_no_ceremony_in_production(vault: Vault) -> None:
    code, said = vault.said("ceremony-root", "--mode", "production")

    assert (code, said["error"], said["lo"]) == (1, "ceremony.by-plan", WORDS["ceremony.by-plan"][0])
    assert said["en"].startswith("production has no ceremony of one person: write a plan")
    assert not (vault.home.path / "mode").exists()


def test_a_home_without_a_ceremony_is_told_so_in_both_languages(vault: Vault) -> None:
    code, said = vault.said("ceremony-issuer", "officers")

    assert (code, said["error"], said["lo"]) == (1, "HomeUnfit", WORDS["home.no-ceremony"][0])
    assert "has no ceremony yet: run `python -m scripts ceremony-root` first" in said["en"]


def test_the_contents_of_a_token_are_listed(vault: Vault) -> None:
    uri = generate(vault.tokens["vault"].format("root"), SignatureAlgorithm.ECDSA_P256_SHA256)

    code, said = vault.said("token-list", uri)

    assert code == 0
    assert [(one["label"], one["kind"], one["extractable"]) for one in said["objects"]] == [
        ("root", "private key", False), ("root", "public key", None),
    ]  # fmt: skip


@pytest.mark.postgresql_only("roles are PostgreSQL's")
def test_a_ceremony_needs_no_right_but_its_own_roles(
    ledger: Ledger, database_url: str, tmp_path: Path, clock: TurnedClock
) -> None:
    register_person(ledger, OFFICER)
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    own = Ledger(url_of("ceremony", database_url), clock, system_randomness, "0.1.0", "ceremony")

    held = hold_practice_ceremony(own, home, [OFFICER], clock=clock)

    assert (held.issuers, held.officers) == (6, 1)
    own.close()
