"""An operator's leave: his own signature over the digest of the plan, in a file beside it.

It needs neither register nor network, so that a ceremony on a machine without any can be approved.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from glob import escape
from pathlib import Path
from typing import Any

from ca.ceremonies.plan import Plan
from ledger.acts import FRESHNESS
from ledger.canonical import canonical
from pki.errors import PkiError
from pki.keys import algorithm_of, verify
from pki.signing import Signer

_DOMAIN = b"laotrust-ceremony-approval/1\n"


LAPSES_AFTER = timedelta(days=90)
"""So old an approval may be when its ceremony begins: who has plan and approvals cannot hold it years later."""


class ApprovalInvalid(Exception):
    """An approval does not count, or there are too few; the sentence says which and what to do."""

    code = "ceremony.approval-invalid"


class ApprovalLapsed(ApprovalInvalid):
    """An approval was right, and is too old; or it is of the future."""

    code = "ceremony.approval-lapsed"


class OperatorsUnknown(ApprovalInvalid):
    """The approvals are right, and too few are of those who held the ceremonies before."""

    code = "ceremony.operators-unknown"


@dataclass(frozen=True)
class Approval:
    """One operator's signature over a plan's digest, and when he made it."""

    plan: str
    operator: str
    at: datetime
    signature: bytes

    def body(self) -> dict[str, str]:
        """As a file and the transcript have it."""
        return {
            "plan": self.plan,
            "operator": self.operator,
            "at": self.at.isoformat(),
            "signature": self.signature.hex(),
        }


def approve(plan: Plan, code: str, signer: Signer, at: datetime) -> Approval:
    """The operator's approval of the plan. Raises ApprovalInvalid when the key is not his in the plan."""
    operator = plan.operator(code)
    if operator is None:
        raise ApprovalInvalid(f"{code} is no operator of this plan: ask who wrote it")
    if signer.public_key != operator.spki:
        raise ApprovalInvalid(f"this key is not the one that the plan names for {code}: use that one")
    at = at.astimezone(UTC).replace(microsecond=0)
    return Approval(plan.digest, code, at, signer.sign(_message(plan.digest, code, at)))


def parse_approval(text: str) -> Approval:
    """The approval of a file's text. Raises ApprovalInvalid."""
    try:
        return approval_of(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise ApprovalInvalid(f"this is no approval ({fault}): run ceremony-approve again") from None


def approval_of(given: dict[str, Any]) -> Approval:
    """The approval of a JSON object. Raises ValueError, KeyError, TypeError."""
    at = datetime.fromisoformat(given["at"])
    if at.utcoffset() is None:
        raise ValueError("its time has no zone")
    return Approval(str(given["plan"]), str(given["operator"]), at, bytes.fromhex(given["signature"]))


def verify_approvals(plan: Plan, approvals: Sequence[Approval]) -> None:
    """At least `plan.quorum` of its operators approved this very plan, each once. Raises ApprovalInvalid."""
    codes = [approval.operator for approval in approvals]
    for approval in approvals:
        _verify(plan, approval)
    if len(set(codes)) < len(codes):
        raise ApprovalInvalid("an operator approved twice: each counts once, so take one of the files away")
    if len(codes) < plan.quorum:
        raise ApprovalInvalid(
            f"{len(codes)} of {len(plan.operators)} operators approved, {plan.quorum} must: "
            "have another one run ceremony-approve"
        )


def verify_timely(approvals: Iterable[Approval], now: datetime) -> None:
    """Each is of a time at which it may begin a ceremony now. Raises ApprovalLapsed; a replay does not ask it."""
    for approval in approvals:
        whose = f"the approval of {approval.operator}"
        if approval.at > now + FRESHNESS:
            raise ApprovalLapsed(f"{whose} is of a time that is still to come: set the clocks right, approve again")
        if now > approval.at + LAPSES_AFTER:
            raise ApprovalLapsed(f"{whose} is older than {LAPSES_AFTER.days} days: he must approve again")


def approval_file(plan_file: Path, code: str) -> Path:
    """Where the operator's approval of this plan is."""
    return plan_file.with_name(f"{plan_file.stem}.approval.{code}.json")


def read_approvals(plan_file: Path) -> list[Approval]:
    """All approvals beside the plan, by file name. Raises ApprovalInvalid."""
    files: Iterable[Path] = sorted(plan_file.parent.glob(f"{escape(plan_file.stem)}.approval.*.json"))
    return [parse_approval(file.read_text(encoding="utf-8", errors="replace")) for file in files]


def _verify(plan: Plan, approval: Approval) -> None:
    operator = plan.operator(approval.operator)
    if operator is None:
        raise ApprovalInvalid(f"{approval.operator} is no operator of this plan: take his approval away")
    if approval.plan != plan.digest:
        raise ApprovalInvalid(f"the approval of {approval.operator} is of another plan: he must approve this one")
    message = _message(plan.digest, approval.operator, approval.at)
    try:
        verify(operator.spki, algorithm_of(operator.spki), message, approval.signature)
    except PkiError as fault:
        raise ApprovalInvalid(f"the approval of {approval.operator} is not signed with his key: {fault}") from fault


def _message(plan: str, code: str, at: datetime) -> bytes:
    return _DOMAIN + canonical({"plan": plan, "operator": code, "at": at.isoformat()})
