"""The agreement under which a service gets data of others (DP-04): with a lapsed one it is refused everywhere.

A service that was registered without any is judged by its own life alone; `client-list` says so.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session as Reading

from idp.events import ClientAgreed
from idp.management import act_of, manager, refused
from idp.registration.tables import ClientAgreement
from idp.tables import Client
from ledger.acts import Act, SignedAct
from ledger.canonical import canonical
from ledger.decision import Allow, Decision, Refuse
from ledger.ledger import Ledger, Taken
from ledger.people import Organisation


@dataclass(frozen=True)
class Agreed:
    """What the paper says: between which organisation and us, its number, and its days."""

    organisation: str
    """Its code in the register."""
    reference: str
    valid_from: datetime
    valid_until: datetime

    @property
    def has_days(self) -> bool:
        """Whether it ends after it begins, and has a number that fits."""
        return self.valid_from < self.valid_until and 0 < len(self.reference) <= 64 and self.reference.isprintable()

    def digest(self, client_id: str) -> str:
        """SHA-256 in hex of all of it and of the client: what the person signs who enters it."""
        return sha256(canonical({"client": client_id, **asdict(self)})).hexdigest()


def agreeing(client_id: str, agreed: Agreed, at: datetime) -> Act:
    """What the person signs who enters a new agreement, or a longer one, for a client that is there."""
    return act_of("client.agree", agreed.digest(client_id), at)


def agree(ledger: Ledger, client_id: str, agreed: Agreed, signed: SignedAct) -> Decision:
    """The client works under this agreement from now on, whatever was before; `signed` is `agreeing`."""
    by = manager(ledger, signed, "client.agree", agreed.digest(client_id))
    if isinstance(by, Refuse):
        return by
    with ledger.read() as session:
        known = session.get(Client, client_id) if client_id.isprintable() else None
        number = next_number(session, client_id)
        rows = agreement_row(session, ledger.new_id(), client_id, agreed, number)
    code = rows.code if isinstance(rows, Refuse) else None if agreed.has_days else "client.agreement-days"
    if known is None or isinstance(rows, Refuse) or code:
        return refused(ledger, "unknown", code or "client.unknown", by.person_id)
    try:
        with ledger.entry(ClientAgreed(client_id, number), by.actor) as tx:
            tx.add(*rows, by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, client_id, "client.agreed-meanwhile", by.person_id)
    return Allow()


def newest_agreement(session: Reading, client_id: str) -> ClientAgreement | None:
    """The one that counts, if it does."""
    statement = select(ClientAgreement).where(ClientAgreement.client_id == client_id)
    return session.scalar(statement.order_by(ClientAgreement.number.desc()).limit(1))


def next_number(session: Reading, client_id: str) -> int:
    """Of the client's next agreement."""
    newest = newest_agreement(session, client_id)
    return newest.number + 1 if newest is not None else 1


def agreement_row(
    session: Reading, agreement_id: str, client_id: str, agreed: Agreed | None, number: int = 1
) -> list[ClientAgreement] | Refuse:
    """The fact, none without an agreement; Refuse `client.organisation-unknown`."""
    if agreed is None:
        return []
    organisation = organisation_id(session, agreed.organisation)
    if organisation is None:
        return Refuse("client.organisation-unknown")
    return [
        ClientAgreement(
            id=agreement_id,
            client_id=client_id,
            number=number,
            organisation_id=organisation,
            reference=agreed.reference,
            valid_from=agreed.valid_from,
            valid_until=agreed.valid_until,
        )
    ]


def organisation_id(session: Reading, code: str) -> str | None:
    """The organisation of this code."""
    return session.scalar(select(Organisation.id).where(Organisation.code == code))


def told(session: Reading, client_id: str) -> dict[str, str] | None:
    """The client's newest agreement, for people and programs."""
    newest = newest_agreement(session, client_id)
    if newest is None:
        return None
    return {
        "organisation": session.get_one(Organisation, newest.organisation_id).code,
        "number": newest.reference,
        "from": f"{newest.valid_from:%Y-%m-%d}",
        "until": f"{newest.valid_until:%Y-%m-%d}",
    }
