"""Renewals by the signing room: responders and time-stamping units live 30 days and get a new certificate at half.

The key stays; only the certificate is new. The house sees it in the ledger, and in its file of the home.
"""

from ca.ceremonies.ceremony import RESPONDER_LIFE, Ceremony, CeremonyFailed
from ca.ceremonies.generations import State, signing, states
from ca.issuance.composition import IssuingKey, Wanted
from ca.issuance.line import Line, no_last_look
from ca.issuance.signing_room import SigningRoom
from ca.profiles import PROFILES
from ledger.certificates import Certificate
from pki.certificate import parse_certificate

HALF = RESPONDER_LIFE / 2


_TELLS_STATUS = (State.SIGNS, State.WAITS, State.FOLLOWED, State.TERMINATED)
"""What an issuer may be whose responder is renewed: one near its end needs no more, one compromised signs nothing."""


def renew_due(ceremony: Ceremony, room: SigningRoom) -> list[Certificate]:
    """Certificates past half their life have a successor. Returns the new ones."""
    renewed = []
    for name, profile, key in _renewable(room):
        newest = ceremony.newest_for(name, profile)
        if newest is not None and newest.not_after - room.ledger.clock.now() < HALF:
            renewed.append(_renew(ceremony, room, newest, (name, key)))
    return renewed


def _renewable(room: SigningRoom) -> list[tuple[str, str, IssuingKey]]:
    """Name of the service, its profile, its issuer's key. Each generation has a responder of its own."""
    now = room.ledger.clock.now()
    with room.ledger.read() as session:
        found = states(session, now, [key.id for key in room.issuing.values()])
        services = signing(session, now).get("services")
    renewable = [
        (f"ocsp-{name}", "ocsp-responder", key)
        for name, key in room.issuing.items()
        if key.id in found and found[key.id].state in _TELLS_STATUS
    ]
    units = [key for key in room.issuing.values() if services is not None and key.id == services.id]
    return [*renewable, *(("tsa", "tsa-unit", key) for key in units)]


def _renew(ceremony: Ceremony, room: SigningRoom, old: Certificate, of: tuple[str, IssuingKey]) -> Certificate:
    name, key = of
    before = parse_certificate(bytes(old.der))
    wanted = Wanted(PROFILES[old.profile], before.subject, before.spki, RESPONDER_LIFE)
    line = Line(room.ledger, key, room.await_seal, no_last_look, room.actor)
    [outcome] = line.issue([wanted])
    if not isinstance(outcome, Certificate):
        raise CeremonyFailed(f"the successor of {name} breaks its profile: {outcome.code}")
    ceremony.keep_at(ceremony.home.certificate(name), bytes(outcome.der))
    return outcome
