"""Deltas: whatever happened between two exports, the mirror has the very bundle that the centre has."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocsp.far.bundle import Bundle
from ocsp.far.delta import applied, delta
from ocsp.far.export import Voice, export
from ocsp.far.population import Life, Population
from ocsp.far.seals import parse_and_verify
from ocsp.far.shelf import RolledBack, Shelf, bring
from pki.errors import PkiError
from pki.status import CertificateStatus, Good, Held, Pending, Revoked
from tests.doubles import START
from tests.far import Nation, serial
from tests.issuing import FROM, UNTIL, der
from tests.ocsp.far.conftest import Centre

NATION = Nation()
VOICE = Voice(NATION.responder_der, NATION.responder, UNTIL)
STATUSES: tuple[CertificateStatus, ...] = (
    Good("ab" * 32), Good("cd" * 32), Revoked(START, "keyCompromise"), Revoked(START, "unspecified"), Held(START),
    Pending(),
)  # fmt: skip
histories = st.lists(
    st.tuples(st.dictionaries(st.integers(1, 12), st.sampled_from(STATUSES), max_size=12), st.integers(1, 200_000)),
    min_size=2,
    max_size=4,
)


def exports(history: list[tuple[dict[int, CertificateStatus], int]]) -> list[Bundle]:
    """The bundles of a history: each step changes some certificates and lets some time go by."""
    known: dict[int, CertificateStatus] = {}
    bundles: list[Bundle] = []
    now = START
    for changes, seconds in history:
        known |= changes
        now += timedelta(seconds=seconds)
        lives = tuple(Life(dense, serial(dense), status) for dense, status in sorted(known.items()))
        population = Population("officers", NATION.officers.der, FROM, lives, (NATION.responder_der,), twofold=False)
        previous = bundles[-1] if bundles else None
        bundles.append(export([population], [VOICE], previous, now, timedelta(days=2)).bundle)
    return bundles


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_deltas_applied_one_after_the_other_are_the_full_export(
    history: list[tuple[dict[int, CertificateStatus], int]],
) -> None:
    bundles = exports(history)

    had = bundles[0]
    for after, before in zip(bundles[1:], bundles, strict=False):
        had = applied(had, delta(before, after))

    assert had.octets == bundles[-1].octets
    assert parse_and_verify(had.octets[:], [NATION.root.der]).number == bundles[-1].number


def test_an_answer_that_was_only_signed_anew_costs_its_signatures_and_four_octets(centre: Centre) -> None:
    centre.issue(40)
    before = centre.bundle()
    more = centre.bundle(later=86_400 * 6)
    same = centre.bundle()

    renewed, nothing = len(delta(before, more)), len(delta(more, same))

    assert renewed - nothing <= 41 * (2 * 64 + 4) + 16
    assert nothing < 140


@settings(max_examples=60)
@given(st.data())
def test_a_mutated_delta_gives_no_bundle_that_verifies(data: st.DataObject) -> None:
    before, after = exports([({1: STATUSES[0], 2: STATUSES[1]}, 10), ({2: STATUSES[2], 3: STATUSES[0]}, 10)])
    octets = bytearray(delta(before, after))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(PkiError):
        parse_and_verify(applied(before, bytes(octets)).octets[:], [NATION.root.der])


def test_a_new_ca_and_a_new_responder_come_with_the_delta() -> None:
    [before] = exports([({1: STATUSES[0], 2: STATUSES[2]}, 10)])
    renewed = der(NATION.officers.responder(NATION.responder, serial(9)))
    citizens = Nation(NATION.root)
    lives = (Life(1, serial(1), STATUSES[0]), Life(2, serial(2), STATUSES[2]))
    found = [
        Population("officers", NATION.officers.der, FROM, lives, (renewed, NATION.responder_der), twofold=False),
        Population("citizens", citizens.officers.der, FROM, lives, (citizens.responder_der,), twofold=False),
    ]
    voices = [Voice(renewed, NATION.responder, UNTIL), Voice(citizens.responder_der, citizens.responder, UNTIL)]

    after = export(found, voices, before, START + timedelta(days=1), timedelta(days=2)).bundle

    assert len(after.parts[0].head.responders) == 2
    assert applied(before, delta(before, after)).octets == after.octets
    assert parse_and_verify(after.octets[:], [NATION.root.der])


def test_a_delta_of_another_bundle_is_refused() -> None:
    first, second, third = exports([({1: STATUSES[0]}, 10), ({2: STATUSES[0]}, 10), ({3: STATUSES[0]}, 10)])

    with pytest.raises(PkiError) as refused:
        applied(first, delta(second, third))

    assert refused.value.code == "delta.other"


def test_a_mirror_follows_by_deltas_and_has_what_the_centre_has(centre: Centre, tmp_path: Path) -> None:
    mirror = Shelf(tmp_path / "mirror")
    centre.issue(3)
    centre.exported()
    first = bring(centre.shelf, mirror, centre.roots, centre.now())
    centre.exported()
    centre.issue()
    centre.exported()

    second = bring(centre.shelf, mirror, centre.roots, centre.now())

    assert (first.by_deltas, second.by_deltas) == (False, True)
    assert mirror.bundle_file.read_bytes() == centre.shelf.bundle_file.read_bytes()


def test_a_mirror_whose_bundle_is_damaged_takes_the_whole(centre: Centre, tmp_path: Path) -> None:
    mirror = Shelf(tmp_path / "mirror")
    centre.exported()
    bring(centre.shelf, mirror, centre.roots, centre.now())
    mirror.bundle_file.write_bytes(mirror.bundle_file.read_bytes()[:-5])
    centre.exported()

    arrival = bring(centre.shelf, mirror, centre.roots, centre.now())

    assert not arrival.by_deltas
    assert mirror.bundle_file.read_bytes() == centre.shelf.bundle_file.read_bytes()


@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "its own bundle damaged"])
def test_a_mirror_never_goes_back(centre: Centre, tmp_path: Path, damaged: bool) -> None:
    mirror, old = Shelf(tmp_path / "mirror"), Shelf(tmp_path / "old")
    old.keep(centre.bundle())
    centre.exported()
    bring(centre.shelf, mirror, centre.roots, centre.now())
    if damaged:
        mirror.bundle_file.write_bytes(b"")

    with pytest.raises(RolledBack):
        bring(old, mirror, centre.roots, centre.now())


@pytest.mark.parametrize("first", [0, 1, 2], ids=["nothing", "the older", "what is there"])
def test_a_copy_that_names_more_than_it_holds_is_taken_as_far_as_it_goes_and_said(
    centre: Centre, tmp_path: Path, first: int
) -> None:
    mirror, copy = Shelf(tmp_path / "mirror"), Shelf(tmp_path / "copy")
    bundles = [centre.bundle(), centre.bundle()]
    for one in bundles[:first]:
        mirror.keep(one)
    copy.keep(bundles[1])
    centre.exported()
    (copy.path / "newest").write_text(f"{centre.shelf.newest()}\n")

    partly = bring(copy, mirror, centre.roots, centre.now())
    whole = bring(centre.shelf, mirror, centre.roots, centre.now())

    assert (partly.bundle.number, partly.behind) == (bundles[1].number, True)
    assert (whole.bundle.number, whole.behind) == (centre.shelf.newest(), False)


def test_an_older_bundle_under_a_newer_number_is_rolled_back(centre: Centre, tmp_path: Path) -> None:
    mirror, old = Shelf(tmp_path / "mirror"), Shelf(tmp_path / "old")
    old.keep(centre.bundle())
    (old.path / "newest").write_text("99999999999\n")
    centre.exported()
    bring(centre.shelf, mirror, centre.roots, centre.now())

    with pytest.raises(RolledBack):
        bring(old, mirror, centre.roots, centre.now())
