"""A machine's word that it has its new certificate and takes it: kept at the door, verified by whoever relies on it.

Of all protocols CMP alone has such a word (certConf, RFC 9483 clause 4.1.1). It is protected as the request was, so
after an update (clause 4.1.3) by the key of the very certificate that the new one follows: a listener that was broken
into makes up none.
"""

from contextlib import suppress
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.events.machines import MachineAccepted
from ca.machines.endings import unwanted
from ca.machines.poison import apart
from ca.machines.proofs.cmp import signed_by
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.machines import MachineAcceptance, MachineRequest, in_one_entry
from ca.tables.registration import Enrolment
from ledger.certificates import Certificate, Intent
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from pki.cmp.message import Body, parse_message, verdict_on
from pki.errors import PkiError


def accept(ledger: Ledger, certificate: Certificate, replaces: Certificate | None, proof: bytes, actor: Actor) -> None:
    """It is there that a machine took the certificate, once however often it is said; never of one that it rejected.

    `replaces` is the one that it updates by it, if it does.
    """
    with ledger.read() as session:
        if session.get(MachineAcceptance, certificate.id) is not None or unwanted(session, certificate.id):
            return
    old = replaces.id if replaces else None
    said = MachineAcceptance(certificate_id=certificate.id, replaces_id=old, at=ledger.clock.now(), proof=proof)
    with suppress(Taken), ledger.entry(MachineAccepted(certificate.id, Protocol.CMP.value, old), actor) as tx:
        tx.add(said)


def updated(session: Session, said: MachineAcceptance) -> Decision:
    """Whether the key of the certificate that it names as replaced asked for this one by an update, and accepts it."""
    return apart(f"acceptance {said.certificate_id}", partial(_updated, session, said))


def _updated(session: Session, said: MachineAcceptance) -> Decision:
    new, old = session.get_one(Certificate, said.certificate_id), session.get(Certificate, said.replaces_id or "")
    row = session.scalar(
        select(MachineRequest)
        .join(Enrolment, in_one_entry())
        .join(Intent, Intent.enrolment_id == MachineRequest.enrolment_id)
        .where(Intent.id == new.id, MachineRequest.protocol == Protocol.CMP.value)
        .where(MachineRequest.credential_kind == CredentialKind.CERTIFICATE.value)
    )
    if row is None or old is None or row.credential != old.sha256:
        return Refuse("machine.proof-wrong")
    try:
        asked, message = parse_message(bytes(row.proof)), parse_message(bytes(said.proof))
        kinds = (asked.body, message.body) == (Body.KUR, Body.CERTCONF)
        same = asked.header.transaction == message.header.transaction
        if not kinds or not same or verdict_on(bytes(new.der), message) is not True:
            return Refuse("machine.proof-wrong")
        signed_by(message, old)
    except PkiError:
        return Refuse("machine.proof-wrong")
    return Allow()
