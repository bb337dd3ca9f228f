"""docs/profiles.md says of each profile and each rule what the code says."""

import pytest

from ca.profiles import PROFILES
from pki import oids
from pki.lint import RULES
from pki.lint.rule import Rule
from pki.profile import ANY_ACCEPTED_KEY, CLASSIC_KEY, AlternativeNames, CertificateProfile, KeyUsage, SubjectShape
from tests.architecture.documents import ROOT, table_rows

DOCUMENT = ROOT / "docs" / "profiles.md"
ROWS = {row[0].strip("`"): row for row in table_rows(DOCUMENT)}
SUBJECTS = {
    SubjectShape.PERSON: "`C` `givenName` `SN`? `CN` `serialNumber`",
    SubjectShape.SERVICE: "`C` `O` `CN`",
    SubjectShape.ORGANISATION: "`C` `O` `organizationIdentifier` `CN`",
    SubjectShape.REPRESENTATIVE: "`C` `O` `organizationIdentifier` `givenName` `SN`? `CN` `serialNumber`",
}
PURPOSES = {
    oids.EKU_CLIENT_AUTH: "clientAuth",
    oids.EKU_SERVER_AUTH: "serverAuth",
    oids.EKU_DOCUMENT_SIGNING: "documentSigning",
    oids.EKU_OCSP_SIGNING: "OCSPSigning",
    oids.EKU_TIME_STAMPING: "timeStamping",
    oids.EKU_EMAIL_PROTECTION: "emailProtection",
    oids.EKU_CODE_SIGNING: "codeSigning",
    oids.EKU_CMC_RA: "cmcRA",
}


def facts_of(profile: CertificateProfile) -> list[str]:
    """The cells of a profile's row after its name and its sentence."""
    usages = _usages(profile.key_usages) + "".join(
        f"; {kind.value}: {_usages(others)}" for kind, others in profile.key_usages_of
    )
    purposes = " ".join(f"`{PURPOSES[oid]}`" for oid in profile.extended_key_usages) or "–"
    critical = " (critical)" if profile.extended_key_usage_critical else ""
    own = () if profile.policy is None else (profile.policy,)
    listed = " ".join(f"`.{number}`" for number in (*own, *profile.listed_policies))
    policy = "anyPolicy" if profile.any_policy else listed or "–"
    also = ", ".join(word for word, so in _also(profile) if so) or "–"
    return [SUBJECTS[profile.subject], usages, purposes + critical, policy, _life(profile), _keys(profile), also]


def _usages(usages: tuple[KeyUsage, ...]) -> str:
    return " ".join(f"`{_camel(usage.name)}`" for usage in usages)


def _life(profile: CertificateProfile) -> str:
    longest = profile.longest_validity
    return f"{longest.days} days" if longest.days else f"{longest.seconds // 60} minutes"


def _keys(profile: CertificateProfile) -> str:
    named = {ANY_ACCEPTED_KEY: "any", CLASSIC_KEY: "classic"}
    return named.get(profile.key_algorithms) or " ".join(kind.value for kind in profile.key_algorithms)


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return (first + "".join(word.capitalize() for word in rest)).replace("crlSign", "cRLSign")


def _also(profile: CertificateProfile) -> list[tuple[str, bool]]:
    return [
        (f"CA, {profile.path_length} below" if profile.path_length is not None else "CA", profile.is_ca),
        ("self-signed", profile.self_signed),
        ("OCSP and CRL", profile.status_pointers),
        ("nocheck", profile.ocsp_no_check),
        ("host names", profile.alternative_names is AlternativeNames.HOSTS),
        ("mail address", profile.alternative_names is AlternativeNames.MAIL),
        ("semantics", profile.subject.natural_person or profile.subject.organisation_identified),
        (profile.claim.value if profile.claim else "", profile.claim is not None),
        ("limit", profile.value_limited),
        ("confined but for subjects" if profile.subjects_free else "confined", profile.confined),
    ]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_profile_is_documented_as_it_is(profile: CertificateProfile) -> None:
    row = ROWS.get(profile.name)

    assert row is not None, f"docs/profiles.md lacks a row for {profile.name}"
    assert row[1]
    assert row[2:] == facts_of(profile)


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_a_rule_is_documented_with_its_clause(rule: Rule) -> None:
    sentence = (rule.check.__doc__ or "").strip()

    assert ROWS.get(rule.id) == [f"`{rule.id}`", sentence, rule.clause]


def test_nothing_is_documented_that_does_not_exist() -> None:
    assert set(ROWS) == set(PROFILES) | {rule.id for rule in RULES}


def test_the_policy_arcs_are_documented() -> None:
    text = DOCUMENT.read_text()

    assert f"`{oids.PRACTICE_ARC}`" in text
    assert f"`{oids.PRODUCTION_ARC}`" in text
