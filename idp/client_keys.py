"""The public keys of clients: as they were registered, or fetched from the address that was.

A set is fetched again when it is old, and when somebody shows a `kid` that it does not have, but not more than once
in REFETCH_AFTER; what could not be fetched is not asked for again sooner either. Where nobody answers, the keys of the
last answer count for KEYS_KEPT and not for ever: the client may have taken them out since.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any

from cryptography import x509

from idp.fetching import Busy, Get, Unreachable
from idp.policy import KEYS_KEPT
from idp.tables import Client
from pki.errors import UNREADABLE, ParseError, PkiError
from pki.jwk import agreement_spki_of, spki_of, thumbprint
from pki.jws import PSS, object_of
from pki.keys import algorithm_of, check_strength
from pki.signing import SignatureAlgorithm

OLD_AFTER = timedelta(minutes=10)
REFETCH_AFTER = timedelta(seconds=30)
LONGEST, MOST_KEYS = 64 * 1024, 50
RSA_BITS = range(2048, 8193)
"""FAPI 2.0 clause 5.4.1: keys of others, that nobody certifies."""


@dataclass(frozen=True)
class ClientKey:
    """A key that a client signs or reads with, and the certificate that it registered with it, if any."""

    kid: str
    spki: bytes
    algorithm: str
    """The one that the key is for; empty when it does not say."""
    certificate: bytes | None


@dataclass(frozen=True)
class _Set:
    keys: Sequence[ClientKey]
    readers: Sequence[ClientKey]
    asked_at: datetime
    got_at: datetime | None = None
    """When it was answered; None while it never was."""

    def has_lapsed(self, now: datetime) -> bool:
        """Whether there were keys, and none of them counts any more."""
        return self.got_at is not None and now - self.got_at >= KEYS_KEPT


@dataclass
class ClientKeys:
    """Every client's keys; one object a process."""

    fetcher: Get = field(default_factory=Unreachable)
    _sets: dict[str, _Set] = field(default_factory=dict)
    _told: dict[str, bool] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, client: Client, kid: str | None, now: datetime) -> Sequence[ClientKey]:
        """The client's keys, fetched again if need be to find one named `kid`."""
        if client.jwks:
            return parse_key_set(client.jwks)
        if not client.jwks_uri:
            return ()
        return self._set_at(
            client.jwks_uri, now, lambda known: kid is None or any(key.kid == kid for key in known.keys)
        ).keys

    def to_encrypt(self, client: Client, fits: Callable[[ClientKey], bool], now: datetime) -> ClientKey | None:
        """The first of the client's keys for encryption that fits, fetched again if need be to find one."""
        if client.jwks:
            return next(filter(fits, parse_key_set(client.jwks, "enc")), None)
        if not client.jwks_uri:
            return None
        found = self._set_at(client.jwks_uri, now, lambda known: any(map(fits, known.readers)))
        return next(filter(fits, found.readers), None)

    def news_of(self, client: Client, now: datetime) -> bool | None:
        """Whether the keys behind the client's address have lapsed, if that was not `told` yet; None for no news."""
        with self._lock:
            known = self._sets.get(client.jwks_uri or "")
            told = self._told.get(client.id)
        if client.jwks or known is None or known.got_at is None or known.has_lapsed(now) == told:
            return None
        return known.has_lapsed(now)

    def told(self, client: Client, *, lapsed: bool) -> None:
        """The news were passed on."""
        with self._lock:
            self._told[client.id] = lapsed

    def _set_at(self, url: str, now: datetime, will_do: Callable[[_Set], bool]) -> _Set:
        """The set that was fetched last, or fetched now where it is old or will not do; empty where it has lapsed."""
        with self._lock:
            known = self._sets.get(url)
        counts = known is not None and not known.has_lapsed(now)
        if known is None or now - known.asked_at >= (OLD_AFTER if counts and will_do(known) else REFETCH_AFTER):
            known = self._fetch(url, known, now)
        return replace(known, keys=(), readers=()) if known.has_lapsed(now) else known

    def _fetch(self, url: str, known: _Set | None, now: datetime) -> _Set:
        """The set as it is now; the one that was known, when nobody answers as asked.

        Whoever asks for it in the meantime waits for the same answer (`idp.fetching`).
        """
        before = known or _Set((), (), now)
        try:
            answer = self.fetcher.get(url)
            text = answer.body.decode() if answer.status == 200 else ""
            found = _Set(parse_key_set(text), parse_key_set(text, "enc"), now, now)
        except Busy:
            return before
        except (OSError, ValueError, PkiError):
            found = replace(before, asked_at=now)
        with self._lock:
            self._sets[url] = found
        return found


def chosen(keys: Sequence[ClientKey], header: Mapping[str, Any]) -> Mapping[str, bytes]:
    """Of the client's keys those that may have signed a token with this header, by name.

    The header is as it came: its members may be no texts, and what cannot be in a set is compared all the same. Keys of
    several kinds may have one name (RFC 7517 clause 4.5), or the header none: `alg` says of which kind it is.
    """
    alg, kid = header.get("alg"), header.get("kid")
    fit = [key for key in keys if key.algorithm in ("", alg) and (kid is None or key.kid == kid)]
    fit = [key for key in fit if alg in _algorithms(key.spki)] if len(fit) > 1 else fit
    return {key.kid: key.spki for key in fit}


def _algorithms(spki: bytes) -> tuple[str, ...]:
    """With which the key signs."""
    own = algorithm_of(spki)
    return (own.value, PSS) if own is SignatureAlgorithm.RSA_PKCS1_SHA256 else (own.value,)


@lru_cache(maxsize=256)
def parse_key_set(text: str, use: str = "sig") -> Sequence[ClientKey]:
    """The keys for this use in a JWK set; kinds that are not served here are left out (RFC 7517 clause 5).

    A key that says nothing of its use signs: whoever encrypts is told (OpenID Connect Core clause 10.2.1).
    Raises ParseError for what is no set, has too much in it, or a private key.
    """
    if len(text) > LONGEST:
        raise ParseError("a key set of this length is not read")
    keys = object_of(text.encode()).get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys) or len(keys) > MOST_KEYS:
        raise ParseError("not a JWK set")
    return tuple(found for key in keys if key.get("use", "sig") == use and (found := _key(key)) is not None)


def _key(key: Mapping[str, Any]) -> ClientKey | None:
    try:
        spki = agreement_spki_of(key) if _only_agrees(key) else spki_of(key)
        if not _only_agrees(key):
            check_strength(spki, RSA_BITS)
    except PkiError as fault:
        if fault.code == "pki.jwk-private":
            raise
        return None
    kid, alg = key.get("kid"), key.get("alg")
    name = kid if isinstance(kid, str) and kid else thumbprint(spki)
    return ClientKey(name, spki, alg if isinstance(alg, str) else "", _certificate(key.get("x5c")))


def _only_agrees(key: Mapping[str, Any]) -> bool:
    """Whether it is for encryption, of a kind that signs nothing."""
    return key.get("use") == "enc" and key.get("crv") == "X25519"


def _certificate(chain: Any) -> bytes | None:
    """RFC 7517 clause 4.7: base64, not base64url."""
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        return None
    try:
        return b64decode(chain[0], validate=True)
    except ValueError:
        return None


def canonical_set(text: str) -> str:
    """The set as it is kept. Raises ParseError for one without a key that is served here."""
    if not parse_key_set(text) and not parse_key_set(text, "enc"):
        raise ParseError("no key in it is served here")
    return json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)


def certifies_nobody(der: bytes) -> bool:
    """Whether no other certificate could be under it: version 3, no CA, no right to sign certificates."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = certificate.extensions
    except UNREADABLE:
        return False
    if certificate.version is not x509.Version.v3:
        return False
    for extension in extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            return False
        if isinstance(extension.value, x509.KeyUsage) and extension.value.key_cert_sign:
            return False
    return True
