"""The verbs around endings as an operator types them: slips, requests, pauses, keys, letters."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from ca.endings.requests import Report, report
from ledger.certificates import Hold, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.courier import deliver
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.outbox import Answer, OutboxMessage
from scripts.__main__ import Verbs
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.test_keys_in_other_hands import report_of
from tests.issuing import KeySigner
from web.home import Home


@dataclass
class Typing:
    """A home without a ceremony, its desk, and a hand that types verbs."""

    home: Home
    desk: Desk

    def typed(self, *words: str) -> Result:
        return CliRunner().invoke(Verbs("laotrust"), [*words, "--home", str(self.home.path)])

    def said(self, *words: str) -> dict[str, Any]:
        result = self.typed(*words, "--json")
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout))

    def acting(self, number: str) -> list[str]:
        key = self.home.path / f"{number}.pem"
        key.touch(mode=0o600)
        key.write_bytes(self.desk.hands[number][1].pem)
        return ["--as", number, "--key", f"file:{key.resolve()}"]


@pytest.fixture
def typing(tmp_path: Path, sqlite_template: Path) -> Iterator[Typing]:
    home = Home(tmp_path)
    (tmp_path / "mode").write_text("practice\n")
    (tmp_path / "base-port").write_text("8440\n")
    shutil.copyfile(sqlite_template, tmp_path / "laotrust.db")
    ledger = Ledger(home.database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield Typing(home, Desk(ledger))
    ledger.close()


def ended(typing: Typing) -> set[str]:
    with typing.desk.ledger.read() as session:
        return set(session.scalars(select(Revocation.certificate_id)))


def test_a_slip_is_printed_into_a_file_of_its_owner_and_its_code_is_said_nowhere_else(typing: Typing) -> None:
    out = typing.home.path / "slip.pdf"

    said = typing.said("revocation-code", HOLDER, "--out", str(out), *typing.acting(CLERK))

    assert (out.read_bytes()[:5], out.stat().st_mode & 0o777) == (b"%PDF-", 0o600)
    assert len(said["serial_numbers"]) == 1
    assert sorted(said) == ["code", "entry", "serial_numbers", "slip"]
    assert len(said["code"]) == 36  # the id of the code, never the code


def test_a_pause_has_the_days_that_were_asked_for(typing: Typing) -> None:
    certificate = typing.desk.certify(f"p{HOLDER}", "officer-signing")

    typing.said("suspend", certificate.sha256, "--days", "7", *typing.acting(CLERK))

    with typing.desk.ledger.read() as session:
        pause = session.scalars(select(Hold)).one()
    assert pause.until is not None and 6 < (pause.until - pause.at).total_seconds() / 86400 <= 7


def test_a_request_is_listed_and_closed(typing: Typing) -> None:
    request = report(typing.desk.ledger, Report("misuse", "ບໍ່ຖືກ", contact="020"))
    assert isinstance(request, str)

    [row] = typing.said("ending-list")["requests"]
    closed = typing.said("ending-close", request, "--code", "unfounded", *typing.acting(CLERK))
    again = typing.typed("ending-close", request, "--code", "duplicate", *typing.acting(CLERK))

    assert (row["request"], row["confirmed"], row["told"], row["contact"]) == (request, False, "ບໍ່ຖືກ", "020")
    assert closed["code"] == "unfounded"
    assert again.exit_code == 1 and "ending.closed" in again.output
    assert typing.said("ending-list")["requests"] == []


def test_a_holder_types_the_end_of_his_own_certificate(typing: Typing) -> None:
    certificate = typing.desk.certify(f"p{HOLDER}", "officer-signing")

    said = typing.said("revoke", "--certificate", certificate.sha256, "--reason", "key-loss", *typing.acting(HOLDER))

    assert (said["waits"], said["serial_numbers"]) == (None, [certificate.serial_number])


def test_a_key_reports_itself_and_a_list_blocks_what_nobody_has(typing: Typing) -> None:
    signer = KeySigner()
    certificate = typing.desk.certify(f"p{HOLDER}", "officer-signing", signer)
    (typing.home.path / "report.pem").write_bytes(report_of(signer))
    (typing.home.path / "list.txt").write_text("# known bad\n" + "ab" * 32 + "\n")

    said = typing.said("key-report", "--csr", str(typing.home.path / "report.pem"))
    listed = typing.said("key-block", str(typing.home.path / "list.txt"))
    audited = typing.said("key-audit", "--list", str(typing.home.path / "list.txt"))
    wrong = typing.typed("key-report", "--json")

    assert said["serial_numbers"] == [certificate.serial_number]
    assert ended(typing) == {certificate.id}
    assert listed == {"blocked": 1, "in_use": []}
    assert (audited["keys"], audited["weaknesses"]) == (5, [])
    assert wrong.exit_code == 2


def test_an_audit_that_finds_a_listed_key_fails_and_names_the_serial_number(typing: Typing) -> None:
    certificate = typing.desk.certify(f"p{HOLDER}", "officer-signing")
    (typing.home.path / "list.txt").write_text(certificate.key_sha256 + "\n")

    result = typing.typed("key-audit", "--list", str(typing.home.path / "list.txt"))

    assert result.exit_code == 1
    assert f"listed: key {certificate.key_sha256}, serial {certificate.serial_number}" in result.output


def test_letters_that_never_arrived_are_listed_and_put_in_again_once(typing: Typing) -> None:
    typing.desk.mail(HOLDER, "somphone@mtc.gov.la")
    certificate = typing.desk.certify(f"p{HOLDER}", "officer-signing")
    typing.said("revoke", "--certificate", certificate.sha256, "--reason", "replaced", *typing.acting(CLERK))
    waiting = typing.said("outbox-list")["messages"]
    deliver(typing.desk.ledger, _refuse, Actor.system("work"))

    dead = typing.said("outbox-list", "--dead")["messages"]
    again = typing.said("outbox-retry", "--all")
    twice = typing.typed("outbox-retry", dead[0]["message"])

    assert [(one["to"], one["tries"]) for one in waiting] == [("mailto:somphone@mtc.gov.la", "0")]
    assert [one["message"] for one in dead] == [one["message"] for one in waiting]
    assert again == {"requeued": 1, "not_dead": []}
    assert (twice.exit_code, typing.said("outbox-list", "--dead")["messages"]) == (1, [])


def _refuse(_message: OutboxMessage) -> Answer:
    return Answer("smtp.550", final=True)
