"""A foreign CA is accepted by what two persons agreed on, at its level, for what is signed while it is (CA-04)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca.governance.kind import Unfit
from ca.governance.provenance import Provenance
from ca.governance.unproven import unbelieved
from ca.recognition import verify_foreign
from ledger.base import Fact
from ledger.certificates import Issuer
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.recognition import ForeignCa, ForeignCaTerm
from pki.errors import PkiError
from pki.path import PathMaterial
from tests.ca.governance.conftest import FIRST, SECOND, THIRD, Office
from tests.doubles import START, TurnedClock
from tests.issuing import KeySigner, PracticeIssuer, der, name, pem, usage
from tests.recorded import TESTER, Noted

FOREIGN, STRANGER = PracticeIssuer("Foreign root"), PracticeIssuer("Nobody")
BELOW = PracticeIssuer("Foreign officers", FOREIGN)
LEAF = der(BELOW.leaf("Nguyen", 0x77))
BASIS = "Agreement of 12/05/2026, article 4"
DAY = timedelta(days=1)


def given(issuer: PracticeIssuer = FOREIGN, **other: Any) -> dict[str, Any]:
    digest = issuer.certificate.fingerprint(hashes.SHA256()).hex()
    wanted = {
        "name": "Root of a neighbour", "certificate": pem(issuer.certificate).decode(), "sha256": digest,
        "level": "digital", "legal_basis": BASIS,
    }  # fmt: skip
    return {**wanted, **other}


def ending(issuer: PracticeIssuer = FOREIGN) -> dict[str, Any]:
    return {"sha256": given(issuer)["sha256"], "legal_basis": "Notice of 01/12/2026"}


def accept(office: Office, **other: Any) -> None:
    office.agreed("foreign-ca.accept", approver=THIRD, **given(**other))


def end(office: Office) -> None:
    office.agreed("foreign-ca.end", approver=THIRD, **ending())


def crl(issuer: PracticeIssuer, at: datetime, *revoked: tuple[int, datetime]) -> bytes:
    listed = x509.CertificateRevocationListBuilder().issuer_name(name(issuer.common_name))
    listed = listed.last_update(at - timedelta(hours=1)).next_update(at + timedelta(days=60))
    for serial_number, since in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial_number).revocation_date(since)
        listed = listed.add_revoked_certificate(entry.build())
    return listed.sign(issuer.signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def material(at: datetime, *revoked: tuple[int, datetime]) -> PathMaterial:
    return PathMaterial((BELOW.der,), (crl(FOREIGN, at), crl(BELOW, at, *revoked)))


def judged(office: Office, at: datetime, leaf: bytes = LEAF, given: PathMaterial | None = None) -> str:
    """The level at which it counts, or the code with which it is refused."""
    with office.ledger.read() as session:
        try:
            return verify_foreign(Provenance(session), leaf, at, given or material(at)).ca.level
        except PkiError as refused:
            return refused.code


def plant(office: Office, *facts: Fact) -> None:
    office.ledger.entries([Deed(Noted("planted"), TESTER, facts)])


def test_a_certificate_of_a_ca_that_is_not_on_the_list_is_refused(operated: Office) -> None:
    accept(operated)
    stranger = der(STRANGER.leaf("Nguyen", 0x78))

    assert judged(operated, START, stranger, PathMaterial(crls=(crl(STRANGER, START),))) == "foreign.unlisted"


def test_with_an_empty_list_every_foreign_certificate_is_refused(operated: Office) -> None:
    assert judged(operated, START) == "foreign.unlisted"


@pytest.mark.parametrize("level", ["digital", "secure"])
def test_a_certificate_of_a_listed_ca_counts_at_its_mapped_level(operated: Office, level: str) -> None:
    accept(operated, level=level)

    assert judged(operated, START) == level


def test_after_the_end_new_checks_fail_and_what_was_provably_signed_before_still_holds(
    operated: Office, clock: TurnedClock
) -> None:
    accept(operated)
    clock.turn(days=10)
    end(operated)
    clock.turn(days=1)

    assert judged(operated, clock.now()) == "foreign.not-then"
    assert judged(operated, START + 5 * DAY) == "digital"


def test_the_days_of_an_acceptance_bound_what_may_have_been_signed(operated: Office) -> None:
    accept(operated, from_="2026-12-01", until="2026-12-31")

    told = [judged(operated, START + days * DAY) for days in (0, 10, 40)]

    assert told == ["foreign.not-then", "digital", "foreign.not-then"]


def test_a_ca_that_is_accepted_once_more_counts_in_both_times_and_not_between(
    operated: Office, clock: TurnedClock
) -> None:
    accept(operated)
    clock.turn(days=10)
    end(operated)
    clock.turn(days=10)
    accept(operated, level="secure")

    assert [judged(operated, START + days * DAY) for days in (5, 15, 20)] == ["digital", "foreign.not-then", "secure"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (PathMaterial((BELOW.der,)), "path.status-unknown"),
        (material(START, (0x77, START - DAY)), "path.revoked"),
        (PathMaterial((BELOW.der,), (crl(FOREIGN, START), crl(STRANGER, START))), "path.status-unknown"),
    ],
)
def test_the_list_alone_is_not_enough(operated: Office, given: PathMaterial, code: str) -> None:
    accept(operated)

    assert judged(operated, START, given=given) == code


def test_nobody_below_the_accepted_ca_makes_cas(operated: Office) -> None:
    accept(operated)
    false = PracticeIssuer("Nguyen")
    holder = der(BELOW.leaf("Nguyen", 0x77, false.signer))
    lists = (crl(FOREIGN, START), crl(BELOW, START), crl(false, START))

    below = judged(operated, START, der(false.leaf("Mallory", 0x79)), PathMaterial((holder, BELOW.der), lists))

    assert below == "path.invalid"


def leaf_for(*, ca: bool = False, **usages: bool) -> bytes:
    """A certificate whose key is for this; without any, one that does not say."""
    signer, above = KeySigner(), BELOW.signer
    builder = x509.CertificateBuilder(name(BELOW.common_name), name("Nguyen"), signer.key.public_key(), 0x77)
    builder = builder.not_valid_before(START - 9 * DAY).not_valid_after(START + 90 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usages:
        builder = builder.add_extension(usage(**usages), critical=True)
    return der(builder.sign(above.key, hashes.SHA256()))


@pytest.mark.parametrize("use", ["digital_signature", "content_commitment"])
def test_a_certificate_that_is_for_signing_alone_counts(operated: Office, use: str) -> None:
    accept(operated)

    assert judged(operated, START, leaf_for(**{use: True})) == "digital"


@pytest.mark.parametrize("usages", [{}, {"key_encipherment": True}, {"key_agreement": True}])
def test_a_certificate_that_is_not_for_signing_does_not_count(operated: Office, usages: dict[str, bool]) -> None:
    accept(operated)

    assert judged(operated, START, leaf_for(**usages)) == "path.invalid"


def test_what_a_ca_below_the_accepted_one_signs_itself_does_not_count(operated: Office) -> None:
    accept(operated)

    assert judged(operated, START, leaf_for(ca=True, digital_signature=True, key_cert_sign=True)) == "path.invalid"


def test_what_one_person_alone_planned_is_not_accepted(operated: Office) -> None:
    digest = operated.plan(FIRST, "foreign-ca.accept", **given())

    assert operated.approve(SECOND, digest) == Refuse("change.no-duty")
    assert operated.apply(FIRST, digest) == Refuse("change.not-approved")
    assert judged(operated, START) == "foreign.unlisted"


def planted_ca() -> list[Fact]:
    digest = given()["sha256"]
    return [
        ForeignCa(id="f1", name="-", sha256=digest, certificate=FOREIGN.der, level="secure"),
        ForeignCaTerm(id="t1", foreign_ca_id="f1", number=1, valid_from=START - DAY, legal_basis="-"),
    ]


def test_an_acceptance_that_a_process_planted_counts_for_nothing_and_is_listed(operated: Office) -> None:
    plant(operated, *planted_ca())

    assert judged(operated, START) == "foreign.unlisted"
    with operated.ledger.read() as session:
        found = [(one.kind, one.id) for one in unbelieved(Provenance(session))]
    assert found == [("foreign_ca", "f1"), ("foreign_ca_term", "t1")]


def accepted_id(office: Office) -> str:
    with office.ledger.read() as session:
        return session.query(ForeignCa).one().id


def test_an_end_that_a_process_planted_takes_nothing_away_and_is_no_hindrance_to_a_real_one(
    operated: Office, clock: TurnedClock
) -> None:
    accept(operated)
    plant(operated, ForeignCaTerm(
        id="t2", foreign_ca_id=accepted_id(operated), number=2, valid_from=START, valid_to=START, legal_basis="-",
    ))  # fmt: skip
    clock.turn(days=1)
    before = judged(operated, clock.now())
    end(operated)

    assert (before, judged(operated, clock.now())) == ("digital", "foreign.not-then")


def test_a_planted_term_does_not_make_an_acceptance_longer(operated: Office) -> None:
    accept(operated, until="2026-12-31")
    plant(operated, ForeignCaTerm(
        id="t2", foreign_ca_id=accepted_id(operated), number=2, valid_from=START, legal_basis="-",
    ))  # fmt: skip

    assert judged(operated, START + 60 * DAY) == "foreign.not-then"


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (lambda: given(certificate="no certificate"), "certificate is none"),
        (lambda: given(sha256="ab" * 32), "sha256 is another certificate's"),
        (lambda: given(certificate=pem(FOREIGN.leaf("Nguyen", 5)).decode()), "is no CA's"),
        (lambda: given(level="basic"), "level is one of digital, secure"),
        (lambda: given(until="2026-01-31"), "until lies before"),
        (lambda: given(legal_basis=""), "legal_basis is a text"),
    ],
)
def test_what_cannot_be_accepted_is_no_change(
    operated: Office, wanted: Callable[[], dict[str, Any]], sentence: str
) -> None:
    unfit = operated.drafted("foreign-ca.accept", wanted())

    assert isinstance(unfit, Unfit), unfit
    assert sentence in " ".join(unfit.faults)


def test_a_ca_is_accepted_once_at_a_time_never_if_it_is_ours_and_ended_only_if_it_is_accepted(
    operated: Office,
) -> None:
    with operated.ledger.read() as session:
        own = bytes(session.query(Issuer).first().certificate)  # type: ignore[union-attr]
    read = x509.load_der_x509_certificate(own)
    ours = given(certificate=pem(read).decode(), sha256=read.fingerprint(hashes.SHA256()).hex())
    before = operated.drafted("foreign-ca.end", ending())
    accept(operated)

    assert operated.drafted("foreign-ca.accept", ours) == Refuse("foreign.own")
    assert operated.drafted("foreign-ca.accept", given()) == Refuse("foreign.accepted-already")
    assert before == Refuse("foreign.not-accepted")


def test_a_plan_says_whom_it_accepts_as_what(operated: Office) -> None:
    plan = operated.drafted("foreign-ca.accept", given())
    assert not isinstance(plan, Refuse)

    [(before, after)] = plan.difference.values()
    assert before is None
    assert (after["name"], after["level"], after["legal_basis"]) == ("Root of a neighbour", "digital", BASIS)
    assert "Foreign root" in after["subject"]
