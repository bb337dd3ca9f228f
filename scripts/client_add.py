"""`client-add`: a relying service may ask for sign-ins from now on."""

from pathlib import Path

import click

from idp.assurance import HIGHEST
from idp.authorization import SCOPES
from idp.clients import PROFILES, RegisteredClient, Registration, register, registering
from ledger.acts import SignedAct
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts client-add --lo ຮ້ານ --en Shop --redirect-uri https://shop.la/cb --as 10000001 --key …")
@for_person
@click.option("--lo", "name_lo", required=True, help="The service's name in Lao.")
@click.option("--en", "name_en", required=True, help="The service's name in English.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True, help="Exactly as the service sends it.")
@click.option("--post-logout-uri", "post_logout", multiple=True, help="Where it may ask to go after signing out.")
@click.option("--backchannel-logout-uri", "backchannel", help="Where it is told that a session is over.")
@click.option("--profile", type=click.Choice(PROFILES), default="gov", show_default=True)
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What it may ask for; default: all.")
@click.option("--level", type=click.IntRange(1, HIGHEST), default=2, show_default=True, help="Level at least.")
@click.option("--first-party", is_flag=True, help="A service of the government itself: no consent page.")
@click.option("--secret-file", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, mode 0600.")
def client_add(  # noqa: PLR0913 - one parameter an option
    run: Run, *, name_lo: str, name_en: str, redirect_uris: tuple[str, ...], post_logout: tuple[str, ...],
    backchannel: str | None, profile: str, scopes: tuple[str, ...], level: int, first_party: bool,
    secret_file: Path | None, number: str, key: str,
) -> Outcome | Refuse:  # fmt: skip
    """Registers a service. Its secret is shown once, or written to --secret-file; we keep only its digest."""
    wanted = Registration(
        name_lo=name_lo,
        name_en=name_en,
        profile=profile,
        redirect_uris=redirect_uris,
        scopes=scopes or SCOPES,
        post_logout_redirect_uris=post_logout,
        backchannel_logout_uri=backchannel,
        first_party=first_party,
        minimum_level=level,
    )
    signed = run.acting(number, key).sign(registering(wanted, run.clock.now()))
    if secret_file is None:
        done = register(run.ledger, wanted, signed)
        return done if isinstance(done, Refuse) else _told(done, None)
    try:
        secret_file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return Refuse("client.secret-file-exists")
    return _into(secret_file, run, wanted, signed)


def _into(secret_file: Path, run: Run, wanted: Registration, signed: SignedAct) -> Outcome | Refuse:
    """The file was there before the client is, so that its secret is not lost; without a client it goes again."""
    done: RegisteredClient | Refuse = Refuse("request.unexplained")
    try:
        done = register(run.ledger, wanted, signed)
    finally:
        if isinstance(done, Refuse):
            secret_file.unlink()
    return done if isinstance(done, Refuse) else _told(done, secret_file)


def _told(done: RegisteredClient, secret_file: Path | None) -> Outcome:
    if secret_file is None:
        values = {"client_id": done.client_id, "client_secret": done.client_secret}
        return Outcome(values, [f"client_id      {done.client_id}", f"client_secret  {done.client_secret}"])
    secret_file.write_text(done.client_secret + "\n")
    values = {"client_id": done.client_id, "secret_file": str(secret_file)}
    return Outcome(values, [f"client_id  {done.client_id}", f"The secret is in {secret_file}."])
