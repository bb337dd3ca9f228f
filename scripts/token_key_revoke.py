"""`token-key-revoke`: a key of tokens that others may know goes at once."""

import os

import click

from ca.governance.provenance import verified
from idp.key_emergency import REVOKE, Sender, revoke
from idp.key_rotation import changing, key_at
from idp.token_keys import AlgorithmUnserved
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.token_key_list import keyring_of


@verb("idp", "python -m scripts token-key-revoke KID --as 10000001 --key file:/abs/key.pem", dashes=True)
@for_person
@click.argument("kid")
@click.option("--new", "new", help="URI of a new key, for when none is announced; it is made there if there is none.")
def token_key_revoke(run: Run, *, kid: str, new: str | None, number: str, key: str) -> Outcome | Refuse:
    """Takes the key KID out of our key set now: nothing that it signed counts, and the announced key signs.

    Services are written to at their contacts: drop the key set that you keep, end the sessions that began with it.
    Who kept our key set may still take forged tokens for up to an hour, so call those that matter most.
    """
    keyring = keyring_of(run)
    algorithm = next((one.algorithm for one in keyring.current(run.ledger).keys if one.kid == kid), None)
    if algorithm is None:
        return Refuse("token-key.unknown")
    try:
        fresh = key_at(new, algorithm) if new else None
    except AlgorithmUnserved:
        return Refuse("token-key.algorithm")
    with run.ledger.read() as reading:
        address = verified(reading).mail_sender
    signed = run.acting(number, key).sign(changing(REVOKE, kid, run.clock.now()))
    issuer = os.environ.get("LAOTRUST_ISSUER") or run.home.url("idp")
    revoked = revoke(run.ledger, keyring, kid, signed, Sender(address, issuer), fresh)
    if isinstance(revoked, Refuse):
        return revoked
    said = f"{kid} is revoked; {revoked.next or 'an older key'} signs. {revoked.letters} letters go to services."
    return Outcome({"kid": kid, "next": revoked.next, "letters": revoked.letters}, [said])
