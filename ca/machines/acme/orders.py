"""Orders (RFC 8555 clause 7.4): names of one certificate, each within the allowance before anything is looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.events.acme import AcmeAuthorizationEnded, AcmeChallengeAnswered, AcmeOrdered
from ca.machines.acme.accounts import actor_of, may_act
from ca.machines.acme.challenges import Method
from ca.machines.acme.limits import may_order
from ca.machines.acme.message import Message
from ca.machines.acme.refusals import record
from ca.machines.acme.renewal import certificate_id_of, is_due, replaced_by
from ca.machines.acme.standing import Authorization, Client
from ca.machines.acme.status import Status
from ca.machines.rules import Names
from ca.tables.acme import (
    AcmeAuthorization,
    AcmeAuthorizationEnd,
    AcmeChallengeReady,
    AcmeFinalization,
    AcmeOrder,
)
from ledger.addresses import host_within
from ledger.base import latest
from ledger.canonical import canonical
from ledger.certificates import Certificate
from ledger.decision import Allow, Decision, Refuse
from ledger.exclusion import one_at_a_time
from ledger.ledger import Deed, Ledger, Taken
from ledger.people import OrganisationDetail
from pki.base64url import encode
from pki.zone import is_address

MOST_NAMES = 30
"""In one order: each is three look-ups and a row or two."""
ENDLESS = ("notBefore", "notAfter")


@dataclass(frozen=True)
class NamesRefused(Refuse):
    """Names that the account may not have, each with its own code (RFC 8555 clause 6.7.1)."""

    names: Mapping[str, str] | None = None


def place(ledger: Ledger, message: Message, client: Client, *, practice: bool) -> AcmeOrder | Refuse:
    """The new order with its authorizations, or why there is none; either way one entry."""
    given = message.members()
    wanted = given if isinstance(given, Refuse) else _names(given)
    if isinstance(given, Refuse) or isinstance(wanted, Refuse):
        return record(ledger, message, client, given if isinstance(given, Refuse) else wanted)  # type: ignore[arg-type]
    with one_at_a_time(ledger, client.account.id):
        return _placed(ledger, message, client, given, wanted, practice=practice)


def _placed(
    ledger: Ledger,
    message: Message,
    client: Client,
    given: Mapping[str, Any],
    wanted: Sequence[str],
    *,
    practice: bool,
) -> AcmeOrder | Refuse:
    now, names = ledger.clock.now(), canonical(list(wanted)).decode()
    digest = sha256(names.encode()).hexdigest()
    with ledger.read() as session:
        replaced = replaced_by(session, given.get("replaces"), client, wanted, now)
        allowed = may_act(client, session) and may_be_named(session, client, wanted, practice=practice)
        if allowed and isinstance(replaced, Refuse):
            allowed = replaced
        replaces_id = None if isinstance(replaced, Refuse) else replaced
        due = is_due(session, replaces_id, now)
        allowed = allowed and may_order(session, client.account.id, wanted, digest, now, due=due)
        hours = current(session).acme_order_hours
    if isinstance(allowed, Refuse):
        return record(ledger, message, client, allowed)
    order = AcmeOrder(
        id=ledger.new_id(), account_id=client.account.id, names=names, names_sha256=digest,
        expires_at=now + timedelta(hours=hours), replaces_id=replaces_id,
    )  # fmt: skip
    tokens = [encode(ledger.randomness(32)) for _ in wanted]
    rows = [
        AcmeAuthorization(id=ledger.new_id(), order_id=order.id, name=name, token=token)
        for name, token in zip(wanted, tokens, strict=True)
    ]
    event = AcmeOrdered(order.id, client.account.id, len(wanted))
    try:
        ledger.entries([Deed(event, actor_of(client.account.id), [order, *rows])])
    except Taken:
        return record(ledger, message, client, Refuse("acme.already-replaced"))
    return order


def may_be_named(session: Session, client: Client, names: Sequence[str], *, practice: bool) -> Decision:
    """Whether all these hosts are the organisation's, and within what its account was allowed."""
    domains, allowed = _domains(session, client.allowance.organisation_id), Names.of(client.allowance)
    refused = {
        name: "acme.name-refused"
        for name in names
        if is_address(name) or not host_within(name, domains, practice=practice) or not allowed.has_host(name)
    }
    return NamesRefused("acme.name-refused", refused) if refused else Allow()


def answer(ledger: Ledger, message: Message, client: Client, authorization: Authorization, method: Method) -> Decision:
    """It is on record that the client's answer to this challenge is in place; the first such word counts."""
    if authorization.status is not Status.PENDING or authorization.trial.answered:
        return Allow()  # RFC 8555 clause 7.5.1: who asks again is shown how it stands
    ready = AcmeChallengeReady(
        authorization_id=authorization.row.id, method=method.value, thumbprint=message.thumbprint,
        request=message.octets,
    )  # fmt: skip
    event = AcmeChallengeAnswered(authorization.row.id, method.value)
    try:
        ledger.entries([Deed(event, actor_of(client.account.id), [ready])])
    except Taken:
        return Allow()
    return Allow()


def give_up(ledger: Ledger, client: Client, authorization: Authorization) -> Decision:
    """The authorization counts no more (RFC 8555 clause 7.5.2)."""
    end = AcmeAuthorizationEnd(authorization_id=authorization.row.id)
    event = AcmeAuthorizationEnded(authorization.row.id)
    try:
        ledger.entries([Deed(event, actor_of(client.account.id), [end])])
    except Taken:
        return Allow()
    return Allow()


def orders_of(session: Session, account_id: str, before: str | None, most: int) -> list[str]:
    """Ids of the account's orders, the newest first, that come after the one named (RFC 8555 clause 7.1.2.1)."""
    statement = select(AcmeOrder.id).where(AcmeOrder.account_id == account_id).order_by(AcmeOrder.id.desc())
    if before is not None:
        statement = statement.where(AcmeOrder.id < before)
    return list(session.scalars(statement.limit(most)))


def _domains(session: Session, organisation_id: str) -> list[str]:
    newest = latest(OrganisationDetail, OrganisationDetail.organisation_id)
    detail = session.scalars(newest.where(OrganisationDetail.organisation_id == organisation_id)).one()
    return list(detail.domains.split())


def account_of(session: Session, enrolment_id: str | None) -> str | None:
    """The account whose order led to this enrolment."""
    asked = select(AcmeOrder.account_id).join(AcmeFinalization, AcmeFinalization.order_id == AcmeOrder.id)
    return session.scalar(asked.where(AcmeFinalization.enrolment_id == enrolment_id))


def replaces(ledger: Ledger, order: AcmeOrder) -> str | None:
    """The `certID` of the certificate that the order comes in place of."""
    if order.replaces_id is None:
        return None
    with ledger.read() as session:
        return certificate_id_of(session.get_one(Certificate, order.replaces_id).der)


def _names(given: Mapping[str, Any]) -> list[str] | Refuse:
    """The hosts that are asked for, each once, in lower case, sorted."""
    identifiers = given.get("identifiers")
    if not isinstance(identifiers, list) or not identifiers:
        return Refuse("acme.malformed")
    if len(identifiers) > MOST_NAMES:
        return Refuse("acme.too-many-names")
    if any(name in given for name in ENDLESS):
        return Refuse("acme.dates")
    if not all(isinstance(one, dict) and isinstance(one.get("value"), str) for one in identifiers):
        return Refuse("acme.malformed")
    if any(one.get("type") != "dns" for one in identifiers):
        return Refuse("acme.identifier-unsupported")
    # RFC 8555 clause 7.1.4: names of other scripts come in their ASCII form. Before the case is taken off: the sign of
    # Kelvin is a small k's capital too.
    named = [str(one["value"]) for one in identifiers]
    fit = all(name.isascii() and name.isprintable() for name in named)
    return sorted({name.lower() for name in named}) if fit else Refuse("acme.name-refused")
