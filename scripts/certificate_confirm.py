"""`certificate-confirm`: the names in a fresh certificate are right, says its holder."""

import click
from sqlalchemy import select

from ca.registration.holder import confirm
from ca.registration.holders_word import act_for
from ledger.acts import SignedAct
from ledger.certificates import Certificate
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb
from signers import open_signer


@verb("ca", example="python -m scripts certificate-confirm 9f86d0… --key file:/abs/new-key.pem")
@click.option("--key", required=True, help="URI of the certificate's own key; with --desk and --as, the officer's.")
@click.option("--as", "number", help="With --desk: number of the officer before whom the holder said it.")
@click.option("--desk", help="The code of the desk where the holder said it.")
@click.argument("sha256")
def certificate_confirm(run: Run, *, sha256: str, desk: str | None, number: str | None, key: str) -> Outcome | Refuse:
    """Confirms a certificate by its SHA-256, with its own key or at a desk; one that is not confirmed signs nobody in.

    Where a name is wrong: `revoke` with reason superseded, correct the register, and enrol again.
    """
    if (desk is None) != (number is None):
        raise click.UsageError("--desk and --as belong together: an officer at a desk confirms, or the key itself.")
    with run.ledger.read() as session:
        certificate = session.scalar(select(Certificate).where(Certificate.sha256 == sha256.lower()))
    if certificate is None:
        return Refuse("revocation.certificate-unknown")
    act = act_for(certificate, run.clock.now(), desk)
    if number is None:
        signed = SignedAct(act, certificate.sha256, open_signer(key).sign(act.message()))
    else:
        signed = run.acting(number, key).sign(act)
    outcome = confirm(run.ledger, certificate.sha256, signed, desk)
    if isinstance(outcome, Refuse):
        return outcome
    return Outcome({"certificate": certificate.sha256, "desk": desk}, ["The certificate is confirmed and may be used."])
