"""`client-add`: a relying service may ask for sign-ins from now on."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from idp.clients import RegisteredClient, Registration, register, registering
from ledger.acts import SignedAct
from ledger.decision import Refuse
from scripts.agreement import agreed_by, with_agreement
from scripts.cli import Outcome, Run, for_person, verb
from scripts.client_options import EMPTY, changed, settled, with_registration


@verb("idp", "python -m scripts client-add --lo ຮ້ານ --en Shop --redirect-uri https://shop.la/cb --as 10000001 --key …")
@for_person
@with_registration(new=True)
@with_agreement(required=False)
@click.option("--secret-file", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, mode 0600.")
def client_add(
    run: Run, *, organisation: str | None, agreement: str | None, agreed_from: datetime | None,
    agreed_until: datetime | None, secret_file: Path | None, number: str, key: str, **said: Any,
) -> Outcome | Refuse:  # fmt: skip
    """Registers a service. Its secret is shown once, or written to --secret-file; we keep only its digest.

    A service that authenticates by a key or a certificate has none. What each profile demands: docs/integration.md.
    """
    agreed = agreed_by(organisation, agreement, agreed_from, agreed_until)
    wanted, served = settled(run, replace(changed(EMPTY, said), agreed=agreed))
    signed = run.acting(number, key).sign(registering(wanted, run.clock.now()))
    if secret_file is None or not wanted.has_secret:
        done = register(run.ledger, wanted, signed, served)
        return done if isinstance(done, Refuse) else _told(done, None)
    try:
        secret_file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return Refuse("client.secret-file-exists")
    return _into(secret_file, run, wanted, signed, served)


def _into(
    secret_file: Path, run: Run, wanted: Registration, signed: SignedAct, served: tuple[str, ...]
) -> Outcome | Refuse:
    """The file was there before the client is, so that its secret is not lost; without a client it goes again."""
    done: RegisteredClient | Refuse = Refuse("request.unexplained")
    try:
        done = register(run.ledger, wanted, signed, served)
    finally:
        if isinstance(done, Refuse):
            secret_file.unlink()
    return done if isinstance(done, Refuse) else _told(done, secret_file)


def _told(done: RegisteredClient, secret_file: Path | None) -> Outcome:
    if not done.client_secret:
        return Outcome({"client_id": done.client_id}, [f"client_id  {done.client_id}"])
    if secret_file is None:
        values = {"client_id": done.client_id, "client_secret": done.client_secret}
        return Outcome(values, [f"client_id      {done.client_id}", f"client_secret  {done.client_secret}"])
    secret_file.write_text(done.client_secret + "\n")
    values = {"client_id": done.client_id, "secret_file": str(secret_file)}
    return Outcome(values, [f"client_id  {done.client_id}", f"The secret is in {secret_file}."])
