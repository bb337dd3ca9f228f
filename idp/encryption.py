"""Tokens that one service alone can read: signed by us, then encrypted to a key of it (RFC 7519 clause 11.2).

Here alone JWE is made (RFC 7516, by joserfc), by two closed tables. A service that asked for it by its registration
never gets anything in the open: where it has no key that fits, it gets nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey

from idp.client_keys import ClientKey, parse_key_set
from idp.declared import Declared, declared_by
from idp.provider import Provider
from idp.tables import Client
from pki.jws import jwk
from pki.keys import algorithm_of
from pki.signing import SignatureAlgorithm

_EC = frozenset({SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.ECDSA_P384_SHA384})
_KINDS: Mapping[str, frozenset[SignatureAlgorithm]] = {
    "RSA-OAEP-256": frozenset({SignatureAlgorithm.RSA_PKCS1_SHA256}),
    "ECDH-ES": _EC,
    "ECDH-ES+A128KW": _EC,
    "ECDH-ES+A256KW": _EC,
}
"""For each algorithm the kinds of key that it is for, named by what they would sign with (RFC 7518 clause 4.1)."""
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
        return key.algorithm in {"", self.algorithm} and algorithm_of(key.spki) in _KINDS[self.algorithm]


@dataclass(frozen=True)
class Envelopes:
    """What a client is registered to get encrypted; None for what it gets in the open."""

    identity: Envelope | None
    """Of ID tokens, and of logout tokens (Back-Channel Logout clause 2.6)."""
    userinfo: Envelope | None
    answer: Envelope | None
    """Of answers as JWT (JARM clause 3)."""

    @property
    def asked(self) -> tuple[Envelope, ...]:
        """Those that there are."""
        return tuple(one for one in (self.identity, self.userinfo, self.answer) if one is not None)


def envelopes_of(said: Declared) -> Envelopes:
    """What the declaration asks for."""
    return Envelopes(
        _envelope(said.identity_encryption, said.identity_content),
        _envelope(said.userinfo_encryption, said.userinfo_content),
        _envelope(said.answer_encryption, said.answer_content),
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
        (said.answer_encryption, said.answer_content),
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
    return provider.client_keys.to_encrypt(client, envelope.fits, provider.ledger.clock.now())


def _envelope(algorithm: str | None, content: str | None) -> Envelope | None:
    return Envelope(algorithm, content or USUAL_CONTENT) if algorithm else None


@lru_cache(maxsize=256)
def _imported(spki: bytes) -> RSAKey | ECKey:
    """The key in the library's form, without what it says of its own use."""
    own = {"alg", "use", "kid"}
    members: dict[str, str | list[str]] = {name: value for name, value in jwk(spki).items() if name not in own}
    return RSAKey.import_key(members) if members["kty"] == "RSA" else ECKey.import_key(members)
