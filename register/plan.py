"""Plans: what applying a list would do, line by line, under a digest that covers the list and all of it.

A plan lives in the home as `plans/<digest>.json` beside its own copy of the list, `plans/<digest>.csv`, both readable
by their owner only: they hold what the list holds.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger.ledger import Ledger
from register.changes import Decided, Verdict
from register.columns import file_sha256, rows
from register.walk import survey, walk

PLANNED = (Verdict.NEW, Verdict.CHANGED, Verdict.SAME)
"""Verdicts with which the lines after may count."""


class PlanUnknown(Exception):
    """There is no such plan in the home, or its list is not the one that was planned. `code` is public."""

    code = "register.plan-unknown"


@dataclass(frozen=True)
class Plan:
    """What became of planning a list. `shown` are the lines that a person should read: all but new and same."""

    digest: str
    file_sha256: str
    counts: dict[str, int]
    shown: Sequence[Decided]


@dataclass(frozen=True)
class StoredPlan:
    """A plan found again: the list's copy, and by line number the digest of what was decided."""

    digest: str
    file_sha256: str
    lines: dict[int, str]
    doubled: frozenset[str]
    path: Path


def make_plan(ledger: Ledger, path: Path, folder: Path, progress: Callable[[int], None] = lambda _: None) -> Plan:
    """The list at `path` is planned and kept in `folder`; the register is as it was. Raises FileUnfit.

    The same list beside the same register has the same digest. `progress` hears of each line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{ledger.new_id()}.planning"
    try:
        _copy(path, copy)
        return _plan(ledger, copy, folder, progress)
    finally:
        copy.unlink(missing_ok=True)


def load_plan(folder: Path, digest: str) -> StoredPlan:
    """The plan of that digest (its first 12 digits or more will do). Raises PlanUnknown."""
    found = list(folder.glob(f"{digest}*.json")) if digest.isalnum() and len(digest) >= 12 else []
    if len(found) != 1:
        raise PlanUnknown(digest)
    kept = json.loads(found[0].read_text("utf-8"))
    lines = {line["line"]: line["digest"] for line in kept["lines"]}
    listed = found[0].with_suffix(".csv")
    total = _digest(kept["file_sha256"], kept["lines"])
    if not listed.exists() or file_sha256(listed) != kept["file_sha256"] or total != found[0].stem:
        raise PlanUnknown(digest)
    return StoredPlan(found[0].stem, kept["file_sha256"], lines, survey(rows(listed)).doubled, listed)


def shown(decided: Decided) -> dict[str, Any]:
    """A decided line as JSON."""
    return {
        "line": decided.line,
        "number": decided.number,
        "verdict": decided.verdict.value,
        "reasons": [asdict(reason) for reason in decided.reasons],
        "changes": [asdict(change) for change in decided.changes],
    }


def _plan(ledger: Ledger, copy: Path, folder: Path, progress: Callable[[int], None]) -> Plan:
    file_digest, doubled = file_sha256(copy), survey(rows(copy)).doubled
    counts = Counter({verdict.value: 0 for verdict in Verdict})
    lines: list[dict[str, Any]] = []
    read: list[Decided] = []
    for decided in walk(ledger, rows(copy), doubled, ledger.new_id(), lambda one: one.verdict in PLANNED):
        counts[decided.verdict.value] += 1
        lines.append({"line": decided.line, "verdict": decided.verdict.value, "digest": decided.digest()})
        if decided.verdict not in {Verdict.NEW, Verdict.SAME}:
            read.append(decided)
        progress(1)
    digest = _digest(file_digest, lines)
    copy.replace(folder / f"{digest}.csv")
    document = {"plan": 1, "file_sha256": file_digest, "counts": dict(counts), "lines": lines}
    write_whole(folder / f"{digest}.json", document)
    return Plan(digest, file_digest, dict(counts), read)


def _digest(file_digest: str, lines: Sequence[dict[str, Any]]) -> str:
    total = sha256(f"laotrust-plan/1\n{file_digest}\n".encode())
    for line in lines:
        total.update(f"{line['line']} {line['verdict']} {line['digest']}\n".encode())
    return total.hexdigest()


def write_whole(path: Path, document: dict[str, Any]) -> None:
    """The file holds the document as JSON, wholly or not at all, for its owner only, and is on disk."""
    beside = path.with_suffix(".writing")
    with open(beside, "w", encoding="utf-8", opener=_private) as file:
        json.dump(document, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _copy(path: Path, copy: Path) -> None:
    with path.open("rb") as given, open(copy, "wb", opener=_private) as kept:
        shutil.copyfileobj(given, kept)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
