"""`drill-terminate`: the end of an issuer, from the two acts to an archive that verifies elsewhere."""

import time
from shutil import copytree

import click
from sqlalchemy import func, select

from ca.closing.archive import ArchiveUnfit, verify_archive, write_archive
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Way
from ca.closing.last_crl import living
from ledger.certificates import Certificate, Issuer
from ledger.decision import Refuse
from ledger.outbox import OutboxMessage
from ledger.verification import verify_ledger
from ocsp.store import StatusStore
from pki.profile import FOR_EVER
from pki.status import Revoked
from scripts.cli import Outcome, Run, verb
from scripts.drill import Drill


@verb("close", example="python -m scripts drill-terminate --certificates 100")
@click.option("--certificates", default=100, show_default=True, type=click.IntRange(1, 100_000), help="To be revoked.")
def drill_terminate(run: Run, *, certificates: int) -> Outcome:
    """Makes a small installation under HOME/drills, ends its issuer `officers`, and reports what was so.

    Nothing of the installation in HOME itself is touched.
    """
    drill = Drill.begun(run, "terminate", certificates)
    key, began = drill.key("officers"), time.monotonic()
    ended = drill.both_act("officers", Way.TERMINATE)
    noticed = drill.issue(drill.wanted(["90000100"]))
    noticed_after = time.monotonic() - began
    revoked = carry_out(drill.ledger, key.id)
    crls = [crl for crl in drill.room().turn().crls if crl.issuer_id == key.id]
    drill.ceremony.await_seal(())
    seconds = time.monotonic() - began
    folder = drill.home.path / "archive" / "officers"
    with drill.ledger.read() as session:
        issuer = session.get_one(Issuer, key.id)
        alive = living(session, key.id, run.clock.now())
        letters = session.scalar(select(func.count()).where(OutboxMessage.kind == "mail"))
    write_archive(drill.ledger, issuer, folder, drill.home.checkpoints)
    copytree(folder, drill.home.path / "elsewhere")
    steps = {
        "two operators ended the issuer": ended,
        "it issues nothing any more": noticed == [Refuse("issuance.issuer-ended")],
        "nothing under it lives": not alive,
        "its last CRL holds for ever": bool(crls) and all(crl.next_update == FOR_EVER for crl in crls),
        "OCSP says revoked of each": _answered(drill, certificates),
        "every holder is written to": letters == certificates + 2,
        "the archive verifies elsewhere": _verifies(drill),
        "the ledger verifies": not verify_ledger(drill.ledger.reading, drill.home.checkpoints).faults,
    }
    values = {
        "lost": "officers, by plan",
        "noticed_after_seconds": round(noticed_after, 3),
        "revoked": revoked,
        "done_after_seconds": round(seconds, 3),
        "kept": f"{certificates + 2} persons' certificates, all CRLs and their entries, in {folder}",
    }
    return drill.report("drill-terminate", steps, values)


def _answered(drill: Drill, certificates: int) -> bool:
    """Whether the responder's own store says revoked of so many certificates of the issuer, and has a responder."""
    store = StatusStore(drill.ledger)
    [authority] = [one for one in store.authorities() if one.name == "officers"]
    responders = store.responders(authority, drill.run.clock.now())
    own = {one.serial_number for one in responders}
    with drill.ledger.read() as session:
        serials = session.scalars(
            select(Certificate.serial_number).where(
                Certificate.issuer_id == drill.key("officers").id, Certificate.profile != "ocsp-responder"
            )
        ).all()
    said = [store.status(authority, int(serial, 16)) for serial in serials if int(serial, 16) not in own]
    return bool(responders) and len(said) >= certificates and all(isinstance(one, Revoked) for one in said)


def _verifies(drill: Drill) -> bool:
    try:
        verify_archive(drill.home.path / "elsewhere")
    except ArchiveUnfit:
        return False
    return True
