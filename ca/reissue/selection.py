"""Which certificates are affected: a selection by issuer, desk, algorithm, profile, kind of key and day of issue.

All that is named must hold of a certificate. Several issuers are one selection: a root that is lost takes them along.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from hashlib import sha256

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ca.ceremonies.generations import State, generations
from ca.desk_search import rests_on
from ca.profiles import PROFILES, issuer_for
from ca.tables.registration import Desk, Enrolment, EnrolmentScope
from ledger.base import without
from ledger.canonical import canonical
from ledger.certificates import Certificate, Intent, Issuer, Revocation
from ledger.clock import VIENTIANE
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from pki.certificate import parse_certificate
from pki.keys import algorithm_of
from pki.signing import SignatureAlgorithm

ALGORITHMS = {one.value: one for one in SignatureAlgorithm}
"""By their JOSE names, in which verbs take them. A kind of key is named by the algorithm of its signatures."""


@dataclass(frozen=True)
class Selection:
    """What makes a certificate affected; None and empty leave it open. One that names nothing is no selection."""

    issuers: tuple[str, ...] = ()
    """Names of keys: `officers` is the first generation, `officers-2` the second."""
    desk: str | None = None
    """The code of the desk where it was asked for or allowed, or where a paper was seen that it rests on."""
    algorithm: str | None = None
    """By which it is signed."""
    profile: str | None = None
    since: str | None = None
    """Issued on this day (ISO 8601, in Vientiane) or later."""
    key_type: str | None = None

    @property
    def body(self) -> str:
        """Canonical JSON of what is named."""
        return canonical({name: value for name, value in asdict(self).items() if value}).decode()

    def __str__(self) -> str:
        named = {name: value for name, value in asdict(self).items() if value}
        return ", ".join(
            f"{name.replace('_', ' ')} {' '.join(value) if isinstance(value, tuple) else value}"
            for name, value in named.items()
        )


def parse_selection(body: str) -> Selection:
    """The selection whose `body` it is."""
    held = json.loads(body)
    return Selection(**{**held, "issuers": tuple(held.get("issuers", ()))})


@dataclass(frozen=True)
class Affected:
    """A certificate that is affected, and whom it is about."""

    certificate_id: str
    issuer_id: str
    profile: str
    person_id: str | None
    """Whom it names."""
    asker_id: str | None
    """Who asked for it; None where a ceremony or the signing room made it."""
    organisation_id: str | None
    issued_at: datetime

    @property
    def holder_id(self) -> str | None:
        """The person who answers for it."""
        return self.person_id or self.asker_id

    @property
    def our_own(self) -> bool:
        """Whether it is one of our services': a ceremony or the signing room renews it."""
        return self.holder_id is None


def fits(session: Session, selection: Selection, now: datetime) -> Decision:
    """Whether the selection names something, and only what there is."""
    if selection == Selection():
        return Refuse("reissue.selection-empty")
    known = {one.key_name for one in generations(session, now)}
    rules = (
        (not set(selection.issuers) <= known, "issuer.unknown"),
        (selection.profile is not None and selection.profile not in PROFILES, "reissue.profile-unknown"),
        (not {selection.algorithm, selection.key_type} - {None} <= ALGORITHMS.keys(), "reissue.algorithm-unknown"),
        (selection.desk is not None and not _desk_known(session, selection.desk), "desk.unknown"),
        (selection.since is not None and _day(selection.since) is None, "reissue.day"),
    )
    return next((Refuse(code) for wrong, code in rules if wrong), Allow())


def affected(session: Session, selection: Selection, now: datetime, before: datetime | None = None) -> list[Affected]:
    """The living certificates that it names, issued before that moment; those of CAs are not among them."""
    statement = _statement(now)
    if before is not None:
        statement = statement.where(Entry.at < before)
    issuers = broken_issuers(session, selection, now)
    if issuers is not None:
        statement = statement.where(Certificate.issuer_id.in_(issuers))
    if selection.profile is not None:
        statement = statement.where(Certificate.profile == selection.profile)
    if selection.since is not None:
        statement = statement.where(Entry.at >= _day(selection.since))
    if selection.desk is not None:
        there = select(Desk.id).where(Desk.code == selection.desk).scalar_subquery()
        statement = statement.where(
            or_(EnrolmentScope.desk_id == there, rests_on(selection.desk, EnrolmentScope.enrolment_id))
        )
    if selection.key_type is None:
        return [Affected(*row) for row in session.execute(statement)]
    return list(_of_key_type(session, statement, selection.key_type))


def digest_of(selection: Selection, found: list[Affected]) -> str:
    """Hex SHA-256 over the selection and each certificate that it names: another day it is another one."""
    ids = sorted(one.certificate_id for one in found)
    return sha256(canonical({"selection": selection.body, "certificates": ids})).hexdigest()


def broken_issuers(session: Session, selection: Selection, now: datetime) -> set[str] | None:
    """The ids of the issuers that are affected themselves; None where the selection is about none."""
    if not selection.issuers and selection.algorithm is None:
        return None
    issuers = [one.issuer for one in generations(session, now)]
    if selection.issuers:
        issuers = [one for one in issuers if one.key_name in selection.issuers]
    if selection.algorithm is not None:
        issuers = [one for one in issuers if _algorithm(one).value == selection.algorithm]
    return {one.id for one in issuers}


def may_be_replaced(session: Session, selection: Selection, found: list[Affected], now: datetime) -> Decision:
    """Whether each of these has an issuer that is not affected and signs now."""
    return Refuse("reissue.no-issuer") if unserved_names(session, selection, found, now) else Allow()


def unserved_names(session: Session, selection: Selection, found: list[Affected], now: datetime) -> list[str]:
    """The issuers for which a roll-over must be held before these can be replaced.

    Where no algorithm is broken a holder's next key is of the kind that he has, so the issuer's own next generation
    is needed; where one is, the issuer for another kind of key will do.
    """
    broken = broken_issuers(session, selection, now) or set()
    there = generations(session, now)
    signing = {one.issuer.name for one in there if one.state is State.SIGNS and one.issuer.id not in broken}
    if selection.algorithm is None and selection.key_type is None:
        issuers = {one.issuer_id for one in found if not one.our_own}
        return sorted({one.issuer.name for one in there if one.issuer.id in issuers} - signing)
    wanted = [one for one in profiles_of(found) if not _serving(one, selection) & signing]
    return sorted({issuer_for(one, SignatureAlgorithm.ECDSA_P256_SHA256) for one in wanted})


def may_take_key(session: Session, selection: Selection, profile: str, spki: bytes, now: datetime) -> Decision:
    """Whether a new key of this kind leads out of what is broken."""
    algorithm = algorithm_of(spki)
    if algorithm.value == selection.key_type:
        return Refuse("reissue.key-broken")
    broken = broken_issuers(session, selection, now) or set()
    name = issuer_for(profile, algorithm)
    good = any(
        one.issuer.name == name and one.state is State.SIGNS and one.issuer.id not in broken
        for one in generations(session, now)
    )
    return Allow() if good else Refuse("reissue.key-broken")


def _statement(now: datetime) -> Select[str, str, str, str | None, str | None, str | None, datetime]:
    made = (
        select(
            Certificate.id, Certificate.issuer_id, Certificate.profile, Certificate.person_id, Enrolment.person_id,
            EnrolmentScope.organisation_id, Entry.at,
        )
        .join(Intent, Intent.id == Certificate.id)
        .join(Entry, Entry.id == Certificate.entry_id)
        .join(Enrolment, Enrolment.id == Intent.enrolment_id, isouter=True)
        .join(EnrolmentScope, EnrolmentScope.enrolment_id == Enrolment.id, isouter=True)
        .where(Certificate.not_after > now, Certificate.profile.not_in(_OF_CAS))
        .order_by(Certificate.id)
    )  # fmt: skip
    return without(made, Certificate.id, Revocation)


_OF_CAS = tuple(name for name, profile in PROFILES.items() if profile.is_ca)


def _of_key_type(
    session: Session, statement: Select[str, str, str, str | None, str | None, str | None, datetime], key_type: str
) -> Iterator[Affected]:
    with_der = statement.add_columns(Certificate.der).execution_options(yield_per=1000)
    for *row, der in session.execute(with_der):
        if algorithm_of(parse_certificate(bytes(der)).spki).value == key_type:
            yield Affected(*row)


def _serving(profile: str, selection: Selection) -> set[str]:
    """The names of the issuers that a key of a kind that is not broken may be certified by."""
    kinds = [one for one in PROFILES[profile].key_algorithms if one.value != selection.key_type]
    return {issuer_for(profile, one) for one in kinds}


def _algorithm(issuer: Issuer) -> SignatureAlgorithm:
    return algorithm_of(parse_certificate(bytes(issuer.certificate)).spki)


def _desk_known(session: Session, code: str) -> bool:
    return session.scalar(select(Desk.id).where(Desk.code == code)) is not None


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), VIENTIANE)
    except ValueError:
        return None


def profiles_of(found: list[Affected]) -> set[str]:
    """The profiles of those that holders must replace."""
    return {one.profile for one in found if not one.our_own}


def counted(found: list[Affected]) -> Mapping[str, int]:
    """How many there are of each profile."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.profile] = counts.get(one.profile, 0) + 1
    return dict(sorted(counts.items()))
