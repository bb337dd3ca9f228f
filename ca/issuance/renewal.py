"""Renewals by the signing room: responders and time-stamping units live 30 days and get a new certificate at half.

The key stays; only the certificate is new. The house sees it in the ledger, and in its file of the home.
"""

from ca.ceremonies.ceremony import RESPONDER_LIFE, Ceremony, CeremonyFailed
from ca.issuance.composition import Wanted
from ca.issuance.line import Line, no_last_look
from ca.issuance.signing_room import SigningRoom
from ca.profiles import PROFILES
from ledger.certificates import Certificate
from pki.certificate import parse_certificate

HALF = RESPONDER_LIFE / 2


def renew_due(ceremony: Ceremony, room: SigningRoom) -> list[Certificate]:
    """Certificates past half their life have a successor. Returns the new ones."""
    renewed = []
    for name, profile, issuer in _renewable(room):
        newest = ceremony.newest_for(name, profile)
        if newest is not None and newest.not_after - room.ledger.clock.now() < HALF:
            renewed.append(_renew(ceremony, room, newest, (name, issuer)))
    return renewed


def _renewable(room: SigningRoom) -> list[tuple[str, str, str]]:
    """Name of the service, its profile, its issuer."""
    responders = [(f"ocsp-{issuer}", "ocsp-responder", issuer) for issuer in room.issuing]
    return [*responders, ("tsa", "tsa-unit", "services")] if "services" in room.issuing else responders


def _renew(ceremony: Ceremony, room: SigningRoom, old: Certificate, of: tuple[str, str]) -> Certificate:
    name, issuer = of
    before = parse_certificate(bytes(old.der))
    wanted = Wanted(PROFILES[old.profile], before.subject, before.spki, RESPONDER_LIFE)
    line = Line(room.ledger, room.issuing[issuer], room.await_seal, no_last_look, room.actor)
    [outcome] = line.issue([wanted])
    if not isinstance(outcome, Certificate):
        raise CeremonyFailed(f"the successor of {name} breaks its profile: {outcome.code}")
    ceremony.keep_at(ceremony.home.certificate(name), bytes(outcome.der))
    return outcome
