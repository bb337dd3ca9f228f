from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select

from ledger.certificates import Certificate, Intent, Issuer, Revocation
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.people import (
    Appointment,
    AppointmentTerm,
    Mandate,
    MandateTerm,
    Organisation,
    OrganisationDetail,
    Person,
    PersonDetail,
    Post,
)
from tests.ledger.doubles import PersonNoted as Happened
from tests.validation.authority import SmallAuthority
from validation.tables import Validation
from validation.validate import Validator

DESK = Actor.system("test")


@pytest.fixture
def validator(ledger: Ledger, small: SmallAuthority) -> Validator:
    """The house over a ledger that knows the small authority, its certificates, and its signer as an officer."""
    with ledger.entry(Happened("person-1"), DESK) as tx:
        tx.add(Person(id="person-1", number="10000017"), _detail())
    _issue(ledger, small)
    _appoint(ledger, small)
    return Validator(ledger, small.post)


def _detail() -> PersonDetail:
    return PersonDetail(
        id="detail-1", person_id="person-1", number=1, given_lo="ຄຳຫຼ້າ", family_lo="ສີສຸວັນ", given_en="Khamla",
        family_en="Sisouvanh", search_key="x", source="officers",
    )  # fmt: skip


def _issue(ledger: Ledger, small: SmallAuthority) -> None:
    for name, certificate in small.certificates.items():
        der = small.der(name)
        person = "person-1" if name in {"signer", "login"} else None
        common: dict[str, Any] = {"issuer_id": "issuer-root", "serial_number": f"{certificate.serial_number:x}"}
        with ledger.entry(Happened(name), DESK) as tx:
            if name in {"root", "officers", "services"}:
                url = "http://127.0.0.1/"
                tx.add(
                    Issuer(
                        id=f"issuer-{name}", name=name, generation=1, certificate=der, crl_url=url, ocsp_url=url,
                        certificate_url=url,
                    )
                )  # fmt: skip
            tx.add(
                Intent(
                    id=name, dense_number=certificate.serial_number, profile="test", tbs=b"-", person_id=person,
                    **common,
                ),
                Certificate(
                    id=name, sha256=sha256(der).hexdigest(), key_sha256=name, der=der, profile="test", person_id=person,
                    not_before=certificate.not_valid_before_utc, not_after=certificate.not_valid_after_utc, **common,
                ),
            )  # fmt: skip


def _appoint(ledger: Ledger, small: SmallAuthority) -> None:
    start = small.clock.now().replace(year=2025)
    with ledger.entry(Happened("post"), DESK) as tx:
        tx.add(
            Organisation(id="mtc", code="MTC"),
            OrganisationDetail(
                id="mtc-1", organisation_id="mtc", number=1, kind="ministry", name_lo="ກະຊວງ", name_en="Ministry",
                domains="mtc.gov.la", valid_from=start, valid_to=None,
            ),
            Post(id="dg", code="MTC/dg", organisation_id="mtc", name_lo="ຫົວໜ້າກົມ", name_en="Director General"),
            Appointment(id="a1", person_id="person-1", post_id="dg"),
            AppointmentTerm(
                id="a1-1", appointment_id="a1", number=1, valid_from=start, valid_to=None, acting=False,
                decree="011/MTC",
            ),
            Mandate(id="m1", act="sign-decree", post_id="dg", person_id=None),
            MandateTerm(
                id="m1-1", mandate_id="m1", number=1, valid_from=start, valid_to=None, limit_lak=None,
                delegated_by=None, decree="011/MTC",
            ),
        )  # fmt: skip


def test_the_answer_says_who_in_which_post_under_which_decree_when(validator: Validator, signed: bytes) -> None:
    answer = validator.validate(signed, "decree")

    assert not isinstance(answer, Refuse)
    (signature,) = answer["signatures"]
    assert answer["verdict"] == "VALID"
    assert signature["signer"] == {"number": "10000017", "name": {"lo": "ຄຳຫຼ້າ ສີສຸວັນ", "en": "Khamla Sisouvanh"}}
    assert (signature["role"]["code"], signature["role"]["decree"]) == ("MTC/dg", "011/MTC")
    assert signature["time"]["proven"] == "2026-11-24T02:00:00+00:00"
    assert "24/11/2026 09:00:00" in answer["sentence"]["lo"]


def test_a_rule_that_the_signer_has_no_mandate_for_cannot_be_told(validator: Validator, signed: bytes) -> None:
    answer = validator.validate(signed, "payment")

    assert not isinstance(answer, Refuse)
    assert (answer["verdict"], answer["sub_indication"]) == ("CANNOT TELL", "SIG_CONSTRAINTS_FAILURE")
    assert "no mandate" in answer["sentence"]["en"]


def test_an_answer_is_one_entry_with_one_fact(validator: Validator, signed: bytes) -> None:
    answer = validator.validate(signed)

    assert not isinstance(answer, Refuse)
    with validator.ledger.read() as session:
        entry = session.scalars(select(Entry).where(Entry.kind == "validation.answered")).one()
        fact = session.scalars(select(Validation)).one()
    assert fact.entry_id == entry.id
    assert fact.document_sha256 == sha256(signed).hexdigest()
    assert "Khamla" not in entry.body


@pytest.mark.parametrize(("rule", "code"), [(None, "document.unsigned"), ("will", "rule.unknown")])
def test_what_cannot_be_judged_is_refused(validator: Validator, document: bytes, rule: str | None, code: str) -> None:
    assert validator.validate(document, rule) == Refuse(code)


@pytest.mark.parametrize(
    ("stamped", "verdict"), [(True, ("INVALID", "REVOKED")), (False, ("CANNOT TELL", "REVOKED_NO_POE"))]
)
def test_answers_from_before_a_revocation_do_not_help_while_the_responder_is_silent(
    validator: Validator, small: SmallAuthority, document: bytes, *, stamped: bool, verdict: tuple[str, str]
) -> None:
    small.clock.turn(minutes=1)
    with validator.ledger.entry(Happened("revoked"), DESK) as tx:
        tx.add(Revocation(certificate_id="signer", at=small.clock.now(), reason="keyCompromise"))
    small.clock.turn(minutes=1)
    carrying_old_answers = small.sign(document, content_time_stamp=stamped)
    small.answering = False

    answer = validator.validate(carrying_old_answers)

    assert not isinstance(answer, Refuse)
    assert (answer["verdict"], answer["sub_indication"]) == verdict


def test_a_revocation_after_the_proven_time_changes_nothing(
    validator: Validator, small: SmallAuthority, signed: bytes
) -> None:
    small.clock.turn(minutes=1)
    with validator.ledger.entry(Happened("revoked"), DESK) as tx:
        tx.add(Revocation(certificate_id="signer", at=small.clock.now(), reason="keyCompromise"))

    answer = validator.validate(signed)

    assert not isinstance(answer, Refuse)
    assert answer["verdict"] == "VALID"
