"""A transcript is verified anew: against the plan, against what was made, and against the ledger where there is one.

It needs no key, no clock and no home but the folder of the ceremony, so that anybody may do it, anywhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from ca.ceremonies.approval import ApprovalInvalid, approval_of, verify_approvals
from ca.ceremonies.plan import Plan
from ca.ceremonies.run import Place
from ca.ceremonies.steps.step import SoFar, Step
from ca.ceremonies.transcript import (
    THE_LOG,
    Transcript,
    TranscriptBroken,
    line_digest,
    parse_transcript,
    signature_fault,
)
from ca.tables.ceremonies import CeremonyLine, CeremonyRun
from ca.tables.hierarchy import IssuerImport
from ledger.certificates import Certificate
from ledger.ledger import Ledger
from pki.errors import PkiError


@dataclass(frozen=True)
class Replayed:
    """What a replay found. With no faults, what the transcript says is what was agreed, done and signed."""

    steps: int
    faults: tuple[str, ...]
    signed_by: tuple[str, ...]


def replay(text: str, plan: Plan, place: Place, ledger: Ledger | None) -> Replayed:
    """The transcript `text` of a ceremony of `plan`, whose papers are at `place`, with every fault by its line."""
    try:
        transcript = parse_transcript(text)
        lines = list(transcript.parsed)
        faults = [
            *_faults_of_chain(transcript.steps, lines),
            *_faults_of_beginning(plan, lines[0]),
            *_faults_of_steps(plan, place, lines, so_far := SoFar(plan.mode)),
            *_faults_of_signatures(plan, transcript, lines[0], so_far),
            *(_faults_of_ledger(ledger, plan, transcript, so_far) if ledger else ()),
        ]
    except TranscriptBroken as broken:
        return Replayed(0, (str(broken),), ())
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as strange:
        return Replayed(0, (f"the transcript lacks what each of ours has ({strange!r}): it was altered",), ())
    signed = tuple(str(line["operator"]) for line in transcript.signed)
    return Replayed(len(plan.steps), tuple(faults), signed)


def _faults_of_chain(texts: Sequence[str], lines: Sequence[dict[str, Any]]) -> Iterator[str]:
    for number, (before, line) in enumerate(pairwise(lines), start=1):
        if line["number"] != number:
            yield f"line {number}: step {line['number']} stands there: a line is missing or in another place"
        if line["previous"] != line_digest(texts[number - 1]):
            yield f"line {number} does not follow: line {number - 1} was altered, taken out or put elsewhere"
        if datetime.fromisoformat(line["at"]) < datetime.fromisoformat(before["at"]):
            yield f"line {number} is earlier than the one before it"
        if line["operators"] != lines[0]["operators"]:
            yield f"line {number} names other operators than the beginning"


def _faults_of_beginning(plan: Plan, begun: dict[str, Any]) -> Iterator[str]:
    agreed = (plan.digest, plan.title, plan.place, plan.mode.value, plan.quorum, 0, "begun")
    if tuple(begun[name] for name in ("plan", "title", "place", "mode", "quorum", "number", "kind")) != agreed:
        yield "line 0 is of another plan"
    if begun.get("successors", "") != plan.successors:
        yield "line 0 does not say what the plan says of successors"
    try:
        approvals = [approval_of(one) for one in begun["approvals"]]
        verify_approvals(plan, approvals)
    except ApprovalInvalid as invalid:
        yield f"line 0: {invalid}"
        return
    if [approval.operator for approval in approvals] != begun["operators"]:
        yield "line 0 names operators who did not approve"


def _faults_of_steps(plan: Plan, place: Place, lines: Sequence[dict[str, Any]], so_far: SoFar) -> Iterator[str]:
    for number, step in enumerate(plan.steps, start=1):
        where = f"step {number} ({step.kind} {step.about})"
        if number >= len(lines) or lines[number]["kind"] == "ended":
            yield f"{where} is not in the transcript"
            continue
        yield from (f"{where}: {fault}" for fault in _faults_of_step(step, place, lines[number], so_far))
    if len(lines) > len(plan.steps) + 2 or lines[-1]["kind"] != "ended":
        yield "the transcript does not end where the plan ends"


def _faults_of_step(step: Step, place: Place, line: dict[str, Any], so_far: SoFar) -> Iterator[str]:
    if (line["kind"], line["about"]) != (step.kind, step.about):
        yield f"the transcript has {line['kind']} {line['about']} instead"
        return
    made = place.found(line["made"])
    if made is None:
        yield "what was made is not in the folder, or is not what the transcript names"
        return
    try:
        fault = step.fault(made, so_far)
    except PkiError as broken:
        fault = f"what was made does not hold: {broken}"
    if fault:
        yield fault
    so_far.keep(step.about, made)


def _faults_of_signatures(plan: Plan, transcript: Transcript, begun: dict[str, Any], so_far: SoFar) -> Iterator[str]:
    keys = {operator.code: operator.spki for operator in plan.operators if operator.code in begun["operators"]}
    keys[THE_LOG] = so_far.keys.get(THE_LOG, b"")
    of = line_digest(transcript.steps[-1])
    given = [line["operator"] for line in transcript.signed]
    for line in transcript.signed:
        signer = line["operator"]
        fault = signature_fault(keys.get(signer, b""), transcript.steps[-1], bytes.fromhex(line["signature"]))
        if fault or line["of"] != of:
            yield f"the signature of {signer} does not count: {fault or 'it is of another transcript'}"
    if missing := [code for code in keys if given.count(code) != 1]:
        yield f"not signed once by {', '.join(missing)}: have them run ceremony-sign"


def _faults_of_ledger(ledger: Ledger, plan: Plan, transcript: Transcript, so_far: SoFar) -> Iterator[str]:
    with ledger.read() as session:
        run = session.scalar(select(CeremonyRun).where(CeremonyRun.plan_sha256 == plan.digest))
        if run is None:
            yield "the ledger has no ceremony of this plan"
            return
        kept = list(
            session.scalars(
                select(CeremonyLine.line).where(CeremonyLine.run_id == run.id).order_by(CeremonyLine.number)
            )
        )
        digests = {sha256(der).hexdigest(): name for name, der in so_far.certificates.items()}
        known = set(session.scalars(select(Certificate.sha256).where(Certificate.sha256.in_(digests))))
        known |= set(session.scalars(select(IssuerImport.sha256).where(IssuerImport.sha256.in_(digests))))
    for number, line in enumerate(transcript.steps):
        if number >= len(kept) or kept[number] != line:
            yield f"line {number} is not the one that the ledger has"
    if len(kept) > len(transcript.steps):
        yield f"the ledger has {len(kept)} lines: the transcript was cut"
    yield from (
        f"the certificate {name} is not in the ledger" for digest, name in digests.items() if digest not in known
    )
