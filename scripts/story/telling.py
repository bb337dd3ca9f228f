"""The whole story, chapter by chapter."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ledger.clock import SystemClock
from ledger.people import Cutoff, Person
from ledger.standing import standing
from scripts.demonstration.accounts import account_for
from scripts.demonstration.installation import Installation
from scripts.demonstration.journal import Journal, require
from scripts.demonstration.setting_up import Ready
from scripts.story import audit, certificates, citizen, documents, revocation, sign_on, status
from scripts.story.documents import change_one_byte, signed_decree
from scripts.story.scene import Scene

CHAPTERS = (
    certificates.tell, status.tell, sign_on.tell, documents.tell, citizen.tell, revocation.tell, audit.tell,
)  # fmt: skip
"""After the setting up, which is chapters 1, 2 and most of 3. Each takes the scene as the one before left it."""
_EXPECTED = {
    "signed": "VALID", "changed": "INVALID", "unmandated": "VALID", "late": "INVALID", "doubtful": "CANNOT TELL",
}  # fmt: skip
"""The verdict on each of the story's documents, asked without a rule."""


def tell_story(installation: Installation, journal: Journal, ready: Ready) -> None:
    """Every chapter is true. Raises what the first untrue step raises."""
    scene = _scene(installation, journal, ready)
    for tell in CHAPTERS:
        tell(scene)
    _keep(installation, scene.documents)


def provide_documents(installation: Installation, journal: Journal, ready: Ready) -> None:
    """There are documents for programs to try, also where no story was told: a good one, and the same changed."""
    if documents_of(installation):
        return
    journal.chapter("4 Documents to try")
    with journal.step("a decree is signed, and a copy of it changed by one byte"):
        signers, others = _free_officers(installation, ready)
        willing = [*others, *signers]
        require(bool(willing), "no officer is left: take another --home")
        signed = signed_decree(installation, willing[-1], _record(installation).with_name("specimen.pdf"))
        changed = signed.with_name("specimen-changed.pdf")
        change_one_byte(signed, changed)
        _keep(installation, {"signed": signed, "changed": changed})


def documents_of(installation: Installation) -> list[Mapping[str, Any]]:
    """The documents made so far, as demo.json has them."""
    path = _record(installation)
    found: list[Mapping[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return found


def _scene(installation: Installation, journal: Journal, ready: Ready) -> Scene:
    decree_signers, others = _free_officers(installation, ready)
    require(len(decree_signers) >= 1 and len(others) >= 2, "too few officers are left: take another --home")
    chosen = (decree_signers[0], *others[:2])
    signer, holder, clerk = (account_for(installation, number, "officer", ready.admins[0]) for number in chosen)
    _use(installation, [signer.number, holder.number, clerk.number])
    return Scene(installation, journal, signer, holder, clerk, ready.admins, ready.clients["standard-1"])


def _free_officers(installation: Installation, ready: Ready) -> tuple[list[str], list[str]]:
    """Officers in no earlier story: those who may sign decrees, and those who may not."""
    now = SystemClock().now()
    used = set(_used(installation))
    signers: list[str] = []
    others: list[str] = []
    with installation.ledger("ca").read() as session:
        cut = set(session.scalars(select(Cutoff.person_id)))
        for person in session.scalars(select(Person).where(Person.number.like("10000%")).order_by(Person.number)):
            posts = standing(session, person.id, now)
            if not posts or person.id in cut or person.number in used or person.number in ready.admins:
                continue
            may = any(power.act == "sign-decree" for post in posts for power in post.mandates)
            (signers if may else others).append(person.number)
    return signers, others


def _used(installation: Installation) -> list[str]:
    path = installation.home.path / "people" / "told.json"
    found: list[str] = json.loads(path.read_text()) if path.exists() else []
    return found


def _use(installation: Installation, numbers: list[str]) -> None:
    path = installation.home.path / "people" / "told.json"
    path.write_text(json.dumps([*_used(installation), *numbers]) + "\n")


def _keep(installation: Installation, told: Mapping[str, Path]) -> None:
    listed = [{"path": str(path.resolve()), "signed": True, "expected": _EXPECTED[name]} for name, path in told.items()]
    earlier = [one for one in documents_of(installation) if one["path"] not in {new["path"] for new in listed}]
    _record(installation).write_text(json.dumps([*earlier, *listed], indent=2) + "\n")


def _record(installation: Installation) -> Path:
    return installation.home.path / "documents" / "documents.json"
