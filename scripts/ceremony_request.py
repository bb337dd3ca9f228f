"""`ceremony-request`: a PKCS#10 by which an outside root certifies one of our CAs."""

from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import click

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.files import write_whole
from ca.ceremonies.names import CA_NAMES
from ca.ceremonies.subordinate import request
from ledger.certificates import generation_name
from pki.key_kind import KeyKind
from scripts.ceremony_issuer import alone_only_in_practice
from scripts.cli import Outcome, Run, verb
from scripts.issue import keyring
from scripts.key_kinds import with_kind
from web.home import Mode


@verb("ceremony", example="python -m scripts ceremony-request officers --outside national-root.pem --out officers.csr")
@click.argument("name", type=click.Choice(CA_NAMES))
@click.option(
    "--outside",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The outside root's certificate, PEM or DER. Compare its fingerprint by telephone or in the gazette first.",
)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Write the request here.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="For a home that has no ceremony yet.")
@with_kind
def ceremony_request(
    run: Run, *, name: str, outside: Path, out: Path, mode: str | None, kind: KeyKind | None
) -> Outcome:
    """Makes the key of NAME and its request to the outside root; take the answer with `ceremony-import`."""
    ceremony = Ceremony(run.ledger, run.home, keyring(run), Mode(mode) if mode else run.home.mode())
    alone_only_in_practice(ceremony)
    ceremony.begin()
    row = request(ceremony, name, outside.read_bytes(), kind)
    pem = DER_cert_to_PEM_cert(bytes(row.request)).replace(" CERTIFICATE-", " CERTIFICATE REQUEST-")
    write_whole(out, pem.encode())
    values = {
        "issuer": generation_name(row.name, row.generation),
        "request": str(out),
        "key_sha256": row.key_sha256,
        "outside_sha256": row.outside_sha256,
        "path_length": row.path_length,
    }
    return Outcome(values, [f"{name:>16}  {value}" for name, value in values.items()])
