"""`enrol-batch` as an officer types it: from a zip to certificates and a receipt that anybody can check."""

import json
from pathlib import Path
from zipfile import ZipFile

from ca.statement import terms
from tests.ca.batches.lists import line, pem, written
from tests.ca.conftest import FIRST, SECOND, PracticeCa, request_for
from tests.ca.test_verbs import OFFICER, Desk, desk  # noqa: F401 - `desk` is a fixture
from tests.issuing import new_key
from web.words import WORDS


def zipped(desk: Desk, *lines: dict[str, str]) -> Path:  # noqa: F811 - the fixture's value
    """A zip of a list and one request in a file."""
    path, folder = desk.home.path / "handed-in.zip", desk.home.path
    with ZipFile(path, "w") as made:
        made.write(written(folder / "list.csv", lines), "list.csv")
        made.writestr("own.csr", pem(request_for(new_key())))
    return path


def test_a_batch_goes_from_a_zip_to_certificates_and_a_receipt(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    practice = PracticeCa(desk.ledger, desk.home, None)  # type: ignore[arg-type]
    good, bad = line(practice, OFFICER, request="own.csr"), line(practice, "10000099")
    first, second = desk.acting(FIRST), desk.acting(SECOND)

    plan = desk.said("enrol-batch", str(zipped(desk, good, bad)), "--as", FIRST)
    applied = desk.typed("enrol-batch", "--apply", plan["digest"][:12], *first, "--json")
    again = desk.typed("enrol-batch", "--apply", plan["digest"], *first, "--json")
    decided = [
        desk.said("decide", "--batch", plan["digest"], "--yes", "--desk", "center", *who)["decided"]
        for who in (first, second, second)
    ]
    desk.said("issue", "--once")
    status = desk.said("enrol-batch", "--status", plan["digest"])
    receipt = desk.said("enrol-batch", "--receipt", plan["digest"], "--out", str(tmp_path / "receipt"), *first)
    verified = desk.said("batch-verify", str(tmp_path / "receipt"))
    other = desk.typed("enrol-batch", "--receipt", plan["digest"], "--out", str(tmp_path / "no"), *second, "--json")
    (tmp_path / "receipt" / "receipt.tlog-proof").unlink()
    unproven = desk.typed("batch-verify", str(tmp_path / "receipt"), "--json")
    on_his_word = desk.typed("batch-verify", str(tmp_path / "receipt"), "--unsealed")
    zip_ = desk.said("enrol-batch", "--certificates", plan["digest"], "--out", str(tmp_path / "certificates.zip"))

    said = json.loads(applied.stdout)
    assert (plan["good"], plan["bad"], plan["profiles"]) == (1, 1, {"officer-signing": 1})
    assert plan["shown"][0]["reasons"][0]["lo"] == WORDS["enrolment.person-unknown"][0]
    assert (applied.exit_code, again.exit_code, json.loads(again.stdout)) == (3, 3, said)
    assert (said["taken"], said["refused"], said["open"]) == (1, 1, 0)
    assert said["left"] == [{"line": 3, "field": "number", "code": "enrolment.person-unknown"}]
    assert decided == [1, 1, 0]
    assert status["states"] == {"issued": 1, "refused": 1}
    assert (receipt["logged"], verified["logged"], verified["counts"]) == (True, True, {"issued": 1, "refused": 1})
    assert (other.exit_code, json.loads(other.stdout)["error"]) == (1, "batch.receipt-officer")
    assert (unproven.exit_code, json.loads(unproven.stdout)["error"], on_his_word.exit_code) == (1, "unproven", 3)
    assert f"serialNumber=EG:LA-{FIRST}" in verified["signer"]
    assert zip_["certificates"] == 1
    assert (tmp_path / "receipt" / "receipt.pdf").read_bytes().startswith(b"%PDF-")


def test_the_verbs_of_batches_say_why_they_refuse_and_what_is_wrong_use(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    listed = str(written(tmp_path / "list.csv", []))
    refused = {
        "batch.plan-unknown": ["--apply", "ab" * 32, *desk.acting(FIRST)],
        "batch.unknown": ["--status", "ab" * 32],
        "batch.file-empty": [listed, "--as", FIRST],
        "enrolment.person-unknown": [listed, "--as", "10000099"],
    }
    wrong = [[], [listed], [listed, "--status", "ab" * 32], ["--apply", "ab" * 32], ["--certificates", "ab" * 32]]

    done = {code: desk.typed("enrol-batch", *words, "--json") for code, words in refused.items()}
    usage = [desk.typed("enrol-batch", *words).exit_code for words in wrong]
    form = desk.said("enrol-batch", "--template")["template"]
    empty = desk.typed("batch-verify", str(tmp_path), "--json")

    assert {code: json.loads(one.stdout)["error"] for code, one in done.items()} == {code: code for code in refused}
    assert [one.exit_code for one in done.values()] == [1] * len(refused)
    assert usage == [2] * len(wrong)
    assert (empty.exit_code, "not whole" in json.loads(empty.stdout)["error"]) == (1, True)
    assert form.startswith("\ufeffnumber,") and terms.current().digest in form
