"""The ceremony that docs/ceremony.md shows is the one that `./scripts/ceremony` holds today."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from click.testing import CliRunner

from scripts.__main__ import Verbs
from scripts.demonstration.vault import Offline, hold, plan
from signers.pkcs11 import DEFAULT_MODULE
from tests.architecture.inventory import ROOT

DOCUMENT = (ROOT / "docs" / "ceremony.md").read_text("utf-8")
AS_IN_THE_DOCUMENT = "/media/ceremony"
_VARYING = (
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "NAME"),
    (re.compile(r"\b[0-9a-f]{12,}…?"), "#"),
    (re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+\+00:00"), "T"),
    (re.compile(r"\d+ octets"), "N octets"),
)
"""The name of the home, digests and signatures (which the document shortens), times, how long a certificate is."""


def steady(text: str, folder: str = AS_IN_THE_DOCUMENT) -> list[str]:
    """The lines that say something, without what differs each time."""
    text = text.replace(folder, AS_IN_THE_DOCUMENT)
    for varying, same in _VARYING:
        text = varying.sub(same, text)
    return [line.rstrip() for line in text.splitlines() if line.strip(" …")]


def shown() -> list[str]:
    """What the document prints in its blocks from the first command on."""
    _, _, after = DOCUMENT.partition("## A ceremony")
    return [line for block in after.split("```")[1::2] for line in steady(block)]


class InThisProcess(Offline):
    """The same machine; its verbs are answered by this process, whose modules are loaded already."""

    def answer(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(Verbs("laotrust"), list(words))
        return done.exit_code, done.output

    def _token(self, label: str) -> None:
        super()._token(label)
        pkcs11.lib(DEFAULT_MODULE).reinitialize()  # a module learns of new tokens when it starts


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offline]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAOTRUST_HOME", "home")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    yield InThisProcess(tmp_path)
    pkcs11.lib(DEFAULT_MODULE).finalize()


def test_each_line_of_the_document_is_printed_in_this_order(
    offline: Offline, capsys: pytest.CaptureFixture[str]
) -> None:
    offline.furnish()
    held = hold(offline)
    rest = iter(steady(capsys.readouterr().out, str(offline.folder)))

    missing = [line for line in shown() if line not in rest]

    assert held
    assert missing == []


def test_the_plan_in_the_document_is_the_one_that_is_held() -> None:
    [written] = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)

    agreed = json.loads(written)

    assert agreed == plan(Path(AS_IN_THE_DOCUMENT), agreed["home"])
