"""A ministry whose machines may ask."""

import pytest

from tests.ca.conftest import PracticeCa
from tests.ca.machines.ministry import Ministry


@pytest.fixture
def ministry(ca: PracticeCa) -> Ministry:
    return Ministry.of(ca)
