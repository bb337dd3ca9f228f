"""Renewals by the signing room: responders and time-stamping units get a new certificate at half the life of the old.

They live as long as their ceremony said (30 days, if it did not), unless the configuration says fewer; one that was
shortened is followed by one that is not, when nothing shortens it any more.

When another generation of `services` begins, all that stand under the one before get a certificate of the new one.
The key stays; only the certificate is new. The house sees it in the ledger, and in its file of the home.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import State, signing, states
from ca.closing.finality import is_last
from ca.endings.each import nobody_waits
from ca.governance.provenance import verified
from ca.issuance.composition import SHORTEST, IssuingKey, Wanted, begins_after
from ca.issuance.line import BrokenThroughout, Line, no_last_look
from ca.issuance.signing_room import SigningRoom
from ca.machines.poison import NOT_MADE
from ca.profiles import PROFILES
from ledger.certificates import Certificate, Intent, Issuer, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse
from pki.certificate import certificates_from_pem, parse_certificate
from pki.profile import FOR_EVER
from signers import KeyUnusable

_UNDER_SERVICES = ("tsa-unit", "token-signer", "tls-server", "machines-ra")
_OUTLIVED = (None, "cACompromise")
"""How a certificate may have ended whose key is as good as before: not at all, or since its issuer was lost."""
_TELLS_STATUS = (State.SIGNS, State.WAITS, State.FOLLOWED, State.TERMINATED, State.REVOKED)
"""What an issuer may be whose responder is renewed: one near its end needs no more, one compromised its last alone."""
_CLOSED = (State.TERMINATED, State.COMPROMISED)


def renew_due(ceremony: Ceremony, room: SigningRoom, meanwhile: Callable[[], None] = nobody_waits) -> list[Certificate]:
    """Certificates past half their life, or of an earlier `services`, have a successor. Returns the new ones.

    The last one of a CA's responder never ends, and no other follows (`_final_begins`), unless its CA is closed before
    that one has begun. When all others have theirs, raises CeremonyFailed for a successor that cannot be made, else
    KeyUnusable. `meanwhile` is called before each of them, and what it raises is raised at once.
    """
    renewed, away, failed = list[Certificate](), None, None
    for one in (None, *_renewable(room)):
        meanwhile()
        try:
            renewed += _moved(ceremony, room) if one is None else _renewed(ceremony, room, *one)
        except KeyUnusable as fault:
            away = away or fault
        except CeremonyFailed as fault:
            failed = failed or fault
    if fault_of_all := failed or away:
        raise fault_of_all
    return renewed


def _renewed(ceremony: Ceremony, room: SigningRoom, name: str, profile: str, key: IssuingKey) -> list[Certificate]:
    newest, now = ceremony.newest_for(name, profile), room.ledger.clock.now()
    if newest is None or (newest.not_after == FOR_EVER and not (newest.not_before > now and _is_closed(room, key))):
        return []
    endless_from = _final_begins(room, key, newest, now)
    if endless_from is None and not _is_due(newest, key, now, room):
        return []
    return [_renew(ceremony, room, newest, (name, key), endless_from)]


def _final_begins(room: SigningRoom, key: IssuingKey, newest: Certificate, now: datetime) -> datetime | None:
    """When the responder that has no end begins, if the next certificate is that one; None if another follows it.

    At once where a CA was closed and its last CRL stands. Else it is made when the newest one lives as long as the CA
    itself, and begins after the CA's end: until then status may change, and no answer may be the final one.
    """
    if newest.profile != "ocsp-responder":
        return None
    if _is_closed(room, key):
        return now.replace(microsecond=0)
    return None if newest.not_after < key.view.not_after else begins_after(key)


def _is_due(newest: Certificate, key: IssuingKey, now: datetime, room: SigningRoom) -> bool:
    """Whether less than half its life is left, and its issuer gives a longer one: nothing outlives its issuer.

    Of its own life, or of its successor's, if the configuration says less by now: that one would else end before it,
    and be followed by another in each turn.
    """
    if newest.not_after >= key.view.not_after:
        return False
    with room.ledger.read() as session:
        longest = verified(session).longest(newest.profile)
    return newest.not_after - now < min(newest.not_after - newest.not_before, longest) / 2


def _moved(ceremony: Ceremony, room: SigningRoom) -> list[Certificate]:
    """What of our services stands under an earlier generation of `services` has its successor under the present one."""
    now = room.ledger.clock.now()
    with room.ledger.read() as session:
        services = signing(session, now).get("services")
        left = _left_behind(session, services, now) if services is not None else {}
    key = next((key for key in room.issuing.values() if services is not None and key.id == services.id), None)
    if services is None or key is None or not left:
        return []
    made, refused = _successors(room, key, left)
    for name, certificate in made.items():
        file = ceremony.home.certificate(name)
        followed = file.exists() and len(certificates_from_pem(file.read_bytes())) > 1
        ceremony.keep_all_at(file, [bytes(certificate.der), *([bytes(services.certificate)] if followed else [])])
    _require_all(refused)
    return list(made.values())


def _left_behind(session: Session, services: Issuer, now: datetime) -> dict[str, Certificate]:
    """By service its newest certificate, where it is good and no certificate of `services` as it is now."""
    statement = (
        select(KeyUse.subject, Certificate, Revocation.reason, KeyBlock.key_sha256)
        .join(Certificate, Certificate.key_sha256 == KeyUse.key_sha256)
        .join(Intent, Intent.id == Certificate.id)
        .join(Issuer, Issuer.id == Certificate.issuer_id)
        .join(Revocation, Revocation.certificate_id == Certificate.id, isouter=True)
        .join(KeyBlock, KeyBlock.key_sha256 == KeyUse.key_sha256, isouter=True)
        .where(Issuer.name == services.name, Certificate.profile.in_(_UNDER_SERVICES), Intent.enrolment_id.is_(None))
        .order_by(Issuer.generation, Certificate.not_before)
    )
    newest = {name: (certificate, ended, blocked) for name, certificate, ended, blocked in session.execute(statement)}
    return {
        name: certificate
        for name, (certificate, ended, blocked) in newest.items()
        if certificate.issuer_id != services.id
        and certificate.not_after > now
        and ended in _OUTLIVED
        and blocked is None
    }


def _renewable(room: SigningRoom) -> list[tuple[str, str, IssuingKey]]:
    """Name of the service, its profile, its issuer's key. Each generation has a responder of its own."""
    now = room.ledger.clock.now()
    with room.ledger.read() as session:
        found = states(session, now, [key.id for key in room.issuing.values()])
        services = signing(session, now).get("services")
    renewable = [
        (f"ocsp-{name}", "ocsp-responder", key)
        for name, key in room.issuing.items()
        if key.id in found and key.view.not_after - now >= SHORTEST
        if found[key.id].state in _TELLS_STATUS or _is_closed(room, key)
    ]
    units = [key for key in room.issuing.values() if services is not None and key.id == services.id]
    return [*renewable, *(("tsa", "tsa-unit", key) for key in units)]


def _is_closed(room: SigningRoom, key: IssuingKey) -> bool:
    """Whether the issuer has ended, and its last CRL stands: no status of its certificates will change."""
    with room.ledger.read() as session:
        [one] = states(session, room.ledger.clock.now(), [key.id]).values()
        return one.state in _CLOSED and is_last(session, key.id)


def _renew(
    ceremony: Ceremony, room: SigningRoom, old: Certificate, of: tuple[str, IssuingKey], endless_from: datetime | None
) -> Certificate:
    name, key = of
    found, refused = _successors(room, key, {name: old}, endless_from)
    _require_all(refused)
    made = found[name]
    if made.not_before <= room.ledger.clock.now():  # the file has the one that answers
        ceremony.keep_at(ceremony.home.certificate(name), bytes(made.der))
    return made


def _successors(
    room: SigningRoom, key: IssuingKey, old: Mapping[str, Certificate], endless_from: datetime | None = None
) -> tuple[dict[str, Certificate], dict[str, str]]:
    """By service a certificate that says what the old one does, and lives its `_life`, or for ever from a time on.

    And by service the code why there is none.
    """
    endless = endless_from is not None
    line = Line(room.ledger, key, room.await_seal, no_last_look, room.actor)
    with room.ledger.read() as session:
        before = [_as_before(one, _life(session, one)) for one in old.values()]
    wanted = [replace(one, begins=endless_from, endless=endless) for one in before]
    try:
        outcomes = dict(zip(old, line.issue(wanted), strict=True))
    except BrokenThroughout:
        return {}, dict.fromkeys(old, NOT_MADE)
    made = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Certificate)}
    return made, {name: outcome.code for name, outcome in outcomes.items() if isinstance(outcome, Refuse)}


def _require_all(refused: Mapping[str, str]) -> None:
    """Raises CeremonyFailed for services whose successors were not made."""
    if refused:
        said = ", ".join(f"{name} ({code})" for name, code in refused.items())
        raise CeremonyFailed(f"the successor of {said} breaks its profile: look at the log", "ceremony.profile-broken")


def _life(session: Session, old: Certificate) -> timedelta:
    """How long a ceremony meant this service's certificates to live: as long as the longest with an end that it had.

    The configuration and an issuer that was to end may have shortened any later one, and shorten the next again if they
    still do; what is no longer short is not remembered as such.
    """
    own = select(Certificate).where(Certificate.key_sha256 == old.key_sha256, Certificate.profile == old.profile)
    known = [one for one in session.scalars(own) if one.not_after != FOR_EVER] or [old]
    # Both ends count (RFC 5280 clause 4.1.2.5).
    return max(one.not_after - one.not_before for one in known) + timedelta(seconds=1)


def _as_before(old: Certificate, life: timedelta) -> Wanted:
    before = parse_certificate(bytes(old.der))
    return Wanted(PROFILES[old.profile], before.subject, before.spki, life, alternative_names=before.alternative_names)
