"""An order that is ready becomes a request to be certified, by the way that all machines' requests go (`take_up`)."""

from ca.machines.acme.accounts import actor_of
from ca.machines.acme.limits import may_repeat
from ca.machines.acme.message import Message
from ca.machines.acme.refusals import record
from ca.machines.acme.renewal import is_due
from ca.machines.acme.standing import Client, Order
from ca.machines.acme.status import Status
from ca.machines.forms import parsed_form
from ca.machines.requests import Asking, take_up
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.acme import AcmeFinalization
from ledger.decision import Decision, Refuse
from ledger.exclusion import one_at_a_time
from ledger.ledger import Ledger, Taken
from pki.base64url import decode
from pki.crmf import is_crmf
from pki.errors import ParseError
from pki.request import SigningRequest, asked_names


def finalize(ledger: Ledger, message: Message, client: Client, order: Order, *, practice: bool) -> str | Refuse:
    """The id of the enrolment that the order became, or why it did not; one entry either way."""
    asked = request_of(message, client, order)
    if isinstance(asked, Refuse):
        return record(ledger, message, client, asked, order.row.id)
    asking = Asking(
        client.allowance.id, Protocol.ACME, asked, CredentialKind.ACCOUNT, client.account.id, message.octets,
        names=order.names,
    )  # fmt: skip
    replaces = order.row.replaces_id

    def final(enrolment_id: str) -> list[AcmeFinalization]:
        return [AcmeFinalization(order_id=order.row.id, enrolment_id=enrolment_id, replaces_id=replaces)]

    try:
        with one_at_a_time(ledger, order.row.names_sha256):
            allowed = _may_repeat(ledger, order)
            if isinstance(allowed, Refuse):
                return record(ledger, message, client, allowed, order.row.id)
            taken = take_up(ledger, asking, actor_of(client.account.id), practice=practice, further=final)
        return taken if isinstance(taken, str) or not _finalized(ledger, order) else Refuse("acme.order-not-ready")
    except Taken as clash:
        return Refuse("acme.already-replaced" if clash.columns == ("replaces_id",) else "acme.order-not-ready")


def _may_repeat(ledger: Ledger, order: Order) -> Decision:
    """Whether the names may have one more this week: many orders may have been placed while they still might."""
    now = ledger.clock.now()
    with ledger.read() as session:
        due = is_due(session, order.row.replaces_id, now)
        return may_repeat(session, order.row.names_sha256, now, due=due)


def _finalized(ledger: Ledger, order: Order) -> bool:
    """Whether the same was handed in a moment ago, so that its own key seems used."""
    with ledger.read() as session:
        return session.get(AcmeFinalization, order.row.id) is not None


def request_of(message: Message, client: Client, order: Order) -> SigningRequest | Refuse:
    """The PKCS#10 of a finalize message, if the order is ready for it and it asks for the order's names."""
    if order.status is not Status.READY:
        return Refuse("acme.order-not-ready")
    given = message.members()
    if isinstance(given, Refuse):
        return given
    return fitting(given.get("csr"), order.names, client.key.spki)


def fitting(csr: object, names: tuple[str, ...], account_key: bytes) -> SigningRequest | Refuse:
    """The PKCS#10 (base64url of DER), if it asks for just these hosts and is not for the account's own key.

    RFC 8555 clauses 7.4 and 11.1.
    """
    if not isinstance(csr, str):
        return Refuse("acme.malformed")
    try:
        octets = decode(csr)
    except ParseError:
        return Refuse("acme.csr")
    parsed = parsed_form(octets) if octets[:1] == b"\x30" and not is_crmf(octets) else Refuse("acme.csr")
    if isinstance(parsed, Refuse):
        return parsed
    if parsed.spki == account_key:
        return Refuse("acme.csr-account-key")
    hosts, common_name = asked_names(parsed.der)
    wanted = {name.lower() for name in (*hosts, *([common_name] if common_name else []))}
    return parsed if wanted == set(names) else Refuse("acme.csr-names")
