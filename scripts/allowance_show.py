"""`allowance-show`: one allowance, with the secrets that were made for it."""

import click
from sqlalchemy import select

from ca.tables.machines import Allowance, AllowanceSecret, AllowanceSecretEnd
from ledger.decision import Refuse
from scripts.allowances import lines_of, values_of
from scripts.cli import Outcome, Run, verb


@verb("ca", "python -m scripts allowance-show 01932a5c-…")
@click.argument("allowance")
def allowance_show(run: Run, *, allowance: str) -> Outcome | Refuse:
    """Shows what machines may ask for under an allowance, and which secrets still open; no secret itself."""
    with run.ledger.read() as session:
        found = session.get(Allowance, allowance)
        if found is None:
            return Refuse("machine.allowance-unknown")
        values = values_of(run, session, found)
        statement = (
            select(AllowanceSecret, AllowanceSecretEnd.secret_id)
            .join(AllowanceSecretEnd, AllowanceSecretEnd.secret_id == AllowanceSecret.id, isouter=True)
            .where(AllowanceSecret.allowance_id == found.id)
        )
        secrets = [
            {
                "reference": secret.reference,
                "protocol": secret.protocol,
                "until": secret.not_after.isoformat(),
                "opens": ended is None and run.clock.now() < secret.not_after,
            }
            for secret, ended in session.execute(statement.order_by(AllowanceSecret.id))
        ]
    lines = [f"{one['protocol']} {one['reference']} {'opens' if one['opens'] else 'over'}" for one in secrets]
    return Outcome({**values, "secrets": secrets}, [*lines_of(values), *lines])
