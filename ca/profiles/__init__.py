"""Every kind of certificate we issue, a file each; the tuple is what there is. docs/profiles.md explains them."""

from ca.profiles import (
    business_representative,
    citizen_authentication,
    citizen_signing,
    citizen_signing_once,
    code_signing,
    cross_certificate,
    device,
    issuing_ca,
    issuing_services_ca,
    machines_ra,
    mail_encryption,
    mail_signing,
    ocsp_responder,
    officer_authentication,
    officer_encryption,
    officer_signing,
    organisation_seal,
    root_ca,
    tls_client,
    tls_server,
    token_signer,
    tsa_unit,
)
from pki.oids import EKU_CLIENT_AUTH
from pki.profile import CertificateProfile, SubjectShape
from pki.signing import SignatureAlgorithm

_MODULES = (
    business_representative,
    citizen_authentication,
    citizen_signing,
    citizen_signing_once,
    code_signing,
    cross_certificate,
    device,
    issuing_ca,
    issuing_services_ca,
    machines_ra,
    mail_encryption,
    mail_signing,
    ocsp_responder,
    officer_authentication,
    officer_encryption,
    officer_signing,
    organisation_seal,
    root_ca,
    tls_client,
    tls_server,
    token_signer,
    tsa_unit,
)

PROFILES: dict[str, CertificateProfile] = {module.PROFILE.name: module.PROFILE for module in _MODULES}
"""By name."""
CA_PROFILES = frozenset(name for name, profile in PROFILES.items() if profile.is_ca)
"""Of CAs: no officer alone ends one (`compromise`, `terminate`, the change `ca-certificate.revoke`)."""
PERSONS_PROFILES = frozenset(name for name, profile in PROFILES.items() if profile.subject.natural_person)
"""Of human beings, who may lose a card and call."""
NEVER_HELD = frozenset(
    name
    for name, profile in PROFILES.items()
    if profile.subject is SubjectShape.SERVICE and profile.extended_key_usages != (EKU_CLIENT_AUTH,)
)
"""Of what others rely on while it signs or answers: CAs, status, time, tokens, programs, servers (BR 4.9.13, RV-05).

A pause of one would put all that it said in doubt. A service that only shows who it is may be paused."""
NEVER_FOLLOWED = frozenset({citizen_signing_once.PROFILE.name})
"""Each is asked for at a desk, with papers and decisions of its own; nothing takes its place by signing in alone."""
_ISSUERS = {
    "root": ("issuing-ca", "issuing-services-ca", "cross-certificate"),
    "officers": (
        "officer-authentication", "officer-signing", "officer-encryption", "mail-signing", "mail-encryption",
    ),
    "citizens": (
        "citizen-authentication", "citizen-signing", "citizen-signing-once", "business-representative",
    ),
    "services": (
        "organisation-seal", "tls-server", "tls-client", "device", "code-signing", "tsa-unit", "token-signer",
        "machines-ra",
    ),
}  # fmt: skip
_ISSUER_OF = {profile: issuer for issuer, profiles in _ISSUERS.items() for profile in profiles}
POST_QUANTUM = "-pq"
"""Ends the name of an issuer of the parallel chain, from its root on."""


def issuer_for(profile: str, algorithm: SignatureAlgorithm) -> str:
    """The name of the issuer of a profile's certificates for a subject key of this kind.

    Raises KeyError for a profile without an issuer of its own: a root, and responders, which each issuer has.
    """
    return _ISSUER_OF[profile] + (POST_QUANTUM if algorithm.post_quantum else "")


def profile_of_issuer(name: str) -> CertificateProfile:
    """By which profile an issuing CA of this name is certified from now on; one that is there has what it was given."""
    services = name.removesuffix(POST_QUANTUM) == "services"
    return PROFILES["issuing-services-ca" if services else "issuing-ca"]


def profiles_under(issuer: str) -> tuple[CertificateProfile, ...]:
    """Of the certificates that hang on an issuer of this name: its own, or under a root all that its issuers sign."""
    name = issuer.removesuffix(POST_QUANTUM)
    ca = {of: names for of, names in _ISSUERS.items() if of != "root"}
    return tuple(PROFILES[one] for of, names in ca.items() if name in ("root", of) for one in names)


def root_of(issuer: str) -> str:
    """The name of the root above an issuer of this name: each family of keys has its own."""
    return f"root{POST_QUANTUM}" if issuer.endswith(POST_QUANTUM) else "root"
