"""The code on the slip works once, only for its own certificates, and cannot be guessed or made up (RV-01)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from ca.endings.paper import MOST_OF_ONE, WINDOW_SECONDS, Drawn, Slip, code_act, digest_of, draw, issue, proven, use
from ca.endings.requests import Report, report
from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.tables.endings import RevocationCode, RevocationCodeCertificate, RevocationCodeUse
from ledger.acts import proof_columns
from ledger.certificates import Certificate, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.people import Cutoff
from pki.keys import key_sha256
from tests.ca.conftest import FIRST, PracticeCa
from tests.ca.desk import CLERK, HOLDER, OTHER_CLERK, Desk
from tests.ca.failing import InterruptedLedger
from tests.ca.following import Holder, write

LAO = str.maketrans("0123456789", "໐໑໒໓໔໕໖໗໘໙")


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


@pytest.fixture
def certificate(desk: Desk) -> Certificate:
    return desk.certify(f"p{HOLDER}", "officer-signing")


@pytest.fixture
def slip(desk: Desk, certificate: Certificate) -> Slip:
    return slip_for(desk, HOLDER)


def slip_for(desk: Desk, number: str, by: str = CLERK) -> Slip:
    drawn = draw(desk.ledger, number)
    assert isinstance(drawn, Drawn)
    slip = issue(desk.ledger, drawn, desk.sign(by, drawn.act(desk.ledger.clock.now())))
    assert isinstance(slip, Slip)
    return slip


def ended(desk: Desk) -> set[str]:
    with desk.ledger.read() as session:
        return set(session.scalars(select(Revocation.certificate_id)))


def entries(desk: Desk) -> int:
    with desk.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_the_code_revokes_its_own_certificates_once_in_one_entry_and_blocks_their_keys(
    desk: Desk, certificate: Certificate, slip: Slip
) -> None:
    others = desk.certify(f"p{CLERK}", "officer-signing")

    done = use(desk.ledger, slip.grouped)
    again = use(desk.ledger, slip.grouped)

    assert isinstance(done, tuple) and set(done) == set(slip.serial_numbers)
    assert again == Refuse("code.used")
    assert certificate.id in ended(desk) and others.id not in ended(desk)
    with desk.ledger.read() as session:
        entries = set(session.scalars(select(Revocation.entry_id)))
        entries |= set(session.scalars(select(RevocationCodeUse.entry_id)))
        blocked = session.scalar(select(func.count()).select_from(KeyBlock))
        cutoff = session.scalars(select(Cutoff.person_id)).one()
        [used] = session.scalars(select(RevocationCodeUse))
        assert proven(session, used)
    assert (len(entries), blocked, cutoff) == (1, 2, f"p{HOLDER}")
    assert desk.requests() == [("paper-code", "revoke", "code", "granted")]


def test_the_code_counts_though_an_officer_ends_one_of_its_certificates_that_very_moment(desk: Desk) -> None:
    first, second = (desk.certify(f"p{HOLDER}", "officer-signing") for _ in range(2))
    slip = slip_for(desk, HOLDER)
    racing = InterruptedLedger(desk.ledger.url, desk.ledger.clock, desk.ledger.randomness, "0.1.0", "test")

    def behind_the_attempt() -> None:
        racing.first = lambda: desk.issuer.revoke(first.id, desk.ledger.clock.now())

    racing.first = behind_the_attempt
    outcome = use(racing, slip.code)

    racing.close()
    assert isinstance(outcome, tuple) and second.serial_number in outcome and first.serial_number not in outcome
    assert {first.id, second.id} <= ended(desk)


def test_the_code_reaches_its_key_though_a_renewal_has_taken_the_place_of_what_was_printed(ca: PracticeCa) -> None:
    holder = Holder.of(ca)
    write(ca, KeyUse(key_sha256=key_sha256(holder.hand.signer.public_key), subject=f"p{HOLDER}"))
    old = holder.first()
    drawn = draw(ca.ledger, HOLDER)
    assert isinstance(drawn, Drawn)
    slip = issue(ca.ledger, drawn, ca.sign(FIRST, drawn.act(ca.ledger.clock.now())))
    assert isinstance(slip, Slip)
    ca.ledger.clock.turn(days=300)  # type: ignore[attr-defined]
    new = holder.renewed(old)
    ca.ledger.clock.turn(hours=25)  # type: ignore[attr-defined]
    ca.room().turn()

    done = use(ca.ledger, slip.code)

    assert isinstance(done, tuple) and new.serial_number in done
    with ca.ledger.read() as session:
        ends = {one: session.get_one(Revocation, one).reason for one in (old.id, new.id)}
        assert session.get(KeyBlock, old.key_sha256) is not None
        assert list(uncaused(Provenance(session))) == []
    assert ends == {old.id: "superseded", new.id: "keyCompromise"}


@pytest.mark.parametrize(("later", "outcome"), [(False, "granted"), (True, None)], ids=["all ended", "some left"])
def test_who_asked_about_the_person_has_his_answer_if_nothing_of_his_is_left(
    desk: Desk, slip: Slip, later: bool, outcome: str | None
) -> None:
    report(desk.ledger, Report("key-loss", "ເສຍ", HOLDER))
    if later:
        desk.certify(f"p{HOLDER}", "officer-signing")

    use(desk.ledger, slip.code)

    assert desk.requests() == [("stranger", "revoke", "none", outcome), ("paper-code", "revoke", "code", "granted")]


def test_the_code_is_read_in_lao_digits_with_anything_between_them(desk: Desk, slip: Slip) -> None:
    assert isinstance(use(desk.ledger, slip.grouped.translate(LAO).replace(" ", " - ")), tuple)


def test_what_was_certified_after_the_slip_was_printed_stays(desk: Desk, slip: Slip) -> None:
    later = desk.certify(f"p{HOLDER}", "officer-signing")

    use(desk.ledger, slip.code)

    assert later.id not in ended(desk)


def test_the_ledger_holds_no_code_that_was_not_used(desk: Desk, slip: Slip) -> None:
    with desk.ledger.read() as session:
        row = session.scalars(select(RevocationCode)).one()
        bodies = "".join(session.scalars(select(Entry.body)))
    assert slip.code[5:] not in bodies
    assert row.digest == digest_of(bytes(row.code_salt), slip.code)


@pytest.mark.parametrize("typed", ["", "12345", "x" * 30, "1" * 29, "1" * 31])
def test_what_is_no_code_is_not_even_looked_up(desk: Desk, typed: str) -> None:
    assert use(desk.ledger, typed) == Refuse("code.form")


def test_guessing_is_throttled_for_the_right_code_too_until_the_window_is_over(desk: Desk, slip: Slip) -> None:
    wrong = slip.code[:5] + "0" * 25

    guesses = [use(desk.ledger, wrong) for _ in range(MOST_OF_ONE)]
    then = use(desk.ledger, slip.code)
    desk.ledger.clock.turn(seconds=WINDOW_SECONDS)  # type: ignore[attr-defined]
    later = use(desk.ledger, slip.code)

    assert guesses == [Refuse("code.unknown")] * MOST_OF_ONE
    assert then == Refuse("code.too-many")
    assert isinstance(later, tuple)


def test_strangers_junk_leaves_nothing_in_the_ledger_and_the_right_code_counts(desk: Desk, slip: Slip) -> None:
    before = entries(desk)
    junk = [f"{number:05}" + "1" * 25 for number in range(700) if f"{number:05}" != slip.code[:5]]

    refused = {use(desk.ledger, code) for code in junk}

    assert refused == {Refuse("code.unknown")}
    assert entries(desk) == before
    assert isinstance(use(desk.ledger, slip.code), tuple)


def test_a_slip_needs_an_officer_on_duty_who_signed_for_this_very_code(desk: Desk, certificate: Certificate) -> None:
    drawn, other = draw(desk.ledger, HOLDER), draw(desk.ledger, HOLDER)
    assert isinstance(drawn, Drawn) and isinstance(other, Drawn)
    now = desk.ledger.clock.now()

    refused = [
        issue(desk.ledger, drawn, desk.sign(HOLDER, drawn.act(now))),
        issue(desk.ledger, drawn, desk.sign(CLERK, other.act(now))),
    ]

    assert refused == [Refuse("revocation.no-duty"), Refuse("revocation.not-about-this")]


def test_a_code_that_a_process_made_up_by_itself_does_not_prove_its_revocation(
    desk: Desk, certificate: Certificate
) -> None:
    code, salt = "1" * 30, b"s" * 16
    act = code_act(digest_of(salt, "2" * 30), [certificate.id], desk.ledger.clock.now())
    desk.write(
        RevocationCode(
            id="made-up", person_id=f"p{HOLDER}", officer_id=f"p{OTHER_CLERK}", locator="11111", code_salt=salt,
            digest=digest_of(salt, code), **proof_columns(desk.sign(OTHER_CLERK, act)),
        ),
        RevocationCodeCertificate(id="bound", code_id="made-up", certificate_id=certificate.id),
    )  # fmt: skip
    use(desk.ledger, code)

    with desk.ledger.read() as session:
        [used] = session.scalars(select(RevocationCodeUse))
        assert not proven(session, used)


def test_a_person_without_a_certificate_gets_no_slip(desk: Desk) -> None:
    assert draw(desk.ledger, "99999999") == Refuse("revocation.person-unknown")


@given(st.text("0123456789", min_size=30, max_size=30))
def test_the_groups_of_a_slip_are_its_code(code: str) -> None:
    slip = Slip(code, "", (), "")

    assert slip.grouped.replace(" ", "") == code
    assert [len(group) for group in slip.grouped.split(" ")] == [5] * 6
