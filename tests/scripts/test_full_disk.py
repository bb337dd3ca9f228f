"""A verb whose database says no tells a full disk from a database that is away: one needs room, the other a minute."""

import json
from collections import namedtuple
from pathlib import Path

import pytest

from ledger.ledger import LedgerUnavailable
from scripts import cli
from scripts.cli import Exit, Outcome, Run, report
from web.home import Home

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("said", "free", "code"),
    [
        ("database or disk is full", 1 << 30, "request.disk-full"),
        ("disk I/O error", 0, "request.disk-full"),
        ("disk I/O error", 1 << 30, "LedgerUnavailable"),
        ("database is locked", 0, "LedgerUnavailable"),
    ],
)
def test_what_is_said_of_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    said: str, free: int, code: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(cli, "disk_usage", lambda _path: Usage(1 << 40, 0, free))

    def reads(_run: Run) -> Outcome:
        raise LedgerUnavailable(said)

    ended = report(Run(Home(tmp_path), "ca", as_json=True), reads, {})
    told = json.loads(capsys.readouterr().out)

    assert (ended, told["error"], said in told["en"], bool(told["lo"])) == (int(Exit.REFUSED), code, True, True)
