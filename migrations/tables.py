"""Every module that declares tables: what Alembic, `ledger-verify` and the tests load.

A new table module is a line here.
"""

from collections.abc import Sequence

import ca.tables.acme
import ca.tables.batches
import ca.tables.ceremonies
import ca.tables.configuration
import ca.tables.endings
import ca.tables.governance
import ca.tables.hierarchy
import ca.tables.machines
import ca.tables.publication
import ca.tables.registration
import ca.tables.reissue
import ca.tables.retention
import ca.tables.statement
import idp.consents.tables
import idp.details.tables
import idp.elsewhere.tables
import idp.exchange.tables
import idp.registration.tables
import idp.tables
import ledger.certificates
import ledger.confirmations
import ledger.entry
import ledger.incarnation
import ledger.log
import ledger.outbox
import ledger.people
import ledger.preapproval
import ledger.recognition
import ledger.replay
import register.tables
import tsa.tables
import validation.tables
from ledger.base import Base

MODULES = (
    ledger.entry, ledger.incarnation, ledger.log, ledger.outbox, ledger.people, ledger.certificates,
    ledger.confirmations, ledger.recognition, ledger.preapproval, ledger.replay,
    ca.tables.registration, ca.tables.endings, ca.tables.publication, ca.tables.configuration,
    ca.tables.governance, ca.tables.hierarchy, ca.tables.statement, ca.tables.ceremonies,
    ca.tables.retention, ca.tables.acme, ca.tables.batches, ca.tables.machines, ca.tables.reissue,
    idp.tables, idp.registration.tables, idp.consents.tables, idp.elsewhere.tables, idp.exchange.tables,
    idp.details.tables,
    register.tables, tsa.tables, validation.tables,
)  # fmt: skip


def tables_of(modules: Sequence[str]) -> set[str]:
    """The names of the tables that these modules declare."""
    return {str(mapper.local_table) for mapper in Base.registry.mappers if mapper.class_.__module__ in modules}
