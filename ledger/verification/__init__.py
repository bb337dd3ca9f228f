"""Verification: everything the ledger says of itself, computed again, and the first row that is wrong.

Reads in one snapshot, a thousand entries at a time. Keys and the newest checkpoint come from the folder
outside the database, never from the database.
"""

from ledger.verification.report import Fault, Report, Wrong
from ledger.verification.whole import read_only, verify_ledger

__all__ = ["Fault", "Report", "Wrong", "read_only", "verify_ledger"]
