"""The blocking lint: each rule broken by a certificate that breaks it, and seen."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ca.profiles import PROFILES
from pki import certificate, der, keys, names, oids
from pki.extensions import extension
from pki.issuer import IssuerView, view_for
from pki.lint import RULES, LintedTbs, LintFailed, lint
from pki.parsed import parse_tbs
from pki.profile import CertificateProfile
from pki.signing import SignatureAlgorithm
from tests.doubles import START
from tests.issuing import KeySigner, new_key
from tests.pki.making import (
    CHANCE,
    ISSUER,
    ISSUER_DER,
    ISSUER_TBS,
    ISSUER_VIEW,
    PERSON,
    ROOT_SELF,
    ROOT_TBS,
    ROOT_VIEW,
    SERVICE,
    SUBJECT,
    Draft,
    view_of,
    without,
)

WEAK = rsa.generate_private_key(65537, 2048).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
CA, ROOT, TLS = PROFILES["issuing-ca"], PROFILES["root-ca"], PROFILES["tls-server"]
MAIL, SEAL = PROFILES["mail-signing"], PROFILES["organisation-seal"]


def broken_rules(tbs: bytes, profile: CertificateProfile = Draft.profile, issuer: IssuerView = ISSUER_VIEW) -> set[str]:
    try:
        lint(tbs, profile, issuer)
    except LintFailed as failed:
        return {finding.rule for finding in failed.findings}
    return set()


def person(*changed: tuple[str, bytes], drop: str = "") -> bytes:
    """A person's name with attributes added (or replaced, if they are there) as raw values."""
    new = dict(changed)
    kept = [(oid, new.pop(oid, element.whole)) for oid, element in names.values(PERSON) if oid != drop]
    every = [*kept, *new.items()]
    return der.sequence(*(der.tlv(der.SET, der.sequence(der.oid(oid), value)) for oid, value in every))


def twice(oid: str) -> bytes:
    own = next(element.whole for found, element in names.values(PERSON) if found == oid)
    return der.sequence(
        *(part.whole for part in der.parts(PERSON)), der.tlv(der.SET, der.sequence(der.oid(oid), own))
    )


def uri(address: str) -> bytes:
    return der.implicit(6, address.encode())


def crl_at(address: str) -> bytes:
    point = der.sequence(der.explicit(0, der.explicit(0, uri(address))))
    return extension(oids.CRL_DISTRIBUTION_POINTS, der.sequence(point))


def policy(oid: str, address: str, *, critical: bool = False) -> bytes:
    statement = der.sequence(der.oid(oids.QT_CPS), der.tlv(der.IA5, address.encode()))
    held = der.sequence(der.sequence(der.oid(oid), der.sequence(statement)))
    return extension(oids.CERTIFICATE_POLICIES, held, critical=critical)


POLICY = f"{oids.PRACTICE_ARC}.2"
QC_COMPLIANCE = extension(oids.QC_STATEMENTS, der.sequence(der.sequence(der.oid(oids.QCS_COMPLIANCE))))
USAGE_TWO = extension(oids.KEY_USAGE, der.named_bits(frozenset({0, 1})), critical=True)
USAGE_CA = extension(oids.KEY_USAGE, der.named_bits(frozenset({1, 5})), critical=True)
EKU_ANY = extension(oids.EXTENDED_KEY_USAGE, der.sequence(der.oid(oids.EKU_ANY)))
EKU_CLIENT = extension(oids.EXTENDED_KEY_USAGE, der.sequence(der.oid(oids.EKU_CLIENT_AUTH)))
EKU_STAMP_AND_MORE = extension(
    oids.EXTENDED_KEY_USAGE, der.sequence(der.oid(oids.EKU_TIME_STAMPING), der.oid(oids.EKU_DOCUMENT_SIGNING))
)
IS_CA = extension(oids.BASIC_CONSTRAINTS, der.sequence(der.boolean(True)), critical=True)
LATE = der.sequence(der.generalized_time(START), der.time(START + timedelta(days=300)))
PERSONS_BREAKS = {
    "version": Draft(version=der.explicit(0, der.integer(1))),
    "serial.range": Draft(serial=1 << 159),
    "serial.dense-and-random": Draft(serial=12345),
    "algorithm": Draft(algorithm=keys.algorithm_identifier(SignatureAlgorithm.ED25519)),
    "issuer.name": Draft(issuer_name=ROOT_VIEW.subject),
    "validity.order": Draft(not_after=START - timedelta(days=1), not_before=START),
    "validity.within-issuer": Draft(not_before=START - timedelta(days=1)),
    "validity.within-profile": Draft(not_after=START + timedelta(days=800)),
    "validity.encoding": Draft(validity=LATE),
    "key.strong": Draft(spki=WEAK),
    "key.own": Draft(spki=ISSUER.public_key),
    "subject.attributes": Draft(subject=person(drop=oids.GIVEN_NAME)),
    "subject.once": Draft(subject=twice(oids.COMMON_NAME)),
    "subject.country": Draft(subject=person((oids.COUNTRY, der.printable("TH")))),
    "subject.string-type": Draft(subject=person((oids.COUNTRY, der.utf8("LA")))),
    "subject.normal": Draft(subject=person((oids.COMMON_NAME, der.utf8("Jose\u0301")))),
    "subject.visible": Draft(subject=person((oids.COMMON_NAME, der.utf8("A\u200bB")))),
    "subject.bounds": Draft(subject=person((oids.COMMON_NAME, der.utf8("A" * 65)))),
    "subject.number": Draft(subject=person((oids.SERIAL_NUMBER, der.printable("PNOLA-10000017")))),
    "subject.no-other-number": Draft(subject=person((oids.SURNAME, der.utf8("ແກ້ວ ໐໑-໒໓໔໕໖໗")))),
    "subject.no-post": Draft(subject=person((oids.TITLE, der.utf8("Director")))),
    "extensions.exact": without(oids.SUBJECT_KEY_IDENTIFIER),
    "extensions.octets": without(oids.KEY_USAGE, USAGE_TWO),
    "extensions.critical": without(
        oids.CERTIFICATE_POLICIES, policy(POLICY, ISSUER_VIEW.cps_url, critical=True)
    ),
    "key-identifier.subject": without(
        oids.SUBJECT_KEY_IDENTIFIER, extension(oids.SUBJECT_KEY_IDENTIFIER, der.octet_string(bytes(20)))
    ),
    "key-identifier.authority": without(
        oids.AUTHORITY_KEY_IDENTIFIER,
        extension(oids.AUTHORITY_KEY_IDENTIFIER, der.sequence(der.implicit(0, bytes(20)))),
    ),
    "key-usage.profile": without(oids.KEY_USAGE, USAGE_TWO),
    "key-usage.commitment-alone": without(oids.KEY_USAGE, USAGE_TWO),
    "key-usage.ca": without(oids.KEY_USAGE, USAGE_CA),
    "extended-key-usage.profile": without(oids.EXTENDED_KEY_USAGE, EKU_CLIENT),
    "extended-key-usage.coherent": without(oids.EXTENDED_KEY_USAGE, EKU_STAMP_AND_MORE),
    "constraints.profile": without(oids.BASIC_CONSTRAINTS, IS_CA),
    "policy.profile": without(oids.CERTIFICATE_POLICIES, policy(oids.ANY_POLICY, ISSUER_VIEW.cps_url)),
    "policy.statement": without(oids.CERTIFICATE_POLICIES, policy(POLICY, "ftp://127.0.0.1/cps")),
    "status.http": without(oids.CRL_DISTRIBUTION_POINTS, crl_at("https://127.0.0.1/officers.crl")),
    "status.zone": without(oids.CRL_DISTRIBUTION_POINTS, crl_at("http://pki.example.la/officers.crl")),
    "status.issuer": without(oids.CRL_DISTRIBUTION_POINTS, crl_at(ROOT_VIEW.crl_url)),
    "statements": without(oids.QC_STATEMENTS, QC_COMPLIANCE),
    "no-check": without(
        oids.OCSP_NO_CHECK, extension(oids.OCSP_NO_CHECK, der.sequence()), profile=Draft.profile
    ),
    "name-constraints": without(
        oids.NAME_CONSTRAINTS, extension(oids.NAME_CONSTRAINTS, der.sequence(), critical=True)
    ),
}
"""By the rule that it breaks: an officer's signing certificate that no sound maker would make."""


@pytest.mark.parametrize(("rule", "draft"), PERSONS_BREAKS.items(), ids=PERSONS_BREAKS)
def test_a_certificate_that_breaks_a_rule_is_found_by_it(rule: str, draft: Draft) -> None:
    assert rule in broken_rules(draft.tbs())


PRODUCTION = replace(
    ISSUER_VIEW, policy_arc=oids.PRODUCTION_ARC, ocsp_url="http://ocsp.gov.la/", cps_url="http://pki.gov.la/cps",
    crl_url="http://pki.gov.la/crl/officers-1.crl", certificate_url="http://pki.gov.la/issuer/officers-1.cer",
)  # fmt: skip
TLS_DRAFT = Draft(profile=TLS, subject=SERVICE, names=("localhost", "127.0.0.1"))
FIELDS_ALONE = {
    "serial.dense-and-random", "validity.within-profile", "key.strong", "subject.country", "subject.number",
    "subject.no-other-number", "subject.bounds", "subject.normal", "subject.visible", "subject.string-type",
    "key-identifier.subject", "validity.encoding", "algorithm", "issuer.name", "version", "subject.once",
}  # fmt: skip
"""Rules whose break above is of nothing else, so that no other rule hides it."""
EXTENSIONS_ALONE = {
    "key-identifier.authority", "policy.profile", "policy.statement", "extensions.critical",
    "extended-key-usage.profile", "status.issuer",
}  # fmt: skip
"""The same, but for the rule on the octets of all extensions, which sees each of them too."""


@pytest.mark.parametrize("rule", sorted(FIELDS_ALONE))
def test_a_break_of_one_field_is_found_by_its_rule_alone(rule: str) -> None:
    assert broken_rules(PERSONS_BREAKS[rule].tbs()) == {rule}


@pytest.mark.parametrize("rule", sorted(EXTENSIONS_ALONE))
def test_a_break_of_one_extension_is_found_by_its_rule_and_by_the_octets(rule: str) -> None:
    assert broken_rules(PERSONS_BREAKS[rule].tbs()) == {rule, "extensions.octets"}


def test_another_qualifier_beside_the_statements_address_is_found() -> None:
    notice = der.sequence(der.oid("1.3.6.1.5.5.7.2.2"), der.sequence(der.utf8("words")))
    statement = der.sequence(der.oid(oids.QT_CPS), der.tlv(der.IA5, ISSUER_VIEW.cps_url.encode()))
    held = der.sequence(der.sequence(der.oid(POLICY), der.sequence(statement, notice)))
    draft = without(oids.CERTIFICATE_POLICIES, extension(oids.CERTIFICATE_POLICIES, held))

    assert broken_rules(draft.tbs()) == {"extensions.octets"}


def test_a_sound_certificate_of_each_shape_passes() -> None:
    assert broken_rules(Draft().tbs()) == set()
    assert broken_rules(ISSUER_TBS, CA, ROOT_VIEW) == set()
    assert broken_rules(ROOT_TBS, ROOT, ROOT_SELF) == set()
    assert broken_rules(TLS_DRAFT.tbs(), TLS) == set()


NO_HOSTS = (
    "*.gov.la", "UPPER.gov.la", "a..gov.la", "-a.gov.la", "a b.gov.la", "m_1.gov.la", "xn--a.gov.la", "ab--c.gov.la",
    "xn--ls8h.mtc.gov.la", "www.xn--a-.gov.la",
)  # fmt: skip


@pytest.mark.parametrize("name", NO_HOSTS)
def test_alternative_names_that_are_no_host_names_are_found(name: str) -> None:
    assert broken_rules(Draft(profile=TLS, subject=SERVICE, names=(name,)).tbs(), TLS) == {"alternative-names"}


@pytest.mark.parametrize("name", ["xn--q7ce6a.gov.la", "xn--mnchen-3ya.mtc.gov.la", "a--b.gov.la", "abc--d.gov.la"])
def test_a_host_of_other_letters_in_its_ascii_form_passes(name: str) -> None:
    assert broken_rules(Draft(profile=TLS, subject=SERVICE, names=(name,)).tbs(), TLS) == set()


@pytest.mark.parametrize("name", ["gov.la.example", "notgov.la", "google.com", "10.0.0.1", "::1", "la"])
def test_a_site_that_is_not_the_states_is_found(name: str) -> None:
    assert broken_rules(Draft(profile=TLS, subject=SERVICE, names=(name,)).tbs(), TLS) == {"alternative-names.zone"}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "10.0.0.1"])
def test_in_production_this_machine_is_not_the_states(name: str) -> None:
    draft = Draft(profile=TLS, subject=SERVICE, issuer=PRODUCTION, names=(name,))

    assert broken_rules(draft.tbs(), TLS, PRODUCTION) == {"alternative-names.zone"}


@pytest.mark.parametrize("part", ["ocsp_url", "certificate_url", "crl_url", "cps_url"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:8441/", "http://localhost/x", "http://gov.la.example/", "http://"])
def test_in_production_status_and_statement_are_at_the_states_addresses(part: str, url: str) -> None:
    elsewhere = replace(PRODUCTION, **{part: url})  # type: ignore[arg-type]

    sound, found = (
        broken_rules(Draft(profile=TLS, subject=SERVICE, issuer=one, names=("www.mtc.gov.la",)).tbs(), TLS, one)
        for one in (PRODUCTION, elsewhere)
    )

    assert (sound, found) == (set(), {"status.zone"})


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (("a@gov.la", "b@gov.la"), "alternative-names"),
        (("Upper@mtc.gov.la",), "alternative-names"),
        (("a@@gov.la",), "alternative-names"),
        ((".a@gov.la",), "alternative-names"),
        (("mtc.gov.la",), "alternative-names"),
        (("a@xn--a.gov.la",), "alternative-names"),
        (("a@gov.la.example",), "alternative-names.zone"),
        (("a@gmail.com",), "alternative-names.zone"),
    ],
)
def test_another_mail_address_than_one_of_the_states_is_found(names: tuple[str, ...], rule: str) -> None:
    assert broken_rules(Draft(profile=MAIL, names=names).tbs(), MAIL) == {rule}


@pytest.mark.parametrize("name", ["a@gov.la", "somphone.k+1@mtc.gov.la"])
def test_one_mail_address_of_the_state_passes(name: str) -> None:
    assert broken_rules(Draft(profile=MAIL, names=(name,)).tbs(), MAIL) == set()


@pytest.mark.parametrize(
    "name",
    [der.tlv(0xA4, der.sequence()), der.implicit(8, b"\x2a"), der.implicit(1, b"a@gov.la")],
    ids=["directory name", "registered identifier", "mail address"],
)
def test_alternative_names_of_another_kind_are_found(name: bytes) -> None:
    held = der.sequence(der.implicit(2, b"localhost"), name)
    draft = without(
        oids.SUBJECT_ALTERNATIVE_NAME, extension(oids.SUBJECT_ALTERNATIVE_NAME, held),
        profile=TLS, subject=SERVICE, names=("localhost",),
    )  # fmt: skip

    assert broken_rules(draft.tbs(), TLS) == {"alternative-names"}


@pytest.mark.parametrize("bit", [7, 8, 9, 15])
def test_a_bit_that_no_profile_has_is_found(bit: int) -> None:
    usage = extension(oids.KEY_USAGE, der.named_bits(frozenset({1, bit})), critical=True)

    assert "extensions.octets" in broken_rules(without(oids.KEY_USAGE, usage).tbs())


def test_an_access_method_beside_ours_is_found() -> None:
    ours = ((oids.AD_OCSP, ISSUER_VIEW.ocsp_url), (oids.AD_CA_ISSUERS, ISSUER_VIEW.certificate_url))
    pairs = (*ours, ("1.3.6.1.5.5.7.48.3", "http://127.0.0.1/time"))
    held = der.sequence(*(der.sequence(der.oid(method), uri(address)) for method, address in pairs))
    draft = without(oids.AUTHORITY_INFORMATION_ACCESS, extension(oids.AUTHORITY_INFORMATION_ACCESS, held))

    assert broken_rules(draft.tbs()) == {"extensions.octets"}


def test_the_last_octets_of_our_statement_are_not_our_statement() -> None:
    draft = without(oids.QC_STATEMENTS, extension(oids.QC_STATEMENTS, uri(ISSUER_VIEW.naming_authority)))

    assert broken_rules(draft.tbs()) == {"statements"}


def test_a_certificate_a_second_too_long_is_found() -> None:
    exactly = START + Draft.profile.longest_validity

    assert broken_rules(Draft(not_after=exactly - timedelta(seconds=1)).tbs()) == set()
    assert broken_rules(Draft(not_after=exactly).tbs()) == {"validity.within-profile"}


def test_a_server_without_names_is_found() -> None:
    empty = without(
        oids.SUBJECT_ALTERNATIVE_NAME, extension(oids.SUBJECT_ALTERNATIVE_NAME, der.sequence()),
        profile=TLS, subject=SERVICE, names=("localhost",),
    )  # fmt: skip

    assert broken_rules(empty.tbs(), TLS) == {"alternative-names"}


def test_a_kind_of_key_that_the_profile_does_not_list_is_found() -> None:
    narrow = CertificateProfile(**(vars(Draft.profile) | {"key_algorithms": (SignatureAlgorithm.ED25519,)}))

    assert broken_rules(Draft(profile=narrow).tbs(), narrow) == {"key.kind"}


def test_an_authority_of_practice_without_its_mark_is_found() -> None:
    unmarked = names.ca_name("Lao e-Government Center", "Officers CA 1", practice=False)
    tbs = certificate.tbs(
        CA, ROOT_VIEW, unmarked, ISSUER.public_key, certificate.serial_number(2, CHANCE), START,
        START + timedelta(days=9),
    )  # fmt: skip

    assert broken_rules(tbs, CA, ROOT_VIEW) == {"subject.practice"}


def test_an_authority_with_the_name_of_its_issuer_is_found() -> None:
    tbs = certificate.tbs(
        CA, ROOT_VIEW, ROOT_VIEW.subject, ISSUER.public_key, certificate.serial_number(2, CHANCE), START,
        START + timedelta(days=9),
    )  # fmt: skip

    assert broken_rules(tbs, CA, ROOT_VIEW) == {"subject.not-issuer"}


def test_an_authority_below_one_that_leaves_no_room_is_found() -> None:
    subject = names.ca_name("Lao e-Government Center", "Deeper CA", practice=True)
    tbs = certificate.tbs(
        CA, ISSUER_VIEW, subject, SUBJECT.public_key, certificate.serial_number(2, CHANCE), START,
        START + timedelta(days=9),
    )  # fmt: skip

    assert broken_rules(tbs, CA, ISSUER_VIEW) == {"constraints.path"}


def test_a_certificate_that_names_another_shard_than_its_serial_numbers_is_found() -> None:
    sharded = replace(ISSUER_VIEW, crl_shards=4)

    assert broken_rules(Draft(issuer=view_for(sharded, 7)).tbs(), issuer=view_for(sharded, 7)) == set()
    assert broken_rules(Draft(issuer=view_for(sharded, 6)).tbs(), issuer=view_for(sharded, 6)) == {"status.shard"}


def test_every_rule_is_broken_by_some_test_here() -> None:
    elsewhere = {
        "alternative-names", "alternative-names.zone", "key.kind", "key.family", "subject.practice",
        "subject.not-issuer", "subject.organisation", "constraints.path", "name-constraints.below-root", "status.shard",
    }  # fmt: skip

    assert {rule.id for rule in RULES} == set(PERSONS_BREAKS) | elsewhere


def test_rules_have_one_name_each_and_a_clause_and_a_sentence() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.clause and rule.check.__doc__ for rule in RULES)


def test_a_finding_names_rule_clause_and_what_is_wrong() -> None:
    with pytest.raises(LintFailed) as failed:
        lint(Draft(spki=WEAK).tbs(), Draft.profile, ISSUER_VIEW)

    assert str(failed.value) == (
        "key.strong (ETSI TS 119 312; SP 800-56A clause 5.6.2.3): "
        "An RSA key of 2048 bits; 3072 to 8192 are accepted."
    )


def test_a_key_of_another_family_than_its_issuers_is_found() -> None:
    post_quantum = KeySigner(new_key(SignatureAlgorithm.ML_DSA_44)).public_key

    assert broken_rules(Draft(spki=post_quantum).tbs()) == {"key.family"}


@pytest.mark.parametrize("identifier", ["NTRLA-1", "GO:TH-MTC", "GO:LA-", "GO:LA--", "GO:LA-A B", "MTC"])
def test_an_organisation_without_its_code_is_found(identifier: str) -> None:
    assert broken_rules(Draft(profile=SEAL, subject=organisation("MTC", identifier)).tbs(), SEAL) == {
        "subject.organisation"
    }


def test_an_organisation_that_is_named_by_its_code_alone_is_found() -> None:
    subject = organisation("GO:LA-MTC", "GO:LA-MTC")

    assert broken_rules(Draft(profile=SEAL, subject=subject).tbs(), SEAL) == {"subject.organisation"}


def organisation(full_name: str, identifier: str) -> bytes:
    return names.name([
        (oids.COUNTRY, "LA"), (oids.ORGANIZATION, full_name), (oids.ORGANIZATION_IDENTIFIER, identifier),
        (oids.COMMON_NAME, "Ministry"),
    ])  # fmt: skip


def test_an_authority_under_the_root_that_may_name_any_site_is_found() -> None:
    unbound = replace(CA, confined=False)
    tbs = certificate.tbs(
        unbound, ROOT_VIEW, ISSUER_VIEW.subject, ISSUER.public_key, certificate.serial_number(2, CHANCE), START,
        START + timedelta(days=9),
    )  # fmt: skip

    assert broken_rules(tbs, unbound, ROOT_VIEW) == {"name-constraints.below-root"}


def test_a_site_that_the_root_itself_certifies_is_found() -> None:
    draft = Draft(
        profile=TLS, subject=SERVICE, issuer=ROOT_VIEW, issuer_name=ROOT_VIEW.subject, names=("localhost",)
    )

    assert broken_rules(draft.tbs(), TLS, ROOT_VIEW) == {"name-constraints.below-root"}


def test_another_profiles_certificate_does_not_pass() -> None:
    assert "key-usage.profile" in broken_rules(Draft().tbs(), PROFILES["officer-authentication"])


def test_another_issuers_certificate_does_not_pass() -> None:
    other = view_of(ISSUER_DER, "citizens")

    assert broken_rules(Draft().tbs(), issuer=other) == {"status.issuer", "extensions.octets"}


def test_nobody_but_lint_makes_linted_bytes() -> None:
    tbs = Draft().tbs()

    with pytest.raises(TypeError, match="Only"):
        LintedTbs(tbs, parse_tbs(tbs), Draft.profile, ISSUER_VIEW, object())
    assert lint(tbs, Draft.profile, ISSUER_VIEW).tbs == tbs


SOUND = Draft().tbs()
FREE = frozenset(
    place
    for part in (CHANCE, b"Somphone Keobounmy", SUBJECT.public_key[-64:], *(e.content for _, e in names.values(PERSON)))
    for place in range(SOUND.index(part), SOUND.index(part) + len(part))
)
"""Where an octet may change and leave another sound certificate: chance, names, the key."""


@given(st.integers(min_value=0, max_value=len(SOUND) - 1), st.integers(min_value=1, max_value=255))
def test_no_changed_octet_outside_serial_name_time_and_key_passes(place: int, change: int) -> None:
    changed = SOUND[:place] + bytes((SOUND[place] ^ change,)) + SOUND[place + 1 :]

    assert broken_rules(changed) or place in FREE or _other_number_or_time(changed)


def _other_number_or_time(changed: bytes) -> bool:
    """Whether the change made another sound dense number or moment."""
    before, after = parse_tbs(SOUND), parse_tbs(changed)
    other = (before.serial, before.not_before, before.not_after) != (after.serial, after.not_before, after.not_after)
    return other and before.extensions == after.extensions and before.subject == after.subject


@given(st.binary(max_size=200))
def test_whatever_octets_come_only_findings_are_raised(octets: bytes) -> None:
    assert "structure" in broken_rules(octets)
