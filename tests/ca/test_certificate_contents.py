"""What the law rows CE-01 to CE-10 ask of a certificate, at a certificate of every profile."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID

from ca.issuance.composition import IssuingKey, Scope, compose, wanted_for
from ca.issuance.second_judge import findings
from ca.policy import Applicant
from ca.profiles import PROFILES
from ca.registration.applicants import Names, Standing
from pki import der, names, oids
from pki.certificate import assemble, parse_certificate
from pki.errors import PkiError
from pki.extensions import extensions
from pki.lint import LintFailed, lint
from pki.profile import KeyUsage, SubjectShape
from tests.ca.specimens import LEAVES, ORGANISATION, ORGANISATION_LO, specimens
from tests.doubles import START, SteadyChance
from tests.issuing import KeySigner

POINTING = sorted(name for name, profile in PROFILES.items() if profile.status_pointers)
MAIL_SIGNING = parse_certificate(specimens().leaf("mail-signing"))
WITH_POLICY = sorted(set(PROFILES) - {"root-ca"})
PERSONS = sorted(name for name in LEAVES if PROFILES[name].subject.natural_person)
EU_CLAIMS = ("0.4.0.1862.1.1", "0.4.0.1862.1.4", "0.4.0.1862.1.7", "0.4.0.1862.1.8")
"""QcCompliance, QcSSCD, QcCClegislation, QcIdentMethod."""


def read(profile: str) -> x509.Certificate:
    """The specimen, read by another hand than ours."""
    return x509.load_der_x509_certificate(specimens().of(profile))


@pytest.mark.parametrize("profile", POINTING)
def test_nine_things_stand_in_each_certificate(profile: str) -> None:
    found = read(profile)
    access = found.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    methods = {each.access_method for each in access}

    assert found.issuer and found.subject
    assert found.public_key_algorithm_oid
    assert found.not_valid_before_utc < found.not_valid_after_utc
    assert found.serial_number > 0
    assert found.signature and found.signature_algorithm_oid
    assert methods == {AuthorityInformationAccessOID.CA_ISSUERS, AuthorityInformationAccessOID.OCSP}


@pytest.mark.parametrize("missing", [each.oid for each in MAIL_SIGNING.extensions])
def test_with_one_of_its_extensions_missing_it_is_not_issued(missing: str) -> None:
    view, profile = specimens().view, PROFILES["mail-signing"]
    whole = extensions(profile, view, MAIL_SIGNING.spki, MAIL_SIGNING.alternative_names)
    kept = [each.whole for each in der.parts(whole) if der.oid(missing) not in each.whole[:20]]
    *fields, last = [each.whole for each in der.parts(MAIL_SIGNING.tbs)]

    assert last == der.explicit(3, whole)
    with pytest.raises(LintFailed, match=r"extensions\.exact"):
        lint(der.sequence(*fields, der.explicit(3, der.sequence(*kept))), profile, view)


@pytest.mark.parametrize("profile", PROFILES)
def test_none_claims_anything_under_the_law_of_the_eu(profile: str) -> None:
    octets = specimens().of(profile)

    assert [claim for claim in EU_CLAIMS if der.oid(claim) in octets] == []


@pytest.mark.parametrize("profile", WITH_POLICY)
def test_each_says_its_policy_and_where_its_statement_is_and_not_critically(profile: str) -> None:
    found = read(profile).extensions.get_extension_for_class(x509.CertificatePolicies)

    assert not found.critical
    said = policies_of(profile)
    assert [each.policy_qualifiers for each in found.value] == [["http://127.0.0.1:8440/cps"]] * len(said)
    assert [each.policy_identifier.dotted_string for each in found.value] == said


def test_no_two_profiles_share_a_policy() -> None:
    numbers = [profile.policy for profile in PROFILES.values() if profile.policy is not None]

    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("family", ["ແກ້ວບຸນມີ", None], ids=["full name", "given name only"])
@pytest.mark.parametrize("profile", PERSONS)
def test_a_persons_subject_is_sound_with_and_without_a_surname(profile: str, family: str | None) -> None:
    made = wanted_for(PROFILES[profile], standing(family), KeySigner().public_key, None, SCOPES[profile])

    composed = compose(issuing(), made, 1, SteadyChance(), START)

    assert findings(assemble(composed.linted.tbs, specimens().view.algorithm, bytes.fromhex("3006020101020101"))) == []
    assert (names.attribute(made.subject, oids.SURNAME) is None) == (family is None)


def test_a_ministry_that_is_renamed_keeps_its_identifier() -> None:
    before = Scope("MTC", "Ministry of Post", "ກະຊວງໄປສະນີ")
    after = replace(before, organisation_en=ORGANISATION, organisation_lo=ORGANISATION_LO)

    subjects = [
        wanted_for(PROFILES["organisation-seal"], standing(), KeySigner().public_key, None, scope).subject
        for scope in (before, after)
    ]

    assert [names.attribute(each, oids.ORGANIZATION_IDENTIFIER) for each in subjects] == ["GO:LA-MTC"] * 2
    assert [names.attribute(each, oids.ORGANIZATION) for each in subjects] == ["ກະຊວງໄປສະນີ", ORGANISATION_LO]
    assert [names.attribute(each, oids.COMMON_NAME) for each in subjects] == ["Ministry of Post", ORGANISATION]


def test_a_seal_is_clean_by_the_rules_for_legal_persons() -> None:
    assert findings(specimens().leaf("organisation-seal")) == []


@pytest.mark.parametrize("profile", PERSONS)
def test_a_persons_number_has_its_form_and_says_who_gave_it(profile: str) -> None:
    made = parse_certificate(specimens().of(profile))
    said = made.value(oids.QC_STATEMENTS)

    assert re.fullmatch(r"EG:LA-[0-9]{8}", names.attribute(made.subject, oids.SERIAL_NUMBER) or "")
    assert said is not None
    assert der.oid(oids.QCS_SEMANTICS_NATURAL) in said
    assert b"http://127.0.0.1:8440/cps" in said


@pytest.mark.parametrize("profile", PROFILES)
def test_names_are_utf8_and_the_country_is_printable(profile: str) -> None:
    kinds = {oid: element.tag for oid, element in names.values(parse_certificate(specimens().of(profile)).subject)}

    assert kinds.pop(oids.COUNTRY) == der.PRINTABLE
    assert kinds.pop(oids.SERIAL_NUMBER, der.PRINTABLE) == der.PRINTABLE
    assert set(kinds.values()) == {der.UTF8}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_key_that_declares_a_will_does_nothing_else(profile: str) -> None:
    kind = PROFILES[profile]
    declares = KeyUsage.CONTENT_COMMITMENT in kind.key_usages

    assert not declares or kind.key_usages == (KeyUsage.CONTENT_COMMITMENT,)
    assert not (declares and oids.EKU_CLIENT_AUTH in kind.extended_key_usages)


@pytest.mark.parametrize("profile", POINTING)
def test_status_and_issuer_are_had_over_plain_http_and_nothing_about_them_is_critical(profile: str) -> None:
    found = read(profile).extensions
    made = parse_certificate(specimens().of(profile))
    places = (*made.ocsp_urls, *made.issuer_urls, *made.crl_urls)

    assert len(places) == 3
    assert all(place.startswith("http://") for place in places)
    assert not found.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).critical
    assert not found.get_extension_for_oid(ExtensionOID.CRL_DISTRIBUTION_POINTS).critical


def test_who_asks_for_twenty_years_gets_what_the_profile_allows() -> None:
    wanted = wanted_for(PROFILES["officer-signing"], standing(), KeySigner().public_key, None)

    composed = compose(issuing(), replace(wanted, validity=timedelta(days=20 * 365)), 1, SteadyChance(), START)

    assert composed.not_after - composed.not_before == timedelta(days=730) - timedelta(seconds=1)


def test_nothing_outlives_its_issuer() -> None:
    last = specimens().view.not_after - timedelta(days=30)
    wanted = wanted_for(PROFILES["officer-signing"], standing(), KeySigner().public_key, None)

    composed = compose(issuing(), wanted, 1, SteadyChance(), last)

    assert composed.not_after == specimens().view.not_after


@pytest.mark.parametrize("profile", sorted(set(LEAVES) - set(PERSONS)))
def test_what_an_organisation_asks_for_is_nobodys_own(profile: str) -> None:
    wanted = wanted_for(PROFILES[profile], standing(), KeySigner().public_key, "e1", SERVICE)

    assert (wanted.person_id, wanted.enrolment_id) == (None, "e1")


@pytest.mark.parametrize("shape", [shape for shape in SubjectShape if shape is not SubjectShape.PERSON])
def test_what_is_of_an_organisation_needs_one(shape: SubjectShape) -> None:
    profile = next(each for each in PROFILES.values() if each.subject is shape)

    with pytest.raises(PkiError) as refused:
        wanted_for(profile, standing(), KeySigner().public_key, None)

    assert refused.value.code == "name.scope-missing"


def test_a_scope_gives_names_and_the_limit_of_value() -> None:
    scope = Scope("MTC", ORGANISATION, ORGANISATION_LO, ("portal.mtc.gov.la",), "portal", 5)

    server = wanted_for(PROFILES["tls-server"], standing(), KeySigner().public_key, None, scope)
    seal = wanted_for(PROFILES["organisation-seal"], standing(), KeySigner().public_key, None, scope)

    assert server.alternative_names == ("portal.mtc.gov.la",)
    assert names.name_text(server.subject) == f"C=LA, O={ORGANISATION}, CN=portal"
    assert seal.value_limit_lak == 5


def policies_of(profile: str) -> list[str]:
    kind = PROFILES[profile]
    numbers = kind.listed_policies or ((kind.policy,) if kind.policy else ())
    return [f"{oids.PRACTICE_ARC}.{number}" for number in numbers] or [oids.ANY_POLICY]


def issuing() -> IssuingKey:
    return IssuingKey("i1", specimens().view, specimens().issuer_key)


def standing(family: str | None = "ແກ້ວບຸນມີ") -> Standing:
    """A person of the register."""
    applicant = Applicant(known=True, number="10000017", officer_now=True, born=None, cut_off=None)
    return Standing("p1", applicant, Names("ສົມພອນ", family, "Somphone", "Keobounmy" if family else None))


MAIL = Scope("MTC", ORGANISATION, ORGANISATION_LO, ("somphone@mtc.gov.la",))
SERVICE = Scope("MTC", ORGANISATION, ORGANISATION_LO, common_name="portal")
SCOPES: dict[str, Scope | None] = {
    name: MAIL if name.startswith("mail-") else SERVICE if name == "business-representative" else None
    for name in PERSONS
}
