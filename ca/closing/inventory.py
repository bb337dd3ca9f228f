"""Every issuer for an operator: state, dates, what lives under it, and what is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.ceremonies.ceremony import RESPONDER_LIFE
from ca.ceremonies.generations import Generation, State, generations, unserved
from ca.issuance.composition import SHORTEST
from ca.profiles import PROFILES
from ca.publication.crl import Part, newest_of
from ca.publication.entries import Entries
from ca.tables.publication import Crl
from ledger.certificates import Certificate, Revocation
from pki.profile import FOR_EVER

SOON = timedelta(days=90)
"""So long before the last moment a roll-over is asked for."""


@dataclass(frozen=True)
class Line:
    """One generation with what hangs on it."""

    generation: Generation
    alive: int
    """Certificates that are neither past their end nor revoked, responders included."""
    last_ends: datetime | None
    """When the last of them ends by itself."""
    crl_until: datetime | None
    due: str | None
    """What an operator must do, in a sentence."""


def inventory(session: Session, now: datetime) -> list[Line]:
    """A line for each generation, by name, the newest first."""
    alive, responders = _alive(session, now), _responders(session)
    newest_crls = select(Crl.issuer_id, func.max(Crl.next_update)).group_by(Crl.issuer_id)
    crls: dict[str, datetime] = {issuer: until for issuer, until in session.execute(newest_crls)}  # noqa: C416 - rows are no pairs to mypy
    idle = {sentence.partition(":")[0]: sentence.partition(": ")[2] for sentence in unserved(session, now)}
    found = generations(session, now)
    newest = {one.issuer.name: one.issuer.generation for one in reversed(found)}
    lines = []
    for one in found:
        count, last = alive.get(one.issuer.id, (0, None))
        crl = crls.get(one.issuer.id)
        due = idle.get(one.issuer.name) if one.issuer.generation == newest[one.issuer.name] else None
        due = due or _unlisted(session, one) or _responder_due(one, responders.get(one.issuer.id), now)
        lines.append(Line(one, count, last, crl, due or _due(one, count, crl, now, newest[one.issuer.name])))
    return lines


def _due(one: Generation, alive: int, crl: datetime | None, now: datetime, newest: int) -> str | None:
    name = one.issuer.name
    if one.state is State.SIGNS and one.issuer.generation == newest and one.not_after - now < _reach(one) + SOON:
        return f"what it certifies is cut short by its own end: hold `python -m scripts rollover {name}`"
    if one.state in (State.TERMINATED, State.COMPROMISED) and not one.is_root and crl != FOR_EVER and alive:
        return f"certificates under it still live: run `python -m scripts terminate {one.key_name}` again"
    if one.is_root and crl is not None and crl - now < timedelta(days=30):
        return f"its CRL ends on {crl.date().isoformat()}: hold `python -m scripts crl-publish {one.key_name}`"
    return None


def _unlisted(session: Session, one: Generation) -> str | None:
    """A root's list is made by nobody but a ceremony; of a lost root none is asked for, which may be destroyed."""
    if not one.is_root or one.state is State.COMPROMISED:
        return None
    entries, newest = Entries(one.issuer.id), newest_of(session, one.issuer.id, Part(None))
    entries.read(session)
    if newest is None or newest.changes == entries.shares(None)[None].changes:
        return None
    return f"its CRL lacks what ended under it: hold `python -m scripts crl-publish {one.key_name}`"


def _responder_due(one: Generation, until: datetime | None, now: datetime) -> str | None:
    """A root's responder is renewed by nobody but a ceremony; an issuing CA's last one by the signing room alone."""
    if until is None or one.state is State.EXPIRED:
        return None
    if not one.is_root:
        return _last_responder_due(one, until, now)
    if until - now >= SOON:
        return None
    step = f"the service ocsp-{one.key_name}" if until < one.not_after else "its last-words"
    return f"its OCSP responder ends on {until.date().isoformat()}: hold a ceremony for {step}"


def _last_responder_due(one: Generation, until: datetime, now: datetime) -> str | None:
    """Where its key is gone or its room stands still, nothing tells the status of what it issued after its end."""
    if until == FOR_EVER or one.state is State.COMPROMISED or one.not_after - now >= RESPONDER_LIFE / 2:
        return None
    last = (one.not_after - SHORTEST).date().isoformat()
    return f"nothing tells the status of what it issued after its end: start `issue` with its key before {last}"


def _responders(session: Session) -> Mapping[str, datetime]:
    """Until when an issuer's newest responder lives, by the issuer's id."""
    newest = select(Certificate.issuer_id, func.max(Certificate.not_after)).group_by(Certificate.issuer_id)
    found = session.execute(newest.where(Certificate.profile == "ocsp-responder"))
    return {issuer: until for issuer, until in found}  # noqa: C416 - rows are no pairs to mypy


def _reach(one: Generation) -> timedelta:
    """How long the certificates live that it issues at most."""
    if one.is_root:
        return PROFILES["issuing-ca"].longest_validity
    persons = (profile.longest_validity for profile in PROFILES.values() if not profile.is_ca)
    return max(persons)


def _alive(session: Session, now: datetime) -> Mapping[str, tuple[int, datetime | None]]:
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Certificate.id)
    statement = (
        select(Certificate.issuer_id, func.count(), func.max(Certificate.not_after))
        .where(Certificate.not_after > now, ~ended.exists())
        .group_by(Certificate.issuer_id)
    )
    return {issuer: (count, last) for issuer, count, last in session.execute(statement)}
