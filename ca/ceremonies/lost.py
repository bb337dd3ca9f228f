"""The key of an issuer that has a certificate is the one that was certified, or is lost: no other takes its place."""

from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import issuer_key
from ca.ceremonies.keyring import Keyring
from ledger.certificates import Issuer
from pki.keys import key_sha256
from pki.signing import Signer
from signers import KeyUnusable


def certified_key(keys: Keyring, issuer: Issuer) -> Signer:
    """The key that the issuer's certificate names. Raises CeremonyFailed, and KeyUnusable for a token that is away."""
    try:
        signer = keys.opened(issuer.key_name)
    except KeyUnusable as fault:
        if fault.code != "key.missing":
            raise
        raise CeremonyFailed(f"{fault}; {lost(issuer.key_name)}", "ceremony.key-lost") from fault
    if key_sha256(signer.public_key) != issuer_key(issuer):
        other = f"the key there is not the one that {issuer.key_name} was certified for"
        raise CeremonyFailed(f"{other}; {lost(issuer.key_name)}", "ceremony.key-lost")
    return signer


def lost(name: str) -> str:
    """What to do when the key of an issuer that has a certificate is not there."""
    follow = f"`python -m scripts compromise {name}`, then hold a plan with a step rollover"
    return f"{name} has a certificate, so no other key is made for it: bring that one, or if it is lost: {follow}"
