"""The signing room believes no process: neither numbers that nobody agreed on nor keys that no issuer certified."""

from datetime import timedelta

import pytest

from ca.configuration import Configuration
from ca.tables.configuration import ConfigurationVersion
from ledger.ledger import Deed
from tests.ca.conftest import TEST, PracticeCa, register_person
from tests.ca.events import Registered

NUMBER = "10000003"


def write_version(ca: PracticeCa, body: str, number: int = 1) -> None:
    """As a process would that writes what it may not."""
    version = ConfigurationVersion(id=f"v{number}", number=number, body=body, digest="0" * 64)
    ca.ledger.entries([Deed(Registered("v"), TEST, [version])])


@pytest.mark.parametrize(
    "body",
    [
        Configuration(validity_days={"officer-signing": 1}, second_judge_default="off").body,
        Configuration(decisions_needed=1000).body,
        "{}x",
    ],
    ids=["short", "never-enough", "no-json"],
)
def test_a_configuration_that_nobody_agreed_on_neither_changes_nor_stops_the_service(
    ca: PracticeCa, body: str
) -> None:
    register_person(ca.ledger, NUMBER)
    ca.approved(NUMBER)
    write_version(ca, body)

    [issued] = ca.room().turn().issued

    assert issued.not_after - issued.not_before > timedelta(days=300)
