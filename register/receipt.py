"""The receipt of an import: what was done, what was left and why, under the clerk's own signature."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from ledger.acts import Act, ActInvalid, SignedAct, verify_act
from ledger.canonical import canonical, microseconds, moment
from register.changes import Decided
from register.plan import write_whole
from register.policy import RECEIPT


@dataclass
class Applied:
    """What became of a plan. `left` are the lines not applied: bad, suspicious or stale, with their reasons."""

    plan: str
    import_id: str | None = None
    applied: int = 0
    same: int = 0
    left: list[Decided] = field(default_factory=list)
    receipt: Path | None = None


def receipt_of(
    applied: Applied,
    file_sha256: str,
    signed: SignedAct | None,
    sign: Callable[[Act], SignedAct] | None,
    now: datetime,
) -> dict[str, Any]:
    """The receipt as JSON: `body`, SHA-256 of its RFC 8785 form, and signatures (null at the first ceremony)."""
    left = [
        {"line": one.line, "verdict": one.verdict.value, "reasons": [[r.field, r.code] for r in one.reasons]}
        for one in applied.left
    ]
    body = {
        "import": applied.import_id,
        "plan": applied.plan,
        "file_sha256": file_sha256,
        "applied": applied.applied,
        "same": applied.same,
        "left": left,
        "act": _shown(signed) if signed else None,
    }
    digest = sha256(canonical(body)).hexdigest()
    confirmed = sign(Act(RECEIPT, {"receipt": digest}, now)) if sign else None
    return {"receipt": 1, "body": body, "sha256": digest, "signature": _shown(confirmed) if confirmed else None}


def write_receipt(folder: Path, receipt: Mapping[str, Any]) -> Path:
    """The receipt is in the folder, under its import's id."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{receipt['body']['import']}.json"
    write_whole(path, dict(receipt))
    return path


def verify_receipt(session: Session, receipt: Mapping[str, Any]) -> str:
    """The ledger id of the person who signed the receipt. Raises ActInvalid when it does not prove what it says."""
    shown, digest = receipt["signature"], sha256(canonical(receipt["body"])).hexdigest()
    if digest != receipt["sha256"] or shown is None or shown["fields"] != {"receipt": digest}:
        raise ActInvalid("act.signature-invalid")
    act = Act(RECEIPT, shown["fields"], moment(shown["at"]))
    return verify_act(session, SignedAct(act, shown["certificate_sha256"], bytes.fromhex(shown["signature"])))


def _shown(signed: SignedAct) -> dict[str, Any]:
    return {
        "kind": signed.act.kind,
        "fields": dict(signed.act.fields),
        "at": microseconds(signed.act.at),
        "certificate_sha256": signed.certificate_sha256,
        "signature": signed.signature.hex(),
    }
