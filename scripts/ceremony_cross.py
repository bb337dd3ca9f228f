"""`ceremony-cross`: our root certifies another CA's key."""

from pathlib import Path

import click

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.cross import certify
from ledger.decision import Refuse
from scripts.ceremony_issuer import alone_only_in_practice
from scripts.cli import Outcome, Run, verb
from scripts.issue import alone, keyring


@verb("ceremony", example="python -m scripts ceremony-cross other-root.pem --by root --out cross.pem")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", default="root", show_default=True, help="Which root of ours signs: root, root-2 …")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Write it here, PEM.")
def ceremony_cross(run: Run, *, file: Path, by: str, out: Path) -> Outcome | Refuse:
    """Certifies the CA of FILE, its root certificate or its PKCS#10, within our own name constraints.

    The root's key must be at hand, the signing room stopped. It ends by the change `ca-certificate.revoke`.
    """
    ceremony = Ceremony(run.ledger, run.home, keyring(run), run.home.mode())
    with alone(run) as only:
        if not only:
            return Refuse("issuance.other-room")
        alone_only_in_practice(ceremony)
        certificate = certify(ceremony, ceremony.opened_generation(by), file.read_bytes())
    if isinstance(certificate, Refuse):
        return certificate
    ceremony.keep_at(out, bytes(certificate.der))
    values = {"certificate": str(out), "sha256": certificate.sha256, "not_after": certificate.not_after.isoformat()}
    return Outcome(values, [f"The cross certificate is in {out} and holds until {values['not_after']}."])
