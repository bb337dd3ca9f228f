"""docs/architecture.md lists the processes that the database knows, each with whether it may insert anything."""

import pytest

from migrations.roles import ROLES, Role
from tests.architecture.documents import ROOT, table_rows

PROCESSES = {row[0]: row for row in table_rows(ROOT / "docs" / "architecture.md") if len(row) == 4}


def test_the_processes_are_those_of_the_database() -> None:
    assert set(PROCESSES) == {role.process for role in ROLES}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.process)
def test_a_process_that_is_said_to_insert_nothing_may_insert_nothing(role: Role) -> None:
    said = PROCESSES[role.process][3]

    assert (said == "nothing") == (role.inserts == ())
