"""Every honest ending and pause is traced to its cause; one that somebody only wrote down is named."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ca.closing.carrying_out import carry_out
from ca.closing.ending import Way
from ca.closing.ending import act_for as closing_act
from ca.closing.unproven import unentered
from ca.endings.keys import block_act, block_by_officer, report_by_key
from ca.endings.paper import Drawn, Slip, draw, issue, use
from ca.endings.pausing import hold
from ca.endings.replacement import replace_act
from ca.endings.revocation import act_for, revoke_certificate, revoke_person
from ca.endings.settlement import settle
from ca.endings.unproven import unanswered, uncaused
from ca.events.endings import (
    CertificateHeld,
    CertificateRevoked,
    CertificateSuperseded,
    HoldExpired,
    KeyBlocked,
    PersonRevoked,
)
from ca.events.hierarchy import IssuersCertificatesRevoked
from ca.events.issuance import IntentAbandoned
from ca.governance.provenance import Provenance
from ca.issuance.abandonment import end_intents, end_of_person
from ca.tables.endings import EndingRequest, EndingRequestEnd, KeyReport, Replacement, RevocationProof
from ca.tables.hierarchy import Closing, ClosingAct, IssuerEnd
from ledger.acts import SignedAct, proof_columns
from ledger.base import Fact
from ledger.certificates import Certificate, Hold, Intent, KeyBlock, Revocation
from ledger.entry import Entry
from ledger.event import Actor, Event
from ledger.ledger import Deed, Ledger
from ledger.people import Cutoff, DutyKind
from tests.ca.closers import CLOSERS, admit_closers, both_acted, issuer_of
from tests.ca.conftest import PracticeCa
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.test_keys_in_other_hands import report_of
from tests.ca.test_replacements import asked, enrolled, issued
from tests.doubles import START, TurnedClock
from tests.issuing import KeySigner
from tests.recorded import TESTER, Noted

CALLER = "10000031"


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


@pytest.fixture
def certificate(desk: Desk) -> Certificate:
    return desk.certify(f"p{HOLDER}", "officer-signing")


def found(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.ledger.read() as session:
        return [(one.kind, one.id, one.code) for one in uncaused(Provenance(session))]


def by_officer(desk: Desk, certificate: Certificate) -> object:
    act = act_for("certificate.revoke", certificate.sha256, "lost-role", desk.ledger.clock.now())
    return revoke_certificate(desk.ledger, certificate.sha256, "lost-role", desk.sign(CLERK, act))


def by_the_holder(desk: Desk, certificate: Certificate) -> object:
    act = act_for("certificate.revoke", certificate.sha256, "key-loss", desk.ledger.clock.now())
    signed = desk.sign(HOLDER, act)
    assert isinstance(desk.ledger.clock, TurnedClock)
    desk.ledger.clock.turn(seconds=1)  # what the act brings, a cutoff of its own signer too, comes after it
    return revoke_certificate(desk.ledger, certificate.sha256, "key-loss", signed)


def of_the_person(desk: Desk, _certificate: Certificate) -> object:
    act = act_for("person.revoke", HOLDER, "death", desk.ledger.clock.now())
    return revoke_person(desk.ledger, HOLDER, "death", desk.sign(CLERK, act))


def by_the_key(desk: Desk, certificate: Certificate) -> object:
    act = block_act(certificate.key_sha256, desk.ledger.clock.now())
    return block_by_officer(desk.ledger, certificate.key_sha256, desk.sign(CLERK, act))


def by_the_slip(desk: Desk, _certificate: Certificate) -> object:
    drawn = draw(desk.ledger, HOLDER)
    assert isinstance(drawn, Drawn)
    slip = issue(desk.ledger, drawn, desk.sign(CLERK, drawn.act(desk.ledger.clock.now())))
    assert isinstance(slip, Slip)
    return use(desk.ledger, slip.grouped)


def paused(desk: Desk, certificate: Certificate) -> object:
    now = desk.ledger.clock.now()
    act = act_for("certificate.hold", certificate.sha256, "certificateHold", now, now + timedelta(days=3))
    return hold(desk.ledger, certificate.sha256, desk.sign(CLERK, act), now + timedelta(days=3))


def paused_until_it_ran_out(desk: Desk, certificate: Certificate) -> object:
    paused(desk, certificate)
    assert isinstance(desk.ledger.clock, TurnedClock)
    desk.ledger.clock.turn(days=4)
    return settle(desk.ledger, Actor.system("issue"))


@pytest.mark.parametrize(
    "ending",
    [by_officer, by_the_holder, of_the_person, by_the_key, by_the_slip, paused, paused_until_it_ran_out],
)
def test_an_honest_ending_is_accounted_for(
    desk: Desk, certificate: Certificate, clock: TurnedClock, ending: Callable[[Desk, Certificate], object]
) -> None:
    clock.turn(seconds=5)

    assert ending(desk, certificate)

    with desk.ledger.read() as session:
        ended = session.query(Revocation).count() + session.query(Hold).count()
    assert ended > 0
    assert found(desk) == []


def replaced(desk: Desk, certificate: Certificate) -> object:
    enrolment = enrolled(desk)
    asked(desk, enrolment, certificate)
    issued(desk, enrolment)
    assert isinstance(desk.ledger.clock, TurnedClock)
    desk.ledger.clock.turn(hours=25)
    return settle(desk.ledger, Actor.system("issue"))


def abandoned(desk: Desk, _certificate: Certificate) -> object:
    intent = Intent(
        id="i9", issuer_id=desk.issuer.id, serial_number="99", dense_number=99, profile="officer-signing", tbs=b"-"
    )
    desk.write(intent)
    end_intents(desk.ledger, [intent], "issuance.crashed", "cessationOfOperation", Actor.system("issue"))
    return intent


@pytest.mark.parametrize("ending", [replaced, abandoned])
def test_what_the_signing_room_ends_by_itself_is_accounted_for(
    desk: Desk, certificate: Certificate, ending: Callable[[Desk, Certificate], object]
) -> None:
    assert ending(desk, certificate)

    with desk.ledger.read() as session:
        assert session.query(Revocation).count() == 1
    assert found(desk) == []


@pytest.mark.parametrize(
    ("key_name", "way"), [("officers", Way.TERMINATE), ("officers", Way.COMPROMISE), ("root", Way.COMPROMISE)]
)
def test_what_ends_with_its_issuer_under_two_persons_acts_is_accounted_for(
    ca: PracticeCa, key_name: str, way: Way
) -> None:
    admit_closers(ca)
    issuer = both_acted(ca, key_name, way)
    ca.ledger.clock.turn(seconds=1)  # type: ignore[attr-defined]  # what the acts bring comes after them

    done = carry_out(ca.ledger, issuer)

    assert done > 0
    with ca.ledger.read() as session:
        assert list(uncaused(Provenance(session))) == []
        assert list(unentered(Provenance(session))) == []


@pytest.mark.parametrize("planted", ["of the other way", "by one person alone", "long ago"])
def test_an_end_for_which_two_persons_did_not_sign_just_then_accounts_for_nothing(
    ca: PracticeCa, clock: TurnedClock, planted: str
) -> None:
    admit_closers(ca)
    issuer, at = issuer_of(ca, "officers"), clock.now()
    signed = Way.COMPROMISE if planted == "of the other way" else Way.TERMINATE
    people = CLOSERS[:1] * 2 if planted == "by one person alone" else CLOSERS
    facts: list[Fact] = [Closing(id="planted", issuer_id=issuer.id, kind=Way.TERMINATE.value)]
    for place, (number, signer) in enumerate(zip(CLOSERS, people, strict=True)):
        proof = proof_columns(ca.sign(signer, closing_act(signed, issuer, at)))
        facts.append(ClosingAct(id=f"planted-{place}", closing_id="planted", person_id=f"p{number}", **proof))
    clock.turn(days=40 if planted == "long ago" else 0, seconds=1)
    facts.append(IssuerEnd(issuer_id=issuer.id, kind=Way.TERMINATE.value, at=clock.now(), closing_id="planted"))
    ca.ledger.entries([Deed(Noted("planted"), TESTER, facts)])
    clock.turn(seconds=1)

    done = carry_out(ca.ledger, issuer.id)

    with ca.ledger.read() as session:
        found = list(uncaused(Provenance(session)))
        ends = [(one.kind, one.id, one.code) for one in unentered(Provenance(session))]
    assert (done > 0, {one.code for one in found}, len(found)) == (True, {"unproven.no-act"}, done)
    assert ("issuer_end", issuer.id, "unproven.obeyed") in ends


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (lambda key: CertificateRevoked(key, "lost-role", f"p{CLERK}"), "unproven.no-act"),
        (lambda _: PersonRevoked(f"p{HOLDER}", "death", 1, f"p{CLERK}"), "unproven.no-act"),
        (lambda key: IntentAbandoned(key, "crash"), "unproven.no-cause"),
        (HoldExpired, "unproven.no-cause"),
        (lambda key: CertificateSuperseded(key, key), "unproven.no-cause"),
        (lambda _: IssuersCertificatesRevoked("i", "superseded", 1), "unproven.no-act"),
        (lambda _: Noted("odd"), "unproven.no-cause"),
    ],
)
def test_a_revocation_that_somebody_only_wrote_down_is_named_with_its_entry_and_writer(
    desk: Desk, certificate: Certificate, event: Callable[[str], Event], code: str
) -> None:
    planted = Revocation(certificate_id=certificate.id, at=START, reason="superseded")
    [entry_id] = desk.ledger.entries([Deed(event(certificate.id), TESTER, [planted])])

    with desk.ledger.read() as session:
        [one] = uncaused(Provenance(session))
        writer = session.get_one(Entry, entry_id).writer

    assert (one.kind, one.id, one.code) == ("revocation", certificate.id, code)
    assert (one.entry_id, one.actor, one.writer) == (entry_id, str(TESTER), writer)


def test_a_planted_pause_is_named(desk: Desk, certificate: Certificate) -> None:
    planted = Hold(id="h1", certificate_id=certificate.id, at=START, until=START + timedelta(days=9))
    desk.ledger.entries([Deed(CertificateHeld(certificate.id, f"p{CLERK}"), TESTER, [planted])])

    assert found(desk) == [("hold", "h1", "unproven.no-act")]


def forged(desk: Desk, certificate: Certificate) -> tuple[str, SignedAct]:
    signed = desk.sign(CLERK, act_for("certificate.revoke", certificate.sha256, "lost-role", START))
    return CLERK, SignedAct(signed.act, signed.certificate_sha256, bytes(64))


def for_another_certificate(desk: Desk, _certificate: Certificate) -> tuple[str, SignedAct]:
    other = desk.certify(f"p{CLERK}", "officer-signing")
    return CLERK, desk.sign(CLERK, act_for("certificate.revoke", other.sha256, "lost-role", START))


def long_before(desk: Desk, certificate: Certificate) -> tuple[str, SignedAct]:
    assert isinstance(desk.ledger.clock, TurnedClock)
    signed = desk.sign(CLERK, act_for("certificate.revoke", certificate.sha256, "lost-role", START))
    desk.ledger.clock.turn(days=1)
    return CLERK, signed


def by_one_whose_duty_nobody_agreed_on(desk: Desk, certificate: Certificate) -> tuple[str, SignedAct]:
    desk.person(CALLER, DutyKind.CA_OPERATOR)
    return CALLER, desk.sign(CALLER, act_for("certificate.revoke", certificate.sha256, "lost-role", START))


@pytest.mark.parametrize(
    "acting", [forged, for_another_certificate, long_before, by_one_whose_duty_nobody_agreed_on]
)
def test_an_act_that_proves_nothing_does_not_account_for_a_revocation(
    desk: Desk, certificate: Certificate, acting: Callable[[Desk, Certificate], tuple[str, SignedAct]]
) -> None:
    number, signed = acting(desk, certificate)
    facts: list[Fact] = [
        Revocation(certificate_id=certificate.id, at=START, reason="affiliationChanged"),
        RevocationProof(
            id="r1", kind="certificate.revoke", subject=certificate.id, reason="lost-role", officer_id=f"p{number}",
            **proof_columns(signed),
        ),
    ]  # fmt: skip
    desk.ledger.entries([Deed(CertificateRevoked(certificate.id, "lost-role", f"p{number}"), TESTER, facts)])

    assert found(desk) == [("revocation", certificate.id, "unproven.act-void")]


def turn(desk: Desk, **later: float) -> None:
    assert isinstance(desk.ledger.clock, TurnedClock)
    desk.ledger.clock.turn(**later)


def stray(desk: Desk, certificate: Certificate, event: Event | None = None) -> tuple[str, str]:
    """A revocation without an act of its own is written; the certificate's id, and the code with which it is named."""
    planted = Revocation(certificate_id=certificate.id, at=desk.ledger.clock.now(), reason="keyCompromise")
    desk.ledger.entries([Deed(event or CertificateRevoked(certificate.id, "death", f"p{CLERK}"), TESTER, [planted])])
    return certificate.id, "unproven.no-act" if event is None else "unproven.no-cause"


def named(desk: Desk) -> list[tuple[str, str]]:
    return [(key, code) for _, key, code in found(desk)]


def asked_for(desk: Desk) -> Certificate:
    """A certificate that came of a request of now."""
    return desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=enrolled(desk).id)


def test_what_a_stop_of_the_person_overtook_is_accounted_for(desk: Desk, certificate: Certificate) -> None:
    enrolment = enrolled(desk)
    turn(desk, seconds=1)
    of_the_person(desk, certificate)
    overtaken = desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=enrolment.id)

    ended = end_of_person(desk.ledger, f"p{HOLDER}", "cessationOfOperation", f"p{CLERK}", desk.ledger.clock.now())

    assert [one.id for one in ended] == [overtaken.id]
    assert named(desk) == []


def test_an_old_stop_of_the_person_accounts_for_no_end_of_what_he_asked_for_later(
    desk: Desk, certificate: Certificate
) -> None:
    of_the_person(desk, certificate)
    turn(desk, days=1)

    assert [stray(desk, asked_for(desk))] == named(desk)


@pytest.mark.parametrize("stop", [of_the_person, by_the_key])
def test_a_later_stop_accounts_for_no_end_before_it(
    desk: Desk, stop: Callable[[Desk, Certificate], object]
) -> None:
    certificate = asked_for(desk)
    expected = stray(desk, certificate)
    turn(desk, days=1)

    stop(desk, certificate)

    assert named(desk) == [expected]


def test_a_stop_of_one_person_beside_an_act_about_another_accounts_for_nothing(desk: Desk) -> None:
    certificate = asked_for(desk)
    now = desk.ledger.clock.now()
    act = desk.sign(CLERK, act_for("person.revoke", CLERK, "death", now))
    facts: list[Fact] = [
        Cutoff(id="c1", person_id=f"p{HOLDER}", at=now, reason="unspecified"),
        RevocationProof(
            id="r1", kind="person.revoke", subject=f"p{CLERK}", reason="death", officer_id=f"p{CLERK}",
            **proof_columns(act),
        ),
    ]  # fmt: skip
    desk.ledger.entries([Deed(PersonRevoked(f"p{HOLDER}", "death", 0, f"p{CLERK}"), TESTER, facts)])

    assert [stray(desk, certificate)] == named(desk)


def test_what_its_own_key_reported_is_accounted_for(desk: Desk) -> None:
    signer = KeySigner()
    certificate = desk.certify(f"p{HOLDER}", "officer-signing", signer)

    assert report_by_key(desk.ledger, report_of(signer)) == (certificate.serial_number,)
    assert named(desk) == []


@pytest.mark.parametrize("request_", [b"-", report_of(KeySigner()), report_of(KeySigner(), "Somphone")])
def test_a_report_that_its_key_did_not_sign_accounts_for_nothing(
    desk: Desk, certificate: Certificate, request_: bytes
) -> None:
    key = certificate.key_sha256
    facts: list[Fact] = [KeyBlock(key_sha256=key, at=START), KeyReport(key_sha256=key, request=request_)]
    desk.ledger.entries([Deed(KeyBlocked(key, "key-compromise", 1), TESTER, facts)])

    assert [stray(desk, certificate)] == named(desk)


@pytest.mark.parametrize("fault", ["forged", "by another", "about another", "long before", "no successor"])
def test_a_wish_that_the_holder_did_not_sign_or_that_nothing_came_of_accounts_for_no_end(
    desk: Desk, certificate: Certificate, fault: str
) -> None:
    enrolment = enrolled(desk)
    about = "ab" * 32 if fault == "about another" else certificate.sha256
    by = CLERK if fault == "by another" else HOLDER
    signed = desk.sign(by, replace_act(enrolment, about, desk.ledger.clock.now()))
    if fault == "forged":
        signed = SignedAct(signed.act, signed.certificate_sha256, bytes(64))
    if fault == "long before":
        turn(desk, days=1)
    desk.write(
        Replacement(
            enrolment_id=enrolment.id, certificate_id=certificate.id, person_id=f"p{by}", **proof_columns(signed)
        )
    )
    if fault != "no successor":
        issued(desk, enrolment)
    turn(desk, days=2)

    assert [stray(desk, certificate, CertificateSuperseded(certificate.id, certificate.id))] == named(desk)


def test_a_pause_that_somebody_only_wrote_down_accounts_for_no_end_when_it_runs_out(
    desk: Desk, certificate: Certificate
) -> None:
    planted = Hold(id="h1", certificate_id=certificate.id, at=START, until=START + timedelta(days=1))
    desk.ledger.entries([Deed(CertificateHeld(certificate.id, f"p{CLERK}"), TESTER, [planted])])
    turn(desk, days=2)

    settle(desk.ledger, Actor.system("issue"))

    assert named(desk) == [(certificate.id, "unproven.no-cause")]


def test_an_act_that_pauses_accounts_for_no_end(desk: Desk, certificate: Certificate) -> None:
    now = desk.ledger.clock.now()
    signed = desk.sign(CLERK, act_for("certificate.hold", certificate.sha256, "certificateHold", now))
    facts: list[Fact] = [
        Revocation(certificate_id=certificate.id, at=now, reason="keyCompromise"),
        RevocationProof(
            id="r1", kind="certificate.hold", subject=certificate.id, reason="certificateHold",
            officer_id=f"p{CLERK}", **proof_columns(signed),
        ),
    ]  # fmt: skip
    desk.ledger.entries([Deed(CertificateRevoked(certificate.id, "key-loss", f"p{CLERK}"), TESTER, facts)])

    assert named(desk) == [(certificate.id, "unproven.act-void")]


def unanswered_in(desk: Desk) -> list[tuple[str, str]]:
    with desk.ledger.read() as session:
        return [(one.id, one.code) for one in unanswered(Provenance(session))]


@pytest.mark.parametrize("ending", [by_officer, by_the_holder, paused, by_the_slip])
def test_a_request_that_an_ending_answered_is_not_named(
    desk: Desk, certificate: Certificate, clock: TurnedClock, ending: Callable[[Desk, Certificate], object]
) -> None:
    clock.turn(seconds=5)

    assert ending(desk, certificate)

    assert desk.requests()
    assert unanswered_in(desk) == []


@pytest.mark.parametrize("code", ["granted", "unfounded"])
def test_a_request_that_was_closed_without_an_answer_is_named(desk: Desk, certificate: Certificate, code: str) -> None:
    other, now = desk.certify(f"p{HOLDER}", "mail-signing"), desk.ledger.clock.now()
    for key, subject in (("answered", certificate.id), ("silenced", other.id)):
        desk.write(
            EndingRequest(
                id=key, wish="revoke", ground="key-loss", channel="public", authentication="none", subject=subject,
                at=now,
            )
        )  # fmt: skip
    ends = [EndingRequestEnd(request_id=key, code=code, decided_by=None, at=now) for key in ("answered", "silenced")]
    revocation = Revocation(certificate_id=certificate.id, at=now, reason="keyCompromise")
    event = CertificateRevoked(certificate.id, "key-loss", f"p{HOLDER}")

    desk.ledger.entries([Deed(event, TESTER, [revocation, *ends])])

    assert unanswered_in(desk) == [("silenced", "unproven.request-unanswered")]
