"""Checkpoints as signed notes: what is accepted, and what is not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint, VerifierKey, checkpoint_text, sign_checkpoint, verify_checkpoint
from ledger.outside import Outside
from pki.errors import ParseError, SignatureInvalid
from tests.ledger.doubles import SeedSigner

AT = datetime(2026, 11, 24, 2, 0, 0, 999, tzinfo=UTC)
ROOT = bytes(range(32))
NAME = "laotrust.gov.la/ledger/0123456789abcdef"
KEY = VerifierKey.of(SeedSigner(), NAME)

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
"""The verifier key in the documentation of golang.org/x/mod/sumdb/note."""


def signed() -> Checkpoint:
    return sign_checkpoint(SeedSigner(), NAME, 42, ROOT, AT)


def test_a_checkpoint_says_after_verification_what_was_signed() -> None:
    checkpoint = verify_checkpoint(signed().note, [KEY])

    assert checkpoint == signed()
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (NAME, 42, ROOT)
    assert checkpoint.at == datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)


def test_the_note_has_the_lines_of_the_specification() -> None:
    lines = signed().note.split("\n")

    assert lines[:4] == [NAME, "42", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]
    assert [line.rpartition(" ")[0] for line in lines[4:]] == [f"— {NAME}", f"— {NAME}", ""]


def test_a_verifier_key_is_read_as_others_write_it() -> None:
    key = VerifierKey.parse(GO_KEY)

    assert key.name == "PeterNeumann"
    assert key.text() == GO_KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("+AR", "+BR"),
        GO_KEY + "=",
        GO_KEY.replace("PeterNeumann", ""),
    ],
)
def test_a_broken_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n42\n", "\n43\n"),
        ("AAECAwQF", "AAECAwQG"),
    ],
)
def test_changed_text_is_refused(old: str, new: str) -> None:
    with pytest.raises(SignatureInvalid):
        verify_checkpoint(signed().note.replace(old, new), [KEY])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n42\n", "\n042\n"),
        ("\n42\n", "\n-1\n"),
        ("\n42\n", "\n" + "9" * 5000 + "\n"),
        ("\n42\n", "\n٤٢\n"),
        ("\n42\n", "\n42\nextension\n"),
        ("\n\n", "\n"),
        ("—", "-"),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AAEC"),
        ("42", "42\r"),
    ],
)
def test_a_note_of_another_form_is_refused(old: str, new: str) -> None:
    with pytest.raises(ParseError):
        verify_checkpoint(signed().note.replace(old, new), [KEY])


def test_the_signature_of_another_key_under_our_name_is_not_ours() -> None:
    forged = sign_checkpoint(SeedSigner(8), NAME, 42, ROOT, AT)

    with pytest.raises(SignatureInvalid):
        verify_checkpoint(forged.note, [KEY])


def test_a_checkpoint_of_another_log_is_not_ours() -> None:
    other = sign_checkpoint(SeedSigner(), "example.la/log", 42, ROOT, AT)

    with pytest.raises(SignatureInvalid):
        verify_checkpoint(other.note, [KEY])


def test_a_witness_s_line_is_passed_over() -> None:
    witnessed = signed().note + "— witness.example AAAAAAAAAAAAAAAAAAAA\n"

    assert verify_checkpoint(witnessed, [KEY]).size == 42


def test_the_time_cannot_be_exchanged() -> None:
    later = sign_checkpoint(SeedSigner(8), NAME, 42, ROOT, AT.replace(year=2027))
    ours, theirs = signed().note.split("\n"), later.note.split("\n")

    mixed = "\n".join([*ours[:5], theirs[5], ""])

    with pytest.raises(SignatureInvalid):
        verify_checkpoint(mixed, [KEY])


def test_without_the_timestamped_signature_it_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        verify_checkpoint("\n".join([*signed().note.split("\n")[:5], ""]), [KEY])


def test_the_signed_text_is_the_first_three_lines() -> None:
    assert signed().note.startswith(checkpoint_text(NAME, 42, ROOT) + "\n")


def test_the_newest_checkpoint_outside_never_goes_back(tmp_path: Path) -> None:
    outside = Outside(tmp_path / "checkpoints")
    name = outside.name_for(SeedSigner())
    newer, older = (sign_checkpoint(SeedSigner(), name, size, ROOT, AT) for size in (9, 8))

    outside.keep(newer)
    outside.keep(older)

    assert outside.newest() == newer


def test_a_log_keeps_its_name_when_its_key_is_changed(tmp_path: Path) -> None:
    outside = Outside(tmp_path)

    names = [outside.name_for(SeedSigner(seed)) for seed in (1, 2, 1)]

    assert len(set(names)) == 1
    assert len(outside.keys()) == 2
