"""Tokens that one service alone can read: signed by us, then encrypted to a key of it (RFC 7519 clause 11.2).

Here alone JWE is made (RFC 7516, by joserfc), by two closed tables. A service that asked for it by its registration
never gets anything in the open: where it has no key that fits, it gets nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from joserfc import jwe
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from idp.client_keys import ClientKey, parse_key_set
from idp.declared import Declared, declared_by
from idp.provider import Provider
from idp.tables import Client
from idp.usable_keys import blocked_of

_AGREEING: tuple[type, ...] = (EllipticCurvePublicKey, X25519PublicKey)
_KINDS: Mapping[str, tuple[type, ...]] = {
    "RSA-OAEP-256": (RSAPublicKey,),
    "ECDH-ES": _AGREEING,
    "ECDH-ES+A128KW": _AGREEING,
    "ECDH-ES+A256KW": _AGREEING,
}
"""For each algorithm the kinds of key that it is for (RFC 7518 clause 4.1, RFC 8037 clause 3.2)."""
ALGORITHMS = tuple(_KINDS)
CONTENTS = ("A128CBC-HS256", "A256GCM")
"""RFC 7518 clause 5.1."""
USUAL_CONTENT = CONTENTS[0]
"""OpenID Connect Dynamic Client Registration clause 2, for who names none."""


class ReaderUnknown(Exception):
    """A client is to get something encrypted, and has no key that fits."""


@dataclass(frozen=True)
class Envelope:
    """How something is encrypted for a client."""

    algorithm: str
    content: str

    def fits(self, key: ClientKey) -> bool:
        """Whether the key is of the right kind, and for no other algorithm."""
        return key.algorithm in {"", self.algorithm} and isinstance(_loaded(key.spki), _KINDS[self.algorithm])


@dataclass(frozen=True)
class Envelopes:
    """What a client is registered to get encrypted; None for what it gets in the open."""

    identity: Envelope | None
    """Of ID tokens, and of logout tokens (Back-Channel Logout clause 2.6)."""
    userinfo: Envelope | None
    answer: Envelope | None
    """Of answers as JWT (JARM clause 3)."""
    introspection: Envelope | None
    """Of what introspection says (RFC 9701 clause 5)."""

    @property
    def asked(self) -> tuple[Envelope, ...]:
        """Those that there are."""
        every = self.identity, self.userinfo, self.answer, self.introspection
        return tuple(one for one in every if one is not None)


def envelopes_of(said: Declared) -> Envelopes:
    """What the declaration asks for."""
    return Envelopes(
        _envelope(said.identity_encryption, said.identity_content),
        _envelope(said.userinfo_encryption, said.userinfo_content),
        _envelope(said.answer_encryption, said.answer_content),
        _envelope(said.introspection_encryption, said.introspection_content),
    )


def envelopes(client: Client) -> Envelopes:
    """What the client asked for."""
    return envelopes_of(declared_by(client))


def may_be_encrypted(said: Declared, jwks: str | None, jwks_uri: str | None) -> bool:
    """Whether a client with these keys can be registered so: algorithms of ours, and a key for each of them.

    Nobody can say how the content is encrypted of what is not encrypted (OpenID Connect Dynamic Client Registration
    clause 2). What is behind an address is looked at when it is needed.
    """
    pairs = (
        (said.identity_encryption, said.identity_content), (said.userinfo_encryption, said.userinfo_content),
        (said.answer_encryption, said.answer_content), (said.introspection_encryption, said.introspection_content),
    )  # fmt: skip
    if any(algorithm not in {None, *ALGORITHMS} or content not in {None, *CONTENTS} for algorithm, content in pairs):
        return False
    if any(content and not algorithm for algorithm, content in pairs):
        return False
    asked, keys = envelopes_of(said).asked, parse_key_set(jwks, "enc") if jwks else ()
    return bool(jwks_uri) or all(any(map(one.fits, keys)) for one in asked)


def has_readers(provider: Provider, client: Client) -> bool:
    """Whether the client has a key for all that it is to get encrypted."""
    return all(_reader(provider, client, one) is not None for one in envelopes(client).asked)


def enclosed(provider: Provider, client: Client, token: str, envelope: Envelope | None) -> str:
    """The signed token as the client gets it: encrypted in the envelope, or itself without one. Raises ReaderUnknown.

    The header repeats no claim: whoever carries it learns nothing of what is inside.
    """
    if envelope is None:
        return token
    key = _reader(provider, client, envelope)
    if key is None:
        raise ReaderUnknown(f"client {client.id} has no key for {envelope.algorithm}")
    header = {"alg": envelope.algorithm, "enc": envelope.content, "kid": key.kid, "cty": "JWT"}
    return jwe.encrypt_compact(header, token, _imported(key.spki), algorithms=[envelope.algorithm, envelope.content])


def _reader(provider: Provider, client: Client, envelope: Envelope) -> ClientKey | None:
    def fits(key: ClientKey) -> bool:
        return envelope.fits(key) and not blocked_of(provider.ledger, [key.spki])

    return provider.client_keys.to_encrypt(client, fits, provider.ledger.clock.now())


def _envelope(algorithm: str | None, content: str | None) -> Envelope | None:
    return Envelope(algorithm, content or USUAL_CONTENT) if algorithm else None


@lru_cache(maxsize=256)
def _loaded(spki: bytes) -> PublicKeyTypes:
    return load_der_public_key(spki)


@lru_cache(maxsize=256)
def _imported(spki: bytes) -> Key:
    """The key in the library's form, without what it says of its own use."""
    key = _loaded(spki)
    kind = RSAKey if isinstance(key, RSAPublicKey) else OKPKey if isinstance(key, X25519PublicKey) else ECKey
    return kind.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
