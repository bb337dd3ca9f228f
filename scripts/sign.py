"""`sign FILE`: a PDF under one's own key, with time stamps and status evidence inside."""

import logging
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from scripts.cli import Outcome, Run, verb
from scripts.http import post
from signers import open_signer
from validation.pades.making import Services, SigningIdentity, sign_pdf


@verb("sign", example="python -m scripts sign decree.pdf --key file:/home/me/sign.key.pem --certificate me.pem")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", required=True, help="URI of your signing key.")
@click.option("--certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: FILE with -signed before .pdf.")
@click.option("--time-stamps", help="URL of the time-stamp authority; default: this home's.")
@click.option("--no-content-time-stamp", is_flag=True, help="Leave out the proof that it is not older than it says.")
@click.option("--no-status", is_flag=True, help="Leave out the status evidence (level T instead of LT).")
def sign(
    run: Run,
    file: Path,
    key: str,
    certificate: Path,
    out: Path | None,
    time_stamps: str | None,
    *,
    no_content_time_stamp: bool,
    no_status: bool,
) -> Outcome:
    """Sign a PDF with your own key (PAdES baseline LT)."""
    logging.getLogger("pyhanko").setLevel(logging.ERROR)  # it warns of what `sign_pdf` means to do
    identity = SigningIdentity(open_signer(key), der_of(certificate), issuers_in(run))
    services = Services(time_stamps or f"{run.home.url('tsa')}/", post)
    signed = sign_pdf(
        file.read_bytes(),
        identity,
        services,
        run.clock.now(),
        content_time_stamp=not no_content_time_stamp,
        embed_status=not no_status,
    )
    target = out or file.with_name(f"{file.stem}-signed.pdf")
    target.write_bytes(signed)
    return Outcome({"signed": str(target), "octets": len(signed)}, [f"ເຊັນແລ້ວ / signed: {target}"])


def issuers_in(run: Run) -> list[bytes]:
    """The issuers' certificates of the home (DER), the root last."""
    names = ("officers", "citizens", "services", "root")
    return [der_of(run.home.certificate(name)) for name in names if run.home.certificate(name).exists()]


def der_of(pem: Path) -> bytes:
    """The first certificate of a PEM file."""
    return x509.load_pem_x509_certificate(pem.read_bytes()).public_bytes(Encoding.DER)
