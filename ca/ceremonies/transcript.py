"""The transcript of a ceremony: a line a step, each chained to the one before, signed by all who were there.

{"kind":"begun","number":0,"plan":…,"approvals":[…],…}
{"kind":"key","number":1,"about":"root","made":{"public-key":…},"at":…,"operators":[…],"previous":…}
…
{"kind":"ended","number":9,…}
{"kind":"signature","operator":…,"of":…,"signature":…}
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from ca.ceremonies.approval import Approval
from ca.ceremonies.plan import Plan
from ledger.canonical import canonical
from pki.errors import PkiError
from pki.keys import algorithm_of, verify
from pki.signing import Signer

THE_LOG = "checkpoint"
"""Signs beside the operators, with the log's own key."""
_DOMAIN = b"laotrust-ceremony-transcript/1\n"
_NOTHING = "0" * 64


def line_digest(line: str) -> str:
    """Hex SHA-256 of a line, without its end."""
    return sha256(line.encode()).hexdigest()


def begun_line(plan: Plan, approvals: Sequence[Approval], at: datetime, known: Sequence[str] = ()) -> str:
    """The first line: what was agreed, by whom; `known` are those of them who were operators of earlier ceremonies."""
    return _written(
        {
            "number": 0,
            "kind": "begun",
            "plan": plan.digest,
            "title": plan.title,
            "place": plan.place,
            "mode": plan.mode,
            "quorum": plan.quorum,
            "approvals": [approval.body() for approval in approvals],
            "operators": [approval.operator for approval in approvals],
            "at": at.isoformat(),
            "previous": _NOTHING,
            **({"known": list(known)} if known else {}),
            **({"successors": plan.successors} if plan.successors else {}),
        }
    )


def step_line(lines: Sequence[str], kind: str, about: str, made: Mapping[str, bytes], at: datetime) -> str:
    """The next line, after a step was done."""
    digests = {what: sha256(octets).hexdigest() for what, octets in made.items()}
    return _written(
        {
            "number": len(lines),
            "kind": kind,
            "about": about,
            "made": digests,
            "operators": json.loads(lines[0])["operators"],
            "at": at.isoformat(),
            "previous": line_digest(lines[-1]),
        }
    )


def signature_line(operator: str, of: str, signature: bytes) -> str:
    """A line under the transcript: `of` is the digest of its last line."""
    return _written({"kind": "signature", "operator": operator, "of": of, "signature": signature.hex()})


def sign_last(signer: Signer, last_line: str) -> bytes:
    """The signature over a transcript by its last line, to which all others are chained."""
    return signer.sign(_message(line_digest(last_line)))


def signature_fault(spki: bytes, last_line: str, signature: bytes) -> str | None:
    """Why the signature does not count; None if it does."""
    try:
        verify(spki, algorithm_of(spki), _message(line_digest(last_line)), signature)
    except PkiError as fault:
        return str(fault)
    return None


def _message(digest: str) -> bytes:
    return _DOMAIN + bytes.fromhex(digest)


def _written(line: Mapping[str, Any]) -> str:
    return canonical(line).decode()


@dataclass(frozen=True)
class Transcript:
    """The lines of a transcript, taken apart. Nothing is verified but that they are lines of ours."""

    steps: tuple[str, ...]
    """From the first line to the end, or to where the ceremony is."""
    signatures: tuple[str, ...]

    @property
    def parsed(self) -> Iterator[dict[str, Any]]:
        """The step lines as objects."""
        return (json.loads(line) for line in self.steps)

    @property
    def signed(self) -> Iterator[dict[str, Any]]:
        """The signature lines as objects."""
        return (json.loads(line) for line in self.signatures)


class TranscriptBroken(Exception):
    """A line is not as it was written; the sentence says which."""


def parse_transcript(text: str) -> Transcript:
    """The transcript of a file's text. Raises TranscriptBroken."""
    lines = text.split("\n")
    if lines.pop() != "" or not lines:
        raise TranscriptBroken("the last line has no end: the file was cut, or something was added")
    for number, line in enumerate(lines, start=1):
        try:
            same = isinstance(json.loads(line), dict) and _written(json.loads(line)) == line
        except (ValueError, TypeError, RecursionError):
            same = False
        if not same:
            raise TranscriptBroken(f"line {number} is not as it was written: it was altered")
    signed = [json.loads(line).get("kind") == "signature" for line in lines]
    first = signed.index(True) if True in signed else len(lines)
    if not all(signed[first:]):
        raise TranscriptBroken(f"line {first + 1 + signed[first:].index(False)} stands behind the signatures")
    return Transcript(tuple(lines[:first]), tuple(lines[first:]))
