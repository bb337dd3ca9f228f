"""What one credential was refused is in the log: so many times an hour, since a machine may ask in vain for ever.

The others are in the lines and counters of the process alone.
"""

from datetime import timedelta

from ca.configuration import DEFAULT, current
from ledger.ledger import Ledger
from web.pace import Pace

_PACE = Pace(DEFAULT.machine_refusals_hour, timedelta(hours=1))


def entered(ledger: Ledger, credential: str) -> bool:
    """Whether one refusal more of this secret, certificate or account is entered; it counts as one."""
    with ledger.read() as session:
        most = current(session).machine_refusals_hour
    return _PACE.take_named(credential, ledger.clock.now(), most)
