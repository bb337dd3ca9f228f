"""`account-add`: a person can sign in with a password and one-time codes."""

from pathlib import Path
from urllib.parse import quote

import click

from idp.accounts import open_account, opening
from idp.factors.totp import base32
from ledger.decision import Refuse
from ledger.sealed_fields import SealedFields
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts account-add 10000017 --password-file password.txt --as 10000001 --key file:/abs/k")
@for_person
@click.argument("person")
@click.option("--password-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Else: a prompt.")
@click.option("--renew", is_flag=True, help="Give a new password and secret to an account that exists.")
def account_add(
    run: Run, *, person: str, password_file: Path | None, renew: bool, number: str, key: str
) -> Outcome | Refuse:
    """Opens an account for the PERSON of this number and shows the secret for his authenticator app once."""
    officer = run.acting(number, key)
    password = _from(password_file) if password_file else _asked()
    fields = SealedFields.open(run.key_uri("fields"), randomness=run.randomness)
    signed = officer.sign(opening(person, run.clock.now(), renew=renew))
    opened = open_account(run.ledger, fields, person, password, signed, renew=renew)
    if isinstance(opened, Refuse):
        return opened
    secret = base32(opened.totp_secret)
    uri = f"otpauth://totp/{quote('laotrust')}:{person}?secret={secret}&issuer=laotrust"
    values = {"account": opened.account_id, "username": person, "totp_secret": secret, "otpauth": uri}
    return Outcome(values, [f"The account of {person} is open.", f"For the authenticator app: {uri}"])


def _from(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError("--password-file is a text in UTF-8 that holds the password alone") from None


def _asked() -> str:
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return answer
