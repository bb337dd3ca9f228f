"""The verbs of issuers as an operator types them: roll-over, an outside root, the end of one, and the drills."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.sealed_fields import SealedFields
from scripts.__main__ import Verbs
from tests.ca.closers import CLOSERS, admit_closers
from tests.ca.conftest import PracticeCa
from tests.ca.outside import OutsideRoot
from tests.ca.test_verbs import Desk, desk

__all__ = ["desk"]


def states(desk: Desk) -> dict[str, str]:
    result = desk.typed("issuer-list", "--json")
    return {one["issuer"]: one["state"] for one in json.loads(result.stdout)["issuers"]}


def test_the_next_generation_under_an_outside_root_and_one_under_our_own(desk: Desk, tmp_path: Path) -> None:
    outside = OutsideRoot(tmp_path / "outside").made()
    rolled = desk.said("rollover", "citizens", "--starts", "2999-01-01")
    asked = desk.said(
        "ceremony-request", "officers", "--outside", str(outside.certificate), "--out", str(tmp_path / "ours.csr")
    )
    answer = tmp_path / "answer.pem"
    answer.write_bytes(outside.answer(pem_request(outside, tmp_path / "ours.csr")))

    alone = desk.typed("ceremony-import", str(answer), "--json")
    taken = desk.said("ceremony-import", str(answer), "--chain", str(outside.certificate))
    responder = desk.said("ceremony-issuer", "officers")

    assert (rolled["issuer"], rolled["state"]) == ("citizens-2", "waits")
    assert asked["issuer"] == taken["issuer"] == "officers-2"
    assert (alone.exit_code, json.loads(alone.stdout)["error"]) == (1, "import.chain-broken")
    assert responder["certificate"].endswith("officers-2.pem")
    found = states(desk)
    assert (found["officers"], found["officers-2"], found["citizens"]) == ("followed", "signs", "signs")


def pem_request(outside: OutsideRoot, request: Path) -> bytes:
    """The request as DER, read by openssl."""
    outside.openssl("req", "-in", str(request), "-outform", "DER", "-out", "read.der", "-verify")
    return (outside.folder / "read.der").read_bytes()


def test_an_issuer_ends_step_by_step_and_its_archive_verifies(desk: Desk) -> None:
    admit_closers(PracticeCa(desk.ledger, desk.home, SealedFields.open(desk.home.key_uri("fields"))))
    planned = desk.said("terminate", "citizens")
    first = desk.said("terminate", "citizens", *desk.acting(CLOSERS[0]))
    twice = desk.typed("terminate", "citizens", *desk.acting(CLOSERS[0]), "--json")
    second = desk.typed("terminate", "citizens", *desk.acting(CLOSERS[1]), "--json")
    desk.said("issue", "--once")
    done = archived(desk)

    verified = desk.said("archive-verify", done["archive"])

    assert (planned["ended"], planned["acts"], first["acts"]) == (False, 0, 1)
    assert json.loads(twice.stdout)["error"] == "closing.twice"
    assert (second.exit_code, json.loads(second.stdout)["ended"]) == (3, True)
    assert verified["crls"] >= 2
    assert states(desk)["citizens"] == "terminated"


def archived(desk: Desk) -> dict[str, str]:
    """What `terminate` says once the log is sealed."""
    result = None
    for _ in range(50):
        result = desk.typed("terminate", "citizens", "--json")
        if result.exit_code == 0:
            break
    assert result is not None
    return dict(json.loads(result.stdout))


@pytest.mark.parametrize("drill", ["drill-terminate", "drill-compromise"])
def test_a_drill_leaves_a_dated_report_in_which_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drill: str
) -> None:
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)

    result = CliRunner().invoke(Verbs("laotrust"), [drill, "--certificates", "3", "--json", "--home", str(tmp_path)])

    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["good"] and all(said["steps"].values())
    assert json.loads(Path(said["report"]).read_text())["at"] == said["at"]
    assert said["home"].startswith(str(tmp_path.resolve()))
