"""How the signing room believes what a protocol says it saw: a file and a line for each protocol.

A verifier judges the proof that was kept with the request by nothing but the ledger and the key `doors`; it says Allow,
or why not. What no proof can carry (the handshake of TLS) it says so in its file, and docs/machines.md says what that
comes to.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from ca.machines.proofs import acme, cmp, est, scep
from ca.machines.proofs.shown import Room
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import Enrolment
from ledger.decision import Decision

Verify = Callable[[Session, Enrolment, MachineRequest, Allowance, Room, datetime], Decision]
"""As of `now` and the session's one snapshot, by what the room believes and can open."""

PROOFS: Mapping[str, Verify] = {
    "acme": acme.verify,
    "cmp": cmp.verify,
    "est": est.verify,
    "scep": scep.verify,
}
"""By the protocol's name. What is not here is never issued."""
