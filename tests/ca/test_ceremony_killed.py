"""A ceremony of two of three on tokens, killed before each outside step, goes on by the same file and people."""

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ca.publication.crl import newest
from ca.tables.ceremonies import CeremonyApproval, CeremonyRun, KeyDestruction
from ledger.certificates import Certificate, Intent, Issuer, KeyUse, Revocation
from ledger.clock import SystemClock, system_randomness
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.verification import verify_ledger
from pki.crl import parse_crl
from signers.pkcs11 import contents
from tests.ca.conftest import register_person
from tests.ca.doomed import Doomed
from tests.ca.outside import OutsideRoot
from tests.ca.vault import OFFICER, OPERATORS, Token, Vault, vault_with
from tests.softhsm import token

__all__ = ["token"]
ANNA, BOUN, _ = OPERATORS


@pytest.fixture
def vault(tmp_path: Path, sqlite_template: Path, token: Token, monkeypatch: pytest.MonkeyPatch) -> Vault:
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    return vault_with(tmp_path, sqlite_template, token)


@pytest.fixture
def ledger_of_vault(vault: Vault) -> Iterator[Ledger]:
    ledger = Ledger(vault.home.database_url, SystemClock(), system_randomness, "0.1.0", "test")
    register_person(ledger, OFFICER)
    yield ledger
    ledger.close()


def steps_of(vault: Vault) -> list[dict[str, Any]]:
    """Root, issuing CA, responder, first certificate, cross certificate, the root's CRL, and a key's destruction."""
    steps = vault.steps()
    cross = {"kind": "cross", "name": "other", "other_file": "other/root.pem"}
    at = next(place for place, step in enumerate(steps) if step["kind"] == "root-crl")
    return [*steps[:at], cross, *steps[at:]]


@pytest.mark.timeout(600)  # Some seventy processes, one after the other.
def test_a_ceremony_killed_before_every_outside_step_does_each_once_and_loses_nothing(
    vault: Vault, ledger_of_vault: Ledger
) -> None:
    OutsideRoot(vault.folder / "other", "Other Root").made()
    steps = steps_of(vault)
    vault.write(steps)
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)
    doomed = Doomed(vault, os.environ["SOFTHSM2_CONF"], vault.folder / "passed")

    codes = [-signal.SIGKILL]
    while codes[-1] == -signal.SIGKILL:
        codes.append(doomed.held())
    signed = [vault.by("ceremony-sign", one)[0] for one in (BOUN, ANNA)]
    replayed, found = vault.replayed()

    assert codes[-1] == 3
    assert signed == [3, 0]
    assert {lines for lines, _ in doomed.steps} == set(range(len(steps) + 3))
    assert (replayed, found["holds"], found["steps"], found["ledger"]) == (0, True, len(steps), True)
    assert found["signed_by"] == [ANNA, BOUN, "checkpoint"]
    require_each_once(vault, ledger_of_vault, steps)
    require_chains(vault)


def require_each_once(vault: Vault, ledger: Ledger, steps: list[dict[str, Any]]) -> None:
    """Nothing that a step makes is there twice, or missing; what a crash left is ended, and on the root's CRL."""
    with ledger.read() as session:
        lines = [json.loads(body) for body in session.scalars(select(Entry.body).where(Entry.kind == STEP))]
        runs, approvals = len(session.scalars(select(CeremonyRun)).all()), session.scalars(APPROVED).all()
        certificates = session.scalars(select(Certificate)).all()
        owners = session.scalars(select(KeyUse.subject).order_by(KeyUse.subject)).all()
        issuers = {issuer.name: issuer.id for issuer in session.scalars(select(Issuer))}
        intents = session.scalars(select(Intent)).all()
        ended = set(session.scalars(select(Revocation.certificate_id)))
        given_up = session.scalars(select(KeyDestruction.key_sha256)).all()
        crl = newest(session, "root", 1)
    signed = {one.id for one in certificates}
    abandoned = {int(one.serial_number, 16) for one in intents if one.id in ended and one.issuer_id == issuers["root"]}
    assert sorted(one["number"] for one in lines) == list(range(1, len(steps) + 2))
    assert (runs, approvals) == (1, [ANNA, BOUN])
    assert Counter(one.profile for one in certificates) == dict.fromkeys(PROFILES, 1)
    assert [one.partition("-")[0] for one in owners] == ["checkpoint", "cross", "ocsp", "officers", *REST]
    assert issuers.keys() == {"officers", "root"}
    assert ({one.id for one in intents}, signed & ended) == (signed | ended, set())
    assert crl is not None
    assert set(parse_crl(crl.der).by_serial) == abandoned != set()
    assert len(given_up) == 1
    tokens = [[one.label for one in contents(vault.tokens[name].format("x"))] for name in ("vault", "issuing")]
    assert tokens == [["root", "root"], ["officers", "officers"]]
    report = verify_ledger(ledger.reading, vault.home.checkpoints)
    assert (report.faults, report.unsealed) == ([], 0)


STEP = "ceremony.step-done"
REST = (f"p{OFFICER}", "root", "spare")
PROFILES = ("root-ca", "issuing-ca", "ocsp-responder", "officer-authentication", "cross-certificate")
APPROVED = select(CeremonyApproval.operator).order_by(CeremonyApproval.operator)


def require_chains(vault: Vault) -> None:
    """OpenSSL takes the first officer's certificate."""
    folder = vault.home.path / "certificates"
    officer = vault.home.path.resolve() / "people" / f"{OFFICER}-authentication.pem"
    command = f"openssl verify -x509_strict -no_check_time -CAfile root.pem -untrusted officers.pem {officer}"
    judged = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
    assert judged.stdout == f"{officer}: OK\n", judged.stderr
