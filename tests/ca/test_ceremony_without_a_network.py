"""A ceremony needs no network: from nothing to the first issuing CA it is held where there is none (law.md CA-05)."""

import json
import subprocess
import sys
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.ca.vault import OPERATORS, Vault

GUARD = """
import socket, sys
def no_network(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and args[0].family != socket.AF_UNIX:
        raise PermissionError(f"{event} to {args[1]}: there is no network here")
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        raise PermissionError(f"{event}: there is no network here")
sys.addaudithook(no_network)
"""
"""Where nobody may take the network away from a process, it takes it away from itself: no hook can be taken out."""
VERB = "from scripts.__main__ import run; run()"
DIALS = "import socket; socket.create_connection(('127.0.0.1', 1), timeout=1)"


def without_a_network() -> list[str]:
    """Words before a command: in a network namespace with nothing in it, where this machine allows that."""
    apart = ["unshare", "--map-root-user", "--net"]
    allowed = which("unshare") and subprocess.run([*apart, "true"], capture_output=True, check=False).returncode == 0
    return apart if allowed else []


def apart(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What this Python program says, behind the guard and, if may be, where there is no network."""
    command = [*without_a_network(), sys.executable, "-c", GUARD + code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def vault(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    vault = Vault(tmp_path)
    vault.furnish(sqlite_template)
    return vault


def said(vault: Vault, *words: str) -> tuple[int, dict[str, Any]]:
    done = apart(VERB, *words, "--home", str(vault.home.path), "--json")
    assert done.stdout, done.stderr
    return done.returncode, dict(json.loads(done.stdout))


STEPS: list[dict[str, Any]] = [
    {"kind": "mode"},
    {"kind": "key", "name": "checkpoint", "algorithm": "EdDSA"},
    {"kind": "key", "name": "root", "algorithm": "ES384"},
    {"kind": "root"},
    {"kind": "key", "name": "officers", "algorithm": "ES256"},
    {"kind": "issuer", "name": "officers"},
    {"kind": "service", "name": "ocsp-officers", "profile": "ocsp-responder", "issuer": "officers"},
    {"kind": "root-crl"},
]


def test_from_nothing_to_the_first_issuing_ca_without_a_network(vault: Vault) -> None:
    vault.write(STEPS, mode="practice")
    plan = str(vault.plan_file)

    planned, seen = said(vault, "ceremony-plan", plan)
    approved = [said(vault, "ceremony-approve", plan, *by(vault, code))[0] for code in OPERATORS[:2]]
    unsigned, _ = said(vault, "ceremony-run", plan)
    signed = [said(vault, "ceremony-sign", plan, *by(vault, code))[0] for code in OPERATORS[:2]]
    held, replayed = said(vault, "ceremony-replay", str(vault.transcript), "--plan", plan)

    assert (planned, seen["faults"], approved, unsigned, signed) == (0, [], [0, 0], 3, [3, 0])
    assert (held, replayed["holds"], replayed["steps"]) == (0, True, len(STEPS))
    folder = vault.home.path / "certificates"
    command = "openssl verify -x509_strict -no_check_time -CAfile root.pem officers.pem"
    judged = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
    assert judged.stdout == "officers.pem: OK\n", judged.stderr


def by(vault: Vault, code: str) -> tuple[str, ...]:
    return ("--operator", code, "--key", vault.key(code))


def test_what_would_dial_out_there_fails() -> None:
    """Else the test before this one would show nothing."""
    done = apart(DIALS)

    assert done.returncode == 1
    assert "there is no network here" in done.stderr
