"""What carries over from a certificate to the request that follows it (ID-07), and what has lapsed.

Two rules. Papers carry while they hold by today's rules and the names that they back are the same. What officers and
organisations signed carries while all that it was about is the same but for the key. The desk and the signing room ask
the same questions here; the room gives what it believes of duties and desks.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration
from ca.policy import DeskSpan, EvidenceKind, Paper, evidence_suffices, may_decide, may_register
from ca.registration.applicants import by_id
from ca.registration.approvals import decisions_of, signer_of
from ca.registration.digests import enrolment_digest, evidence_digest, spelt_names
from ca.registration.holders_word import act_for, verify_own_key
from ca.registration.surroundings import bodies
from ca.tables.endings import Replacement
from ca.tables.registration import Agreement, CarriedEvidence, Enrolment, EnrolmentScope, Evidence
from ledger.acts import ActInvalid, ActVerifier, SignedAct
from ledger.certificates import Certificate, Intent
from ledger.clock import VIENTIANE
from ledger.confirmations import HolderConfirmation
from ledger.decision import Allow, Decision, Refuse
from ledger.entry import Entry
from ledger.facts import Facts
from ledger.people import Cutoff
from ledger.roles import DutySpan
from pki import oids
from pki.certificate import parse_certificate
from pki.names import attributes, person_name

Duties = Callable[[Collection[str]], Mapping[str, Sequence[DutySpan]]]
Desks = Callable[[Collection[str]], Mapping[str, DeskSpan]]
_V = TypeVar("_V")
_SAME = ("organisation_id", "names", "common_name", "value_limit_lak")
"""Of a scope, what the certificate says; desk and backing say how it is known."""
_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
SEEN = Facts(select(Evidence.enrolment_id, Evidence).where(Evidence.enrolment_id.in_(_IDS)))
_CARRIED = Facts(
    select(CarriedEvidence.enrolment_id, Evidence)
    .join(Evidence, Evidence.id == CarriedEvidence.evidence_id)
    .where(CarriedEvidence.enrolment_id.in_(_IDS))
)
_BEHIND = Facts(
    select(Enrolment, EnrolmentScope, Agreement, Certificate)
    .select_from(Intent)
    .join(Enrolment, Enrolment.id == Intent.enrolment_id, isouter=True)
    .join(EnrolmentScope, EnrolmentScope.enrolment_id == Enrolment.id, isouter=True)
    .join(Agreement, Agreement.enrolment_id == Enrolment.id, isouter=True)
    .join(Replacement, Replacement.enrolment_id == Enrolment.id, isouter=True)
    .join(Certificate, Certificate.id == Replacement.certificate_id, isouter=True)
    .where(Intent.id == bindparam("certificate"))
)
"""The request behind an intent, and the certificate that it followed, if it did."""
_A_DAY = timedelta(days=1)


def remembering(read: Callable[[Collection[str]], Mapping[str, _V]]) -> Callable[[Collection[str]], Mapping[str, _V]]:
    """The same, read once for each set of keys: for one snapshot, where many requests ask of few officers and desks."""
    known: dict[frozenset[str], Mapping[str, _V]] = {}

    def ask(keys: Collection[str]) -> Mapping[str, _V]:
        asked = frozenset(keys)
        if asked not in known:
            known[asked] = read(asked)
        return known[asked]

    return ask


@dataclass(frozen=True)
class Earlier:
    """A request to which a certificate was issued, with what supported it: its own papers, or those that it carried."""

    enrolment: Enrolment
    scope: EnrolmentScope
    agreement: Agreement
    papers: Sequence[Evidence]


def line_of(session: Session, certificate: Certificate) -> Sequence[Earlier]:
    """The requests behind the certificate, the newest first: its own, and what each of them followed."""
    found: dict[str, Earlier] = {}
    at: Certificate | None = certificate
    while at is not None:
        [(enrolment, scope, agreement, before)] = _BEHIND.rows(session, {"certificate": at.id})
        if enrolment is None or scope is None or agreement is None or enrolment.id in found:
            break
        papers = papers_of(session, [enrolment.id]).get(enrolment.id, [])
        found[enrolment.id] = Earlier(enrolment, scope, agreement, papers)
        at = before
    return list(found.values())


def papers_of(session: Session, enrolment_ids: Collection[str], *, carried: bool = True) -> dict[str, list[Evidence]]:
    """By enrolment all papers that support it, seen for it or carried, in the order of their ids.

    Who knows that none of them carries any asks for those that were seen alone.
    """
    found: dict[str, list[Evidence]] = {}
    for among in (SEEN, _CARRIED) if carried else (SEEN,):
        for enrolment_id, paper in among.rows(session, {"ids": list(enrolment_ids)}):
            found.setdefault(enrolment_id, []).append(paper)
    return {key: sorted(papers, key=lambda paper: paper.id) for key, papers in found.items()}


def paper_of(evidence: Evidence) -> Paper:
    """The paper as the rules look at it."""
    expires = date.fromisoformat(evidence.expires_on) if evidence.expires_on else None
    return Paper(EvidenceKind(evidence.kind), date.fromisoformat(evidence.issued_on), expires)


def same_names(session: Session, certificate: Certificate, now: datetime) -> bool:
    """Whether the person whom the certificate names, if it names one, is called today as it says."""
    if certificate.person_id is None:
        return True
    names = by_id(session, [certificate.person_id], now)[certificate.person_id]
    spelt = names.names
    today = person_name(spelt.given_lo, spelt.family_lo, spelt.given_en, spelt.family_en, names.applicant.number)
    return _named(today) == _named(parse_certificate(bytes(certificate.der)).subject)


def key_lasts(
    session: Session, configuration: Configuration, certificate: Certificate, now: datetime
) -> timedelta | Refuse:
    """How much longer the certificate's key may be certified; refused where that is no day more than it is."""
    used = select(func.min(Certificate.not_before)).where(Certificate.key_sha256 == certificate.key_sha256)
    until = session.scalars(used).one() + timedelta(days=configuration.key_days)
    if until - max(certificate.not_after, now) < _A_DAY:
        return Refuse("replacement.key-old")
    return until - now


@dataclass(frozen=True)
class Carrying:
    """What of earlier requests counts as of `now`, by these duties and desks.

    `issuers` are as for ActVerifier.
    """

    session: Session
    configuration: Configuration
    duties: Duties
    desks: Desks
    now: datetime
    issuers: Mapping[str, bytes] | None = None
    _verifiers: dict[frozenset[str], ActVerifier] = field(default_factory=dict)

    def confirmed(self, certificate: Certificate) -> bool:
        """Whether its holder provably said that what it says is right: by its key, or before an officer on duty.

        An officer's confirmation of before its desk was kept proves nothing: what follows is asked for anew.
        """
        given = self.session.get(HolderConfirmation, certificate.id)
        if given is None:
            return False
        act = act_for(certificate, given.act_at, given.desk)
        signed = SignedAct(act, given.act_certificate, given.act_signature)
        taken_up = self.session.scalars(select(Entry.at).where(Entry.id == given.entry_id)).one()
        try:
            if given.officer_id is None:
                verify_own_key(certificate, signed, taken_up)
                return given.desk is None
            verifier = self._verifier([signed.certificate_sha256])
            return verifier.verify(signed, taken_up, self.now) == given.officer_id and self._heard(certificate, given)
        except ActInvalid:
            return False

    def votes(self, earlier: Sequence[Earlier]) -> dict[str, bool]:
        """By officer what was said on these requests. Whose proof has lapsed counts no more; he did no wrong."""
        decisions = decisions_of(self.session, [one.enrolment.id for one in earlier])
        cast = [(one.enrolment, *said) for one in earlier for said in decisions.get(one.enrolment.id, ())]
        verifier = self._verifier(decision.act_certificate for _, decision, _ in cast)
        duties = self.duties({decision.officer_id for _, decision, _ in cast})
        places = self.desks({decision.desk or "" for _, decision, _ in cast})
        return {
            decision.officer_id: decision.approved
            for one, decision, taken_up in cast
            if (desk := places.get(decision.desk or "")) is not None
            and desk.open_at(self.now)
            and signer_of(verifier, one, decision, taken_up, self.now) == decision.officer_id
            and may_decide(
                one.person_id, decision.officer_id, duties.get(decision.officer_id, ()), decision.act_at, desk
            )
        }

    def papers_hold(self, earlier: Earlier) -> Decision:
        """Whether what was seen then still shows who he is, by today's rules; if not, what has lapsed."""
        if not earlier.papers:
            return Refuse("enrolment.evidence-missing")
        today = self.now.astimezone(VIENTIANE).date()
        kinds = [paper_of(paper) for paper in earlier.papers]
        seen = self._seen(earlier.papers)
        return (
            next((held for paper in earlier.papers if not (held := self._sighting(paper, seen[paper.id]))), Allow())
            and self._cutoffs(earlier, min(seen.values()))
            and evidence_suffices(kinds, today, self.configuration.evidence)
        )

    def signatures_hold(self, earlier: Earlier, following: Enrolment, scope: EnrolmentScope) -> bool:
        """Whether what was signed about the earlier request is true of the following one too, but for the key."""
        then, now = earlier.enrolment, following
        same = (then.person_id, then.profile) == (now.person_id, now.profile) and all(
            getattr(earlier.scope, name) == getattr(scope, name) for name in _SAME
        )
        return same and self.unchanged(earlier) and isinstance(self.papers_hold(earlier), Allow)

    def unchanged(self, earlier: Earlier) -> bool:
        """Whether the register says today what officers signed then: names of person and organisation."""
        then, scope = earlier.enrolment, earlier.scope
        standing = by_id(self.session, [then.person_id], self.now).get(then.person_id)
        if standing is None or evidence_digest(earlier.papers) != then.evidence_digest:
            return False
        ids = [scope.organisation_id] if scope.organisation_id else []
        body = bodies(self.session, ids, [], self.now).get(scope.organisation_id or "")
        spelt = spelt_names(then.profile, standing.names, body)
        return enrolment_digest(then, scope, earlier.agreement, spelt) == then.digest

    def _verifier(self, certificates: Iterable[str]) -> ActVerifier:
        """For acts under these: read once, since the same few officers signed for many requests."""
        asked = frozenset(certificates)
        if asked not in self._verifiers:
            self._verifiers[asked] = ActVerifier(self.session, asked, self.issuers)
        return self._verifiers[asked]

    def _heard(self, certificate: Certificate, given: HolderConfirmation) -> bool:
        """Whether the officer was on duty at that desk then, and the certificate is not his own."""
        officer, desk = str(given.officer_id), given.desk or ""
        spans, place = self.duties([officer]).get(officer, ()), self.desks([desk]).get(desk)
        enrolled = self.session.get_one(Intent, certificate.id).enrolment_id
        enrolment = self.session.get(Enrolment, enrolled) if enrolled else None
        return enrolment is not None and bool(may_decide(enrolment.person_id, officer, spans, given.act_at, place))

    def _seen(self, papers: Sequence[Evidence]) -> Mapping[str, datetime]:
        statement = select(Evidence.id, Entry.at).join(Entry, Entry.id == Evidence.entry_id)
        rows = self.session.execute(statement.where(Evidence.id.in_([paper.id for paper in papers])))
        return {key: at for key, at in rows}  # noqa: C416 - rows are no pairs

    def _sighting(self, paper: Evidence, seen: datetime) -> Decision:
        """Whether it was seen lately enough, by an officer on duty then, at a desk that is open still."""
        if seen <= self.now - timedelta(days=self.configuration.identity_days):
            return Refuse("replacement.identity-old")
        desk = self.desks([paper.place]).get(paper.place)
        on_duty = may_register(desk, self.duties([paper.officer_id]).get(paper.officer_id, ()), seen)
        return Allow() if on_duty and desk and desk.open_at(self.now) else Refuse("replacement.desk-lapsed")

    def _cutoffs(self, earlier: Earlier, seen: datetime) -> Decision:
        """A Cutoff takes from that moment on what was done before: of the person, and of who saw his papers."""
        officers = {paper.officer_id for paper in earlier.papers}
        if earlier.enrolment.person_id in officers:
            return Refuse("enrolment.own-papers")
        cut = select(Cutoff.person_id).where(Cutoff.at >= seen, Cutoff.at <= self.now)
        gone = set(self.session.scalars(cut.where(Cutoff.person_id.in_(officers | {earlier.enrolment.person_id}))))
        if earlier.enrolment.person_id in gone:
            return Refuse("enrolment.person-cut-off")
        return Refuse("replacement.desk-lapsed") if gone else Allow()


def _named(subject: bytes) -> set[tuple[str, str]]:
    wanted = (oids.GIVEN_NAME, oids.SURNAME, oids.COMMON_NAME, oids.SERIAL_NUMBER)
    return {(oid, value) for oid, value in attributes(subject) if oid in wanted}
