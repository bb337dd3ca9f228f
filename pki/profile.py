"""What a kind of certificate may contain: frozen data, no behaviour. The instances are in `ca/profiles/`."""

from dataclasses import dataclass
from datetime import timedelta
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


ANY_ACCEPTED_KEY = tuple(SignatureAlgorithm)


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
    is_ca: bool = False
    path_length: int | None = None
    any_policy: bool = False
    """Asserts anyPolicy beside nothing else (RFC 5280 clause 4.2.1.4): for issuing CAs of our own."""
    natural_person_semantics: bool = False
    """The statement of ETSI EN 319 412-1 clause 5.1 with our naming authority."""
    status_pointers: bool = True
    """Authority information access (OCSP and issuer) and CRL distribution point."""
    ocsp_no_check: bool = False
    """RFC 6960 clause 4.2.2.2.1."""
    alternative_names: bool = False
    """DNS names and addresses, at least one."""
    self_signed: bool = False
    permitted_dns: tuple[str, ...] = ()
    """Name constraints of a CA: permitted DNS subtrees; none set, no constraint."""

    def __post_init__(self) -> None:
        """Refuse a profile that contradicts itself."""
        signs = KeyUsage.KEY_CERT_SIGN in self.key_usages
        for wrong, sentence in (
            (not self.key_usages, "no key usage"),
            (self.is_ca != signs, "CA without keyCertSign, or keyCertSign without CA"),
            (self.path_length is not None and not self.is_ca, "a path length without CA"),
            (self.permitted_dns and not self.is_ca, "name constraints without CA"),
            (self.ocsp_no_check and self.status_pointers, "nocheck with status pointers"),
            (self.self_signed and self.status_pointers, "a root with status pointers"),
            (self.any_policy and not (self.is_ca and self.policy is None), "anyPolicy outside a CA or beside another"),
            (self.natural_person_semantics and self.subject is not SubjectShape.PERSON, "semantics without a person"),
            (self.longest_validity <= timedelta(0), "no validity"),
        ):
            if wrong:
                raise ValueError(f"The profile {self.name} contradicts itself: {sentence}.")
