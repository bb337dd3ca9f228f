"""The secret by which ACME clients of the sample ministry get their accounts: made once, kept in the home."""

import json
from pathlib import Path
from typing import Any

from ca.machines.doors import KEY, Doors, make
from ca.machines.rules import Names, Protocol
from ca.tables.machines import Allowance
from ledger.decision import Refuse
from scripts.demonstration.certifying import NotIssued
from scripts.demonstration.installation import Installation
from scripts.demonstration.programs import ACME_PORTS


def open_acme(installation: Installation, allowance: Allowance, admin: str) -> str:
    """A secret that counts now is in `<home>/acme.json`, mode 0600. Returns its reference."""
    file, now = _file(installation), installation.clock.now()
    if file.exists() and json.loads(file.read_text())["until"] > now.isoformat():
        return str(json.loads(file.read_text())["kid"])
    doors = Doors.at(installation.home.key_uri(KEY))
    if doors is None:
        raise NotIssued(f"there is no key {KEY!r} in the home: hold the ceremony again")
    person = installation.acting(admin)
    made = make(installation.ledger("ca"), doors, allowance.id, Protocol.ACME, person.person_id, person.sign)
    if isinstance(made, Refuse):
        raise NotIssued(f"a secret for ACME was refused as {made.code}")
    file.touch(mode=0o600)
    [zone, *_] = Names.of(allowance).zones
    kept = {"kid": made.reference, "key": made.secret, "until": made.not_after, "zone": zone}
    file.write_text(json.dumps(kept))
    return made.reference


def described(installation: Installation) -> dict[str, Any]:
    """The block `acme` of demo.json."""
    file = _file(installation)
    secret = json.loads(file.read_text()) if file.exists() else {"kid": None, "key": None, "zone": None}
    return {
        "directory": f"{installation.home.url('machines')}/acme/directory",
        "eab_kid": secret["kid"],
        "eab_hmac_key": secret["key"],
        "zone": secret["zone"],
        **{f"{name}_port": port for name, port in ACME_PORTS.items()},
    }


def _file(installation: Installation) -> Path:
    return installation.home.path / "acme.json"
