"""What every kind of step of a ceremony can do: say itself, show its bytes, be held, and be judged by what it made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar, Protocol

from ca.ceremonies.ceremony import Ceremony, policy_arc
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.sketch import Draft, Sketch
from ca.issuance.composition import IssuingKey
from ca.profiles import PROFILES
from pki.certificate import IssuerView, ParsedCertificate, issuer_view, parse_certificate, root_view
from pki.errors import PkiError
from pki.keys import algorithm_of, verify
from pki.lint import lint
from pki.profile import CertificateProfile
from pki.signing import SignatureAlgorithm
from web.home import Mode, ca_of

Made = Mapping[str, bytes]
"""What a step made, by what it is (`public-key`, `certificate`, `crl` …): octets that anybody may see."""


@dataclass(frozen=True)
class Words:
    """A step in plain words."""

    lao: str
    english: str


FIRST = "first-generation"
"""Among what a step made, the certificate after which it named the next generation, if no step before it made that."""


@dataclass
class SoFar:
    """What the steps before this one made, by name: public keys (DER) and certificates (DER)."""

    mode: Mode
    keys: dict[str, bytes] = field(default_factory=dict)
    certificates: dict[str, bytes] = field(default_factory=dict)
    _opened: dict[str, IssuingKey] = field(default_factory=dict)

    def keep(self, name: str, made: Made) -> None:
        """What a step about `name` made counts for the steps after it."""
        if "public-key" in made:
            self.keys[name] = made["public-key"]
        if "certificate" in made:
            self.certificates[name] = made["certificate"]
        if FIRST in made and (of := ca_of(name)) is not None:
            self.certificates.setdefault(of, made[FIRST])

    def first_name(self, name: str, made: Made) -> bytes | None:
        """The DER Name of the first generation of this CA, as a step before this one or this one shows it."""
        first = self.certificates.get(name) or made.get(FIRST)
        return None if first is None else parse_certificate(first).subject

    def algorithm(self, name: str) -> SignatureAlgorithm:
        """The algorithm of a key. Raises CeremonyFailed when no step made it."""
        if name not in self.keys:
            raise CeremonyFailed(
                f"no step before this one made the key {name}: add it to the plan", "ceremony.plan-differs"
            )
        return algorithm_of(self.keys[name])

    def issuing(self, ceremony: Ceremony, name: str) -> IssuingKey:
        """The issuer of this name, ready to sign."""
        if name not in self._opened:
            self._opened[name] = ceremony.opened(name, ceremony.ca_key(name, self.algorithm(name)))
        return self._opened[name]


class Step(Protocol):
    """One step. Constructing one that says what cannot be raises ValueError or CeremonyFailed with a sentence.

    `about` is the name of what the step is about. `needs` names keys (`key root`) and certificates
    (`certificate root`) that earlier steps make, `gives` what this one makes.
    """

    kind: ClassVar[str]

    @property
    def about(self) -> str:
        """The name (a key's, an issuer's, a service's) or number that the step is about."""

    @property
    def needs(self) -> tuple[str, ...]:
        """What earlier steps of the plan must have made."""

    @property
    def gives(self) -> tuple[str, ...]:
        """What this step makes."""

    def words(self) -> Words:
        """What will be done, for those who agree to it."""

    def draft(self, sketch: Sketch) -> Draft | None:
        """The bytes that a key will be shown, as far as they can be known before."""

    def hold(self, ceremony: Ceremony, so_far: SoFar) -> Made:
        """It is done, once however often this is called. Raises CeremonyFailed, KeyUnusable, what the ledger raises."""

    def fault(self, made: Made, so_far: SoFar) -> str | None:
        """How what was made differs from this step; None if it does not. Reads nothing but its arguments."""


@dataclass(frozen=True)
class Agreed:
    """What a certificate must be by the plan."""

    profile: str
    spki: bytes
    issuer_name: str
    validity: timedelta
    subject: bytes | None = None
    is_ca: bool = False
    alternative_names: tuple[str, ...] = ()


def certificate_fault(
    made: Made, agreed: Agreed, so_far: SoFar, profile: CertificateProfile | None = None
) -> str | None:
    """How the certificate differs from what was agreed: signed by its issuer, and all that its profile says."""
    try:
        certificate = parse_certificate(made["certificate"])
        issuer = certificate if agreed.issuer_name == "" else parse_certificate(so_far.certificates[agreed.issuer_name])
        verify(issuer.spki, algorithm_of(issuer.spki), certificate.tbs, certificate.signature)
        if said := next((sentence for wrong, sentence in _differences(certificate, issuer, agreed) if wrong), None):
            return said
        lint(certificate.tbs, profile or PROFILES[agreed.profile], _view(certificate, issuer, agreed, so_far.mode))
    except KeyError as missing:
        return f"{missing} is not there"
    except PkiError as fault:
        return f"the certificate does not hold: {fault}"
    return None


def ca_fault(made: Made, agreed: Agreed, so_far: SoFar) -> str | None:
    """As `certificate_fault`, of a CA; one of the profile by which all were certified once is as good."""
    found = certificate_fault(made, agreed, so_far)
    return found if found and certificate_fault(made, agreed, so_far, _earlier(agreed.profile)) else None


def _earlier(profile: str) -> CertificateProfile:
    """Roots were not confined once, and all issuing CAs were of one profile."""
    now = PROFILES[profile]
    return replace(now, confined=False, subjects_free=False) if now.self_signed else PROFILES["issuing-ca"]


def _view(certificate: ParsedCertificate, issuer: ParsedCertificate, agreed: Agreed, mode: Mode) -> IssuerView:
    """The issuer by its own certificate, and by where that can be had: our other addresses must be beside it."""
    arc, name = policy_arc(mode), agreed.issuer_name
    if certificate is issuer:
        return root_view(issuer.subject, issuer.spki, issuer.not_before, issuer.not_after, arc)
    base, _, file = next(iter(certificate.issuer_urls), "").partition("/issuer/")
    if file not in (f"{name}-1.cer", f"{name}.cer", ""):
        base, file = "", f"{name}-1.cer"
    stated = next((url for policy in certificate.policies for url in policy.cps_urls), "")
    crl, list_name = next(iter(certificate.crl_urls), ""), f"{base}/crl/{file.removesuffix('.cer')}"
    return issuer_view(
        issuer,
        arc,
        crl_url=crl if crl.startswith(list_name) else f"{list_name}.crl",
        ocsp_url=next(iter(certificate.ocsp_urls), ""),
        certificate_url=f"{base}/issuer/{file}",
        cps_url=stated if stated.startswith(f"{base}/cps") or not base else f"{base}/cps",
        naming_authority=f"{base}/cps",
    )


def _differences(
    certificate: ParsedCertificate, issuer: ParsedCertificate, agreed: Agreed
) -> tuple[tuple[bool, str], ...]:
    lives = certificate.not_after - certificate.not_before
    shorter = lives < agreed.validity - timedelta(seconds=1) and certificate.not_after != issuer.not_after
    return (
        (certificate.spki != agreed.spki, "the certificate is of another key"),
        (certificate.issuer != issuer.subject, "the certificate names another issuer"),
        (agreed.subject is not None and certificate.subject != agreed.subject, "the certificate has another subject"),
        (certificate.alternative_names != agreed.alternative_names, "the certificate has other alternative names"),
        (certificate.is_ca != agreed.is_ca, "the certificate is of a CA, or is of none, against the plan"),
        (lives > agreed.validity, "the certificate lives longer than the plan says"),
        (agreed.is_ca and shorter, "the certificate lives shorter than the plan says"),
    )
