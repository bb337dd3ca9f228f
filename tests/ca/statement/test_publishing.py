"""A changed number stops the CA until two persons publish a new version."""

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ca.app import create_app
from ca.configuration import CONTACTS, DEFAULT, Configuration
from ca.profiles import PROFILES
from ca.statement import terms
from ca.statement.agreement import disagreements, require_agreement
from ca.statement.edition import edition
from ca.statement.faults import StatementDisagrees
from ca.statement.figures import changed, figures
from ca.statement.publishing import act_for, approve, may_agree, proven, publish, publish_first
from ca.statement.versions import newest
from ca.tables.statement import StatementApproval, StatementVersion
from ledger.acts import proof_columns
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.ledger import Deed, Ledger
from ledger.people import DutyKind
from ledger.roles import DutySpan
from pki.certificate import parse_certificate
from tests.ca.agreeing import agree_in
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from tests.ca.failing import InterruptedLedger
from tests.doubles import START
from web.home import Home, Mode
from web.settings import HouseSettings

OFFICER = "10000017"
OTHERS: dict[str, object] = {
    "decisions_needed": 3, "decisions_needed_renewal": 1, "decisions_needed_rekey": 2, "identity_days": 365,
    "key_days": 730, "officer_age": 20, "evidence": (("passport",),),
    "validity_days": {"officer-signing": 365}, "second_judge": {"officer-signing": "always"},
    "second_judge_default": "off", "second_judge_sample": 50,
    "crl_every_hours": 12, "crl_life_hours": 96, "crl_shards": 4, "hold_days": 10,
    "revocation_alarm_hours": 10, "revocation_escalation_hours": 18, "revocation_limit_hours": 22,
    "retention_years": 10, "ceremony_operators": 5, "ceremony_quorum": 3, "contact_address_lo": "ວຽງຈັນ",
    "contact_address_en": "Vientiane", "contact_telephone": "+856 21 1", "contact_mail": "pki@gov.la",
    "mail_code_minutes": 30, "mail_proof_days": 10, "crl_full": False, "crl_delta": True, "crl_base_minutes": 20,
    "expiry_notice_days": (40, 10), "mail_sender": "pki@gov.la", "replacement_grace_hours": 48,
    "acme_order_hours": 6, "acme_accounts": 10, "acme_orders_hour": 20, "acme_failures_hour": 4,
    "acme_same_names_week": 3,
    "token_key_days": 30, "token_key_announced_hours": 12, "token_key_overlap_hours": 24,
    "machine_requests_open": 5, "machine_secret_days": 3, "scep": True, "machine_refusals_hour": 5,
}  # fmt: skip
"""Another good value of each field of the configuration."""


def configure(ca: PracticeCa, **values: object) -> None:
    """The configuration has these values from now on, since two persons agreed."""
    agree_in(ca, replace(DEFAULT, **values))  # type: ignore[arg-type]


def plan(ca: PracticeCa) -> str:
    with ca.ledger.read() as session:
        return edition(session, ca.home).digest


def faults(ca: PracticeCa) -> list[str]:
    with ca.ledger.read() as session:
        return disagreements(session, ca.home)


def agreed(ca: PracticeCa, number: str, digest: str) -> str | Refuse:
    return approve(ca.ledger, ca.home, ca.sign(number, act_for(digest, ca.ledger.clock.now())))


def published(ca: PracticeCa, number: str, digest: str) -> list[StatementVersion] | Refuse:
    return publish(ca.ledger, ca.home, ca.sign(number, act_for(digest, ca.ledger.clock.now())))


@pytest.mark.parametrize("left", CONTACTS)
def test_production_does_not_start_while_any_contact_is_of_practice(
    left: str, tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    (tmp_path / "mode").write_text("production\n")
    chosen = replace(DEFAULT, **{name: OTHERS[name] for name in CONTACTS if name != left})  # type: ignore[arg-type]
    monkeypatch.setattr("ca.statement.agreement.verified", lambda _: chosen)  # as two persons agreed

    with ledger.read() as session:
        found = disagreements(session, home)

    assert found[-1] == f"the contact still says practice: set {left}"


@pytest.mark.parametrize("field", [field.name for field in fields(Configuration)])
def test_no_field_of_the_configuration_can_change_unseen(field: str) -> None:
    other = replace(DEFAULT, **{field: OTHERS[field]})  # type: ignore[arg-type]

    assert changed(figures(DEFAULT), figures(other)) != []


def test_the_ceremony_publishes_the_first_versions_once(ca: PracticeCa) -> None:
    publish_first(ca.ledger, ca.home, TEST)

    with ca.ledger.read() as session:
        versions = session.query(StatementVersion).order_by(StatementVersion.document).all()
    assert [(one.document, one.number) for one in versions] == [("cps", 1), ("disclosure", 1), ("terms", 1)]
    assert faults(ca) == []


def test_a_changed_number_stops_the_ca_until_two_persons_publish_a_new_version(ca: PracticeCa) -> None:
    configure(ca, hold_days=10)

    [told, advice] = faults(ca)
    assert told == "hold_days is 10, but version 1 of the practice statement says 30"
    assert advice.startswith("publish a new version: `python -m scripts statement-plan`")
    with pytest.raises(StatementDisagrees, match="hold_days is 10"):
        require_agreement(ca.ledger, ca.home)
    digest = plan(ca)
    assert agreed(ca, FIRST, digest) == digest
    versions = published(ca, SECOND, digest)
    assert isinstance(versions, list)
    assert [(one.document, one.number) for one in versions] == [("cps", 2), ("disclosure", 2)]
    assert faults(ca) == []


@pytest.mark.sqlite_only("the figures are of the code")
@pytest.mark.parametrize(
    ("profile", "altered", "told"),
    [
        ("issuing-ca", {"longest_validity": timedelta(days=3700)}, "profiles.issuing-ca.longest_days is 3700"),
        ("tsa-unit", {"longest_validity": timedelta(days=29)}, "profiles.tsa-unit.longest_days is 29"),
        ("citizen-signing-once", {"longest_validity": timedelta(minutes=99)}, ".longest_minutes is 99"),
        ("issuing-ca", {"path_length": 3}, "profiles.issuing-ca.path_length is 3"),
    ],
    ids=lambda said: said if isinstance(said, str) else None,
)
def test_neither_house_nor_room_starts_with_a_figure_of_a_profile_that_was_not_published(
    ca: PracticeCa, monkeypatch: pytest.MonkeyPatch, profile: str, altered: dict[str, Any], told: str
) -> None:
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    require_agreement(ca.ledger, ca.home)
    monkeypatch.setitem(PROFILES, profile, replace(PROFILES[profile], **altered))

    for start in (lambda: create_app(settings, ledger=ca.ledger), lambda: require_agreement(ca.ledger, ca.home)):
        with pytest.raises(StatementDisagrees, match=told):
            start()


def test_the_house_does_not_start_with_a_number_that_was_not_published(ca: PracticeCa) -> None:
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    configure(ca, retention_years=10)

    with pytest.raises(StatementDisagrees, match="retention_years is 10"):
        create_app(settings, ledger=ca.ledger)


def test_a_signing_room_that_runs_stops_issuing_and_goes_on_with_crls(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    room = ca.room()
    room.turn()
    ca.approved(OFFICER)
    configure(ca, hold_days=10)
    ca.ledger.clock.turn(days=2)  # type: ignore[attr-defined]

    done = room.turn()

    assert (done.issued, done.stopped) == ([], True)
    assert done.disagreements[0].startswith("hold_days is 10")
    assert len(done.crls) == 4


def test_the_room_goes_on_and_certificates_name_the_version_of_their_day(ca: PracticeCa) -> None:
    register_person(ca.ledger, OFFICER)
    room = ca.room()
    configure(ca, hold_days=10)
    digest = plan(ca)
    agreed(ca, FIRST, digest)
    published(ca, SECOND, digest)
    ca.approved(OFFICER)

    [issued] = room.turn().issued

    with ca.ledger.read() as session:
        earlier = session.query(Certificate).filter_by(person_id=f"p{FIRST}").one()
    named = [_statement_of(bytes(one.der)) for one in (earlier, issued)]
    assert named == [f"{ca.home.url('ca')}/cps/1", f"{ca.home.url('ca')}/cps/2"]


def _statement_of(der: bytes) -> str:
    [policy] = parse_certificate(der).policies
    [address] = policy.cps_urls
    return address


def test_one_person_alone_publishes_nothing(ca: PracticeCa) -> None:
    configure(ca, hold_days=10)
    digest = plan(ca)
    agreed(ca, FIRST, digest)

    assert published(ca, FIRST, digest) == Refuse("statement.one-person")
    assert agreed(ca, FIRST, digest) == Refuse("statement.approved-already")
    assert faults(ca) != []


def test_a_plan_is_nothing_once_a_number_has_changed_again(ca: PracticeCa) -> None:
    digest = plan(ca)
    assert agreed(ca, FIRST, digest) == Refuse("statement.nothing-new")
    configure(ca, hold_days=10)

    assert agreed(ca, FIRST, digest) == Refuse("statement.outdated")


def test_an_agreement_is_taken_up_only_while_it_is_fresh(ca: PracticeCa) -> None:
    configure(ca, hold_days=10)
    digest = plan(ca)
    stale = ca.sign(FIRST, act_for(digest, ca.ledger.clock.now()))
    ca.ledger.clock.turn(minutes=6)  # type: ignore[attr-defined]

    assert approve(ca.ledger, ca.home, stale) == Refuse("act.stale")


def test_only_registration_officers_and_ca_operators_on_duty_may_agree() -> None:
    duties = {kind: DutySpan(kind, START, START + timedelta(days=1)) for kind in DutyKind}

    assert {kind.value for kind, duty in duties.items() if may_agree([duty], START)} == {
        "registration-officer", "ca-operator",
    }  # fmt: skip
    assert not any(may_agree([duty], START + timedelta(days=1)) for duty in duties.values())


def test_two_who_publish_at_once_make_one_version(ca: PracticeCa) -> None:
    configure(ca, hold_days=10)
    digest = plan(ca)
    for number in (FIRST, SECOND):
        agreed(ca, number, digest)
    ledger = InterruptedLedger(ca.ledger.url, ca.ledger.clock, ca.ledger.randomness, "0.1.0", "test")
    ledger.first = lambda: published(ca, FIRST, digest)

    late = publish(ledger, ca.home, ca.sign(SECOND, act_for(digest, ca.ledger.clock.now())))

    ledger.close()
    assert late == Refuse("statement.outdated")
    with ca.ledger.read() as session:
        assert session.query(StatementVersion).filter_by(document="cps").count() == 2
    assert faults(ca) == []


def test_a_version_that_nobody_agreed_to_counts_for_nothing(ca: PracticeCa) -> None:
    configure(ca, hold_days=10)
    with ca.ledger.read() as session:
        planned = edition(session, ca.home)
        first = newest(session, "cps")
    assert first is not None
    forged = StatementVersion(
        id="forged", document="cps", number=2, lo="x", en="x", digest="0" * 64,
        figures=first.figures.replace('"hold_days":30', '"hold_days":10'), figures_digest="0" * 64,
        valid_from=ca.ledger.clock.now(), plan=planned.digest,
    )  # fmt: skip
    signed = ca.sign(FIRST, act_for(planned.digest, ca.ledger.clock.now()))
    alone = StatementApproval(id="alone", plan=planned.digest, person_id="p1", **proof_columns(signed))

    ca.ledger.entries([Deed(Registered("forged"), TEST, [forged, alone])])

    with ca.ledger.read() as session:
        assert not proven(session, session.get_one(StatementVersion, "forged"))
    assert faults(ca)[0].startswith("nobody agreed to version 2 of the practice statement")


def test_terms_that_did_not_change_keep_their_version_and_changed_ones_get_another(ca: PracticeCa) -> None:
    with ca.ledger.read() as session:
        before = terms.current(session)
    configure(ca, retention_years=10)
    digest = plan(ca)
    agreed(ca, FIRST, digest)
    published(ca, SECOND, digest)

    with ca.ledger.read() as session:
        after = terms.current(session)
        kept = session.query(StatementVersion).filter_by(document="terms", number=1).one()
    assert (before.version, after.version) == (1, 2)
    assert kept.digest == before.digest != after.digest
