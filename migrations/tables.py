"""Every module that declares tables: what Alembic, `ledger-verify` and the tests load.

A new table module is a line here.
"""

import idp.tables
import ledger.certificates
import ledger.entry
import ledger.incarnation
import ledger.log
import ledger.people
import validation.tables

MODULES = (
    ledger.entry, ledger.incarnation, ledger.log, ledger.people, ledger.certificates,
    idp.tables, validation.tables,
)  # fmt: skip
