"""Letters: composed here, written into the outbox with the fact that causes them, sent by the worker."""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from ledger.outbox import MAIL, OutboxMessage

LIFE = timedelta(days=7)
"""How long sending a letter is tried."""
_NOBODY = "undisclosed-recipients:;"
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~.-]+@[A-Za-z0-9.-]+")
"""RFC 5321 clause 4.1.2, without quoted strings, address literals and what begins an encoded word (RFC 2047)."""


def addressable(to: str) -> bool:
    """Whether a letter can be addressed to it: one address in ASCII, of one line."""
    return _ADDRESS.fullmatch(to) is not None


def letter(
    message_id: str, sender: str, to: str, subject: str, text: str, at: datetime, person_id: str | None = None
) -> OutboxMessage:
    """The outbox message, of the id `message_id`, that brings this letter to the address `to`.

    It is made for any `to`, so that no address keeps the act that it tells of from being written: one that cannot stand
    in a header is left out of it (RFC 5322 clause 3.4, an empty group), and the worker gives the message up as dead.
    Its Message-ID is made of `message_id`, so that a letter that is sent twice is known as one (RFC 5322 clause 3.6.4).
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to if addressable(to) else _NOBODY, subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 clause 5
    mail.set_content(text)
    return OutboxMessage(
        id=message_id,
        kind=MAIL,
        url=f"mailto:{to}",
        content_type="message/rfc822",
        body=bytes(mail),
        not_after=at + LIFE,
        person_id=person_id,
    )
