"""What a kind of certificate may contain: frozen data, no behaviour. The instances are in `ca/profiles/`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from pki.signing import SignatureAlgorithm


class KeyUsage(Enum):
    """Bits of the key usage extension by their number (RFC 5280 clause 4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    CONTENT_COMMITMENT = 1
    KEY_ENCIPHERMENT = 2
    DATA_ENCIPHERMENT = 3
    KEY_AGREEMENT = 4
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6
    ENCIPHER_ONLY = 7
    DECIPHER_ONLY = 8


class SubjectShape(Enum):
    """Which attributes a subject has, no more and no fewer."""

    PERSON = "person"
    """C, givenName, surname if there is one, CN, serialNumber `EG:LA-…`."""
    SERVICE = "service"
    """C, O, CN: CAs, responders, units, servers."""
    ORGANISATION = "organisation"
    """C, O, organizationIdentifier `GO:LA-…`, CN."""
    REPRESENTATIVE = "representative"
    """A person's attributes, with O and organizationIdentifier of whom he represents."""

    @property
    def natural_person(self) -> bool:
        """Whether a human being is named."""
        return self in (SubjectShape.PERSON, SubjectShape.REPRESENTATIVE)

    @property
    def organisation_identified(self) -> bool:
        """Whether an organisation is named by its stable code."""
        return self in (SubjectShape.ORGANISATION, SubjectShape.REPRESENTATIVE)


class AlternativeNames(Enum):
    """Which other names a subject has."""

    NONE = "none"
    HOSTS = "hosts"
    """DNS names and addresses, at least one."""
    MAIL = "mail"
    """Exactly one mail address."""


class Claim(Enum):
    """What a certificate says that it is for (ETSI EN 319 412-5 clause 4.2.3); never that the EU qualified it."""

    SIGNATURE = "esign"
    SEAL = "eseal"


FOR_EVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""What has no end ends then (RFC 5280 clause 4.1.2.5)."""
ANY_ACCEPTED_KEY = tuple(SignatureAlgorithm)
CLASSIC_KEY = tuple(algorithm for algorithm in SignatureAlgorithm if not algorithm.post_quantum)


@dataclass(frozen=True)
class CertificateProfile:
    """A kind of certificate. Constructing one that contradicts itself raises ValueError."""

    name: str
    subject: SubjectShape
    key_usages: tuple[KeyUsage, ...]
    longest_validity: timedelta
    policy: int | None
    """The number under the issuer's policy arc; None for a root, whose policies nobody reads."""
    extended_key_usages: tuple[str, ...] = ()
    """Dotted object identifiers."""
    extended_key_usage_critical: bool = False
    """RFC 3161 clause 2.3 asks it of time-stamping units."""
    key_algorithms: tuple[SignatureAlgorithm, ...] = ANY_ACCEPTED_KEY
    """The kinds of subject key."""
    key_usages_of: tuple[tuple[SignatureAlgorithm, tuple[KeyUsage, ...]], ...] = ()
    """For some kinds of key other usages than `key_usages`: an RSA key enciphers keys, an EC key agrees on them."""
    is_ca: bool = False
    path_length: int | None = None
    any_policy: bool = False
    """Asserts anyPolicy beside nothing else (RFC 5280 clause 4.2.1.4): for issuing CAs of our own."""
    listed_policies: tuple[int, ...] = ()
    """More numbers under the issuer's policy arc: what a cross-certified CA may assert, instead of anyPolicy."""
    claim: Claim | None = None
    """The statement of ETSI EN 319 412-5 clause 4.2.3."""
    value_limited: bool = False
    """A certificate may say up to which amount it counts (ETSI EN 319 412-5 clause 4.3.2)."""
    status_pointers: bool = True
    """Authority information access (OCSP and issuer) and CRL distribution point."""
    ocsp_no_check: bool = False
    """RFC 6960 clause 4.2.2.2.1."""
    endless: bool = False
    """May end at FOR_EVER, past its issuer: who tells the status of what a closed CA has issued."""
    alternative_names: AlternativeNames = AlternativeNames.NONE
    named_elsewhere: bool = False
    """The subject is a CA that wrote its own name: taken octet by octet, UTF8String or PrintableString."""
    self_signed: bool = False
    confined: bool = False
    """A CA whose certificate holds the name constraints of `pki.zone`: it can name nobody outside the state."""
    subjects_free: bool = False
    """Of a confined CA: nothing is said of the subjects that it may name, which TLS stacks would refuse unread."""

    def __post_init__(self) -> None:
        """Refuse a profile that contradicts itself."""
        signs = KeyUsage.KEY_CERT_SIGN in self.key_usages
        for wrong, sentence in (
            (not self.key_usages, "no key usage"),
            (self.is_ca != signs, "CA without keyCertSign, or keyCertSign without CA"),
            (self.path_length is not None and not self.is_ca, "a path length without CA"),
            (self.confined and not self.is_ca, "name constraints without CA"),
            (self.endless and self.is_ca, "a CA without end"),
            (self.subjects_free and not self.confined, "free subjects where no name is bound"),
            (self.subjects_free and self.any_policy, "any subject under any policy"),
            (self.ocsp_no_check and self.status_pointers, "nocheck with status pointers"),
            (self.self_signed and self.status_pointers, "a root with status pointers"),
            (self.any_policy and not self._any_policy_stands_alone, "anyPolicy outside a CA or beside another"),
            (self.listed_policies and not self.is_ca, "listed policies without CA"),
            (self.claim is Claim.SEAL and self.subject is not SubjectShape.ORGANISATION, "a seal of no organisation"),
            (self.claim is Claim.SIGNATURE and not self.subject.natural_person, "a signature of no person"),
            (self.value_limited and self.claim is None, "a limit of value on what does not sign"),
            (not {kind for kind, _ in self.key_usages_of} <= set(self.key_algorithms), "usages of a key not taken"),
            (self.longest_validity <= timedelta(0), "no validity"),
        ):
            if wrong:
                raise ValueError(f"The profile {self.name} contradicts itself: {sentence}.")

    def __hash__(self) -> int:
        """Of the name: profiles are looked up several times for each certificate."""
        return hash(self.name)

    @property
    def _any_policy_stands_alone(self) -> bool:
        return self.is_ca and self.policy is None and not self.listed_policies

    @property
    def states_something(self) -> bool:
        """Whether its certificates hold statements (RFC 3739 clause 3.2.6) without a limit of value."""
        return self.subject.natural_person or self.subject.organisation_identified or self.claim is not None

    def usages_of(self, algorithm: SignatureAlgorithm) -> tuple[KeyUsage, ...]:
        """The usages of a key of this kind."""
        return dict(self.key_usages_of).get(algorithm, self.key_usages)
