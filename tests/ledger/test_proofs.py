"""Proofs made from the stored nodes, and files that prove without us."""

from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from sqlalchemy import event, select

from ledger.decision import Refuse
from ledger.ledger import Ledger
from ledger.log import TreeHead
from ledger.merkle import ProofInvalid, verify_consistency, verify_inclusion
from ledger.outside import Outside
from ledger.proofs import entry_proof, prove_consistency, prove_inclusion, verify_entry_proof
from ledger.seal import seal
from pki.errors import ParseError, SignatureInvalid
from tests.ledger.doubles import SeedSigner, note_people


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture
def entries(ledger: Ledger, outside: Path) -> list[str]:
    """The ids of 37 entries, sealed in three steps."""
    made = []
    for start, end in ((0, 5), (5, 20), (20, 37)):
        made += note_people(ledger, *range(start, end))
        seal(ledger, SeedSigner(), outside, ledger.clock.now())
    return made


def proof_of(ledger: Ledger, entry: str) -> str:
    with ledger.read() as session:
        proof = entry_proof(session, entry)
    assert isinstance(proof, str)
    return proof


def test_every_entry_can_be_proven(ledger: Ledger, outside: Path, entries: list[str]) -> None:
    newest = Outside(outside).newest()
    assert newest is not None
    with ledger.read() as session:
        proofs = [prove_inclusion(session, entry) for entry in entries]

    for number, proof in enumerate(proofs):
        assert not isinstance(proof, Refuse)
        verify_inclusion(proof.digest, number, 37, proof.path, newest.root)


def test_every_checkpoint_is_shown_to_begin_the_later_ones(ledger: Ledger, entries: list[str]) -> None:
    with ledger.read() as session:
        roots = {head.size: head.root for head in session.scalars(select(TreeHead))}
        pairs = [(first, second) for first in roots for second in roots if first <= second]
        paths = [prove_consistency(session, first, second) for first, second in pairs]

    for (first, second), path in zip(pairs, paths, strict=True):
        assert not isinstance(path, Refuse)
        verify_consistency(first, second, path, roots[first], roots[second])


def test_a_proof_is_made_from_few_rows(ledger: Ledger, entries: list[str]) -> None:
    statements: list[str] = []
    event.listen(ledger.reading, "before_cursor_execute", lambda *given: statements.append(given[2]))

    with ledger.read() as session:
        prove_inclusion(session, entries[17])

    assert len(statements) <= 6


def test_an_unknown_and_an_unsealed_entry_are_refused_with_different_words(ledger: Ledger, entries: list[str]) -> None:
    fresh = note_people(ledger, 99)[0]

    with ledger.read() as session:
        answers = [prove_inclusion(session, "nobody"), prove_inclusion(session, fresh)]

    assert answers == [Refuse("entry.unknown"), Refuse("entry.not-sealed-yet")]


@pytest.mark.parametrize(("first", "second"), [(0, 5), (6, 5), (5, 38), (-1, 5)])
def test_sizes_that_the_log_never_had_are_refused(ledger: Ledger, entries: list[str], first: int, second: int) -> None:
    with ledger.read() as session:
        assert prove_consistency(session, first, second) == Refuse("checkpoint.no-such-size")


def test_a_file_proves_the_entry_s_text_offline(ledger: Ledger, outside: Path, entries: list[str]) -> None:
    proven = verify_entry_proof(proof_of(ledger, entries[11]), Outside(outside).keys())

    assert (proven.number, proven.checkpoint.size) == (11, 37)
    assert proven.values["id"] == entries[11]
    assert proven.values["body"] == '{"person":"p000011"}'


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda text: text.replace("index 11", "index 12"), ProofInvalid),
        (lambda text: text.replace("index 11", "index 011"), ParseError),
        (lambda text: text.replace("\n37\n", "\n38\n"), SignatureInvalid),
        (lambda text: text.replace("\nextra ", "\nextra AAAA"), ParseError),
        (lambda text: text.replace("c2sp.org", "example"), ParseError),
        (lambda text: text.partition("\n\n")[0], ParseError),
        (lambda text: "\n".join(line for line in text.split("\n") if not line.startswith("extra")), ParseError),
        (lambda text: "\n".join([*text.split("\n")[:3], *text.split("\n")[4:]]), ProofInvalid),
    ],
)
def test_a_changed_file_proves_nothing(
    ledger: Ledger, outside: Path, entries: list[str], change: object, fault: type[Exception]
) -> None:
    text = proof_of(ledger, entries[11])

    with pytest.raises(fault):
        verify_entry_proof(change(text), Outside(outside).keys())  # type: ignore[operator]


def test_a_changed_text_of_the_entry_proves_nothing(ledger: Ledger, outside: Path, entries: list[str]) -> None:
    text = proof_of(ledger, entries[11])
    extra = text.split("\n")[1].removeprefix("extra ")
    changed = b64encode(b64decode(extra).replace(b"p000011", b"p000012")).decode()

    with pytest.raises(ProofInvalid):
        verify_entry_proof(text.replace(extra, changed), Outside(outside).keys())
