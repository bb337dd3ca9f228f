"""Every module that declares tables: what Alembic, `ledger-verify` and the tests load.

A new table module is a line here.
"""

import ca.tables
import idp.tables
import ledger.certificates
import ledger.entry
import ledger.incarnation
import ledger.log
import ledger.outbox
import ledger.people
import register.tables
import tsa.tables
import validation.tables

MODULES = (
    ledger.entry, ledger.incarnation, ledger.log, ledger.outbox, ledger.people, ledger.certificates,
    ca.tables, idp.tables, register.tables, tsa.tables, validation.tables,
)  # fmt: skip
