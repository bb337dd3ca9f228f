"""Bytes that fit a mould are judged as strictly as bytes that nobody saw the like of before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.profiles import PROFILES
from pki import lint as room
from pki.certificate import parse_tbs, serial_number
from pki.issuer import IssuerView
from pki.lint import LintFailed, lint
from pki.lint.mould import SETTLED, Mould
from pki.names import person_name
from tests.issuing import KeySigner
from tests.pki.making import CHANCE, ISSUER_VIEW, SUBJECT, Draft

SOUND = Draft().tbs()
OTHER_KEY = KeySigner().public_key
PROFILE = Draft.profile
SHARDED = replace(ISSUER_VIEW, crl_shards=4, crl_url=ISSUER_VIEW.crl_url.replace(".crl", "-2.crl"))


def verdict(tbs: bytes, issuer: IssuerView = ISSUER_VIEW) -> object:
    """What lint finds, or else the facts that it read."""
    try:
        return lint(tbs, PROFILE, issuer).facts
    except LintFailed as failed:
        return failed.findings


def both(tbs: bytes, issuer: IssuerView = ISSUER_VIEW, like: bytes = SOUND) -> tuple[object, object]:
    """The verdict with a mould that was taken from `like`, and the one without any."""
    room._moulds.clear()
    lint(like, PROFILE, issuer)
    moulded = verdict(tbs, issuer)
    room._moulds.clear()
    return moulded, verdict(tbs, issuer)


@given(st.integers(min_value=0, max_value=len(SOUND) - 1), st.integers(min_value=1, max_value=255))
def test_a_changed_octet_is_judged_the_same_with_and_without_a_mould(place: int, change: int) -> None:
    moulded, whole = both(SOUND[:place] + bytes((SOUND[place] ^ change,)) + SOUND[place + 1 :])

    assert moulded == whole


@given(
    st.integers(min_value=0, max_value=len(SOUND)),
    st.integers(min_value=0, max_value=40),
    st.binary(max_size=40),
)
def test_octets_put_in_or_taken_out_are_judged_the_same(place: int, gone: int, put: bytes) -> None:
    moulded, whole = both(SOUND[:place] + put + SOUND[place + gone :])

    assert moulded == whole


@given(
    st.integers(min_value=1, max_value=1 << 38),
    st.text(st.characters(categories=("L", "M", "N", "Cf")), min_size=1, max_size=70),
    st.booleans(),
)
def test_other_numbers_names_and_keys_are_judged_the_same(dense: int, given_name: str, other_key: bool) -> None:
    subject = Draft.subject.replace("ສົມພອນ".encode(), given_name.encode()[:18].ljust(18, b"a"))
    key = OTHER_KEY if other_key else SUBJECT.public_key

    moulded, whole = both(Draft(subject=subject, spki=key, serial=serial_number(dense, CHANCE)).tbs())

    assert moulded == whole


@pytest.mark.parametrize("dense", [2, 3, 6])
def test_the_shard_of_each_serial_number_is_asked_for_under_a_mould_too(dense: int) -> None:
    like = Draft(issuer=SHARDED, serial=serial_number(2, CHANCE)).tbs()
    other = Draft(issuer=SHARDED, serial=serial_number(dense, CHANCE)).tbs()

    moulded, whole = both(other, SHARDED, like)

    assert moulded == whole
    assert isinstance(whole, tuple) == (dense == 3)


def test_a_neighbour_of_another_name_and_key_fits_the_mould_and_is_read_as_it_is() -> None:
    mould = Mould.of(SOUND, parse_tbs(SOUND))
    subject = person_name("ຄຳ", None, "Kham", None, "10000018")
    neighbour = Draft(subject=subject, spki=OTHER_KEY, serial=serial_number(77, CHANCE)).tbs()

    assert mould is not None
    assert mould.facts_of(neighbour) == parse_tbs(neighbour)


def test_a_key_identifier_of_another_key_does_not_fit() -> None:
    mould = Mould.of(SOUND, parse_tbs(SOUND))

    assert mould is not None
    assert mould.facts_of(SOUND.replace(SUBJECT.public_key, OTHER_KEY)) is None


def test_another_profiles_bytes_do_not_fit() -> None:
    mould = Mould.of(SOUND, parse_tbs(SOUND))

    assert mould is not None
    assert mould.facts_of(Draft(profile=PROFILES["officer-authentication"]).tbs()) is None


def test_settled_rules_are_rules() -> None:
    assert {rule.id for rule in room.RULES} > SETTLED
