"""docs/profiles.md says of each profile and each rule what the code says."""

import pytest

from ca.profiles import PROFILES
from pki import oids
from pki.lint import RULES
from pki.lint.rule import Rule
from pki.profile import CertificateProfile, SubjectShape
from tests.architecture.documents import ROOT, table_rows

DOCUMENT = ROOT / "docs" / "profiles.md"
ROWS = {row[0].strip("`"): row for row in table_rows(DOCUMENT)}
SUBJECTS = {
    SubjectShape.PERSON: "`C` `givenName` `SN`? `CN` `serialNumber`",
    SubjectShape.SERVICE: "`C` `O` `CN`",
}
PURPOSES = {
    oids.EKU_CLIENT_AUTH: "clientAuth",
    oids.EKU_SERVER_AUTH: "serverAuth",
    oids.EKU_DOCUMENT_SIGNING: "documentSigning",
    oids.EKU_OCSP_SIGNING: "OCSPSigning",
    oids.EKU_TIME_STAMPING: "timeStamping",
}


def facts_of(profile: CertificateProfile) -> list[str]:
    """The cells of a profile's row after its name and its sentence."""
    usages = " ".join(f"`{_camel(usage.name)}`" for usage in profile.key_usages)
    purposes = " ".join(f"`{PURPOSES[oid]}`" for oid in profile.extended_key_usages) or "–"
    critical = " (critical)" if profile.extended_key_usage_critical else ""
    policy = "anyPolicy" if profile.any_policy else "–" if profile.policy is None else f"`.{profile.policy}`"
    also = ", ".join(word for word, so in _also(profile) if so) or "–"
    days = profile.longest_validity.days
    return [SUBJECTS[profile.subject], usages, purposes + critical, policy, f"{days} days", also]


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return (first + "".join(word.capitalize() for word in rest)).replace("crlSign", "cRLSign")


def _also(profile: CertificateProfile) -> list[tuple[str, bool]]:
    return [
        (f"CA, {profile.path_length} below" if profile.path_length is not None else "CA", profile.is_ca),
        ("self-signed", profile.self_signed),
        ("OCSP and CRL", profile.status_pointers),
        ("nocheck", profile.ocsp_no_check),
        ("host names", profile.alternative_names),
        ("semantics", profile.natural_person_semantics),
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
