"""Whom a service means: by the name that he types, by a token of ours, or by a token that the service signs itself."""

from collections.abc import Mapping

from sqlalchemy.orm import Session as Reading

from idp import accounts
from idp.grants.subjects import account_called
from idp.profiles import profile_of
from idp.provider import Provider
from idp.tables import Client
from idp.tokens import TokenInvalid, read_id_token_hint
from idp.usable_keys import signing_keys
from ledger.decision import Refuse
from pki.errors import PkiError
from pki.jws import is_numeric_date, unverified_header, verify

HINTS = ("login_hint", "id_token_hint", "login_hint_token")
_NAMED_BY = {"email": "email", "phone_number": "phone_number", "opaque": "id"}
"""Formats of a subject identifier (RFC 9493 clause 3.2), and the member that names the person: `opaque` his number."""


def account_of(reading: Reading, provider: Provider, client: Client, asked: Mapping[str, str]) -> str | Refuse:
    """The open account of the person who is meant. Refuse `backchannel.user-unknown` or `backchannel.hint-expired`."""
    if asked.get("id_token_hint"):
        return _of_subject(reading, _subject_in(provider, client, asked["id_token_hint"]), client)
    name = asked.get("login_hint", "")
    if asked.get("login_hint_token"):
        named = _named(provider, client, asked["login_hint_token"])
        if isinstance(named, Refuse):
            return named
        name = named
    found = accounts.find(reading, name) if name.isprintable() else None
    return found.id if found else Refuse("backchannel.user-unknown")


def _subject_in(provider: Provider, client: Client, token: str) -> str:
    """As at the authorization endpoint, the client's own token counts alone."""
    try:
        claims = read_id_token_hint(token, provider)
    except TokenInvalid:
        return ""
    return str(claims["sub"]) if claims["aud"] == client.id else ""


def _of_subject(reading: Reading, sub: str, client: Client) -> str | Refuse:
    account_id = account_called(reading, sub, client.sector) if sub else None
    found = accounts.by_id(reading, account_id) if account_id else None
    return found.id if found else Refuse("backchannel.user-unknown")


def _named(provider: Provider, client: Client, token: str) -> str | Refuse:
    """The name in a token that the client signed for us: `sub_id` (RFC 9493), `iss`, `aud` and `exp`."""
    now = provider.ledger.clock.now()
    try:
        header = unverified_header(token)
        keys = signing_keys(provider, client, header, now)
        claims = verify(token, keys, ("", "JWT"), algorithms=profile_of(client).algorithms).claims()
    except PkiError:
        return Refuse("backchannel.user-unknown")
    named, exp = claims.get("sub_id"), claims.get("exp")
    if claims.get("iss") != client.id or claims.get("aud") != provider.issuer or not isinstance(named, dict):
        return Refuse("backchannel.user-unknown")
    if exp is None or not is_numeric_date(exp) or exp <= now.timestamp():
        return Refuse("backchannel.hint-expired")
    name = named.get(_NAMED_BY.get(str(named.get("format")), ""))
    return name if isinstance(name, str) else Refuse("backchannel.user-unknown")
