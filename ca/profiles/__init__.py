"""Every kind of certificate we issue, a file each; the tuple is what there is. docs/profiles.md explains them."""

from ca.profiles import (
    citizen_authentication,
    issuing_ca,
    ocsp_responder,
    officer_authentication,
    officer_signing,
    root_ca,
    tls_server,
    token_signer,
    tsa_unit,
)
from pki.profile import CertificateProfile

_MODULES = (
    citizen_authentication,
    issuing_ca,
    ocsp_responder,
    officer_authentication,
    officer_signing,
    root_ca,
    tls_server,
    token_signer,
    tsa_unit,
)

PROFILES: dict[str, CertificateProfile] = {module.PROFILE.name: module.PROFILE for module in _MODULES}
"""By name."""
ISSUER_OF = {
    "officer-authentication": "officers",
    "officer-signing": "officers",
    "citizen-authentication": "citizens",
}
"""The issuing CA of each profile that persons have."""
