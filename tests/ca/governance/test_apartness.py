"""Trusted roles are apart (CA-07): in the rules, in the use cases, and in the database itself."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from ca.endings.revocation import act_for as act_for_ending
from ca.endings.revocation import revoke_person
from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide
from ca.tables.registration import Enrolment
from ledger.base import Base
from ledger.certificates import KeyUse
from ledger.decision import Refuse
from ledger.ledger import Deed, Ledger
from migrations.roles import ROLES
from tests.ca.governance.conftest import FOURTH, SECOND, THIRD, Office
from tests.conftest import url_of
from tests.recorded import TESTER, Noted

TABLES = sorted(Base.metadata.tables)
GOVERNED = ("configuration_version", "duty_end", "change", "change_approval", "change_end")
OTHERS = [role.process for role in ROLES if role.process != "govern"]


@pytest.fixture
def waiting(office: Office) -> Enrolment:
    """A request of somebody else that waits for decisions."""
    enrolment = Enrolment(
        id="e1", person_id=f"p{SECOND}", profile="officer-signing", request=b"-", key_sha256="ab",
        evidence_digest="cd", digest="ef",
    )  # fmt: skip
    use = KeyUse(key_sha256="ab", subject=f"p{SECOND}")
    office.ledger.entries([Deed(Noted("e1"), TESTER, [use, enrolment])])
    return enrolment


@pytest.mark.parametrize("duty", ["system-administrator", "auditor", "register-clerk", "ca-operator", "help-desk"])
def test_who_is_no_registration_officer_decides_on_nothing(office: Office, waiting: Enrolment, duty: str) -> None:
    office.agreed("duty.grant", person=THIRD, duty=duty)
    signed = office.hands[THIRD].sign(act_for(waiting, office.ledger.clock.now(), approved=True, desk="center"))

    assert decide(office.ledger, Vote("e1", approved=True, signed=signed, desk="center")) == Refuse("decision.no-duty")


@pytest.mark.parametrize("duty", ["system-administrator", "auditor", "register-clerk"])
def test_who_neither_registers_nor_operates_the_ca_revokes_nobody(office: Office, duty: str) -> None:
    office.agreed("duty.grant", person=THIRD, duty=duty)
    act = act_for_ending("person.revoke", SECOND, "superseded", office.ledger.clock.now())

    outcome = revoke_person(office.ledger, SECOND, "superseded", office.hands[THIRD].sign(act))

    assert outcome == Refuse("revocation.no-duty")


@pytest.mark.parametrize("duty", ["auditor", "register-clerk", "help-desk"])
def test_who_only_reads_or_helps_plans_no_change(office: Office, duty: str) -> None:
    office.agreed("duty.grant", person=THIRD, duty=duty)

    assert office.plan(THIRD, "duty.grant", person=FOURTH, duty="register-clerk") == Refuse("change.no-duty")


def test_an_administrator_plans_and_does_not_approve(office: Office) -> None:
    office.agreed("duty.grant", person=THIRD, duty="system-administrator")
    own = office.plan(THIRD, "duty.grant", person=FOURTH, duty="register-clerk")
    other = office.plan(SECOND, "desk.open", desk="LP-1", province="LA-LP")

    assert isinstance(own, str)
    assert office.approve(THIRD, other) == Refuse("change.no-duty")


@pytest.mark.postgresql_only("SQLite has no roles")
def test_the_auditor_can_insert_no_row_into_any_table(ledger: Ledger) -> None:
    auditor = Ledger(url_of("audit", ledger.url), ledger.clock, ledger.randomness, "0.1.0", "audit")

    refused = [table for table in TABLES if not _may_insert(auditor, table)]

    assert refused == TABLES
    auditor.close()


@pytest.mark.postgresql_only("SQLite has no roles")
@pytest.mark.parametrize("process", OTHERS)
def test_no_other_process_inserts_what_is_changed_under_four_eyes(ledger: Ledger, process: str) -> None:
    other = Ledger(url_of(process, ledger.url), ledger.clock, ledger.randomness, "0.1.0", process)

    assert [table for table in GOVERNED if _may_insert(other, table)] == []
    other.close()


@pytest.mark.postgresql_only("SQLite has no roles")
def test_the_process_that_governs_inserts_that_and_nothing_of_registration_or_issuance(ledger: Ledger) -> None:
    govern = Ledger(url_of("govern", ledger.url), ledger.clock, ledger.randomness, "0.1.0", "govern")

    insertable = {table for table in TABLES if _may_insert(govern, table)}

    agreed = {"duty", "desk", "desk_term", "foreign_ca", "foreign_ca_term", "allowance", "allowance_end"}
    agreed |= {"preapproval", "preapproval_end", "revocation", "key_block", "desk_revocation"}
    assert insertable == {*GOVERNED, *agreed, "reissue", "reissue_switch", "issuance_switch", "entry"}
    govern.close()


@pytest.mark.postgresql_only("SQLite has no roles")
def test_a_change_goes_its_whole_way_under_the_role_of_govern(office: Office) -> None:
    url, clock = url_of("govern", office.ledger.url), office.ledger.clock
    ledger = Ledger(url, clock, office.ledger.randomness, "0.1.0", "govern")

    Office(ledger, office.hands).agreed("duty.grant", person=THIRD, duty="ca-operator")

    assert [span.kind.value for span in office.believed(THIRD)] == ["ca-operator"]
    ledger.close()


def _may_insert(ledger: Ledger, table: str) -> bool:
    """Whether the database lets this role try: a guard or a constraint that then refuses is no matter of the role."""
    try:
        with ledger.writing.begin() as connection:
            connection.execute(text(f'INSERT INTO "{table}" SELECT * FROM "{table}" WHERE false'))
    except ProgrammingError as refused:
        assert "permission denied" in str(refused.orig)
        return False
    return True
