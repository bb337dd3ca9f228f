"""`client-invite`: services of an organisation may register themselves."""

from datetime import UTC, datetime
from pathlib import Path

import click

from idp.assurance import HIGHEST
from idp.profiles import PROFILES
from idp.registration.invitations import MOST, Terms, invite, inviting
from idp.scopes import SCOPES
from ledger.decision import Refuse
from scripts.agreement import agreed_by, with_agreement
from scripts.cli import Outcome, Run, for_person, verb


@verb("idp", "python -m scripts client-invite --organisation MTC --agreement 12/MTC --from 2026-12-01 "
             "--until 2027-12-01 --open-until 2026-12-31 --as 10000001 --key …")  # fmt: skip
@for_person
@with_agreement(required=True)
@click.option("--profile", type=click.Choice(PROFILES), default="gov", show_default=True, help="None gets beyond it.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="For which; default: all."
)
@click.option("--level", type=click.IntRange(1, HIGHEST), default=2, show_default=True, help="Level at least.")
@click.option("--registrations", "most", type=click.IntRange(1, MOST), default=1, show_default=True, help="How many.")
@click.option("--open-until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="No registration after, UTC.")
@click.option("--token-file", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, mode 0600.")
def client_invite(  # noqa: PLR0913 - one parameter an option
    run: Run, *, organisation: str, agreement: str, agreed_from: datetime, agreed_until: datetime, profile: str,
    scopes: tuple[str, ...], level: int, most: int, open_until: datetime, token_file: Path | None, number: str,
    key: str,
) -> Outcome | Refuse:  # fmt: skip
    """Gives out an initial access token (RFC 7591): whoever holds it registers so many services within the profile.

    The token is shown once, or written to --token-file; we keep only its digest. Services work under the agreement.
    """
    agreed = agreed_by(organisation, agreement, agreed_from, agreed_until)
    assert agreed is not None, "its options are required"
    terms = Terms(profile, most, open_until.replace(tzinfo=UTC), agreed, scopes or SCOPES, level)
    if token_file is not None:
        try:
            token_file.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            return Refuse("client.secret-file-exists")
    done = invite(run.ledger, terms, run.acting(number, key).sign(inviting(terms, run.clock.now())))
    if isinstance(done, Refuse):
        if token_file is not None:
            token_file.unlink()
        return done
    values = {"invitation": done.invitation_id}
    if token_file is None:
        token = {"initial_access_token": done.token}
        return Outcome(values | token, [f"invitation  {done.invitation_id}", f"token       {done.token}"])
    token_file.write_text(done.token + "\n")
    lines = [f"invitation  {done.invitation_id}", f"The token is in {token_file}."]
    return Outcome(values | {"token_file": str(token_file)}, lines)
