"""Rules on extensions: which, critical or not, and that each says what profile and issuer say."""

from functools import lru_cache
from urllib.parse import urlsplit

from pki import der, keys, oids, zone
from pki.certificate import CHANCE_OCTETS
from pki.extensions import extension, name_constraints, policies_of, shared, statements
from pki.issuer import IssuerView, shard_of
from pki.lint.rule import Case, Rule
from pki.parsed import Extension
from pki.profile import AlternativeNames, CertificateProfile, KeyUsage

_ALWAYS_CRITICAL = {oids.KEY_USAGE, oids.BASIC_CONSTRAINTS, oids.NAME_CONSTRAINTS}
_OWN = {oids.SUBJECT_KEY_IDENTIFIER, oids.SUBJECT_ALTERNATIVE_NAME, oids.QC_STATEMENTS}
"""Differ from certificate to certificate of one profile and issuer."""
_NULL = b"\x05\x00"
_ALONE = {oids.EKU_TIME_STAMPING, oids.EKU_OCSP_SIGNING, oids.EKU_CODE_SIGNING}


def expected_extensions(profile: CertificateProfile) -> set[str]:
    """The object identifiers of all the extensions of a certificate of this profile."""
    wanted = {
        oids.SUBJECT_KEY_IDENTIFIER: True,
        oids.KEY_USAGE: True,
        oids.BASIC_CONSTRAINTS: True,
        oids.AUTHORITY_KEY_IDENTIFIER: not profile.self_signed,
        oids.EXTENDED_KEY_USAGE: bool(profile.extended_key_usages),
        oids.CERTIFICATE_POLICIES: profile.any_policy or bool(profile.listed_policies) or profile.policy is not None,
        oids.NAME_CONSTRAINTS: profile.confined,
        oids.CRL_DISTRIBUTION_POINTS: profile.status_pointers,
        oids.AUTHORITY_INFORMATION_ACCESS: profile.status_pointers,
        oids.QC_STATEMENTS: profile.states_something,
        oids.OCSP_NO_CHECK: profile.ocsp_no_check,
        oids.SUBJECT_ALTERNATIVE_NAME: profile.alternative_names is not AlternativeNames.NONE,
    }
    return {oid for oid, present in wanted.items() if present}


def exactly_the_profiles(case: Case) -> str | None:
    """Exactly the extensions of the profile."""
    differing = expected_extensions(case.profile) ^ set(case.facts.by_oid)
    return f"missing or not of the profile: {', '.join(sorted(differing))}" if differing else None


def octets_are_the_profiles(case: Case) -> str | None:
    """Nothing hides inside an extension, such as another qualifier, access method or bit than we know to ask for."""
    found = {_whole(each) for each in case.facts.extensions if each.oid not in _OWN}
    same = found == _asked_for(case.profile, case.issuer, case.usages)
    return None if same else "an extension is not what the profile asks for"


def _whole(found: Extension) -> bytes:
    return extension(found.oid, found.value, critical=found.critical)


@lru_cache(maxsize=1024)
def _asked_for(profile: CertificateProfile, issuer: IssuerView, usages: tuple[KeyUsage, ...]) -> frozenset[bytes]:
    return frozenset(element.whole for element in der.children(shared(profile, issuer, usages)))


def critical_where_asked(case: Case) -> str | None:
    """Key usage, basic constraints and name constraints are critical; the rest is not, but for a stamp's usage."""
    critical = {extension.oid for extension in case.facts.extensions if extension.critical}
    expected = _ALWAYS_CRITICAL & set(case.facts.by_oid)
    if case.profile.extended_key_usage_critical:
        expected = expected | {oids.EXTENDED_KEY_USAGE}
    return None if critical == expected else f"criticality of {', '.join(sorted(critical ^ expected))}"


def subject_key_identified(case: Case) -> str | None:
    """The subject key identifier is of the subject's key."""
    expected = keys.key_identifier(case.facts.spki)
    return None if case.facts.subject_key_identifier == expected else "not of the subject's key"


def authority_key_identified(case: Case) -> str | None:
    """The authority key identifier is the issuer's subject key identifier."""
    if case.profile.self_signed:
        return None
    return None if case.facts.authority_key_identifier == case.issuer.key_identifier else "not of the issuer's key"


def key_usage_is_the_profiles(case: Case) -> str | None:
    """The bits of the profile for this kind of key."""
    return None if case.facts.key_usages == set(case.usages) else "other bits than the profile's"


def commitment_stands_alone(case: Case) -> str | None:
    """A key for declarations of will is for nothing else."""
    usages = case.facts.key_usages
    mixed = KeyUsage.CONTENT_COMMITMENT in usages and len(usages) > 1
    return "contentCommitment beside another usage" if mixed else None


def only_cas_sign_certificates(case: Case) -> str | None:
    """The keyCertSign bit and cA go together."""
    signs = KeyUsage.KEY_CERT_SIGN in case.facts.key_usages
    return None if signs == case.facts.is_ca else "keyCertSign and cA do not agree"


def extended_usage_is_the_profiles(case: Case) -> str | None:
    """The purposes of the profile, in its order."""
    same = case.facts.extended_key_usages == case.profile.extended_key_usages
    return None if same else "other purposes than the profile's"


def extended_usage_is_coherent(case: Case) -> str | None:
    """Stamps, OCSP and code stand alone but in a CA's, anyExtendedKeyUsage never; mail alone goes without signing."""
    purposes = set(case.facts.extended_key_usages)
    if case.facts.is_ca:
        return "a CA for any purpose says none" if oids.EKU_ANY in purposes else None
    signing = {KeyUsage.DIGITAL_SIGNATURE, KeyUsage.CONTENT_COMMITMENT} & case.facts.key_usages
    crowded = bool(purposes & _ALONE) and len(purposes) > 1
    if oids.EKU_ANY in purposes or crowded or (purposes - {oids.EKU_EMAIL_PROTECTION} and not signing):
        return "a purpose that does not go with the others or with the key usage"
    return None


def constraints_are_the_profiles(case: Case) -> str | None:
    """CA or not, and the path length, as the profile has it."""
    same = case.facts.basic_constraints == (case.profile.is_ca, case.profile.path_length)
    return None if same else "not the profile's"


def path_is_within_the_issuers(case: Case) -> str | None:
    """A CA below a CA has room in its issuer's path length."""
    room = case.issuer.path_length
    if not case.facts.is_ca or case.profile.self_signed or room is None:
        return None
    own = case.facts.path_length
    return None if room > 0 and own is not None and own < room else f"the issuer leaves room for {room} CAs"


def policy_is_the_profiles(case: Case) -> str | None:
    """The profile's policies under the issuer's arc (practice has its own) and no other; one for an end entity."""
    expected = policies_of(case.profile, case.issuer)
    found = tuple(policy.oid for policy in case.facts.policies)
    return None if found == expected else f"policies are {found}, not {expected}"


def policy_points_to_its_statement(case: Case) -> str | None:
    """Each policy gives the address of the practice statement, over http or https."""
    if not case.facts.policies:
        return None
    found = [policy.cps_urls for policy in case.facts.policies]
    sound = set(found) == {(case.issuer.cps_url,)} and found[0][0].startswith(("http://", "https://"))
    return None if sound else "not the issuer's address of its practice statement"


def status_over_http(case: Case) -> str | None:
    """OCSP, issuer certificate and CRL each at one plain-http address."""
    if not case.profile.status_pointers:
        return None
    found = (*case.facts.ocsp_urls, *case.facts.issuer_urls, *case.facts.crl_urls)
    sound = len(found) == 3 and all(url.startswith("http://") for url in found)
    return None if sound else "not one http address each for OCSP, issuer and CRL"


def status_of_the_state(case: Case) -> str | None:
    """The addresses of status and statement are of the state's domain, where they can be had; in practice of here."""
    statements = [url for policy in case.facts.policies for url in policy.cps_urls]
    urls = (*case.facts.ocsp_urls, *case.facts.issuer_urls, *case.facts.crl_urls, *statements)
    outside = [url for url in urls if not _is_of_the_state(url, practice=case.issuer.practice)]
    return f"outside the state's domain: {', '.join(outside)}" if outside else None


@lru_cache(1024)
def _is_of_the_state(url: str, *, practice: bool) -> bool:
    """They are an issuer's few, in each of its certificates."""
    return zone.within(urlsplit(url).hostname or "", practice=practice)


def status_of_this_issuer(case: Case) -> str | None:
    """The addresses are this issuer's."""
    if not case.profile.status_pointers:
        return None
    expected = (case.issuer.ocsp_url,), (case.issuer.certificate_url,), (case.issuer.crl_url,)
    found = case.facts.ocsp_urls, case.facts.issuer_urls, case.facts.crl_urls
    return None if found == expected else "an address of another issuer"


def status_in_its_shard(case: Case) -> str | None:
    """Where the CRL is partitioned, the address is of the shard that the serial number belongs to."""
    if not case.profile.status_pointers or case.issuer.crl_shards is None:
        return None
    dense = case.facts.serial >> 8 * CHANCE_OCTETS
    ending = f"-{shard_of(dense, case.issuer.crl_shards)}.crl"
    return None if [url.endswith(ending) for url in case.facts.crl_urls] == [True] else "not the CRL of its shard"


def alternative_names_well_formed(case: Case) -> str | None:
    """Lower-case host names without wildcard, or addresses, at least one; or exactly one mail address."""
    found, value = case.facts.alternative_names, case.facts.value(oids.SUBJECT_ALTERNATIVE_NAME)
    if value is not None and (not found or len(found) != len(der.parts(value))):
        return "empty, or with a name of another kind"
    mail = case.profile.alternative_names is AlternativeNames.MAIL
    if mail and len(found) != 1:
        return "not exactly one mail address"
    wrong = [name for name in found if not (zone.is_mail_address(name) if mail else zone.is_host(name))]
    return f"not a {'mail address' if mail else 'host name or address'}: {wrong[0]}" if wrong else None


def alternative_names_are_of_the_state(case: Case) -> str | None:
    """Under gov.la; in practice also this machine's own name and loopback addresses."""
    outside = [name for name in case.facts.alternative_names if not zone.within(name, practice=case.issuer.practice)]
    return f"not of the state: {outside[0]}" if outside else None


def statements_are_ours(case: Case) -> str | None:
    """How to read the numbers, signature or seal, and a limit of value in LAK: no claim of EU qualification."""
    limit, value = case.facts.value_limit_lak, case.facts.value(oids.QC_STATEMENTS)
    if limit is not None and (limit <= 0 or not case.profile.value_limited):
        return "a limit of value that is none, or that the profile does not have"
    found = b"" if value is None else extension(oids.QC_STATEMENTS, value)
    return None if found == statements(case.profile, case.issuer, limit) else "another statement than ours"


def no_check_is_null(case: Case) -> str | None:
    """The nocheck extension holds NULL."""
    return None if case.facts.value(oids.OCSP_NO_CHECK) in (None, _NULL) else "not NULL"


def name_constraints_are_the_profiles(case: Case) -> str | None:
    """The state's own domains and mail domains, its country if the profile says so, no address: of a confined CA."""
    value = case.facts.value(oids.NAME_CONSTRAINTS)
    found = None if value is None else extension(oids.NAME_CONSTRAINTS, value, critical=True)
    expected = name_constraints(case.issuer, case.profile) if case.profile.confined else None
    return None if found == expected else "not the profile's"


def root_speaks_for_no_other_site(case: Case) -> str | None:
    """What a root certifies is a CA with name constraints, or names no host and nobody's mail."""
    if not case.issuer.is_root or case.profile.self_signed:
        return None
    unbound = case.facts.is_ca and not case.facts.value(oids.NAME_CONSTRAINTS)
    return "a root lets it name any site" if unbound or case.facts.alternative_names else None


RULES = (
    Rule("extensions.exact", "RFC 5280 clause 4.2; the profile", exactly_the_profiles),
    Rule("extensions.octets", "X.690 clause 10; the profile", octets_are_the_profiles),
    Rule("extensions.critical", "RFC 5280 clause 4.2; EN 319 412-2 GEN-4.3.3-1, GEN-4.4.1-3", critical_where_asked),
    Rule("key-identifier.subject", "RFC 5280 clause 4.2.1.2; RFC 7093 clause 2", subject_key_identified),
    Rule("key-identifier.authority", "RFC 5280 clause 4.2.1.1", authority_key_identified),
    Rule("key-usage.profile", "RFC 5280 clause 4.2.1.3; the profile", key_usage_is_the_profiles),
    Rule("key-usage.commitment-alone", "EN 319 412-2 NAT-4.3.2-2, -3", commitment_stands_alone),
    Rule("key-usage.ca", "RFC 5280 clauses 4.2.1.3 and 4.2.1.9", only_cas_sign_certificates),
    Rule("extended-key-usage.profile", "RFC 5280 clause 4.2.1.12; the profile", extended_usage_is_the_profiles),
    Rule("extended-key-usage.coherent", "RFC 3161 clause 2.3; RFC 5280 clause 4.2.1.12", extended_usage_is_coherent),
    Rule("constraints.profile", "RFC 5280 clause 4.2.1.9; the profile", constraints_are_the_profiles),
    Rule("constraints.path", "RFC 5280 clauses 4.2.1.9 and 6.1.4", path_is_within_the_issuers),
    Rule("policy.profile", "EN 319 412-2 GEN-4.3.3-2; law.md CE-02", policy_is_the_profiles),
    Rule("policy.statement", "RFC 5280 clause 4.2.1.4; law.md CE-07", policy_points_to_its_statement),
    Rule("status.http", "EN 319 412-2 GEN-4.4.1-4, -6, -8, GEN-4.3.11-4", status_over_http),
    Rule("status.zone", "law.md CE-09, GV-02; the zone of pki/zone.py", status_of_the_state),
    Rule("status.issuer", "law.md CE-01, CE-09", status_of_this_issuer),
    Rule("status.shard", "RFC 5280 clauses 4.2.1.13 and 5.2.5", status_in_its_shard),
    Rule("alternative-names", "RFC 5280 clause 4.2.1.6; RFC 1034; RFC 5321", alternative_names_well_formed),
    Rule("alternative-names.zone", "law.md GV-02; the zone of pki/zone.py", alternative_names_are_of_the_state),
    Rule("statements", "RFC 3739 clause 3.2.6.1; EN 319 412-1 and -5; law.md CE-02", statements_are_ours),
    Rule("no-check", "RFC 6960 clause 4.2.2.2.1", no_check_is_null),
    Rule("name-constraints", "RFC 5280 clause 4.2.1.10; the profile", name_constraints_are_the_profiles),
    Rule("name-constraints.below-root", "RFC 5280 clause 4.2.1.10; BR 7.1.5", root_speaks_for_no_other_site),
)
