"""The factors by themselves: codes in their window, digits of three scripts, passwords, and the ladder over them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import repeat

import pytest

from idp.assurance import level, methods
from idp.factors import password, totp
from tests.doubles import SteadyChance

SECRET = b"12345678901234567890"
"""Of RFC 6238 appendix B."""


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
        (2000000000, "279037"), (20000000000, "353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code(SECRET, datetime.fromtimestamp(seconds, UTC)) == code


@pytest.mark.parametrize(
    ("late", "counts"), [(-31, False), (-30, True), (0, True), (29, True), (59, True), (60, False)]
)
def test_a_code_counts_one_step_early_and_one_step_late(late: int, counts: bool) -> None:
    shown_at = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    step = totp.matching_step(SECRET, totp.code(SECRET, shown_at), shown_at + timedelta(seconds=late))

    assert (step is not None) == counts


@pytest.mark.parametrize("typed", ["287082", "໒໘໗໐໘໒", "๒๘๗๐๘๒", "287 082", " ໒໘໗ ໐໘໒ "])
def test_a_code_may_be_typed_in_lao_thai_and_ascii_digits(typed: str) -> None:
    assert totp.matching_step(SECRET, typed, datetime.fromtimestamp(59, UTC)) == 1


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "28708a", "²87082", "287082\x00", "-287082"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert totp.matching_step(SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


def test_a_password_is_right_however_its_lao_letters_were_composed() -> None:
    kept = password.verifier("ນ\u0ecd\u0eb2ຄຳ 2569", SteadyChance())

    assert password.is_right("ນ\u0ecd\u0eb2ຄຳ 2569", kept)
    assert not password.is_right("ນາຄຳ 2569", kept)


@pytest.mark.parametrize("broken", [b"", b"0:", b"0:$argon2id$v=19$m=4194304,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA"])
def test_a_verifier_that_is_damaged_or_too_dear_lets_nobody_in(broken: bytes) -> None:
    assert not password.is_right("practice", broken)


@pytest.mark.timeout(120)
def test_many_hashes_at_once_take_turns_and_all_come_to_an_end() -> None:
    kept = password.verifier("practice-1", SteadyChance())

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(password.is_right, ["practice-1", "wrong"] * 12, repeat(kept)))

    assert answers == [True, False] * 12


@pytest.mark.parametrize(
    ("kinds", "reached", "amr"),
    [
        ((), 0, ()),
        (("password",), 1, ("pwd",)),
        (("totp",), 0, ("otp",)),
        (("password", "totp"), 2, ("mfa", "otp", "pwd")),
        (("certificate",), 2, ("pop", "swk")),
        (("certificate", "password"), 2, ("mfa", "pop", "pwd", "swk")),
    ],
)
def test_what_was_shown_reaches_a_level_and_is_told_in_words(
    kinds: tuple[str, ...], reached: int, amr: tuple[str, ...]
) -> None:
    assert (level(kinds), methods(kinds)) == (reached, amr)
