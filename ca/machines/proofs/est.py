"""EST: by a one-time code, which is the proof; or by a client certificate, of which nothing can be carried here.

The handshake of TLS proves the key to the process that listens and to nobody else. So a listener that was broken into
can ask for certificates with any living certificate of an allowance that allows EST: for that allowance's names, as
many as it allows, each of them in the log. It can make up no code and no allowance.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from ca.machines.proofs.shown import Room, certificate_of, secret_of
from ca.machines.rules import HOSTS, CredentialKind
from ca.tables.machines import Allowance, MachineRequest
from ca.tables.registration import Enrolment
from ledger.decision import Allow, Decision, Refuse


def verify(
    session: Session,
    _enrolment: Enrolment,
    row: MachineRequest,
    allowance: Allowance,
    room: Room,
    now: datetime,
) -> Decision:
    """Whether the code is the one that was given out and used up for this, or the certificate counts."""
    if row.credential_kind == CredentialKind.CERTIFICATE.value:
        if allowance.profile == HOSTS:
            return Refuse("machine.credential")  # No handshake ends with a server's certificate of the client.
        for at in (room.asked_at(session, row), now):
            found = certificate_of(session, row.credential, allowance, at)
            if isinstance(found, Refuse):
                return found
        return Allow()
    secret = secret_of(session, room, row, allowance, now, once=True)
    if isinstance(secret, Refuse):
        return secret
    if room.doors is None:
        return Refuse("machine.no-doors")
    code = bytes(row.proof).decode("utf-8", "replace")
    return Allow() if room.doors.opens(secret, code) else Refuse("machine.secret-wrong")
