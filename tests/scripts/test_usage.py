import json
import subprocess
import sys

import pytest


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "scripts", *words], capture_output=True, text=True, check=False)


def test_wrong_usage_is_one_json_object_when_json_is_asked_for() -> None:
    done = _run("register-apply", "--json")

    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == "usage"


@pytest.mark.parametrize("words", [("register-apply",), ("no-such-verb",)])
def test_wrong_usage_says_what_is_missing(words: tuple[str, ...]) -> None:
    done = _run(*words)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage" in done.stderr


def test_help_is_no_failure() -> None:
    done = _run("register-apply", "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Example" in done.stdout


def test_each_paragraph_of_a_verb_s_help_is_one() -> None:
    text = _run("change-plan", "--help").stdout

    assert "\n  FILE is TOML or JSON" in text
    assert "   " not in text.partition("Example")[0].strip()
