"""Certificates of organisations, hosts, mail and representatives: what must back them, and who must confirm (ID-04)."""

import json
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.profiles import PROFILES
from ca.registration.confirmation import act_for, confirm
from ca.registration.rules import REPRESENT, RULES, Extra, Subject
from ca.tables.registration import EnrolmentEnd, EnrolmentScope, OrganisationConfirmation
from ledger.acts import SignedAct, proof_columns
from ledger.addresses import host_within
from ledger.certificates import Intent
from ledger.decision import Refuse
from ledger.ledger import Deed
from ledger.people import OrganisationDetail
from pki.certificate import parse_certificate
from pki.names import name_text
from pki.profile import AlternativeNames, SubjectShape
from tests.ca.conftest import FIRST, SECOND, TEST, PracticeCa, register_person
from tests.ca.events import Registered
from tests.ca.registration.offices import Ministry, appoint, approve, body, mandate

MTC = Ministry()


@pytest.fixture
def ministry(ca: PracticeCa) -> Ministry:
    MTC.found(ca)
    return MTC


def confirmed(ca: PracticeCa, enrolment_id: str | Refuse, number: str) -> OrganisationConfirmation | Refuse:
    enrolment = ca.enrolment(enrolment_id)
    with ca.ledger.read() as session:
        scope = session.get_one(EnrolmentScope, enrolment.id)
    signed = ca.sign(number, act_for(enrolment, str(scope.organisation_id), ca.ledger.clock.now()))
    return confirm(ca.ledger, enrolment.id, signed)


def server(ca: PracticeCa, *names: str, practice: bool = False) -> str | Refuse:
    application = ca.application(MTC.holder, "tls-server", organisation="MTC", names=names)
    return ca.hand_in(application, practice=practice)


def test_a_server_of_a_ministry_is_certified_when_its_officer_confirmed(ca: PracticeCa, ministry: Ministry) -> None:
    enrolment = server(ca, "www.mtc.gov.la", "mtc.gov.la")
    assert not isinstance(confirmed(ca, enrolment, ministry.officer), Refuse)
    approve(ca, enrolment)

    turn = ca.room().turn()
    assert turn.refused == []
    [certificate] = turn.issued

    parsed = x509.load_der_x509_certificate(certificate.der)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.mtc.gov.la", "mtc.gov.la"]
    assert "Ministry MTC" in name_text(parse_certificate(certificate.der).subject)
    with ca.ledger.read() as session:
        assert session.get_one(Intent, certificate.id).person_id is None
        backing = json.loads(session.get_one(EnrolmentScope, str(enrolment)).backing)
    assert backing["host"] == ["domain", "o-MTC"]
    assert backing["organisation"] == ["confirmation", "o-MTC"]


@pytest.mark.parametrize(
    ("profile", "asked"),
    [
        *(("device", {"common_name": name}) for name in ("x" * 65, "", " kiosk", "a\u200bb", "a\nb", "kiosk 0123456")),
        ("tls-server", {"names": (f"{'x' * 60}.mtc.gov.la",)}),
    ],
)
def test_a_name_that_no_certificate_can_hold_is_told_before_anybody_signs_for_it(
    counter: PracticeCa, profile: str, asked: dict[str, Any]
) -> None:
    body(counter.ledger, "MTC")
    register_person(counter.ledger, MTC.holder)

    outcome = counter.hand_in(counter.application(MTC.holder, profile, organisation="MTC", **asked))

    assert outcome == Refuse("enrolment.name-unfit")


@pytest.mark.parametrize("limit", [0, 10**15 + 1, 2**63])
def test_a_limit_that_no_certificate_says_is_refused(counter: PracticeCa, limit: int) -> None:
    register_person(counter.ledger, MTC.holder)

    outcome = counter.hand_in(counter.application(MTC.holder, "officer-signing", value_limit_lak=limit))

    assert outcome == Refuse("enrolment.value-limit-not-taken")


OUTSIDE = (
    "www.google.com", "www.mof.gov.la", "gov.la", "mtc.gov.la.example", "xmtc.gov.la", "*.mtc.gov.la", "WWW.mtc.gov.la",
    "www.mtc.gov.la.", "localhost", "127.0.0.1", "10.0.0.1", "a..mtc.gov.la",
)  # fmt: skip


def test_a_host_outside_the_owners_zone_is_refused(counter: PracticeCa) -> None:
    body(counter.ledger, "MTC")
    register_person(counter.ledger, MTC.holder)

    outcomes = {name: server(counter, "www.mtc.gov.la", name) for name in OUTSIDE}

    assert outcomes == dict.fromkeys(OUTSIDE, Refuse("enrolment.name-outside-zone"))


@pytest.mark.sqlite_only("nothing but the refusal is written")
@pytest.mark.parametrize("name", ["xn--a.mtc.gov.la", "ab--cd.mtc.gov.la", "www.xn--ls8h.mtc.gov.la"])
def test_a_host_that_only_looks_like_one_of_other_letters_is_refused(counter: PracticeCa, name: str) -> None:
    body(counter.ledger, "MTC")
    register_person(counter.ledger, MTC.holder)

    assert server(counter, "www.mtc.gov.la", name) == Refuse("enrolment.host-label")
    assert isinstance(server(counter, "xn--q7ce6a.mtc.gov.la"), str)


@pytest.mark.sqlite_only("nothing but the refusal is written")
def test_a_hundred_hosts_are_taken_and_no_more(counter: PracticeCa) -> None:
    body(counter.ledger, "MTC")
    register_person(counter.ledger, MTC.holder)
    hosts = [f"host-{number}.mtc.gov.la" for number in range(101)]

    assert server(counter, *hosts) == Refuse("enrolment.names-too-many")
    assert isinstance(server(counter, *hosts[1:]), str)


@settings(max_examples=40, derandomize=True)
@given(host=st.from_regex(r"[a-z0-9.-]{1,12}(\.gov\.la|\.mtc\.gov\.la)?", fullmatch=True))
def test_whatever_is_within_the_zone_ends_with_the_domain_at_a_dot(host: str) -> None:
    within = host_within(host, ["mtc.gov.la", "example.com"], practice=False)

    assert not within or host == "mtc.gov.la" or host.endswith(".mtc.gov.la")


def test_practice_may_name_this_machine(counter: PracticeCa) -> None:
    body(counter.ledger, "MTC")
    register_person(counter.ledger, MTC.holder)

    assert isinstance(server(counter, "localhost", "127.0.0.1", practice=True), str)


def test_without_its_confirmation_nobody_decides(ca: PracticeCa, ministry: Ministry) -> None:
    enrolment = server(ca, "www.mtc.gov.la")

    assert ca.vote(FIRST, enrolment) == Refuse("enrolment.organisation-unconfirmed")


def test_another_ministrys_officer_confirms_nothing(ca: PracticeCa, ministry: Ministry) -> None:
    enrolment = server(ca, "www.mtc.gov.la")

    assert confirmed(ca, enrolment, ministry.stranger) == Refuse("confirmation.other-organisation")


def test_a_confirmation_counts_once(ca: PracticeCa, ministry: Ministry) -> None:
    enrolment = server(ca, "www.mtc.gov.la")
    confirmed(ca, enrolment, ministry.officer)

    assert confirmed(ca, enrolment, ministry.officer) == Refuse("confirmation.not-open")


def test_a_confirmation_that_the_desk_made_up_is_not_honoured(ca: PracticeCa, ministry: Ministry) -> None:
    enrolment = ca.enrolment(server(ca, "www.mtc.gov.la"))
    act = act_for(enrolment, "o-MTC", ca.ledger.clock.now())
    forged = SignedAct(act, ca.sign(ministry.officer, act).certificate_sha256, bytes(70))
    fact = OrganisationConfirmation(
        enrolment_id=enrolment.id, organisation_id="o-MTC", officer_id=f"p{ministry.officer}", **proof_columns(forged)
    )
    ca.ledger.entries([Deed(Registered("x"), TEST, [fact])])
    approve(ca, enrolment.id)

    turn = ca.room().turn()

    assert (turn.issued, turn.refused) == ([], [(enrolment.id, "act.signature-invalid")])
    with ca.ledger.read() as session:
        assert session.get_one(EnrolmentEnd, enrolment.id).code == "act.signature-invalid"


def test_a_seal_names_the_organisation_and_no_person(ca: PracticeCa, ministry: Ministry) -> None:
    asked = ca.application(MTC.holder, "organisation-seal", organisation="MTC", value_limit_lak=5_000_000)
    enrolment = ca.hand_in(asked)
    confirmed(ca, enrolment, ministry.officer)
    approve(ca, enrolment)

    [certificate] = ca.room().turn().issued

    subject = name_text(parse_certificate(certificate.der).subject)
    assert ("MTC" in subject, "Somphone" in subject, certificate.person_id) == (True, False, None)


MANDATES = {
    "10000031": ("sign-decree", None, None, "enrolment.no-mandate"),
    "10000032": (REPRESENT, 1_000_000, None, "enrolment.no-mandate"),
    "10000033": (REPRESENT, 1_000_000, 2_000_000, "enrolment.no-mandate"),
    "10000034": (REPRESENT, 1_000_000, 1_000_000, None),
    "10000035": (REPRESENT, None, None, None),
}
"""By person: what he may do, up to which value, which limit he asks for, and how he is refused."""


def represents(counter: PracticeCa, number: str) -> str | None:
    act, limit, asked, _ = MANDATES[number]
    register_person(counter.ledger, number)
    appoint(counter.ledger, number, "EDL")
    mandate(counter.ledger, number, "EDL", act, limit)
    application = counter.application(number, "business-representative", organisation="EDL", value_limit_lak=asked)
    outcome = counter.hand_in(application)
    return outcome.code if isinstance(outcome, Refuse) else None


def test_who_represents_a_business_holds_its_mandate_up_to_that_value(counter: PracticeCa) -> None:
    body(counter.ledger, "EDL", kind="body")

    outcomes = {number: represents(counter, number) for number in MANDATES}

    assert outcomes == {number: code for number, (*_, code) in MANDATES.items()}


UNFIT: list[tuple[str, dict[str, Any], str]] = [
    ("officer-signing", {"organisation": "MTC"}, "enrolment.organisation-not-named"),
    ("officer-signing", {"names": ("www.mtc.gov.la",)}, "enrolment.names-not-taken"),
    ("officer-authentication", {"value_limit_lak": 5}, "enrolment.value-limit-not-taken"),
    ("tls-server", {"organisation": "MTC"}, "enrolment.names-missing"),
    ("tls-server", {"names": ("www.mtc.gov.la",)}, "enrolment.organisation-missing"),
    ("tls-server", {"organisation": "XX", "names": ("a.gov.la",)}, "enrolment.organisation-unknown"),
    ("device", {"organisation": "MTC"}, "enrolment.common-name"),
    ("mail-signing", {"names": ("a@mtc.gov.la", "b@mtc.gov.la")}, "enrolment.names-missing"),
    ("mail-signing", {"names": ("somphone@mof.gov.la",)}, "mail.other-domain"),
    ("mail-signing", {"names": ("somphone@mtc.gov.la",)}, "enrolment.mail-unproved"),
]


def test_what_a_profile_has_no_place_for_or_nothing_backs_is_refused(counter: PracticeCa) -> None:
    body(counter.ledger, "MTC")
    register_person(counter.ledger, MTC.holder)
    appoint(counter.ledger, MTC.holder, "MTC")

    outcomes = [counter.hand_in(counter.application(MTC.holder, profile, **asked)) for profile, asked, _ in UNFIT]

    assert outcomes == [Refuse(code) for *_, code in UNFIT]


def test_the_domain_of_an_organisation_is_looked_up_again_before_the_signing(
    ca: PracticeCa, ministry: Ministry
) -> None:
    enrolment = server(ca, "www.mtc.gov.la")
    confirmed(ca, enrolment, ministry.officer)
    approve(ca, enrolment)
    now = ca.ledger.clock.now()
    moved = OrganisationDetail(
        id="moved", organisation_id="o-MTC", number=2, kind="ministry", name_lo="ກະຊວງ", name_en="Ministry MTC",
        domains="other.gov.la", valid_from=now,
    )  # fmt: skip
    ca.ledger.entries([Deed(Registered("x"), TEST, [moved])])

    assert ca.room().turn().refused == [(enrolment, "enrolment.name-outside-zone")]


@pytest.mark.parametrize("rule", list(RULES.values()), ids=lambda rule: rule.profile)
def test_a_rule_asks_for_what_its_profile_says(rule) -> None:  # type: ignore[no-untyped-def]
    profile = PROFILES[rule.profile]

    assert (rule.subject is Subject.PERSON) == profile.subject.natural_person
    assert rule.organisation == (profile.subject is not SubjectShape.PERSON)
    assert rule.common_name == (
        profile.subject is SubjectShape.SERVICE and profile.alternative_names is not AlternativeNames.HOSTS
    )
    assert rule.extra is Extra(profile.alternative_names.value)
    assert rule.value_limit == profile.value_limited


def test_only_what_ceremonies_and_the_signing_room_make_has_no_rule() -> None:
    assert PROFILES.keys() - RULES.keys() == {
        "root-ca", "issuing-ca", "issuing-services-ca", "cross-certificate", "ocsp-responder", "tsa-unit",
        "token-signer", "machines-ra",
    }  # fmt: skip


def test_an_own_request_is_confirmed_by_nobody_himself(ca: PracticeCa, ministry: Ministry) -> None:
    application = ca.application(ministry.officer, "tls-server", organisation="MTC", names=("www.mtc.gov.la",))
    enrolment = ca.hand_in(application)

    assert confirmed(ca, enrolment, ministry.officer) == Refuse("confirmation.own-request")
    assert ca.vote(SECOND, enrolment) == Refuse("enrolment.organisation-unconfirmed")
