"""What accounts were refused is in the log: of each so many an hour, since a client may ask in vain for ever.

The others, and what strangers ask for, are in the lines and counters of the process alone.
"""

from ca.events.acme import AcmeRefused
from ca.machines.acme.accounts import actor_of
from ca.machines.acme.message import Message
from ca.machines.acme.standing import Client
from ca.machines.floods import entered
from ledger.decision import Refuse
from ledger.ledger import Ledger


def record(ledger: Ledger, message: Message, client: Client, refusal: Refuse, order: str | None = None) -> Refuse:
    """The refusal, which is in the log unless the account had many within this hour."""
    account = client.account
    if entered(ledger, account.id):
        event = AcmeRefused(refusal.code, message.sha256, account.id, account.allowance_id, order)
        ledger.record(event, actor_of(account.id))
    return refusal
