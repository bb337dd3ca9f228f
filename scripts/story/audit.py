"""Chapter 8: every step has its entry, and no row can be touched unseen."""

import shutil
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from ledger.entry import Entry
from ledger.verification import verify_ledger
from ledger.verification.whole import read_only
from scripts.demonstration.journal import require
from scripts.story.attacks import ATTACKS
from scripts.story.forging import take_guards_away
from scripts.story.scene import Scene
from scripts.story.tamper import TAMPERINGS, tamper

_TOLD = (
    "ceremony.", "register.person-registered", "register.appointment-made", "enrolment.submitted", "enrolment.decided",
    "decision.refused", "decision.dishonoured", "certificate.intended", "certificate.issued", "account.opened",
    "sign-in.factor-shown", "sign-in.refused", "session.begun", "code.issued", "code.redeemed", "timestamp.issued",
    "validation.answered", "person.revoked", "session.ended", "outbox.delivered", "crl.published",
)  # fmt: skip
"""Beginnings of event kinds that the story must have left behind."""


def tell(scene: Scene) -> None:
    """Every step of the chapter holds."""
    journal, installation = scene.journal, scene.installation
    journal.chapter("8 Audit")
    with journal.step("every step above has its entry") as said:
        kinds = _kinds(scene)
        for beginning in _TOLD:
            require(any(kind.startswith(beginning) for kind in kinds), f"no entry of kind {beginning}")
        said.say(f"{sum(kinds.values())} entries of {len(kinds)} kinds")
    with journal.step("ledger-verify computes the tree and every proof again") as said:
        result = installation.verb("ledger-verify")
        require(result.exit == 0, f"ledger-verify said {result.values}")
        said.say(f"{result.values['entries']} entries, {result.values['facts']} facts")
    if not installation.database_url.startswith("sqlite"):
        return
    with tempfile.TemporaryDirectory(dir=installation.home.path) as folder:
        with journal.step("on a copy, without its entry no change can be written") as said:
            said.say(f"{_attack(scene, Path(folder))} attempts, all refused by the database")
        with journal.step("on copies, whatever a hostile administrator changes is found and named") as said:
            said.say(f"{_tamper(scene, Path(folder))} ways of tampering")


def _kinds(scene: Scene) -> Counter[str]:
    with scene.installation.ledger("audit").read() as session:
        return Counter(session.scalars(select(Entry.kind)))


def _copy(scene: Scene, target: Path) -> Path:
    source = scene.installation.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(source) as original, sqlite3.connect(target) as copy:
        original.backup(copy)
    original.close()
    copy.close()
    return target


def _attack(scene: Scene, folder: Path) -> int:
    copy = _copy(scene, folder / "attacked.db")
    attacks = [attack for attack in ATTACKS if "sqlite" in attack.engines]
    for attack in attacks:
        attack.run(f"sqlite:///{copy}")
    return len(attacks)


def _tamper(scene: Scene, folder: Path) -> int:
    clean = _copy(scene, folder / "clean.db")
    with sqlite3.connect(clean) as database:
        take_guards_away(database)
    database.close()
    for tampering in TAMPERINGS:
        copy = folder / "tampered.db"
        shutil.copyfile(clean, copy)
        tamper(str(copy), tampering)
        engine = read_only(copy)
        report = verify_ledger(engine, scene.installation.home.checkpoints)
        engine.dispose()
        found = report.first and report.first.wrong
        require(found is tampering.expected, f"{tampering.name}: {report.first or 'nothing was found'}")
        for left in folder.glob("tampered.db*"):
            left.unlink()
    return len(TAMPERINGS)
