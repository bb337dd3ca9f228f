"""Proofs that one can check without us: an entry is in the log; one checkpoint's log begins another's.

An entry's proof is a file of its own (C2SP tlog-proof, `.tlog-proof`): the checkpoint, the path to it, and as its
extra line the entry's text with its salt. Whoever has the log's verifier key needs nothing else.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.canonical import canonical, moment
from ledger.checkpoint import Checkpoint, VerifierKey, verify_checkpoint
from ledger.decision import Refuse
from ledger.entry import Entry, entry_digest
from ledger.log import Leaf, SignedHead, range_hashes
from ledger.merkle import consistency_ranges, inclusion_ranges, verify_inclusion
from pki.errors import ParseError

_FORMAT = "c2sp.org/tlog-proof@v1"
_TEXT = ("id", "at", "actor", "kind", "request_id", "release", "salt", "body", "facts")
_MOST_CHARACTERS = 1024 * 1024


@dataclass(frozen=True)
class InclusionProof:
    """Entry `entry_id`, of which the log holds `digest`, is leaf `number` under the checkpoint `note` of `size`."""

    entry_id: str
    digest: bytes
    number: int
    size: int
    path: tuple[bytes, ...]
    note: str

    def text(self, extra: bytes = b"") -> str:
        """The proof as a C2SP tlog-proof, with `extra` as its extra line if there is any."""
        lines = [_FORMAT, *([f"extra {b64encode(extra).decode()}"] if extra else []), f"index {self.number}"]
        lines += [b64encode(step).decode() for step in self.path]
        return "\n".join([*lines, "", self.note])


@dataclass(frozen=True)
class ProvenEntry:
    """An entry whose text, digest, place and checkpoint were verified."""

    values: Mapping[str, Any]
    number: int
    checkpoint: Checkpoint


def newest_checkpoint(session: Session) -> SignedHead | None:
    """The last published checkpoint; None before the first."""
    return session.scalars(select(SignedHead).order_by(SignedHead.size.desc()).limit(1)).first()


def prove_inclusion(session: Session, entry_id: str) -> InclusionProof | Refuse:
    """The proof that the entry is under the newest checkpoint, from O(log n) rows."""
    if session.scalar(select(Entry.id).where(Entry.id == entry_id)) is None:
        return Refuse("entry.unknown")
    leaf = session.scalars(select(Leaf).where(Leaf.entry_id == entry_id)).first()
    head = newest_checkpoint(session)
    if leaf is None or head is None or leaf.number >= head.size:
        return Refuse("entry.not-sealed-yet")
    path = range_hashes(session, inclusion_ranges(leaf.number, head.size))
    return InclusionProof(entry_id, bytes(leaf.digest), leaf.number, head.size, tuple(path), head.note)


def prove_consistency(session: Session, first: int, second: int) -> tuple[bytes, ...] | Refuse:
    """The proof (RFC 9162 clause 2.1.4) that the log of `first` leaves begins that of `second`."""
    head = newest_checkpoint(session)
    if head is None or not 0 < first <= second <= head.size:
        return Refuse("checkpoint.no-such-size")
    return tuple(range_hashes(session, consistency_ranges(first, second)))


def entry_proof(session: Session, entry_id: str) -> str | Refuse:
    """The self-contained proof of an entry with its text. Only for those who may read the entry."""
    proof = prove_inclusion(session, entry_id)
    if isinstance(proof, Refuse):
        return proof
    entry = session.get_one(Entry, entry_id)
    text = {name: getattr(entry, name) for name in _TEXT if getattr(entry, name) is not None}
    return proof.text(canonical(text))


def verify_entry_proof(text: str, keys: Sequence[VerifierKey]) -> ProvenEntry:
    """What the file proves. Raises ParseError, SignatureInvalid, ledger.merkle.ProofInvalid."""
    extra, number, path, note = _parted(text)
    checkpoint = verify_checkpoint(note, keys)
    values = _entry_text(extra)
    verify_inclusion(entry_digest(values), number, checkpoint.size, path, checkpoint.root)
    return ProvenEntry(values, number, checkpoint)


def is_entry_proof(text: str) -> bool:
    """Whether a file is a proof, and not a checkpoint alone."""
    return text.startswith(_FORMAT)


def _parted(text: str) -> tuple[bytes, int, list[bytes], str]:
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if len(text) > _MOST_CHARACTERS or not gap or lines[0] != _FORMAT or len(lines) < 3:
        raise ParseError("not a proof of the form c2sp.org/tlog-proof@v1 with the entry's text")
    extra = _octets(_after("extra ", lines[1]))
    index = _after("index ", lines[2])
    if not (index.isascii() and index.isdigit()) or str(int(index)) != index:
        raise ParseError("the proof's index is not a plain decimal number")
    return extra, int(index), [_octets(line) for line in lines[3:]], note


def _entry_text(extra: bytes) -> dict[str, Any]:
    try:
        values = json.loads(extra)
        text = {name: values.get(name) for name in _TEXT}
        return {**text, "salt": bytes.fromhex(values["salt"]), "at": moment(values["at"])}
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise ParseError("the proof's extra line is not the text of an entry") from None


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise ParseError(f"the proof has no line that begins with {word!r}")
    return line.removeprefix(word)


def _octets(encoded: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except ValueError:
        raise ParseError("not Base64") from None
