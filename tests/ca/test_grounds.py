"""Every ground has its reason in CRL and OCSP, its reach, and what it blocks (RV-04)."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from sqlalchemy import func, select

from ca.endings.grounds import GROUNDS, HOLD_EXPIRED, OFFICE_PROFILES, WORDS, Ground, ground_of
from ca.endings.revocation import MOST_AT_ONCE, Receipt, act_for, revoke_certificate
from ca.policy import REASONS
from ca.profiles import PROFILES
from ledger.certificates import KeyBlock, Revocation
from ledger.decision import Refuse
from ledger.ledger import Ledger
from ledger.people import Cutoff
from pki.certificate import assemble
from pki.crl import CrlEntry, crl_tbs
from pki.issuer import IssuerView
from pki.keys import key_identifier
from pki.status import REASON_CODES
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.test_replacements import enrolled
from tests.issuing import KeySigner, name

AT = datetime(2026, 11, 1, tzinfo=UTC)


def in_crl(reason: str) -> str | None:
    """The reason that another reader finds in a CRL entry; None if there is no reason extension."""
    signer = KeySigner()
    key = signer.public_key
    view = IssuerView(name("ກ").public_bytes(), key, key_identifier(key), AT, AT, signer.algorithm, "1.2")
    tbs = crl_tbs(view, 1, AT, AT, [CrlEntry(7, AT, reason)])
    [entry] = x509.load_der_x509_crl(assemble(tbs, signer.algorithm, signer.sign(tbs)))
    found = [one.value.reason.value for one in entry.extensions if isinstance(one.value, x509.CRLReason)]
    return found[0] if found else None


@pytest.mark.parametrize("ground", (*GROUNDS, HOLD_EXPIRED), ids=lambda ground: ground.code)
def test_the_reason_of_a_ground_is_in_the_crl_as_mapped_and_unspecified_writes_none(ground: Ground) -> None:
    wanted = {"keyCompromise": "keyCompromise", "unspecified": None}

    found = in_crl(ground.reason)

    assert ground.reason in REASON_CODES
    assert found == wanted.get(ground.reason, ground.reason)


@pytest.mark.parametrize("word", ["", "because", "Key-Loss", "certificateHold", "hold-expired ", "removeFromCRL"])
def test_what_is_not_on_the_list_is_no_ground(word: str) -> None:
    assert ground_of(word) is None
    assert word not in WORDS


def test_what_a_person_has_by_his_post_are_profiles_that_there_are() -> None:
    assert set(OFFICE_PROFILES) <= PROFILES.keys()


def test_nobody_can_give_the_ground_of_a_pause_that_ran_out() -> None:
    assert HOLD_EXPIRED.code not in WORDS


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


def ended(desk: Desk) -> set[str]:
    with desk.ledger.read() as session:
        return set(session.scalars(select(Revocation.certificate_id)))


def count(desk: Desk, table: type) -> int:
    with desk.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def revoked(desk: Desk, sha256: str, word: str) -> Receipt | Refuse:
    act = act_for("certificate.revoke", sha256, word, desk.ledger.clock.now())
    return revoke_certificate(desk.ledger, sha256, word, desk.sign(CLERK, act))


@pytest.mark.parametrize(
    ("word", "taken", "citizen_too", "cutoffs", "blocks"),
    [
        ("replaced", 1, False, 0, 0),
        ("key-loss", 1, False, 1, 1),
        ("keyCompromise", 1, False, 0, 1),
        ("lost-role", 2, False, 1, 0),
        ("death", 3, True, 1, 0),
    ],
)
def test_a_ground_takes_along_what_it_says_in_one_entry(
    desk: Desk, word: str, taken: int, citizen_too: bool, cutoffs: int, blocks: int
) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")
    citizen = desk.certify(f"p{HOLDER}", "citizen-authentication")

    receipt = revoked(desk, signing.sha256, word)

    assert isinstance(receipt, Receipt)
    with desk.ledger.read() as session:
        entries = set(session.scalars(select(Revocation.entry_id)))
    assert entries == {receipt.entry_id}
    assert (len(receipt.serial_numbers), citizen.id in ended(desk)) == (taken, citizen_too)
    assert (count(desk, Cutoff), count(desk, KeyBlock)) == (cutoffs, blocks)


@pytest.mark.parametrize("word", ["lost-role", "key-loss"])
def test_what_a_ground_does_not_reach_stays_whatever_request_it_came_of(desk: Desk, word: str) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing", enrolment_id=enrolled(desk).id)
    request = enrolled(desk, "citizen-authentication")
    citizen = desk.certify(f"p{HOLDER}", "citizen-authentication", enrolment_id=request.id)

    receipt = revoked(desk, signing.sha256, word)

    assert isinstance(receipt, Receipt) and citizen.serial_number not in receipt.serial_numbers
    assert signing.id in ended(desk) and citizen.id not in ended(desk)


def test_a_bare_reason_of_the_standard_is_a_ground_of_its_own() -> None:
    assert {word: ground_of(word).reason for word in REASONS} == {word: word for word in REASONS}  # type: ignore[union-attr]


def test_free_text_revokes_nothing(desk: Desk) -> None:
    signing = desk.certify(f"p{HOLDER}", "officer-signing")

    refused = revoked(desk, signing.sha256, "he asked me to")

    assert refused == Refuse("revocation.reason-unknown")
    assert ended(desk) == set()


def test_what_ran_out_by_itself_neither_ends_again_nor_stands_in_the_way(ledger: Ledger) -> None:
    """Who signs once at a time has very many certificates in the end, each for half an hour."""
    desk = Desk(ledger)
    once = {desk.certify(f"p{HOLDER}", "citizen-signing-once", days=1).id for _ in range(MOST_AT_ONCE + 1)}
    ledger.clock.turn(days=2)  # type: ignore[attr-defined]
    citizen, other = (desk.certify(f"p{HOLDER}", f"citizen-{of}") for of in ("authentication", "signing"))
    act = act_for("certificate.revoke", citizen.sha256, "death", ledger.clock.now())

    revoke_certificate(ledger, citizen.sha256, "death", desk.sign(CLERK, act))

    with ledger.read() as session:
        ended = set(session.scalars(select(Revocation.certificate_id)))
    assert {citizen.id, other.id} <= ended
    assert not ended & once
