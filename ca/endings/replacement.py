"""A certificate in the place of another: the holder asks under his living key, and the old one ends afterwards.

The request itself is an Enrolment like any other; what of the earlier one carries over is in
`ca.registration.succession`. What is replaced ends when its successor has been there for the configured hours, never
before: nobody is left without.
"""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ca.closing.finality import changeable
from ca.endings import letters
from ca.endings.asking import answers
from ca.endings.concerned import concerned_by
from ca.endings.each import each
from ca.endings.grounds import CHANGED, REPLACED, Ground
from ca.endings.pausing import open_hold
from ca.events.endings import CertificateSuperseded, ReplacementAsked, ReplacementRefused
from ca.governance.provenance import verified
from ca.profiles import NEVER_FOLLOWED
from ca.reissue.membership import under_campaign
from ca.tables.endings import Replacement
from ca.tables.registration import Enrolment, EnrolmentEnd, EnrolmentScope
from ledger.acts import HOLDERS_PROFILES, Act, ActInvalid, SignedAct, proof_columns, verify_act
from ledger.base import Moment, without
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.decision import Allow, Refuse
from ledger.decision import Decision as Outcome
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Deed, Ledger, Taken
from pki.certificate import parse_certificate

KIND = "certificate.replace"


def replace_act(enrolment: Enrolment, certificate_sha256: str, at: datetime) -> Act:
    """What the holder signs: which request, as it stands, is for the place of which certificate."""
    return Act(KIND, {"enrolment": enrolment.id, "digest": enrolment.digest, "replaces": certificate_sha256}, at)


def ask(ledger: Ledger, enrolment_id: str, certificate_sha256: str, signed: SignedAct) -> str | Refuse:
    """The id of the entry that ties the request to the certificate, or why it was refused."""
    now = ledger.clock.now()
    with ledger.read() as session:
        enrolment = session.get(Enrolment, enrolment_id)
        old = session.scalar(select(Certificate).where(Certificate.sha256 == certificate_sha256))
        if enrolment is None or old is None:
            code = "decision.enrolment-unknown" if enrolment is None else "revocation.certificate-unknown"
            return refused(ledger, code, None)
        if replace_act(enrolment, certificate_sha256, signed.act.at).message() != signed.act.message():
            return refused(ledger, "revocation.not-about-this", None)
        try:
            by = verify_act(session, signed, now, HOLDERS_PROFILES)
        except ActInvalid as fault:
            return refused(ledger, fault.code, None)
        scope = session.get(EnrolmentScope, enrolment.id)
        allowed = may_replace(session, by, enrolment, scope, old, now)
        if allowed and (session.get(EnrolmentEnd, enrolment.id) is not None or _in_hand(session, enrolment.id)):
            allowed = Refuse("replacement.ended")
    if isinstance(allowed, Refuse):
        return refused(ledger, allowed.code, by)
    fact = replacement(enrolment, old, signed, by)
    try:
        return ledger.entries([Deed(ReplacementAsked(enrolment.id, old.id, by), Actor.person(by), [fact])])[0]
    except Taken:
        return refused(ledger, "replacement.twice", by)


def replacement(enrolment: Enrolment, old: Certificate, signed: SignedAct, by: str) -> Replacement:
    """The fact of the holder's act."""
    return Replacement(enrolment_id=enrolment.id, certificate_id=old.id, person_id=by, **proof_columns(signed))


def may_replace(
    session: Session, by: str, enrolment: Enrolment, scope: EnrolmentScope | None, old: Certificate, now: datetime
) -> Outcome:
    """Whether this person may have the request follow that certificate: both are his, it lives, and nothing else does.

    Its key is unharmed too. The signing room asks the same again.
    """
    about = concerned_by(session, old, now)
    of_body = old.person_id is None
    if by not in {enrolment.person_id} & {about.person_id}:
        return Refuse("replacement.not-yours")
    if of_body and (scope is None or scope.organisation_id not in about.bodies):
        return Refuse("replacement.not-yours")
    if enrolment.profile != old.profile:
        return Refuse("replacement.other-profile")
    if old.profile in NEVER_FOLLOWED:
        return Refuse("replacement.never")
    dead = session.get(Revocation, old.id) is not None or open_hold(session, old.id) is not None
    if dead or old.not_after <= now or session.get(KeyBlock, old.key_sha256) is not None:
        return Refuse("replacement.ended")
    return Refuse("replacement.open") if _followed(session, old, enrolment.id) else Allow()


def _in_hand(session: Session, enrolment_id: str) -> bool:
    """Whether the request has come to a certificate, or is about to: then it follows nothing any more."""
    intended = without(select(Intent.id).where(Intent.enrolment_id == enrolment_id), Intent.id, Revocation)
    return session.scalar(intended.limit(1)) is not None


def _followed(session: Session, old: Certificate, but: str) -> bool:
    """Whether another request than `but` follows the certificate, and neither it nor what came of it has ended."""
    others = select(Replacement.enrolment_id).where(
        Replacement.certificate_id == old.id, Replacement.enrolment_id != but
    )
    made = select(Certificate.id).join(Intent, Intent.id == Certificate.id)
    for key in session.scalars(without(others, Replacement.enrolment_id, EnrolmentEnd)).all():
        certificates = session.scalars(made.where(Intent.enrolment_id == key)).all()
        if not certificates or any(session.get(Revocation, one) is None for one in certificates):
            return True
    return False


def supersede(ledger: Ledger, actor: Actor) -> int:
    """What was replaced long enough ago ended. Returns how many certificates."""
    now = ledger.clock.now()
    with ledger.read() as session:
        since = given_until(session, now)
        due = session.execute(replaced_by(since)).all()
        found = [(session.get_one(Certificate, old), new) for old, new in due if _counts(session, new)]
        may_change = {one.id for one in changeable(session, [old for old, _ in found], now)}
        living = [(old.id, new) for old, new in found if old.id in may_change]
    return each({f"replaced {old} by {new}": partial(_superseded, ledger, old, new, actor) for old, new in living})


def given_until(session: Session, now: datetime) -> datetime:
    """When a successor must have been there for that what it replaces ends now."""
    return now - timedelta(hours=verified(session).replacement_grace_hours)


def replaced_by(since: Moment) -> Select[str, str]:
    """Selects what lives and was replaced by then, with the certificate that has its place and is not revoked."""
    replaced = (
        select(Replacement.certificate_id, Certificate.id)
        .join(Intent, Intent.enrolment_id == Replacement.enrolment_id)
        .join(Certificate, Certificate.id == Intent.id)
        .join(Entry, Entry.id == Certificate.entry_id)
        # In a campaign the old one ends when the new one is in use (`ca.reissue.settlement`), not by the clock.
        .where(Entry.at <= since, Replacement.certificate_id.not_in(under_campaign()))
    )
    return without(without(replaced, Replacement.certificate_id, Revocation), Certificate.id, Revocation)


def _counts(session: Session, certificate_id: str) -> bool:
    """Whether it is neither revoked nor suspended: what is suspended may never come back."""
    return session.get(Revocation, certificate_id) is None and open_hold(session, certificate_id) is None


def _superseded(ledger: Ledger, old_id: str, new_id: str, actor: Actor) -> bool:
    now = ledger.clock.now()
    with ledger.read() as session:
        if old_id == new_id or not _counts(session, new_id):
            return False  # nobody is left without
        old = session.get_one(Certificate, old_id)
        ground = _ground(old, session.get_one(Certificate, new_id))
        told = letters.told(
            ledger, session, letters.REVOKED, concerned_by(session, old, now), [old.serial_number], now, ground=ground
        )
        answered = answers(session, [old_id], now)
    fact = Revocation(certificate_id=old_id, at=now, reason=ground.reason)
    try:
        ledger.entries([Deed(CertificateSuperseded(old_id, new_id), actor, [fact, *answered, *told])])
    except Taken:
        return False  # somebody ended it meanwhile, which is as good
    return True


def _ground(old: Certificate, new: Certificate) -> Ground:
    """Why the old one ends: it is replaced, or says what is not so any more.

    What an authentication key signed must go on counting, so its certificate ends by routine (`ledger.acts`).
    """
    before, after = (parse_certificate(bytes(one.der)).subject for one in (old, new))
    return REPLACED if before == after or old.profile in HOLDERS_PROFILES else CHANGED


def refused(ledger: Ledger, code: str, by: str | None) -> Refuse:
    """The refusal, recorded."""
    ledger.record(ReplacementRefused(code, by), Actor.person(by) if by else Actor.system(ledger.process))
    return Refuse(code)
