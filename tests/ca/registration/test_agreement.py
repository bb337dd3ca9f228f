"""The terms (ID-05) and the holder's word (ID-06): accepted before, confirmed after."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ca.endings.revocation import act_for as revoking
from ca.endings.revocation import revoke_certificate
from ca.registration.holder import confirm
from ca.registration.holders_word import act_for
from ca.registration.progress import states
from ca.registration.states import State
from ca.statement import terms
from ca.tables.registration import Agreement
from ca.tables.statement import StatementVersion
from idp.factors.certificate import ShownCertificate, judge
from ledger.acts import SignedAct
from ledger.certificates import Certificate
from ledger.confirmations import HolderConfirmation, awaits_holder
from ledger.decision import Refuse
from ledger.ledger import Deed
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, agreed, register_person
from tests.ca.events import Registered
from tests.issuing import KeySigner

OFFICER = "10000017"


def republished(ca: PracticeCa) -> None:
    """The terms have another text from now on."""
    with ca.ledger.read() as session:
        version, _ = terms.current(session)
    new = StatementVersion(**_values(ca, version + 1))
    ca.ledger.entries([Deed(Registered("x"), TEST, [new])])


def _values(ca: PracticeCa, number: int) -> dict[str, object]:
    with ca.ledger.read() as session:
        before = session.query(StatementVersion).filter_by(document="terms").first()
    assert before is not None
    kept = {column.key: getattr(before, column.key) for column in StatementVersion.__table__.columns}
    del kept["entry_id"]
    return kept | {"id": "terms-new", "number": number, "digest": "cd" * 32}


def test_what_was_accepted_how_and_when_is_kept_with_the_choice_of_publication(counter: PracticeCa) -> None:
    register_person(counter.ledger, OFFICER)
    given = replace(agreed(counter.ledger), publication=True)

    enrolment = counter.hand_in(replace(counter.application(OFFICER), agreed=given))

    with counter.ledger.read() as session:
        kept = session.get_one(Agreement, enrolment)
        version, digest = terms.current(session)
    assert (kept.terms_version, kept.terms_digest) == (version, digest)
    assert (kept.means, kept.at, kept.publication) == ("written", given.at, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda given: None, "enrolment.terms-not-accepted"),
        (lambda given: replace(given, terms_digest="ab" * 32), "enrolment.terms-changed"),
        (lambda given: replace(given, at=given.at + timedelta(hours=1)), "enrolment.terms-date"),
    ],
)
def test_without_acceptance_of_the_terms_in_force_nothing_is_taken_up(counter: PracticeCa, change, code: str) -> None:  # type: ignore[no-untyped-def]
    register_person(counter.ledger, OFFICER)
    application = counter.application(OFFICER)

    assert counter.hand_in(replace(application, agreed=change(application.agreed))) == Refuse(code)


def test_changed_terms_are_accepted_anew_and_old_acceptances_keep_the_old_digest(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    before = ca.application(OFFICER)
    kept = ca.hand_in(before)
    republished(ca)

    late = ca.hand_in(replace(ca.application(OFFICER), agreed=before.agreed))
    anew = ca.hand_in(ca.application(OFFICER))

    assert late == Refuse("enrolment.terms-changed")
    with ca.ledger.read() as session:
        digests = [session.get_one(Agreement, one).terms_digest for one in (kept, anew)]
    assert digests == [before.agreed.terms_digest, "cd" * 32]  # type: ignore[union-attr]


def issued(ca: PracticeCa) -> Certificate:
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER)
    [certificate] = ca.room().turn().issued
    return certificate


def by_holder(ca: PracticeCa, certificate: Certificate) -> SignedAct:
    act = act_for(certificate, ca.ledger.clock.now())
    return SignedAct(act, certificate.sha256, KeySigner(ca.keys[OFFICER]).sign(act.message()))


def waits(ca: PracticeCa, certificate: Certificate) -> bool:
    with ca.ledger.read() as session:
        return awaits_holder(session, certificate.id)


def test_a_fresh_certificate_waits_until_its_key_confirms_it(ca: PracticeCa) -> None:
    certificate = issued(ca)
    before = waits(ca, certificate)

    outcome = confirm(ca.ledger, certificate.sha256, by_holder(ca, certificate))

    assert isinstance(outcome, HolderConfirmation)
    assert (before, waits(ca, certificate)) == (True, False)


def test_an_unconfirmed_certificate_signs_nobody_in(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    ca.approved(OFFICER, "officer-authentication")
    [certificate] = ca.room().turn().issued
    now = ca.ledger.clock.now()

    with ca.ledger.read() as session:
        before = judge(session, certificate.der, now)
    confirm(ca.ledger, certificate.sha256, by_holder(ca, certificate))
    with ca.ledger.read() as session:
        after = judge(session, certificate.der, now)

    assert before == Refuse("sign-in.certificate-unconfirmed")
    assert isinstance(after, ShownCertificate)


def test_at_the_desk_the_officer_signs_and_never_for_himself(ca: PracticeCa) -> None:
    certificate = issued(ca)
    act = act_for(certificate, ca.ledger.clock.now(), "center")

    outcome = confirm(ca.ledger, certificate.sha256, ca.sign(SECOND, act), "center")

    assert isinstance(outcome, HolderConfirmation)
    assert outcome.officer_id == f"p{SECOND}"


@pytest.mark.parametrize(
    ("made", "desk", "code"),
    [
        (lambda ca, one: ca.sign(FIRST, act_for(one, ca.ledger.clock.now())), None, "act.other-person"),
        (
            lambda ca, one: ca.sign(FIRST, act_for(one, ca.ledger.clock.now(), "nowhere")), "nowhere", "desk.unknown",
        ),
        (
            lambda ca, one: SignedAct(act_for(one, ca.ledger.clock.now()), one.sha256, bytes(70)), None,
            "act.signature-invalid",
        ),
        (
            by_holder, "center", "certificate.confirmation-not-about-this",
        ),
    ],
)  # fmt: skip
def test_nobody_elses_word_confirms(ca: PracticeCa, made, desk: str | None, code: str) -> None:  # type: ignore[no-untyped-def]
    certificate = issued(ca)

    assert confirm(ca.ledger, certificate.sha256, made(ca, certificate), desk) == Refuse(code)
    assert waits(ca, certificate)


def test_a_wrong_name_is_revoked_and_enrolled_again_and_the_old_one_is_never_confirmed(ca: PracticeCa) -> None:
    certificate = issued(ca)
    act = revoking("certificate.revoke", certificate.sha256, "superseded", ca.ledger.clock.now())
    revoke_certificate(ca.ledger, certificate.sha256, "superseded", ca.sign(FIRST, act))

    late = confirm(ca.ledger, certificate.sha256, by_holder(ca, certificate))
    again = ca.approved(OFFICER)

    assert late == Refuse("certificate.confirmation-not-open")
    with ca.ledger.read() as session:
        assert states(session, [again], ca.ledger.clock.now())[again] is State.APPROVED


def test_what_the_ceremony_certified_waits_for_nobody(ca: PracticeCa) -> None:
    with ca.ledger.read() as session:
        certificates = session.query(Certificate).filter_by(person_id=f"p{FIRST}").all()

    assert [waits(ca, one) for one in certificates] == [False]
