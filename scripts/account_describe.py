"""`account-describe`: what a person says of himself beyond the register."""

import json
from typing import TextIO

import click

from idp.own_claims import describe, describing
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts account-describe 10000017 claims.json --as 10000001 --key file:/abs/key.pem")
@for_person
@click.argument("person")
@click.argument("claims_file", type=click.File(encoding="utf-8"))
def account_describe(run: Run, *, person: str, claims_file: TextIO, number: str, key: str) -> Outcome | Refuse:
    """Enters standard claims of OpenID Connect for the PERSON of this number: nickname, website, address and the like.

    CLAIMS_FILE is a JSON object. It replaces what was entered before; names, mail and telephone are the register's.
    """
    try:
        claims = json.load(claims_file)
    except (ValueError, RecursionError):
        return Refuse("account.claims")
    if not isinstance(claims, dict):
        return Refuse("account.claims")
    signed = run.acting(number, key).sign(describing(person, claims, run.clock.now()))
    decision = describe(run.ledger, person, claims, signed)
    if isinstance(decision, Refuse):
        return decision
    return Outcome({"username": person, "claims": sorted(claims)}, [f"{person}: {', '.join(sorted(claims))}"])
