"""A ceremony that is killed at any of its outside steps, and held again until it is done."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.plan import read_plan
from ca.ceremonies.practice import ISSUER_NAMES, begin, hold_alone, hold_practice_ceremony, root_steps
from ca.ceremonies.replay import replay
from ca.ceremonies.run import Place
from ca.ceremonies.steps.destroy_key import DestroyKeyStep
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.last_words import LastWordsStep
from ca.publication.crl import newest
from ca.tables.ceremonies import KeyDestruction
from ledger.certificates import Certificate, Intent, Issuer, KeyUse, Revocation
from ledger.ledger import Ledger
from ledger.verification import verify_ledger
from pki.crl import parse_crl
from pki.parsed import certificates_from_pem
from pki.profile import FOR_EVER
from pki.signing import SignatureAlgorithm
from tests.ca.conftest import FIRST, SECOND, register_person
from tests.ca.failing import Deadline, Killed, MortalKeyring, mortal_ledger
from web.home import ROOTS, Home, Mode

NEVER = 0
STRIDE = 8
"""Each time it is killed so many steps later, so that all parts of a ceremony have their turn."""


@dataclass
class Office:
    """Where the ceremony is held, again and again."""

    ledger: Ledger
    home: Home
    monkeypatch: pytest.MonkeyPatch

    def held(self, step: str, turn: int, hold: Callable[[Ceremony], object], *, done: bool) -> None:
        """One ceremony that is killed at the `turn`th step of that kind. Raises Killed."""
        deadlines = {kind: Deadline(turn if kind == step else NEVER, done=done) for kind in ("key", "sign", "commit")}
        to_disk, file = os.fsync, Deadline(turn if step == "file" else NEVER, done=done)
        keyring = MortalKeyring(HomeKeyring(self.home), deadlines["key"], deadlines["sign"])
        ledger = mortal_ledger(self.ledger, deadlines["commit"])
        with self.monkeypatch.context() as patched:
            patched.setattr(os, "fsync", lambda descriptor: file(lambda: to_disk(descriptor)))
            try:
                hold(Ceremony(ledger, self.home, keyring, Mode.PRACTICE))
            finally:
                ledger.close()

    def killed(self, step: str, hold: Callable[[Ceremony], object], *, done: bool, stride: int = 1) -> int:
        """Held until it is done; how often it was killed."""
        for kills in count():
            try:
                self.held(step, 1 + kills * stride, hold, done=done)
            except Killed:
                continue
            return kills
        return NEVER


@pytest.fixture
def office(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    for number in (FIRST, SECOND):
        register_person(ledger, number)
    return Office(ledger, home, monkeypatch)


def everything_held(ceremony: Ceremony) -> None:
    """The practice ceremony, as the ceremony's own ledger and keys have it."""
    ledger = ceremony.ledger
    hold_practice_ceremony(ledger, ceremony.home, [FIRST, SECOND], clock=ledger.clock, keyring=ceremony.keys)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["key", "sign", "commit", "file"])
def test_a_ceremony_killed_again_and_again_makes_everything_once(office: Office, step: str, done: bool) -> None:
    kills = office.killed(step, everything_held, done=done, stride=STRIDE)

    with office.ledger.read() as session:
        issuers = sorted(session.scalars(select(Issuer.name)))
        keys = list(session.scalars(select(KeyUse.subject)))
        intents = set(session.scalars(select(Intent.id)))
        certificates = session.scalars(select(Certificate)).all()
        ended = set(session.scalars(select(Revocation.certificate_id)))
        revoked = {f"{int(serial):x}" for name in (*ROOTS, *ISSUER_NAMES) for serial in on_crl(session, name)}
        abandoned = set(session.scalars(select(Intent.serial_number).where(Intent.id.in_(ended))))
    signed = {certificate.id for certificate in certificates}
    assert kills >= 3
    assert issuers == sorted([*ROOTS, *ISSUER_NAMES])
    assert len(keys) == len(set(keys))
    assert len({(one.profile, one.key_sha256) for one in certificates}) == len(certificates)
    assert (signed | ended, signed & ended) == (intents, set())
    assert revoked == abandoned
    assert {one.sha256 for one in certificates} == in_files(office.home)
    report = verify_ledger(office.ledger.reading, office.home.checkpoints)
    assert (report.faults, report.unsealed) == ([], 0)
    assert replayed(office) == [()]


@pytest.mark.sqlite_only("a key's end is outside the database")
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["key", "commit", "file"])
def test_a_destruction_that_is_killed_again_and_again_ends_one_key_once(office: Office, step: str, done: bool) -> None:
    spare = KeyStep("spare", SignatureAlgorithm.ECDSA_P256_SHA256)
    steps = [*begin(), spare, DestroyKeyStep("spare")]

    kills = office.killed(
        step, lambda ceremony: hold_alone(ceremony, "The end of a key", steps, office.ledger.clock.now()), done=done
    )

    with office.ledger.read() as session:
        spares = set(session.scalars(select(KeyUse.key_sha256).where(KeyUse.subject == "spare")))
        given_up = set(session.scalars(select(KeyDestruction.key_sha256)))
    assert kills >= 2
    assert len(spares) == 1
    assert given_up == spares
    assert list(office.home.path.glob("keys/spare.key*")) == []
    assert replayed(office) == [()]


@pytest.mark.sqlite_only("the steps are the same on either engine")
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["key", "sign", "commit", "file"])
def test_a_root_s_end_that_is_killed_again_and_again_is_told_once_and_for_ever(
    office: Office, step: str, done: bool
) -> None:
    steps = [*begin(), *root_steps("root"), LastWordsStep(), DestroyKeyStep("root")]

    kills = office.killed(
        step, lambda ceremony: hold_alone(ceremony, "The end of a root", steps, office.ledger.clock.now()), done=done
    )

    with office.ledger.read() as session:
        endless = session.scalars(select(Certificate).where(Certificate.not_after == FOR_EVER)).all()
        last = newest(session, "root", 1)
        abandoned = set(session.scalars(select(Intent.serial_number).where(~Intent.id.in_(select(Certificate.id)))))
        listed = {f"{serial:x}" for serial in on_crl(session, "root")}
        given_up = session.scalars(select(KeyDestruction.key_sha256)).all()
    assert kills >= 2
    assert len(endless) == len(given_up) == 1
    assert last is not None
    assert (last.next_update, listed) == (FOR_EVER, abandoned)
    assert list(office.home.path.glob("keys/root.key*")) == []
    assert replayed(office) == [()]


def replayed(office: Office) -> list[tuple[str, ...]]:
    """The faults of each ceremony's transcript."""
    folders = sorted(office.home.path.glob("ceremonies/*"))
    return [
        replay(place.transcript.read_text(), read_plan(place.plan), place, office.ledger).faults
        for place in map(Place, folders)
    ]


def on_crl(session: object, name: str) -> set[int]:
    """The serial numbers on the issuer's newest CRL."""
    crl = newest(session, name, 1)  # type: ignore[arg-type]
    assert crl is not None
    return {entry.serial for entry in parse_crl(crl.der).entries}


def in_files(home: Home) -> set[str]:
    """The digests of the first certificate of every file that a ceremony keeps."""
    files = [*home.path.glob("certificates/*.pem"), *home.path.glob("people/*-authentication.pem")]
    return {certificates_from_pem(file.read_bytes())[0].sha256 for file in files}
