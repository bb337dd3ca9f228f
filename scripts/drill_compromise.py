"""`drill-compromise`: the key of an issuer is lost, and a successor takes over."""

import time

import click
from sqlalchemy import func, select

from ca.ceremonies.generations import State, generations
from ca.ceremonies.rollover import roll_over
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Way, own_certificate
from ca.closing.last_crl import living
from ca.publication.crl import newest
from ledger.certificates import Issuer, KeyBlock
from ledger.decision import Refuse
from ledger.outbox import OutboxMessage
from ledger.verification import verify_ledger
from pki.crl import parse_crl
from pki.keys import key_sha256
from scripts.cli import Outcome, Run, verb
from scripts.drill import Drill


@verb("close", example="python -m scripts drill-compromise --certificates 100")
@click.option("--certificates", default=100, show_default=True, type=click.IntRange(1, 100_000), help="To be revoked.")
def drill_compromise(run: Run, *, certificates: int) -> Outcome:
    """Makes a small installation under HOME/drills, loses the key of its issuer `officers`, and reports what was so.

    Nothing of the installation in HOME itself is touched.
    """
    drill = Drill.begun(run, "compromise", certificates)
    key, began = drill.key("officers"), time.monotonic()
    ended = drill.both_act("officers", Way.COMPROMISE)
    noticed = drill.issue(drill.wanted(["90000100"]))
    noticed_after = time.monotonic() - began
    revoked = carry_out(drill.ledger, key.id)
    drill.ceremony.list_endings(drill.key("root"))
    seconds = time.monotonic() - began
    roll_over(drill.ceremony, "officers", run.clock.now())
    with drill.ledger.read() as session:
        own = own_certificate(session, session.get_one(Issuer, key.id))
        on_root = newest(session, "root", 1)
        blocked = session.get(KeyBlock, key_sha256(key.spki)) is not None
        alive = living(session, key.id, run.clock.now())
        states = {one.key_name: one.state for one in generations(session, run.clock.now())}
        letters = session.scalar(select(func.count()).where(OutboxMessage.kind == "mail"))
    listed = own is not None and on_root is not None and int(own.serial_number, 16) in parse_crl(on_root.der).by_serial
    steps = {
        "two operators gave the key up": ended,
        "it issues nothing any more": noticed == [Refuse("issuance.issuer-ended")],
        "the root's CRL names the issuer": listed,
        "nothing under it lives": not alive,
        "its key is blocked for ever": blocked,
        "every holder is written to": letters == certificates + 2,
        "its successor has another key and signs": states.get("officers-2") is State.SIGNS,
        "the ledger verifies": not verify_ledger(drill.ledger.reading, drill.home.checkpoints).faults,
    }
    values = {
        "lost": "the key of officers",
        "noticed_after_seconds": round(noticed_after, 3),
        "revoked": revoked,
        "done_after_seconds": round(seconds, 3),
        "kept": "root, citizens, services and all that they issued; every fact in the ledger",
    }
    return drill.report("drill-compromise", steps, values)
