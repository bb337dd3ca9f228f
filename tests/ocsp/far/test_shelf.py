"""What a mirror does not take, though it is sealed or nobody had to seal it."""

from datetime import timedelta
from pathlib import Path

import pytest

from ocsp.far.bundle import Bundle
from ocsp.far.export import Voice, export
from ocsp.far.population import Life, Population
from ocsp.far.seals import verify_whole
from ocsp.far.shelf import Shelf, bring
from pki.errors import PkiError
from pki.status import Good
from tests.doubles import START
from tests.far import Nation, serial
from tests.issuing import FROM, UNTIL

OFFICERS = Nation()
ROOTS = [OFFICERS.root.der]
BOTH = {"officers": OFFICERS, "citizens": Nation(OFFICERS.root)}
DAY = timedelta(days=1)


def made(nations: dict[str, Nation], previous: Bundle | None = None, at: timedelta = timedelta()) -> Bundle:
    """The export of these CAs, each with one good certificate."""
    lives = (Life(1, serial(1), Good("ab" * 32)),)
    found = [
        Population(name, one.officers.der, FROM, lives, (one.responder_der,), twofold=False)
        for name, one in nations.items()
    ]
    voices = [Voice(one.responder_der, one.responder, UNTIL) for one in nations.values()]
    return export(found, voices, previous, START + at).bundle


@pytest.fixture
def source(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "source")


@pytest.fixture
def mirror(source: Shelf, tmp_path: Path) -> Shelf:
    """It has what the source has: two CAs."""
    mirror = Shelf(tmp_path / "mirror")
    source.put(made(BOTH))
    bring(source, mirror, ROOTS, START)
    return mirror


def refused(source: Shelf, mirror: Shelf) -> str:
    """With which code the mirror does not take the newest, a day after the first."""
    before = mirror.bundle_file.read_bytes()
    with pytest.raises(PkiError) as fault:
        bring(source, mirror, ROOTS, START + DAY)
    assert mirror.bundle_file.read_bytes() == before
    return fault.value.code


def test_a_bundle_of_no_ca_is_believed_by_nobody(source: Shelf, mirror: Shelf) -> None:
    source.put(made({}, at=DAY))

    assert refused(source, mirror) == "bundle.forged"


def test_a_bundle_of_a_time_to_come_is_not_taken(source: Shelf, mirror: Shelf) -> None:
    source.put(made(BOTH, at=DAY + timedelta(seconds=3)))

    assert refused(source, mirror) == "mirror.future"


@pytest.mark.parametrize("by_delta", [True, False])
def test_a_bundle_without_a_ca_that_was_there_is_taken_only_if_one_says_so(
    source: Shelf, mirror: Shelf, by_delta: bool
) -> None:
    {True: source.put, False: source.keep}[by_delta](made({"officers": OFFICERS}, at=DAY))

    assert refused(source, mirror) == "mirror.dropped"
    assert bring(source, mirror, ROOTS, START + DAY, fewer=True).by_deltas is by_delta


def test_a_ca_that_has_expired_may_be_gone() -> None:
    before = made(BOTH)

    verify_whole(made({}, at=UNTIL - START + DAY), before)


@pytest.mark.parametrize("folder", [True, False])
def test_an_empty_file_or_a_folder_is_no_bundle(source: Shelf, *, folder: bool) -> None:
    source.path.mkdir()
    if folder:
        source.bundle_file.mkdir()
    else:
        source.bundle_file.touch()

    with pytest.raises(PkiError, match="no bundle") as refused:
        source.bundle()
    assert refused.value.code == "bundle.malformed"
