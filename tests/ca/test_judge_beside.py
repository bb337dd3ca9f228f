"""The second judge in a process of his own: what he says, and that the room does without him."""

import os
import signal
from collections.abc import Iterator
from time import sleep

import pytest

from ca.issuance.judge_beside import AHEAD, JudgeBeside
from ca.issuance.second_judge import Finding, findings
from tests.ca.specimens import specimens

SOUND = specimens().leaf("officer-signing")
CODE = "cabf.serverauth.invalid_dnsname_syntax"


@pytest.fixture(scope="module")
def spoilt() -> bytes:
    return specimens().leaf("tls-server").replace(b"portal.mtc.gov.la", b"portal_mtc.gov.la")


@pytest.fixture
def judge() -> Iterator[JudgeBeside]:
    """He is up: the first certificate was looked at by him."""
    beside = JudgeBeside()
    beside(SOUND)()
    while not beside._shown:
        sleep(0.05)
        beside(SOUND)()
    yield beside
    beside.close()


def codes(found: list[Finding] | object) -> set[str]:
    return {one.code for one in found if isinstance(one, Finding)} if isinstance(found, list) else set()


def test_he_finds_what_the_room_would_find_in_whichever_order_he_is_asked(judge: JudgeBeside, spoilt: bytes) -> None:
    first, second, third = judge(SOUND), judge(spoilt), judge(SOUND)

    assert codes(second()) == codes(findings(spoilt)) >= {CODE}
    assert (first(), third()) == ([], [])


def test_an_answer_that_nobody_waited_for_is_not_taken_for_another(judge: JudgeBeside, spoilt: bytes) -> None:
    judge(SOUND)
    judge(SOUND)

    assert CODE in codes(judge(spoilt)())


def test_what_lies_before_him_is_bounded(judge: JudgeBeside, spoilt: bytes) -> None:
    waiting = [judge(spoilt) for _ in range(AHEAD + 4)]

    assert judge._shown - judge._heard_of == AHEAD
    assert all(CODE in codes(found()) for found in waiting)


def test_the_room_looks_itself_once_he_is_gone(judge: JudgeBeside, spoilt: bytes) -> None:
    os.kill(int(judge._process.pid or 0), signal.SIGSTOP)
    asked = judge(spoilt)
    judge._process.kill()
    judge._process.join()

    assert CODE in codes(asked())
    assert CODE in codes(judge(spoilt)())


def test_one_that_stands_still_is_waited_for_so_long_and_no_longer(
    judge: JudgeBeside, spoilt: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.issuance.judge_beside.PATIENCE", 0.2)
    os.kill(int(judge._process.pid or 0), signal.SIGSTOP)

    assert CODE in codes(judge(spoilt)())
    assert not judge._process.is_alive()
