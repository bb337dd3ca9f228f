"""Accounts (RFC 8555 clause 7.3): made under a secret that people gave out, and ended by their client alone.

A client's mail address is read, judged and not kept: whoever answers for the keys is named in the allowance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ca.events.acme import AcmeAccountEnded, AcmeAccountMade, AcmeKeyChanged, AcmeTermsAgreed
from ca.machines.acme.binding import Binding, OpenSecret, named, verified
from ca.machines.acme.limits import may_have_account
from ca.machines.acme.message import FAULTS, Message, account_by_key
from ca.machines.acme.standing import Client, client_of
from ca.machines.acme.status import Status
from ca.statement import terms
from ca.tables.acme import AcmeAccount, AcmeAccountEnd, AcmeAccountKey, AcmeAccountTerms
from ca.tables.machines import Allowance, AllowanceSecret, AllowanceSecretEnd
from ledger.addresses import parse_mail
from ledger.base import Fact
from ledger.decision import Allow, Decision, Refuse
from ledger.event import Actor, Event
from ledger.exclusion import one_at_a_time
from ledger.ledger import Deed, Ledger, Taken
from pki.errors import PkiError
from pki.flattened import account_key, parse_flattened, verify
from pki.jws import thumbprint

MOST_CONTACTS = 5


@dataclass(frozen=True)
class Registered:
    """An account as the answer to newAccount; `made`: there was none before."""

    client: Client
    made: bool


@dataclass(frozen=True)
class KeyTaken(Refuse):
    """The key is another account's, which the answer names (RFC 8555 clause 7.3.5)."""

    account_id: str = ""


def actor_of(account_id: str) -> Actor:
    """For what an account causes."""
    return Actor(f"acme:{account_id}")


def register(ledger: Ledger, message: Message, open_secret: OpenSecret) -> Registered | Refuse:
    """The account of the key that signed: the one that it has, or a new one by an external binding."""
    given = message.members()
    if message.client is not None or isinstance(given, Refuse):
        return Refuse("acme.malformed")
    with ledger.read() as session:
        there = account_by_key(session, message.spki, ledger.clock.now())
    if there is not None:
        alive = there.status is Status.VALID
        return Registered(there, made=False) if alive else Refuse("acme.account-ended")
    if given.get("onlyReturnExisting") is True:
        return Refuse("acme.account-unknown")
    contact = may_be_contacts(given.get("contact", []))
    return contact if isinstance(contact, Refuse) else _registered(ledger, message, given, open_secret)


def _registered(
    ledger: Ledger, message: Message, given: Mapping[str, Any], open_secret: OpenSecret
) -> Registered | Refuse:
    with ledger.read() as session:
        binding = named(session, given.get("externalAccountBinding"))
    if isinstance(binding, Refuse):
        return binding
    with one_at_a_time(ledger, binding.secret.allowance_id):
        return _made(ledger, message, given, binding, open_secret)


def _made(
    ledger: Ledger, message: Message, given: Mapping[str, Any], binding: Binding, open_secret: OpenSecret
) -> Registered | Refuse:
    now = ledger.clock.now()
    with ledger.read() as session:
        allowance = session.get_one(Allowance, binding.secret.allowance_id)
        bound = verified(binding, message.spki, message.url, open_secret(binding.secret))
        lives = _lives(session, binding.secret, ledger)
        allowed = (Allow() if bound else Refuse("acme.binding-wrong")) and lives
        allowed = allowed and may_have_account(session, allowance) and _agreed(given)
        in_force = terms.current(session)
    if isinstance(allowed, Refuse):
        return allowed  # not recorded: no account of ours signed, and who did may send as much as he likes
    account = AcmeAccount(
        id=ledger.new_id(), allowance_id=allowance.id, secret_id=binding.secret.id, request=message.octets
    )
    facts = [
        account,
        _key(ledger, account.id, 1, message.spki, None),
        _terms(ledger, account.id, 1, in_force),
    ]
    event = AcmeAccountMade(account.id, allowance.id, binding.secret.id)
    try:
        ledger.entries([Deed(event, actor_of(account.id), facts)])
    except Taken:  # the same key a moment ago, or a key that an account had before
        return Refuse("acme.key-taken")
    with ledger.read() as session:
        return Registered(client_of(session, session.get_one(AcmeAccount, account.id), now), made=True)


def may_be_contacts(given: object) -> Decision:
    """Whether these can be addresses of somebody (RFC 8555 clause 7.3: `unsupportedContact`, `invalidContact`)."""
    if not isinstance(given, list) or len(given) > MOST_CONTACTS or not all(isinstance(one, str) for one in given):
        return Refuse("acme.malformed")
    if not all(one.startswith("mailto:") for one in given):
        return Refuse("acme.contact-unsupported")
    read = all(parse_mail(one.removeprefix("mailto:")) for one in given)
    return Allow() if read else Refuse("acme.contact-invalid")


def update(ledger: Ledger, message: Message, client: Client) -> Decision:
    """What the client says of its account: that it ends, or that it agrees to the terms of now."""
    given = message.members()
    if isinstance(given, Refuse):
        return given
    account, status = client.account, given.get("status", "valid")
    if status not in ("valid", "deactivated"):  # of any type
        return Refuse("acme.malformed")
    if status == "deactivated":
        end = AcmeAccountEnd(account_id=account.id, request=message.octets)
        return _once(ledger, AcmeAccountEnded(account.id), account.id, [end], "acme.account-ended")
    contact = may_be_contacts(given.get("contact", []))
    if not contact:
        return contact
    with ledger.read() as session:
        in_force = terms.current(session)
    if given.get("termsOfServiceAgreed") is not True or in_force.digest == client.terms.terms_digest:
        return Allow()
    agreed = _terms(ledger, account.id, client.terms.number + 1, in_force)
    event = AcmeTermsAgreed(account.id, in_force.version)
    return _once(ledger, event, account.id, [agreed], "acme.malformed")


def change_key(ledger: Ledger, message: Message, client: Client) -> Decision:
    """The account has the key that signed the inner message, if the old one signed for it (RFC 8555 clause 7.3.5)."""
    spki = new_key(message.octets, message.url, client.account.id, client.key.spki)
    if isinstance(spki, Refuse):
        return spki
    with ledger.read() as session:
        other = account_by_key(session, spki, ledger.clock.now())
    if other is not None:
        return KeyTaken("acme.key-taken", other.account.id)
    number = client.key.number + 1
    key = _key(ledger, client.account.id, number, spki, message.octets)
    event = AcmeKeyChanged(client.account.id, number)
    return _once(ledger, event, client.account.id, [key], "acme.key-taken")


def new_key(octets: bytes, url: str, account_id: str, old: bytes) -> bytes | Refuse:
    """The key (DER) to which a keyChange message changes the account, each of its two signatures verified."""
    try:
        outer = parse_flattened(octets)
        verify(outer, old)
        inner = parse_flattened(outer.payload)
        spki = account_key(inner.header.get("jwk"))
        verify(inner, spki)
        said = inner.members()
        own = outer.text("kid") or ""
        meant = account_key(said.get("oldKey")) == old and said.get("account") == own
    except PkiError as fault:
        return Refuse(FAULTS.get(fault.code, "acme.malformed"))
    stray = "nonce" in inner.header or "kid" in inner.header
    meant = meant and own.endswith(f"/{account_id}")
    fits = inner.text("url") == url and outer.text("url") == url and not stray and meant
    return spki if fits else Refuse("acme.malformed")


def may_act(client: Client, session: Session) -> Decision:
    """Whether the client agreed to the terms that are in force (RFC 8555 clause 7.3.3)."""
    agreed = client.terms.terms_digest == terms.current(session).digest
    return Allow() if agreed else Refuse("acme.terms-changed")


def _agreed(given: Mapping[str, Any]) -> Decision:
    return Allow() if given.get("termsOfServiceAgreed") is True else Refuse("acme.terms-not-agreed")


def _lives(session: Session, secret: AllowanceSecret, ledger: Ledger) -> Decision:
    over = session.get(AllowanceSecretEnd, secret.id) is not None or ledger.clock.now() >= secret.not_after
    return Refuse("acme.binding-wrong") if over else Allow()


def _key(ledger: Ledger, account_id: str, number: int, spki: bytes, request: bytes | None) -> AcmeAccountKey:
    return AcmeAccountKey(
        id=ledger.new_id(), account_id=account_id, number=number, thumbprint=thumbprint(spki), spki=spki,
        request=request,
    )  # fmt: skip


def _terms(ledger: Ledger, account_id: str, number: int, agreed: terms.Terms) -> AcmeAccountTerms:
    return AcmeAccountTerms(
        id=ledger.new_id(), account_id=account_id, number=number, terms_version=agreed.version,
        terms_digest=agreed.digest,
    )  # fmt: skip


def _once(ledger: Ledger, event: Event, account_id: str, facts: Sequence[Fact], taken: str) -> Decision:
    try:
        ledger.entries([Deed(event, actor_of(account_id), facts)])
    except Taken:
        return Refuse(taken)
    return Allow()
