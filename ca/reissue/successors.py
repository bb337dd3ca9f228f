"""What came in the place of a campaign's members: on the holder's own wish, or at a desk, each for one old certificate.

Who is paired wrongly is left without a certificate: what is at all in doubt pairs nothing.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from ca.events.reissue import ReissueReplaced
from ca.registration.applicants import sliced
from ca.reissue.lanes import Way
from ca.reissue.running import Campaign
from ca.reissue.selection import broken_issuers
from ca.tables.endings import Replacement
from ca.tables.machines import MachineAcceptance
from ca.tables.registration import Enrolment, EnrolmentEnd, EnrolmentScope
from ca.tables.reissue import Reissue, ReissueMember
from ledger.base import without
from ledger.certificates import Certificate, Hold, HoldRelease, Intent, KeyBlock, Revocation
from ledger.confirmations import HolderConfirmation
from ledger.entry import Entry
from pki.certificate import parse_certificate
from pki.keys import algorithm_of

Ours = Sequence[ColumnElement[bool]]
"""What makes a ReissueMember one of those that are looked at."""
_Kind = tuple[Any, ...]
LAPSED = "reissue.successor-ended"
"""The code of an attempt of which a certificate came that ended before it was in use."""


@dataclass(frozen=True)
class Successor:
    """The certificate that came in a member's place."""

    certificate_id: str
    confirmed_at: datetime | None
    ended_at: datetime | None
    """When it was revoked."""
    serves: bool
    """Whether its holder can use it now: not revoked, on hold or expired, nor its key blocked."""


def following(session: Session, campaign: Campaign, ours: Ours, now: datetime) -> dict[str, Successor]:
    """By the old certificate, what was issued in its place on its holder's wish, or updated it: the best there is."""
    ours = [*ours, Certificate.issuer_id.not_in(_broken(session, campaign, now))]
    found: dict[str, Successor] = {}
    for old, one in (*_wished(session, ours, now), *_updates(session, campaign, ours, now)):
        if old not in found or _better(one, found[old]):
            found[old] = one
    return found


def _wished(session: Session, ours: Ours, now: datetime) -> Iterator[tuple[str, Successor]]:
    ended = aliased(Revocation)
    made = (
        select(Replacement.certificate_id, Certificate.id, HolderConfirmation.at, ended.at, _serves(now))
        .join(ReissueMember, ReissueMember.certificate_id == Replacement.certificate_id)
        .join(Intent, Intent.enrolment_id == Replacement.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id, isouter=True)
        .join(ended, ended.certificate_id == Certificate.id, isouter=True)
        .where(*ours)
        .order_by(Certificate.id)
    )
    for old, new, confirmed_at, ending, serves in session.execute(made):
        yield old, Successor(new, confirmed_at, ending, bool(serves))


def _updates(session: Session, campaign: Campaign, ours: Ours, now: datetime) -> Iterator[tuple[str, Successor]]:
    """What machines said that they took, since the campaign began, in the place of the one whose key asked for it.

    Nothing else that a machine asked for is paired so: two servers may well have the same names.
    """
    ended = aliased(Revocation)
    made = (
        select(MachineAcceptance.replaces_id, Certificate.id, MachineAcceptance.at, ended.at, _serves(now))
        .join(ReissueMember, ReissueMember.certificate_id == MachineAcceptance.replaces_id)
        .join(Certificate, Certificate.id == MachineAcceptance.certificate_id)
        .join(Entry, Entry.id == Certificate.entry_id)
        .join(ended, ended.certificate_id == Certificate.id, isouter=True)
        .where(*ours, ReissueMember.way == Way.MACHINE.value, Entry.position > _began(campaign))
        .order_by(Certificate.id)
    )
    rows = session.execute(made).all()
    of_broken_key = _of_broken_key(session, campaign, {new for _, new, *_ in rows})
    for old, new, accepted_at, ending, serves in rows:
        if new not in of_broken_key:
            yield str(old), Successor(new, accepted_at, ending, bool(serves))


def under_way(wishes: Select[Any]) -> Select[Any]:
    """Those of these Replacements that still may bring a successor: not refused, and what was issued has not ended."""
    over = (
        select(Certificate.id)
        .join(Intent, Intent.id == Certificate.id)
        .join(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Intent.enrolment_id == Replacement.enrolment_id)
        .correlate(Replacement)
    )
    return without(wishes.where(~over.exists()), Replacement.enrolment_id, EnrolmentEnd)


def lapses() -> Select[str, datetime]:
    """Selects by member when a successor ended that its holder had wished for, since the plan, while the old one lived.

    He refused it, or lost its key: nothing came of that attempt, and he is asked again.
    """
    new, old = aliased(Revocation), aliased(Revocation)
    return (
        select(ReissueMember.id.label("member_id"), new.at.label("at"))
        .join(Reissue, Reissue.id == ReissueMember.reissue_id)
        .join(Replacement, Replacement.certificate_id == ReissueMember.certificate_id)
        .join(Intent, Intent.enrolment_id == Replacement.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .join(new, new.certificate_id == Certificate.id)
        .join(old, old.certificate_id == ReissueMember.certificate_id, isouter=True)
        .where(new.at > Reissue.before, or_(old.at.is_(None), new.at < old.at))
    )


def enrolled_anew(
    session: Session, campaign: Campaign, members: Sequence[ReissueMember], now: datetime
) -> dict[str, Successor]:
    """What persons got at a desk since the campaign began: each new certificate stands for one old one of its kind.

    Whichever members are asked about, all of the campaign that can have a claim to the same certificates are paired.
    """
    asked = {one.certificate_id for one in members}
    found: dict[str, Successor] = {}
    for circle in _circles(session, asked):
        found |= _paired(session, campaign, circle, now)
    return {old: one for old, one in found.items() if old in asked}


def _began(campaign: Campaign) -> ScalarSelect[int]:
    """The place of its first entry in the log."""
    return select(Entry.position).where(Entry.id == campaign.row.entry_id).scalar_subquery()


def _broken(session: Session, campaign: Campaign, now: datetime) -> set[str]:
    return broken_issuers(session, campaign.selection, now) or set()


def _better(one: Successor, other: Successor) -> bool:
    return (one.serves, one.confirmed_at is not None) > (other.serves, other.confirmed_at is not None)


def _serves(now: datetime) -> ColumnElement[bool]:
    revoked = select(Revocation.certificate_id).where(Revocation.certificate_id == Certificate.id)
    blocked = select(KeyBlock.key_sha256).where(KeyBlock.key_sha256 == Certificate.key_sha256)
    held = without(select(Hold.id).where(Hold.certificate_id == Certificate.id), Hold.id, HoldRelease)
    return and_(Certificate.not_after > now, ~revoked.exists(), ~blocked.exists(), ~held.exists())


def _circles(session: Session, asked: set[str]) -> Iterator[ColumnElement[bool]]:
    """Conditions on a Certificate that together hold of all that these can be paired with, and with whom."""
    people, profiles = set(), set()
    for some in sliced(asked):
        whose = select(Certificate.profile, Certificate.person_id).where(Certificate.id.in_(some))
        for profile, person in session.execute(whose):
            if person is None:
                profiles.add(profile)
            else:
                people.add(person)
    for persons in sliced(people):
        yield Certificate.person_id.in_(persons)
    if profiles:
        yield and_(Certificate.person_id.is_(None), Certificate.profile.in_(profiles))


def _paired(session: Session, campaign: Campaign, circle: ColumnElement[bool], now: datetime) -> dict[str, Successor]:
    """Of this circle: whom a campaign replaced keeps the successor that it named; what is left goes by the order."""
    fresh, named = _fresh(session, campaign, circle, now), _named(session, circle)
    olds, followers = _desk_members(session, campaign, circle, now)
    left = {key for key, one in fresh.items() if one.serves} - set(named.values()) - followers
    left -= _of_broken_key(session, campaign, left)
    waiting: dict[_Kind, list[str]] = {}
    for key, kind in _kinds(session, [key for key in fresh if key in left]).items():
        waiting.setdefault(kind, []).append(key)
    kinds = _kinds(session, olds)
    found = {}
    for old in olds:
        new = named.get(old) or next(iter(waiting.get(kinds[old], ())), None)
        if new in fresh:
            found[old] = fresh[new]
            if old not in named:
                waiting[kinds[old]].remove(new)
    return found


def _fresh(session: Session, campaign: Campaign, circle: ColumnElement[bool], now: datetime) -> dict[str, Successor]:
    """What was issued since the campaign began and follows nothing, confirmed ones first."""
    ended = aliased(Revocation)
    made = (
        select(Certificate.id, HolderConfirmation.at, ended.at, _serves(now))
        .join(Entry, Entry.id == Certificate.entry_id)
        .join(HolderConfirmation, HolderConfirmation.certificate_id == Certificate.id, isouter=True)
        .join(ended, ended.certificate_id == Certificate.id, isouter=True)
        .join(Intent, Intent.id == Certificate.id)
        .join(Replacement, Replacement.enrolment_id == Intent.enrolment_id, isouter=True)
        .where(Entry.position > _began(campaign), Replacement.enrolment_id.is_(None), circle)
        .where(Certificate.issuer_id.not_in(_broken(session, campaign, now)))
        .order_by(HolderConfirmation.at.is_(None), Certificate.id)
    )
    rows = session.execute(made)
    return {key: Successor(key, at, ending, bool(serves)) for key, at, ending, serves in rows}


def _named(session: Session, circle: ColumnElement[bool]) -> dict[str, str]:
    """By the old certificate, the successor for whose sake a campaign ended it: it stands for no other one."""
    replaced = (
        select(Revocation.certificate_id, Entry.body)
        .join(Entry, Entry.id == Revocation.entry_id)
        .join(Certificate, Certificate.id == Revocation.certificate_id)
        .where(Entry.kind == ReissueReplaced.kind, circle)
    )
    said = {old: json.loads(body or "{}").get("successor") for old, body in session.execute(replaced)}
    return {old: new for old, new in said.items() if new}


def _desk_members(
    session: Session, campaign: Campaign, circle: ColumnElement[bool], now: datetime
) -> tuple[list[str], set[str]]:
    """The campaign's members that nothing follows for certain, in their order; and what follows the others of them.

    All but those whose holder asks under his key: who comes to a desk, and machines.
    """
    of_campaign = ReissueMember.reissue_id == campaign.row.id
    members = (
        select(ReissueMember.certificate_id)
        .join(Certificate, Certificate.id == ReissueMember.certificate_id)
        .where(of_campaign, ReissueMember.way != Way.KEY.value, circle)
        .order_by(ReissueMember.number)
    )
    olds = list(session.scalars(members))
    followed: dict[str, Successor] = {}
    for some in sliced(olds):
        ours = [of_campaign, ReissueMember.certificate_id.in_(some)]
        followed |= following(session, campaign, ours, now)
    return [one for one in olds if one not in followed], {one.certificate_id for one in followed.values()}


def _of_broken_key(session: Session, campaign: Campaign, ids: set[str]) -> set[str]:
    """Those of these whose key is of the kind that the campaign leads out of."""
    if campaign.selection.key_type is None:
        return set()
    found = set()
    for some in sliced(ids):
        for key, encoded in session.execute(select(Certificate.id, Certificate.der).where(Certificate.id.in_(some))):
            if algorithm_of(parse_certificate(bytes(encoded)).spki).value == campaign.selection.key_type:
                found.add(key)
    return found


def _kinds(session: Session, ids: Sequence[str]) -> dict[str, _Kind]:
    """By certificate whose it is and all that it says besides, in the order of the ids given."""
    found: dict[str, _Kind] = {}
    statement = (
        select(
            Certificate.id, Certificate.profile, Certificate.person_id, EnrolmentScope.organisation_id,
            EnrolmentScope.names, EnrolmentScope.common_name, EnrolmentScope.value_limit_lak,
        )
        .join(Intent, Intent.id == Certificate.id)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id, isouter=True)
        .join(EnrolmentScope, EnrolmentScope.enrolment_id == Enrolment.id, isouter=True)
    )  # fmt: skip
    for some in sliced(ids):
        for key, *kind in session.execute(statement.where(Certificate.id.in_(some))):
            found[key] = tuple(kind)
    return {key: found[key] for key in ids}
