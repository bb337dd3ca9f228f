"""A plan is held: its steps one after the other, each done once, each a line of the transcript and a fact.

The ledger has the lines; the file of the transcript is written from them, so that a crash between two steps
leaves nothing that the next run would not find. A step that was done but whose line was not written is done
again, which gives the same thing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.approval import Approval, ApprovalInvalid, OperatorsUnknown, verify_approvals, verify_timely
from ca.ceremonies.ceremony import Ceremony, address_faults
from ca.ceremonies.continuity import continuity_fault, standings
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.files import write_whole
from ca.ceremonies.plan import Plan, PlanUnfit, home_faults, production_faults
from ca.ceremonies.steps.step import Made, SoFar, Step
from ca.ceremonies.transcript import (
    THE_LOG,
    begun_line,
    line_digest,
    sign_last,
    signature_fault,
    signature_line,
    step_line,
)
from ca.events.ceremonies import CeremonyBegun, CeremonyStepDone, TranscriptSigned
from ca.governance.provenance import verified
from ca.tables.ceremonies import CeremonyApproval, CeremonyLine, CeremonyRun, CeremonySignature
from ledger.certificates import KeyBlock
from ledger.incarnation import name_of
from ledger.ledger import Deed, Ledger, Taken
from pki.keys import key_sha256
from pki.signing import SignatureAlgorithm, Signer


@dataclass(frozen=True)
class Place:
    """Where a ceremony's papers are: plan, transcript, and what was made, by digest."""

    folder: Path

    @classmethod
    def of(cls, ceremony: Ceremony, plan: Plan) -> "Place":
        """In the home, by the plan's digest."""
        return cls(ceremony.home.path / "ceremonies" / plan.digest[:16])

    @property
    def transcript(self) -> Path:
        """The transcript."""
        return self.folder / "transcript.jsonl"

    @property
    def plan(self) -> Path:
        """The plan with all files taken in, as it was approved."""
        return self.folder / "plan.json"

    def keep(self, made: Made) -> None:
        """The octets are in files named by their digest."""
        folder = self.folder / "made"
        folder.mkdir(parents=True, exist_ok=True)
        for octets in made.values():
            (folder / sha256(octets).hexdigest()).write_bytes(octets)

    def found(self, digests: dict[str, str]) -> Made | None:
        """What was kept under these digests; None if a file is missing or damaged."""
        made = {}
        for what, digest in digests.items():
            file = self.folder / "made" / digest
            octets = file.read_bytes() if file.is_file() else b""
            if sha256(octets).hexdigest() != digest:
                return None
            made[what] = octets
        return made


@dataclass(frozen=True)
class Progress:
    """How far a ceremony is."""

    transcript: Path
    done: int
    steps: int
    signed_by: tuple[str, ...]
    missing: tuple[str, ...]
    """Operators who were there and have not signed the transcript yet."""


def hold(ceremony: Ceremony, plan: Plan, approvals: Sequence[Approval]) -> Progress:
    """Every step of the plan is done; what was done in an earlier run stays. Only signatures may be missing then.

    A ceremony that must keep this order, for each step: 1. it is done; 2. what came of it is compared with the plan;
    3. its octets are kept; 4. its line is a fact. Raises ApprovalInvalid, PlanUnfit, CeremonyFailed, KeyUnusable, and
    what the ledger raises; run it again then.
    """
    verify_approvals(plan, approvals)
    _verify_home(ceremony.ledger, plan)
    if faults := address_faults(ceremony.home, ceremony.mode):
        raise CeremonyFailed("; ".join(faults), "ceremony.no-address")
    if (ceremony.home.path / "mode").exists():  # else the first step writes it
        ceremony.begin()
    run, lines = _begun(ceremony, plan, approvals)
    place, so_far = Place.of(ceremony, plan), SoFar(plan.mode)
    for number, step in enumerate(plan.steps, start=1):
        made = _done_before(place, lines[number]) if number < len(lines) else None
        if made is None:
            made = _held(ceremony, number, step, so_far)
            place.keep(made)
        so_far.keep(step.about, made)
        if number == len(lines):
            _write(ceremony, run, lines, (step.kind, step.about, made))
        elif _digests(lines[number]) != {what: sha256(octets).hexdigest() for what, octets in made.items()}:
            raise CeremonyFailed(
                f"step {number} ({step.kind} {step.about}) does not give what it gave before: look there",
                "ceremony.otherwise",
            )
    if len(lines) == len(plan.steps) + 1:
        _write(ceremony, run, lines, ("ended", "ceremony", {}))
    sign(ceremony, plan, THE_LOG, ceremony.own_key(THE_LOG, SignatureAlgorithm.ED25519))
    return progress(ceremony, plan)


def sign(ceremony: Ceremony, plan: Plan, operator: str, signer: Signer) -> Progress:
    """The operator, who was there, has signed the transcript of a ceremony that is done. Raises CeremonyFailed."""
    run = _run(ceremony.ledger, plan)
    lines = _lines(ceremony.ledger, run.id) if run else []
    if run is None or len(lines) != len(plan.steps) + 2:
        raise CeremonyFailed("the ceremony is not at its end: run ceremony-run first", "ceremony.unfinished")
    if operator not in (*_operators(lines[0]), THE_LOG):
        raise CeremonyFailed(f"{operator} did not approve this ceremony, so has nothing to sign", "ceremony.not-there")
    named = plan.operator(operator)
    signature = sign_last(signer, lines[-1])
    if named is not None and (fault := signature_fault(named.spki, lines[-1], signature)):
        raise CeremonyFailed(
            f"this key is not the one that the plan names for {operator}: {fault}", "ceremony.not-his-key"
        )
    fact = CeremonySignature(id=ceremony.ledger.new_id(), run_id=run.id, operator=operator, signature=signature)
    ceremony.write(TranscriptSigned(run.id, operator, line_digest(lines[-1])), fact)
    return progress(ceremony, plan)


def progress(ceremony: Ceremony, plan: Plan) -> Progress:
    """How far the ceremony is; its papers are written from the ledger, and the log is sealed."""
    run, place = _run(ceremony.ledger, plan), Place.of(ceremony, plan)
    if run is None:
        raise CeremonyFailed("this ceremony was not begun: run ceremony-run", "ceremony.unfinished")
    lines, signatures = _lines(ceremony.ledger, run.id), _signatures(ceremony.ledger, run.id)
    of = line_digest(lines[-1])
    below = [signature_line(one.operator, of, bytes(one.signature)) for one in signatures]
    write_whole(place.plan, f"{plan.body}\n".encode())
    write_whole(place.transcript, "".join(f"{line}\n" for line in (*lines, *below)).encode())
    ceremony.await_seal(())
    by = tuple(one.operator for one in signatures)
    missing = tuple(code for code in _operators(lines[0]) if code not in by)
    return Progress(place.transcript, len(lines) - 1, len(plan.steps) + 1, by, missing)


def _verify_home(ledger: Ledger, plan: Plan) -> None:
    """It is held in the home that was agreed on, so never a second time in another. Raises PlanUnfit."""
    with ledger.read() as session:
        if faults := home_faults(plan, name_of(session)):
            raise PlanUnfit(faults)


def _begun(ceremony: Ceremony, plan: Plan, approvals: Sequence[Approval]) -> tuple[CeremonyRun, list[str]]:
    """The run with its lines so far; a new one is begun with its first line and the approvals."""
    ledger, run = ceremony.ledger, _run(ceremony.ledger, plan)
    if run is not None:
        return run, _lines(ledger, run.id)
    verify_timely(approvals, ledger.clock.now())  # and not when it goes on: it may have lasted
    with ledger.read() as session:
        _verify_unblocked(session, plan, approvals)
        if faults := production_faults(plan, verified(session)):
            raise PlanUnfit(faults)
        known = _verify_continuity(session, plan, approvals, ledger.clock.now())
    run = CeremonyRun(id=ledger.new_id(), plan_sha256=plan.digest, plan=plan.body)
    line = begun_line(plan, approvals, ledger.clock.now(), known)
    facts = [
        run,
        CeremonyLine(id=ledger.new_id(), run_id=run.id, number=0, line=line),
        *(_approval(ledger, run.id, plan, approval) for approval in approvals),
    ]
    event = CeremonyBegun(run.id, plan.digest, plan.quorum, len(approvals), len(known))
    try:
        ledger.entries([Deed(event, ceremony.actor, facts)])
    except Taken as clash:
        raise CeremonyFailed(
            "somebody else has begun this ceremony just now: let one of you go on", "ceremony.meanwhile"
        ) from clash
    return run, [line]


def _verify_unblocked(session: Session, plan: Plan, approvals: Sequence[Approval]) -> None:
    """No approval was made by a key that others may have. Raises ApprovalInvalid; a replay does not ask it."""
    there = {one.operator for one in approvals}
    keys = {key_sha256(operator.spki): operator.code for operator in plan.operators if operator.code in there}
    blocked = session.scalars(select(KeyBlock.key_sha256).where(KeyBlock.key_sha256.in_(keys))).first()
    if blocked is not None:
        raise ApprovalInvalid(f"the key of {keys[blocked]} is blocked for ever: name his new one in another plan")


def _verify_continuity(session: Session, plan: Plan, approvals: Sequence[Approval], now: datetime) -> list[str]:
    """The codes of those who approved and were operators before. Raises OperatorsUnknown when they do not suffice."""
    found, codes = standings(session, plan, now), [one.operator for one in approvals]
    if fault := continuity_fault(plan, found, [one for one in plan.operators if one.code in codes]):
        raise OperatorsUnknown(fault)
    return [code for code in codes if code in found.known]


def _approval(ledger: Ledger, run_id: str, plan: Plan, approval: Approval) -> CeremonyApproval:
    operator = plan.operator(approval.operator)
    return CeremonyApproval(
        id=ledger.new_id(),
        run_id=run_id,
        operator=approval.operator,
        key_sha256=key_sha256(operator.spki if operator else b""),
        at=approval.at,
        signature=approval.signature,
    )


def _held(ceremony: Ceremony, number: int, step: Step, so_far: SoFar) -> Made:
    made = step.hold(ceremony, so_far)
    if fault := step.fault(made, so_far):
        raise CeremonyFailed(
            f"step {number} ({step.kind} {step.about}) came out otherwise than planned: {fault}", "ceremony.otherwise"
        )
    return made


def _done_before(place: Place, line: str) -> Made | None:
    return place.found(_digests(line))


def _write(ceremony: Ceremony, run: CeremonyRun, lines: list[str], step: tuple[str, str, Made]) -> None:
    """The step's line is a fact. Raises CeremonyFailed when another run wrote it."""
    kind, about, made = step
    ledger, number = ceremony.ledger, len(lines)
    line = step_line(lines, kind, about, made, ledger.clock.now())
    event = CeremonyStepDone(run.id, number, kind, line_digest(line))
    fact = CeremonyLine(id=ledger.new_id(), run_id=run.id, number=number, line=line)
    try:
        ledger.entries([Deed(event, ceremony.actor, [fact])])
    except Taken as clash:
        raise CeremonyFailed(
            "somebody else holds this ceremony at the same time: let one of you go on", "ceremony.meanwhile"
        ) from clash
    lines.append(line)


def _run(ledger: Ledger, plan: Plan) -> CeremonyRun | None:
    with ledger.read() as session:
        return session.scalar(select(CeremonyRun).where(CeremonyRun.plan_sha256 == plan.digest))


def _lines(ledger: Ledger, run_id: str) -> list[str]:
    with ledger.read() as session:
        statement = select(CeremonyLine.line).where(CeremonyLine.run_id == run_id).order_by(CeremonyLine.number)
        return list(session.scalars(statement))


def _signatures(ledger: Ledger, run_id: str) -> list[CeremonySignature]:
    with ledger.read() as session:
        statement = select(CeremonySignature).where(CeremonySignature.run_id == run_id)
        return list(session.scalars(statement.order_by(CeremonySignature.operator)))


def _digests(line: str) -> dict[str, str]:
    return dict(json.loads(line)["made"])


def _operators(line: str) -> list[str]:
    return list(json.loads(line)["operators"])
