"""`token-key-announce`: a new key of tokens is in our key set, and signs nothing yet."""

import click

from idp.clients import ALGORITHMS
from idp.key_rotation import ANNOUNCE, announce, changing, key_at
from idp.token_keys import AlgorithmUnserved
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts token-key-announce ES256 file:/abs/new.pem?passphrase-source=… --as 10000001 --key …")
@for_person
@click.argument("algorithm", type=click.Choice(ALGORITHMS))
@click.argument("uri")
def token_key_announce(run: Run, *, algorithm: str, uri: str, number: str, key: str) -> Outcome | Refuse:
    """Announces the key at URI for ALGORITHM; it is made there if there is none. Use it after two hours."""
    try:
        opened, where = key_at(uri, algorithm)
    except AlgorithmUnserved:
        return Refuse("token-key.algorithm")
    signed = run.acting(number, key).sign(changing(ANNOUNCE, opened.kid, run.clock.now()))
    decision = announce(run.ledger, opened, where, signed)
    if isinstance(decision, Refuse):
        return decision
    return Outcome({"kid": opened.kid, "algorithm": algorithm}, [f"{opened.kid} ({algorithm}) is announced."])
