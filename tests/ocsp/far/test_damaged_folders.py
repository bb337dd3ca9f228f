"""Folders of the centre that are not whole or not as it wrote them, as an operator meets them."""

import pytest

from tests.ca.conftest import ca  # noqa: F401 - a fixture
from tests.ocsp.far.test_verbs import Office, office  # noqa: F401 - `office` is a fixture

pytestmark = pytest.mark.sqlite_only("the verbs read by `populations`, which is tested on both engines")


def test_the_verb_says_that_a_copy_names_more_than_it_holds(office: Office) -> None:  # noqa: F811
    centre, mirror = office.folder / "centre", office.folder / "mirror"
    made = office.said("ocsp-export", centre, "--no-files")
    (centre / "newest").write_text(f"{made['number'] + 60}\n")

    told = office.said("ocsp-mirror", centre, mirror, code=3)

    assert (told["number"], told["behind"]) == (made["number"], True)


@pytest.mark.parametrize("seal", [True, False], ids=["its seal", "its middle"])
def test_an_export_over_one_that_was_tampered_with_signs_all_anew(office: Office, *, seal: bool) -> None:  # noqa: F811
    centre = office.folder / "centre"
    first = office.said("ocsp-export", centre, "--no-files")
    octets = bytearray((centre / "bundle").read_bytes())
    octets[-1 if seal else len(octets) // 2] ^= 1
    (centre / "bundle").write_bytes(octets)
    office.clock.turn(seconds=2)

    anew = office.said("ocsp-export", centre, "--no-files")
    office.clock.turn(seconds=2)
    again = office.said("ocsp-export", centre, "--no-files")

    assert (anew["signed"], again["signed"]) == (first["certificates"], 0)
