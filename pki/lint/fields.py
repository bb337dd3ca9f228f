"""Rules on the fields of a TBSCertificate: version, serial number, algorithm, issuer, validity, key."""

from datetime import timedelta

from pki import certificate, keys
from pki.errors import PkiError
from pki.lint.rule import Case, Rule
from pki.profile import FOR_EVER

_SECOND = timedelta(seconds=1)


def version_is_three(case: Case) -> str | None:
    """Extensions need X.509 v3."""
    return None if case.facts.version == 3 else f"version {case.facts.version}"


def serial_in_range(case: Case) -> str | None:
    """Positive and at most 20 octets, the first bit free."""
    return None if 0 < case.facts.serial < 1 << 159 else "not positive, or 2^159 or more"


def serial_is_ours(case: Case) -> str | None:
    """A dense number that nobody else has, then 96 random bits."""
    try:
        certificate.dense_number(case.facts.serial)
    except PkiError as fault:
        return str(fault)
    return None


def algorithm_is_the_issuers(case: Case) -> str | None:
    """The signature to come is of the kind that the issuer's key makes: SHA-256 or up."""
    expected = keys.algorithm_identifier(case.issuer.algorithm)
    return None if case.facts.algorithm == expected else f"not {case.issuer.algorithm.value}"


def issuer_is_the_issuers_subject(case: Case) -> str | None:
    """Names chain octet by octet."""
    return None if case.facts.issuer == case.issuer.subject else "not the octets of the issuer's subject"


def validity_in_order(case: Case) -> str | None:
    """It begins before it ends."""
    return None if case.facts.not_before < case.facts.not_after else "ends before it begins"


def validity_within_the_issuers(case: Case) -> str | None:
    """Nothing outlives its issuer, or begins before it (the shell model), but what tells status for ever."""
    begins, ends = case.issuer.not_before.replace(microsecond=0), case.issuer.not_after
    if _endless(case):  # it begins with the second after its issuer's last at the latest (docs/decisions/0030)
        inside = begins <= case.facts.not_before <= ends + _SECOND
    else:
        inside = begins <= case.facts.not_before and case.facts.not_after <= ends
    return None if inside else "begins before the issuer's or ends after it"


def validity_within_the_profiles(case: Case) -> str | None:
    """No longer than the profile's cap, or without end where the profile may be; both ends count."""
    length = case.facts.not_after - case.facts.not_before
    if length < case.profile.longest_validity or _endless(case):
        return None
    return f"{length.days} days; the cap is lower"


def _endless(case: Case) -> bool:
    return case.profile.endless and case.facts.not_after == FOR_EVER


def validity_encoded_by_year(case: Case) -> str | None:
    """UTCTime through 2049, GeneralizedTime after."""
    expected = certificate.validity(case.facts.not_before, case.facts.not_after)
    return None if expected in case.tbs else "UTCTime from 2050 on, or GeneralizedTime before"


def key_is_strong(case: Case) -> str | None:
    """RSA from 3072 bits with a good exponent, P-256, P-384, Ed25519 or ML-DSA; no known weakness."""
    try:
        keys.check_strength(case.facts.spki)
    except PkiError as fault:
        return str(fault)
    return None


def key_kind_is_the_profiles(case: Case) -> str | None:
    """A kind that the profile lists."""
    kind = case.key_kind
    return None if kind in case.profile.key_algorithms else f"{kind.value if kind else 'it'} is not among the profile's"


def key_is_of_the_issuers_family(case: Case) -> str | None:
    """Classic keys under classic issuers, post-quantum keys under post-quantum ones: no chain mixes them."""
    if case.key_kind is None or case.key_kind.post_quantum == case.issuer.algorithm.post_quantum:
        return None
    return f"{case.key_kind.value} under an issuer of {case.issuer.algorithm.value}"


def key_is_not_the_issuers(case: Case) -> str | None:
    """Only a root certifies its own key."""
    same = case.facts.spki == case.issuer.spki
    return None if same == case.profile.self_signed else "the subject's key and the issuer's are mixed up"


RULES = (
    Rule("version", "RFC 5280 clause 4.1.2.1", version_is_three),
    Rule("serial.range", "RFC 5280 clause 4.1.2.2", serial_in_range),
    Rule("serial.dense-and-random", "CA/Browser Forum BR 7.1.2", serial_is_ours),
    Rule("algorithm", "RFC 5280 clause 4.1.2.3; ETSI TS 119 312", algorithm_is_the_issuers),
    Rule("issuer.name", "RFC 5280 clause 4.1.2.4", issuer_is_the_issuers_subject),
    Rule("validity.order", "RFC 5280 clause 4.1.2.5", validity_in_order),
    Rule("validity.within-issuer", "UNCITRAL MLES article 9; law.md CE-10", validity_within_the_issuers),
    Rule("validity.within-profile", "the profile", validity_within_the_profiles),
    Rule("validity.encoding", "RFC 5280 clause 4.1.2.5", validity_encoded_by_year),
    Rule("key.strong", "ETSI TS 119 312; SP 800-56A clause 5.6.2.3", key_is_strong),
    Rule("key.kind", "the profile", key_kind_is_the_profiles),
    Rule("key.family", "a chain is as strong as its weakest signature", key_is_of_the_issuers_family),
    Rule("key.own", "RFC 5280 clause 3.2", key_is_not_the_issuers),
)
