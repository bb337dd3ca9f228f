"""`account-code`: what the person's authenticator app shows now; in practice installations only."""

import click

from idp.accounts import find, totp_secret
from idp.factors.totp import STEP_SECONDS, code
from ledger.decision import Refuse
from ledger.sealed_fields import SealedFields
from scripts.cli import Outcome, Run, verb
from web.home import Mode


@verb("idp", "python -m scripts account-code 10000017")
@click.argument("username")
def account_code(run: Run, *, username: str) -> Outcome | Refuse:
    """Prints the current one-time code of USERNAME. Practice only: in production nobody but the person has it."""
    if run.home.mode() is not Mode.PRACTICE:
        return Refuse("account.practice-only")
    with run.ledger.read() as session:
        found = find(session, username)
    if found is None:
        return Refuse("account.unknown")
    if found.totp is None:
        return Refuse("account.no-secret")
    now = run.clock.now()
    shown = code(totp_secret(SealedFields.open(run.key_uri("fields")), found.totp), now)
    left = STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS
    return Outcome({"username": username, "code": shown, "seconds_left": left}, [f"{shown} (for {left} s more)"])
