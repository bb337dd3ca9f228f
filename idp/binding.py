"""Tokens that count only in the hands of a key: which key a request shows, and whether it is the token's.

A key is shown by a DPoP proof (RFC 9449) or in the handshake (RFC 8705 clause 3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from idp.declared import declared_by
from idp.dpop import Shown, prove
from idp.profiles import profile_of
from idp.provider import Provider
from idp.tables import Client
from ledger.decision import Refuse
from pki.base64url import encode


@dataclass(frozen=True)
class Keys:
    """What a request shows of keys: a proof, a certificate, both, or neither."""

    dpop: Shown | None
    certificate: bytes | None


Confirmation = Mapping[str, str]
"""The member `cnf` of a token (RFC 7800): `jkt` or `x5t#S256`; empty when any bearer may use it."""


def shown_by(provider: Provider, client: Client, keys: Keys) -> Confirmation | Refuse:
    """The key that tokens will be bound to. Refuse `token.unbound` where the client has to show one."""
    profile = profile_of(client)
    if keys.dpop is not None:
        jkt = prove(provider, keys.dpop, nonce_demanded=profile.nonce_demanded)
        return jkt if isinstance(jkt, Refuse) else {"jkt": jkt}
    if keys.certificate is not None:
        return Refuse("token.unbound") if declared_by(client).dpop_always else {
            "x5t#S256": certificate_thumbprint(keys.certificate)
        }
    return Refuse("token.unbound") if profile.sender_demanded or declared_by(client).bound_always else {}


def is_in_right_hands(
    provider: Provider, client: Client, confirmation: Any, keys: Keys, token: str
) -> Refuse | None:
    """Nothing if the token's key is shown, or it has none; else `token.invalid`, `dpop.invalid` or `dpop.nonce`."""
    bound = confirmation if isinstance(confirmation, dict) else {}
    if "jkt" in bound:
        if keys.dpop is None:
            return Refuse("token.invalid")
        jkt = prove(provider, keys.dpop, token=token, nonce_demanded=profile_of(client).nonce_demanded)
        if isinstance(jkt, Refuse):
            return jkt
        return None if jkt == bound["jkt"] else Refuse("dpop.invalid")
    if keys.dpop is not None:
        return Refuse("token.invalid")  # a proof for a token that is bound to no key of DPoP (RFC 9449 clause 7.1)
    if "x5t#S256" in bound:
        der = keys.certificate
        return None if der and certificate_thumbprint(der) == bound["x5t#S256"] else Refuse("token.invalid")
    return None


def certificate_thumbprint(der: bytes) -> str:
    """RFC 8705 clause 3.1."""
    return encode(sha256(der).digest())


def text_of(confirmation: Confirmation) -> str | None:
    """As a refresh token keeps it."""
    return next((f"{name}:{value}" for name, value in confirmation.items()), None)
