"""The external account binding (RFC 8555 clause 7.3.4): by it an account is of the organisation of an allowance."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.machines.rules import Protocol
from ca.tables.machines import AllowanceSecret
from ledger.decision import Refuse
from pki.base64url import decode
from pki.errors import PkiError
from pki.flattened import UnverifiedJws, account_key, of_object, verify_mac

OpenSecret = Callable[[AllowanceSecret], bytes]
"""The text of a sealed secret, for whoever holds the key `doors`: base64url, as its client was given it."""


@dataclass(frozen=True)
class Binding:
    """A binding as it came, and the secret that it names; nothing of it is verified yet."""

    jws: UnverifiedJws
    secret: AllowanceSecret


def named(session: Session, given: object) -> Binding | Refuse:
    """The binding of a newAccount message, if it names a secret of ours."""
    if given is None:
        return Refuse("acme.binding-needed")
    if not isinstance(given, dict):
        return Refuse("acme.malformed")
    try:
        jws = of_object(given)
    except PkiError:
        return Refuse("acme.malformed")
    kid = jws.text("kid")
    known = select(AllowanceSecret).where(
        AllowanceSecret.reference == kid, AllowanceSecret.protocol == Protocol.ACME.value
    )
    # Nothing else is asked of the database: PostgreSQL has no text with every sign that JSON has.
    secret = None if kid is None or not kid.isascii() or not kid.isprintable() else session.scalar(known)
    return Refuse("acme.binding-wrong") if secret is None else Binding(jws, secret)


def verified(binding: Binding, spki: bytes, url: str, secret: bytes) -> bool:
    """Whether who holds the secret bound this very account key, for this very address."""
    if binding.jws.text("url") != url or "nonce" in binding.jws.header or "jwk" in binding.jws.header:
        return False
    try:
        verify_mac(binding.jws, decode(secret.decode("ascii")))
        return account_key(binding.jws.members()) == spki
    except PkiError:
        return False
