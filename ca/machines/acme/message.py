"""What a client sent (RFC 8555 clause 6.2): its signature verified, its nonce spent, its account found."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.machines.acme.nonces import Nonces
from ca.machines.acme.standing import Client, client_of
from ca.machines.acme.status import Status
from ca.tables.acme import AcmeAccount, AcmeAccountKey
from ledger.decision import Refuse
from ledger.ledger import Ledger
from pki.errors import ParseError, PkiError
from pki.flattened import UnverifiedJws, account_key, check_algorithm, parse_flattened, verify
from pki.jws import thumbprint

ACCOUNT_PATH = "/acme/account/"
_ID = re.compile("[0-9a-f-]{36}")


@dataclass(frozen=True)
class Message:
    """A request whose signature holds; only `read` makes one. `client` is None when the key came with it (`jwk`)."""

    octets: bytes
    jws: UnverifiedJws
    url: str
    spki: bytes
    client: Client | None

    @property
    def sha256(self) -> str:
        """Of the message as it came, hex."""
        return sha256(self.octets).hexdigest()

    @property
    def thumbprint(self) -> str:
        """Of the key that signed."""
        return thumbprint(self.spki)

    @property
    def is_get(self) -> bool:
        """Whether it only asks to see something (POST-as-GET, RFC 8555 clause 6.3)."""
        return self.jws.payload == b""

    def members(self) -> dict[str, Any] | Refuse:
        """The payload's members."""
        try:
            return self.jws.members()
        except ParseError:
            return Refuse("acme.malformed")


FAULTS = {
    "jws.algorithm": "acme.algorithm",
    "pki.key-weak": "acme.key-unfit",
    "pki.unsupported": "acme.key-unfit",
}
"""What is wrong with a message, as its client is told; anything else is malformed."""


def read(ledger: Ledger, nonces: Nonces, octets: bytes, url: str) -> Message | Refuse:
    """The message, meant for this `url`, if it is signed as it says and was not sent before.

    Nothing is written for a message that nobody signed: its nonce stays.
    """
    try:
        message = _verified(ledger, octets, url)
    except PkiError as fault:
        return Refuse(FAULTS.get(fault.code, "acme.malformed"))
    if isinstance(message, Refuse):
        return message
    nonce = message.jws.text("nonce")
    if nonce is None or not nonces.spent_first(ledger, nonce, ledger.clock.now()):
        return Refuse("acme.nonce")
    if message.client is not None and message.client.status is not Status.VALID:
        # Deactivation is for ever (RFC 8555 clause 7.3.6); an allowance that ended takes its accounts along.
        return Refuse("acme.account-ended")
    return message


def _verified(ledger: Ledger, octets: bytes, url: str) -> Message | Refuse:
    jws = parse_flattened(octets)
    check_algorithm(jws)
    if ("jwk" in jws.header) == ("kid" in jws.header):
        return Refuse("acme.malformed")
    if jws.text("url") != url:
        return Refuse("acme.url")
    if "jwk" in jws.header:
        spki, client = account_key(jws.header["jwk"]), None
    else:
        with ledger.read() as session:
            found = _by_kid(session, jws.text("kid"), url, ledger.clock.now())
        if found is None:
            return Refuse("acme.account-unknown")
        spki, client = found
    try:
        verify(jws, spki)
    except PkiError:
        return Refuse("acme.signature")
    return Message(octets, jws, url, spki, client)


def _by_kid(session: Session, kid: str | None, url: str, now: datetime) -> tuple[bytes, Client] | None:
    """The account whose address this is, on this very server, and its key of now."""
    base = url.partition("/acme/")[0] + ACCOUNT_PATH
    key = kid.removeprefix(base) if kid is not None and kid.startswith(base) else ""
    account = session.get(AcmeAccount, key) if _ID.fullmatch(key) else None
    if account is None:
        return None
    client = client_of(session, account, now)
    return client.key.spki, client


def account_by_key(session: Session, spki: bytes, now: datetime) -> Client | None:
    """The account whose key this is now. A key that an account had before is nobody's."""
    held = select(AcmeAccountKey).where(AcmeAccountKey.thumbprint == thumbprint(spki))
    key = session.scalar(held)
    if key is None:
        return None
    client = client_of(session, session.get_one(AcmeAccount, key.account_id), now)
    return client if client.key.id == key.id else None
