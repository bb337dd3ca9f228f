"""Which of a client's keys count now: those that nobody blocked, since a key in other hands proves nothing of anybody.

Blocks and holders of keys are facts of the ledger, where the CA enters them; they are looked up at each use, so a block
ends what a client can do with the key from that moment on, also one that stands behind an address.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session as Reading

from idp.client_keys import ClientKey, chosen, parse_key_set
from idp.lapsed_keys import tell
from idp.provider import Provider
from idp.tables import Client
from ledger.certificates import KeyBlock, KeyUse
from ledger.facts import Facts
from ledger.ledger import Ledger
from ledger.people import Organisation
from ledger.rounds import looked_up
from pki.keys import key_sha256


def signing_keys(provider: Provider, client: Client, header: Mapping[str, Any], now: datetime) -> Mapping[str, bytes]:
    """Of the client's keys those that may have signed a token with this header and are not blocked, by name."""
    found = chosen(provider.client_keys.of(client, header.get("kid"), now), header)
    tell(provider, client, now)
    blocked = blocked_of(provider.ledger, found.values())
    return {kid: spki for kid, spki in found.items() if spki not in blocked} if blocked else found


def blocked_of(ledger: Ledger, spkis: Iterable[bytes]) -> set[bytes]:
    """Those of the keys that are blocked."""
    digests = {key_sha256(spki): spki for spki in spkis}
    if not digests:
        return set()
    with ledger.read() as reading:
        return {spki for digest, spki in digests.items() if looked_up(reading, _blocks, digest)}


def every_key(keys: Iterable[ClientKey]) -> set[bytes]:
    """The keys, and those of the certificates that were registered with them: a set may name two in one breath."""
    keys = tuple(keys)
    return {key.spki for key in keys} | {spki for key in keys if key.certificate for spki in _key_in(key.certificate)}


def _key_in(certificate: bytes) -> Iterator[bytes]:
    with suppress(ValueError, UnsupportedAlgorithm):
        key = x509.load_der_x509_certificate(certificate).public_key()
        yield key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_refusal(reading: Reading, jwks: str | None) -> str | None:
    """Why a client may not have one of the keys in this set: it is blocked, a person's, or one of our own.

    A key that an organisation has a certificate for may be the one of its service.
    """
    named = (*parse_key_set(jwks), *parse_key_set(jwks, "enc")) if jwks else ()
    digests = sorted(map(key_sha256, every_key(named)))
    if _blocks(reading, digests):
        return "client.key-blocked"
    bodies = select(Organisation.id).where(Organisation.id == KeyUse.subject)
    others = select(KeyUse.key_sha256).where(KeyUse.key_sha256.in_(digests), ~bodies.exists())
    return "client.key-used" if reading.scalar(others.limit(1)) is not None else None


_BLOCKED = Facts(
    select(KeyBlock.key_sha256).where(KeyBlock.key_sha256.in_(bindparam("keys", expanding=True)))
)  # fmt: skip


def _blocks(reading: Reading, keys: Sequence[str]) -> dict[str, bool]:
    return {key: True for (key,) in _BLOCKED.rows(reading, {"keys": keys})} if keys else {}
