"""The provider's own keys: one that signs for each algorithm, and those whose tokens still count."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from idp.declared import declared_by
from idp.tables import Client, TokenKeyEnd, TokenKeyRow, TokenKeyStart
from ledger.ledger import Ledger
from pki.jws import PSS, jwk, sign, thumbprint, verify
from pki.keys import algorithm_of
from pki.signing import SignatureAlgorithm, Signer, pads_by_pss
from signers import KeyUnusable, open_signer

LOOK_EVERY = timedelta(seconds=1)
"""A key that was revoked counts so long at most."""
LONGEST = 128 * 1024
"""Characters of a token of ours: what was agreed to in detail stands in it."""
MOST_VERIFIED = 1024
"""Tokens that are not verified anew while they are asked about again and again."""
_log = logging.getLogger(__name__)


class AlgorithmUnserved(Exception):
    """A client is to get something signed with an algorithm that no key of ours is for."""


@dataclass(frozen=True)
class TokenKey:
    """A key with the one algorithm that it is used with: an RSA key that pads by PSS says so itself."""

    signer: Signer

    @cached_property
    def algorithm(self) -> str:
        """JOSE's name."""
        return PSS if pads_by_pss(self.signer) else self.signer.algorithm.value

    @cached_property
    def kid(self) -> str:
        """The thumbprint of the public key (RFC 7638)."""
        return thumbprint(self.signer.public_key)

    def public(self) -> dict[str, str]:
        """As it is published."""
        return {**jwk(self.signer.public_key), "alg": self.algorithm}

    def sign(self, typ: str, claims: Mapping[str, Any]) -> str:
        """A token of this type."""
        return sign({"typ": typ, "kid": self.kid}, claims, self.signer, self.algorithm)


@dataclass(frozen=True)
class PublicHalf:
    """Of a key that this process cannot open: what it signed is verified, and it is published."""

    algorithm: SignatureAlgorithm
    public_key: bytes
    pss: bool = False

    def sign(self, message: bytes) -> bytes:
        """Nothing is signed with it here."""
        raise KeyUnusable("this process could not open the key")


@dataclass(frozen=True)
class TokenKeys:
    """Every key whose tokens count. The first signs what is ours to read again (access tokens, logouts)."""

    keys: Sequence[TokenKey]
    signing: Sequence[TokenKey]
    """One for each algorithm."""

    @property
    def first(self) -> TokenKey:
        """Of access tokens, and of whatever asks for no algorithm."""
        return self.signing[0]

    def of(self, algorithm: str | None) -> TokenKey:
        """The key for the algorithm that a client asks for; the first when it asks for none.

        Raises AlgorithmUnserved: nothing is ever signed in another way than was agreed.
        """
        if algorithm is None:
            return self.first
        found = next((key for key in self.signing if key.algorithm == algorithm), None)
        if found is None:
            raise AlgorithmUnserved(f"no key of ours signs with {algorithm}")
        return found

    def serve(self, client: Client) -> bool:
        """Whether all that the client is registered to have signed can be."""
        said = declared_by(client)
        asked = {client.id_token_alg, client.userinfo_alg, said.answer_alg, said.introspection_alg}
        return asked <= {None, *self.algorithms}

    @cached_property
    def algorithms(self) -> tuple[str, ...]:
        """What can be asked for."""
        return tuple(key.algorithm for key in self.signing)

    @cached_property
    def by_kid(self) -> Mapping[str, bytes]:
        """The public keys whose tokens count."""
        return {key.kid: key.signer.public_key for key in self.keys}

    def claims_of(self, token: str, typ: str) -> Mapping[str, Any]:
        """What a token of this type says that one of these keys signed. Raises PkiError.

        That it was signed stays true as long as its key counts: one that comes again is not verified again. Whether
        what it hangs on still lives is another question, asked each time (`idp.grants.live`).
        """
        return self._verified(token, typ)

    @cached_property
    def _verified(self) -> Callable[[str, str], Mapping[str, Any]]:
        keys, algorithms = self.by_kid, self.algorithms

        @lru_cache(MOST_VERIFIED)
        def verified(token: str, typ: str) -> Mapping[str, Any]:
            return MappingProxyType(verify(token, keys, {typ}, algorithms=algorithms, longest=LONGEST).claims())

        return verified

    def published(self) -> list[dict[str, str]]:
        """As a JWK set has them (RFC 7517 clause 5)."""
        return [key.public() for key in self.keys]


@dataclass
class Keyring:
    """The keys of the settings, and what the ledger says of them and of others; it looks again every LOOK_EVERY."""

    base: Sequence[TokenKey]
    _opened: dict[str, TokenKey] = field(default_factory=dict)
    _looked: tuple[datetime, TokenKeys] | None = None

    def current(self, ledger: Ledger) -> TokenKeys:
        """The keys as they are now, give or take LOOK_EVERY."""
        now = ledger.clock.now()
        if self._looked is None or not timedelta() <= now - self._looked[0] < LOOK_EVERY:
            found, known = self._read(ledger), self._looked
            self._looked = (now, known[1] if known and known[1] == found else found)
        return self._looked[1]

    def _read(self, ledger: Ledger) -> TokenKeys:
        """Of each algorithm that key signs which began last; the settings' own has begun before all others."""
        with ledger.read() as reading:
            ended = set(reading.scalars(select(TokenKeyRow.kid).join(TokenKeyEnd)))
            rows = reading.execute(
                select(TokenKeyRow, TokenKeyStart.at).outerjoin(TokenKeyStart).order_by(TokenKeyStart.at)
            ).all()
        alive = [(self._open(row), at) for row, at in rows if row.kid not in ended and row.uri]
        base = [key for key in self.base if key.kid not in ended]
        began = [*base, *(key for key, at in alive if at is not None and not isinstance(key.signer, PublicHalf))]
        order = dict.fromkeys(key.algorithm for key in (*self.base, *began))
        latest = {key.algorithm: key for key in began}
        return TokenKeys((*base, *(key for key, _ in alive)), tuple(latest[name] for name in order if name in latest))

    def _open(self, row: TokenKeyRow) -> TokenKey:
        """The key, if what is at its place is the very key that was announced."""
        if row.kid not in self._opened:
            key = TokenKey(PublicHalf(algorithm_of(row.spki), row.spki, row.algorithm == PSS))
            try:
                found = TokenKey(open_signer(row.uri, jose=True))
                key = found if (found.kid, found.algorithm) == (row.kid, row.algorithm) else key
            except KeyUnusable as fault:
                _log.warning("the token key %s cannot be opened: %s", row.kid, fault)
            self._opened[row.kid] = key
        return self._opened[row.kid]
