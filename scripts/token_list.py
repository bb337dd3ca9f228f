"""`token-list URI`: what is in a token."""

from dataclasses import asdict

import click

from scripts.cli import Outcome, Run, verb
from signers.pkcs11 import contents


@verb("ceremony", example="python -m scripts token-list 'pkcs11:token=vault?pin-source=file:/media/me/vault.pin'")
@click.argument("uri")
def token_list(_run: Run, *, uri: str) -> Outcome:
    """Lists the objects of the token that a pkcs11: URI names: label, id, kind, and whether a key may leave it."""
    found = contents(uri)
    leaving = {True: "may leave the token", False: "stays in the token", None: ""}
    lines = [f"{one.label}  {one.key_id}  {one.kind} {one.algorithm}  {leaving[one.extractable]}" for one in found]
    return Outcome({"objects": [asdict(one) for one in found]}, lines or ["ຫວ່າງ / the token is empty"])
