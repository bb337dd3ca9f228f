"""Each table and each kind of event belongs to a process that may write it."""

import pytest

from ledger.base import Base
from migrations.roles import OWNERS_EVENTS, OWNERS_TABLES, ROLES, Role
from tests.architecture.inventory import event_types
from web.home import PORTS

WRITABLE = {table for role in ROLES for table in role.inserts} | {*OWNERS_TABLES, "entry"}
OWNER = Role("owner", events=OWNERS_EVENTS)


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_every_table_is_written_by_some_role(table: str) -> None:
    assert table in WRITABLE


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.process)
def test_a_role_writes_only_tables_that_exist(role: Role) -> None:
    assert set(role.inserts) <= set(Base.metadata.tables)


@pytest.mark.parametrize("kind", sorted(event.kind for event in event_types()))
def test_every_kind_of_event_is_recorded_by_some_role(kind: str) -> None:
    assert any(role.may_record(kind) for role in (*ROLES, OWNER))


def test_the_responder_only_reads() -> None:
    [responder] = [role for role in ROLES if role.process == "ocsp"]

    assert (responder.inserts, responder.events) == ((), ())


LISTENING = [role for role in ROLES if role.process in PORTS]


@pytest.mark.parametrize("role", LISTENING, ids=lambda role: role.process)
def test_no_process_that_listens_may_say_who_decides_or_what_was_issued(role: Role) -> None:
    reserved = {"duty", "duty_end", "dishonoured_decision", "issuer", "intent", "certificate", "crl", "leaf"}
    governed = {"desk", "desk_term", "configuration_version", "change", "change_approval", "change_end"}

    assert (reserved | governed).isdisjoint(role.inserts)
