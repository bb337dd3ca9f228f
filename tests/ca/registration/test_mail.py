"""A mail address is the person's when a mailed code comes back: in time, once, after few tries (GV-02)."""

import email
import email.policy
import re

import pytest
from cryptography import x509
from sqlalchemy import func, select

from ca.registration.mail import CODES_AN_HOUR, TRIES, Asked, ask, prove
from ca.tables.registration import MailChallenge, MailProof
from ledger.base import Base
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.outbox import OutboxMessage
from tests.ca.conftest import TEST, PracticeCa, register_person
from tests.ca.registration.offices import appoint, approve, body
from tests.doubles import TurnedClock

OFFICER, ADDRESS = "10000017", "somphone@mtc.gov.la"


def hired(counter: PracticeCa) -> None:
    body(counter.ledger, "MTC", domains="mtc.gov.la example.com")
    register_person(counter.ledger, OFFICER)
    appoint(counter.ledger, OFFICER, "MTC")


@pytest.fixture
def counter(counter: PracticeCa) -> PracticeCa:
    hired(counter)
    return counter


def asked(ca: PracticeCa, address: str = ADDRESS) -> MailChallenge | Refuse:
    return ask(ca.ledger, ca.fields, Asked(OFFICER, address), TEST)


def mailed(ca: PracticeCa) -> tuple[str, str]:
    """The challenge, and the code as it stands in the letter."""
    challenge = asked(ca)
    assert isinstance(challenge, MailChallenge)
    with ca.ledger.read() as session:
        message = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert message is not None
    text = email.message_from_bytes(message.body, policy=email.policy.default).get_content()
    [code] = set(re.findall(r"[0-9]{8}", text))
    return challenge.id, code


def proved(ca: PracticeCa, challenge: str, code: str) -> MailProof | Refuse:
    return prove(ca.ledger, ca.fields, challenge, code, TEST)


ELSEWHERE = {
    "Somphone@mtc.gov.la": "mail.malformed",
    "x@gmail.com": "mail.other-domain",
    "x@gov.la.example": "mail.other-domain",
    "x@example.com": "mail.other-domain",
    "x@sub.mtc.gov.la": "mail.other-domain",
    "x@mtc.gov.la.": "mail.malformed",
    "x@MTC.gov.la": "mail.malformed",
    "ສົມພອນ@mtc.gov.la": "mail.not-ascii",
    "": "mail.malformed",
}


def test_an_address_that_is_not_the_governments_is_refused_and_no_letter_goes_out(counter: PracticeCa) -> None:
    outcomes = {address: asked(counter, address) for address in ELSEWHERE}

    assert outcomes == {address: Refuse(code) for address, code in ELSEWHERE.items()}
    with counter.ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 0
        assert session.scalar(select(func.count()).where(Entry.kind == "mail.refused")) == len(ELSEWHERE)


def test_the_code_proves_the_address_and_a_certificate_names_it(ca: PracticeCa) -> None:
    hired(ca)
    challenge, code = mailed(ca)

    assert isinstance(proved(ca, challenge, code), MailProof)
    approve(ca, ca.hand_in(ca.application(OFFICER, "mail-signing", names=(ADDRESS,))))
    [certificate] = ca.room().turn().issued

    parsed = x509.load_der_x509_certificate(certificate.der)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == [ADDRESS]
    assert certificate.person_id == f"p{OFFICER}"


def test_a_code_counts_once_and_may_be_typed_in_lao_digits(counter: PracticeCa) -> None:
    challenge, code = mailed(counter)
    in_lao = code.translate(str.maketrans("0123456789", "໐໑໒໓໔໕໖໗໘໙"))

    assert isinstance(proved(counter, challenge, f" {in_lao}\n"), MailProof)
    assert proved(counter, challenge, code) == Refuse("mail.code-used")


def test_a_code_is_good_for_an_hour_and_a_proof_for_a_month(counter: PracticeCa, clock: TurnedClock) -> None:
    late, late_code = mailed(counter)
    clock.turn(minutes=60)
    refused = proved(counter, late, late_code)
    proved(counter, *mailed(counter))
    clock.turn(days=30)

    asked_late = counter.hand_in(counter.application(OFFICER, "mail-signing", names=(ADDRESS,)))

    assert refused == Refuse("mail.code-late")
    assert asked_late == Refuse("enrolment.mail-unproved")


def test_after_a_few_wrong_codes_the_right_one_helps_no_more(counter: PracticeCa) -> None:
    challenge, code = mailed(counter)
    wrong = f"{(int(code) + 1) % 10**8:08}"

    tried = [proved(counter, challenge, wrong) for _ in range(TRIES)]

    assert tried == [Refuse("mail.code-wrong")] * TRIES
    assert proved(counter, challenge, code) == Refuse("mail.code-spent")


def test_codes_are_few_an_hour(counter: PracticeCa, clock: TurnedClock) -> None:
    first = [asked(counter) for _ in range(CODES_AN_HOUR)]
    one_more = asked(counter)
    clock.turn(hours=1, seconds=1)

    assert [one for one in first if isinstance(one, Refuse)] == []
    assert one_more == Refuse("mail.too-often")
    assert isinstance(asked(counter), MailChallenge)


def test_the_code_stands_in_the_letter_alone(counter: PracticeCa) -> None:
    _, code = mailed(counter)

    with counter.ledger.read() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name != "outbox_message"]
        rows = [row for table in tables for row in session.execute(select(table))]
    assert code not in repr(rows)


def test_anothers_proof_and_an_unknown_challenge_prove_nothing(counter: PracticeCa) -> None:
    register_person(counter.ledger, "10000018")
    appoint(counter.ledger, "10000018", "MTC")
    proved(counter, *mailed(counter))

    others = counter.hand_in(counter.application("10000018", "mail-signing", names=(ADDRESS,)))

    assert others == Refuse("enrolment.mail-unproved")
    assert proved(counter, "nothing", "12345678") == Refuse("mail.challenge-unknown")
