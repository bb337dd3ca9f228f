"""The process that listens to machines asks under what was allowed; it allows and decides nothing, reads no person."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from ca.machines.acceptance import accept
from ca.machines.fates import outcome
from ca.machines.forms import parsed_form
from ca.machines.requests import Asking, take_up
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.machines import MachineAcceptance
from ledger.ledger import Ledger
from migrations.roles import ROLES
from pki.request import SigningRequest
from tests.ca.machines.ministry import MACHINES, Ministry, csr
from tests.conftest import url_of
from tests.issuing import new_key

pytestmark = pytest.mark.postgresql_only("SQLite has no roles")
DECIDING = ("allowance.confirmed", "change.applied", "enrolment.submitted", "certificate.revoked", "acme.revoked")
[ROLE] = [role for role in ROLES if role.process == "machines"]


@pytest.fixture
def listening(ministry: Ministry) -> Iterator[Ledger]:
    ledger = ministry.ca.ledger
    own = Ledger(url_of("machines", ledger.url), ledger.clock, ledger.randomness, "0.1.0", "machines")
    yield own
    own.close()


def test_it_asks_by_its_own_role_and_reads_no_person(ministry: Ministry, listening: Ledger) -> None:
    allowance = ministry.allowed()
    made, request = ministry.secret(allowance), parsed_form(csr(new_key(), "www.mtc.gov.la"))
    assert isinstance(request, SigningRequest)
    asking = Asking(
        allowance.id, Protocol.EST, request, CredentialKind.SECRET, made.id, made.secret.encode(), ("www.mtc.gov.la",),
        uses_up=True,
    )  # fmt: skip

    asked = take_up(listening, asking, MACHINES)

    assert isinstance(asked, str), asked
    assert len(ministry.ca.room().turn().issued) == 1
    with listening.read() as session:
        assert type(outcome(session, asked)).__name__ == "Issued"
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("SELECT * FROM person_detail"))


def test_it_keeps_by_its_own_role_what_a_machine_took(ministry: Ministry, listening: Ledger) -> None:
    certificate = ministry.issued(ministry.allowed(), "www.mtc.gov.la")

    accept(listening, certificate, None, b"certConf", MACHINES)

    with listening.read() as session:
        assert bytes(session.get_one(MachineAcceptance, certificate.id).proof) == b"certConf"


def test_it_may_write_nothing_that_allows_or_decides() -> None:
    forbidden = {
        "allowance", "allowance_end", "allowance_confirmation", "allowance_acceptance", "allowance_secret", "decision",
        "evidence", "organisation_confirmation", "change", "duty", "desk", "intent", "certificate",
        "revocation", "hold", "cutoff", "key_block",
    }  # fmt: skip

    assert forbidden.isdisjoint(ROLE.inserts)
    assert not any(ROLE.may_record(kind) for kind in DECIDING)
