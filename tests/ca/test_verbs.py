"""The verbs of certification from a request to a CRL, as an operator types them: JSON, exit codes, both languages."""

import fcntl
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from ssl import DER_cert_to_PEM_cert
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ca.ceremonies.practice import hold_practice_ceremony
from ca.statement import terms
from ca.tables.publication import Crl
from ledger.certificates import Certificate
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ledger.seal import run as keep_sealing
from pki.crl import parse_crl
from scripts.__main__ import Verbs
from signers import open_signer
from tests.ca.conftest import FIRST, SECOND, PracticeCa, register_person, request_for
from tests.issuing import new_key
from web.home import Home
from web.words import WORDS

OFFICER, STRANGER = "10000017", "10000099"


@dataclass
class Desk:
    """A home after its ceremony with the sealer running, and a hand that types verbs."""

    home: Home
    ledger: Ledger

    def typed(self, *words: str) -> Result:
        return CliRunner().invoke(Verbs("laotrust"), [*words, "--home", str(self.home.path)])

    def said(self, *words: str) -> dict[str, Any]:
        """The one JSON object of a verb that did all it was asked."""
        result = self.typed(*words, "--json")
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout))

    def acting(self, number: str) -> list[str]:
        key = f"file:{self.home.path.resolve()}/people/{number}-authentication.key.pem"
        return ["--as", number, "--key", key]

    def enrolling(self, *requests: Path, person: str = OFFICER) -> list[str]:
        (self.home.path / "number.txt").write_text("0123456789\n")
        paper = ["--paper", "chip-identity-card", "--paper-issuer", "MPS", "--issued", "2020-01-01"]
        paper += ["--expires", "2030-01-01", "--desk", "center"]
        paper += ["--terms", terms.current().digest, "--agreed", "written"]
        files = ["--paper-number", str(self.home.path / "number.txt"), "--scan", str(self.home.path / "mode")]
        officer = SECOND if person == FIRST else FIRST
        return ["enrol", *map(str, requests), "--person", person, *paper, *files, *self.acting(officer)]

    def request(self, name: str = "officer-signing") -> Path:
        file = self.home.path / f"{name}.csr"
        file.write_bytes(request_for(new_key()))
        return file

    def newest(self, issuer: str) -> Crl:
        """The issuer's CRL in force."""
        return PracticeCa(self.ledger, self.home, None).newest_crl(issuer)  # type: ignore[arg-type]

    def certificate(self) -> Path:
        """The officer's newest certificate as a file."""
        with self.ledger.read() as session:
            newest = session.query(Certificate).filter_by(person_id=f"p{OFFICER}").one()
        file = self.home.path / "officer.pem"
        file.write_text(DER_cert_to_PEM_cert(newest.der))
        return file

    def decided_by_both(self, enrolment: str) -> list[int]:
        words = ["decide", enrolment, "--yes", "--desk", "center"]
        return [self.said(*words, *self.acting(number))["decided"] for number in (FIRST, SECOND)]


@pytest.fixture
def desk(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    copyfile(sqlite_template, home.path / "laotrust.db")
    ledger = Ledger(home.database_url, SystemClock(), system_randomness, "0.1.0", "test")
    for number in (FIRST, SECOND, OFFICER):
        register_person(ledger, number)
    hold_practice_ceremony(ledger, home, [FIRST, SECOND], clock=ledger.clock)
    stop = threading.Event()
    checkpoint = open_signer(home.key_uri("checkpoint"))
    sealer = threading.Thread(target=keep_sealing, args=(ledger, checkpoint, home.checkpoints, stop))
    sealer.start()
    yield Desk(home, ledger)
    stop.set()
    sealer.join()
    ledger.close()


def test_from_a_request_to_a_crl_each_verb_says_one_json_object(desk: Desk) -> None:
    [enrolment] = desk.said(*desk.enrolling(desk.request()))["enrolments"].values()
    decided = desk.decided_by_both(enrolment)
    issued = desk.said("issue", "--once")
    certificate = str(desk.certificate())
    shown = desk.said("certificate-show", certificate)
    suspended = desk.said("suspend", certificate, *desk.acting(FIRST))
    held = desk.said("certificate-show", shown["sha256"])
    released = desk.said("release", certificate, *desk.acting(SECOND))
    desk.said("issue", "--once")
    good = desk.said("certificate-show", shown["serial"])
    revoking = ["--certificate", certificate, "--reason", "keyCompromise"]
    revoked = desk.said("revoke", *revoking, *desk.acting(FIRST))
    before = desk.newest("officers").number
    crl = desk.said("crl-publish", "officers")

    assert decided == [1, 1]
    assert (issued["issued"], issued["refused"]) == (1, [])
    assert shown["subject"].endswith("serialNumber=EG:LA-10000017")
    assert [one["status"] for one in (shown, held, good)] == ["good", "held", "good"]
    assert [one["act"] for one in (suspended, released, revoked)] == [
        "certificate.hold", "certificate.release", "certificate.revoke",
    ]  # fmt: skip
    assert revoked["serial_numbers"] == [shown["serial"]]
    assert crl["number"] == before + 1
    ended = desk.said("certificate-show", certificate)
    assert (ended["status"], ended["reason"]) == ("revoked", "keyCompromise")
    assert int(shown["serial"], 16) in parse_crl(desk.newest("officers").der).by_serial


def test_several_requests_are_enrolled_at_once_and_a_bad_one_stops_none(desk: Desk) -> None:
    folder = desk.home.path / "requests"
    folder.mkdir()
    for name in ("a-officer-authentication", "b-officer-signing"):
        desk.request(name).rename(folder / f"{name}.csr")
    (folder / "c-officer-signing.csr").write_bytes(b"not a request")
    (folder / "notes.txt").write_text("no request either")

    done = desk.typed(*desk.enrolling(folder, desk.request("d-officer-signing")), "--json")

    said = json.loads(done.stdout)
    assert done.exit_code == 3
    assert sorted(Path(file).stem[0] for file in said["enrolments"]) == ["a", "b", "d"]
    assert said["refused"] == {str(folder / "c-officer-signing.csr"): "enrolment.request-malformed"}


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "--json"])
def test_refusals_are_said_in_both_languages_with_exit_code_1(desk: Desk, as_json: bool) -> None:
    [own] = desk.said(*desk.enrolling(desk.request(), person=FIRST))["enrolments"].values()
    deciding = ["decide", own, "--yes", "--desk", "center"]
    verbs = {
        "enrolment.person-unknown": desk.enrolling(desk.request("x-officer-signing"), person=STRANGER),
        "decision.own-request": [*deciding, *desk.acting(FIRST)],
        "decision.enrolment-unknown": ["decide", "nothing", "--no", "--desk", "center", *desk.acting(FIRST)],
        "act.certificate-unknown": [*deciding, "--as", SECOND, *desk.acting(FIRST)[2:]],
        "revocation.certificate-unknown": ["certificate-show", "ab" * 32],
        "revocation.not-held": ["release", "cd" * 32, *desk.acting(FIRST)],
        "revocation.person-unknown": ["revoke", "--person", STRANGER, "--reason", "superseded", *desk.acting(FIRST)],
    }

    done = {code: desk.typed(*words, *["--json"] * as_json) for code, words in verbs.items()}

    assert {code: one.exit_code for code, one in done.items()} == dict.fromkeys(verbs, 1)
    spoken = {code: " ".join(one.output.split()) for code, one in done.items()}
    assert [code for code in verbs if WORDS[code][0] not in spoken[code] or WORDS[code][1] not in spoken[code]] == []
    assert [code for code in verbs if code not in spoken[code]] == []
    assert [bool(one.stdout) for one in done.values()] == [as_json] * len(verbs)


def test_a_wrong_use_is_told_with_exit_code_2(desk: Desk) -> None:
    nothing = desk.typed("revoke", "--reason", "superseded", *desk.acting(FIRST))
    nameless = desk.typed(*desk.enrolling(desk.request("nameless")))

    assert (nothing.exit_code, nameless.exit_code) == (2, 2)
    assert "give either --person or --certificate" in nothing.output
    assert "say --profile" in nameless.output


def test_what_is_no_text_no_day_and_no_file_is_told_and_breaks_nothing(desk: Desk) -> None:
    noise = desk.home.path / "noise"
    noise.write_bytes(b"\xff\xfe\x00")
    enrolling = [str(noise) if word.endswith("number.txt") else word for word in desk.enrolling(desk.request())]

    done = [
        desk.typed(*enrolling),
        desk.typed("ceremony-plan", str(noise)),
        desk.typed("mail-confirm", "nothing", str(noise), *desk.acting(FIRST)),
        desk.typed("certificate-show", "a" * 300),
        desk.typed("certificate-find", "--desk", "center", "--since", "0001-01-01"),
    ]

    assert [one.exit_code for one in done] == [2, 1, 1, 1, 0]
    assert {type(one.exception) for one in done} == {SystemExit, type(None)}


def test_nobody_signs_beside_a_running_signing_room(desk: Desk) -> None:
    with (desk.home.path / "issue.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        done = [desk.typed(*words, "--json") for words in (["issue", "--once"], ["ceremony-issuer", "officers"])]

    assert [one.exit_code for one in done] == [1, 1]
    assert [json.loads(one.stdout)["error"] for one in done] == ["issuance.other-room"] * 2


def test_a_ceremony_by_its_verbs_makes_root_and_issuer_once(desk: Desk, tmp_path: Path, sqlite_template: Path) -> None:
    other = Desk(Home(tmp_path / "other"), desk.ledger)
    other.home.path.mkdir()
    (other.home.path / "base-port").write_text("8440\n")
    copyfile(sqlite_template, other.home.path / "laotrust.db")

    roots = [other.said("ceremony-root", "--mode", "practice") for _ in range(2)]
    issuers = [other.said("ceremony-issuer", "officers") for _ in range(2)]
    wrong = other.typed("ceremony-root", "--mode", "production")

    assert roots[0] == roots[1]
    assert issuers[0] == issuers[1]
    assert (wrong.exit_code, "is for practice" in wrong.output) == (1, True)


def test_an_enrolment_is_shown_with_what_backs_it_and_confirmed_by_its_holder(desk: Desk) -> None:
    key = new_key()
    file = desk.home.path / "own-officer-signing.csr"
    file.write_bytes(request_for(key))
    pem = desk.home.path / "own.key.pem"
    pem.touch(0o600)
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    [enrolment] = desk.said(*desk.enrolling(file))["enrolments"].values()
    fresh = desk.said("enrolment-show", enrolment)
    desk.decided_by_both(enrolment)
    desk.said("issue", "--once")
    [certificate] = desk.said("enrolment-show", enrolment)["certificates"]

    desk.said("certificate-confirm", certificate, "--key", f"file:{pem.resolve()}")

    shown = desk.said("enrolment-show", enrolment)
    assert (fresh["state"], shown["state"]) == ("identity-checked", "confirmed")
    assert fresh["backing"]["given-name"] == ["evidence", fresh["evidence"][0]["id"]]
    assert [one["desk"] for one in shown["decisions"]] == ["center", "center"]
    assert shown["agreement"]["means"] == "written"
    assert "backed by" in desk.typed("enrolment-show", enrolment).output


def test_a_scan_leads_to_whose_papers_it_was_handed_in_for(desk: Desk) -> None:
    desk.said(*desk.enrolling(desk.request()))

    known, strange = (desk.said("scan-find", str(desk.home.path / name)) for name in ("mode", "number.txt"))

    assert known["found"] == [{"person": OFFICER, "paper": "chip-identity-card"}]
    assert strange["found"] == []


def test_verbs_of_registration_say_why_they_refuse(desk: Desk) -> None:
    [enrolment] = desk.said(*desk.enrolling(desk.request()))["enrolments"].values()
    code = desk.home.path / "code.txt"
    code.write_text("12345678\n")
    verbs = {
        "confirmation.not-needed": ["enrolment-confirm", enrolment],
        "mail.other-domain": ["mail-verify", OFFICER, "x@gmail.com"],
        "mail.challenge-unknown": ["mail-confirm", "nothing", str(code)],
        "double.person-unknown": ["double-clear", OFFICER, STRANGER, "--reason", "twins"],
        "decision.enrolment-unknown": ["enrolment-confirm", "nothing"],
    }

    done = {each: desk.typed(*words, *desk.acting(FIRST), "--json") for each, words in verbs.items()}

    assert {each: json.loads(one.stdout)["error"] for each, one in done.items()} == {each: each for each in verbs}
