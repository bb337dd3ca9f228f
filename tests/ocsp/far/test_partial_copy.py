"""A copy of the centre's folder that is not whole, as an operator meets it."""

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
