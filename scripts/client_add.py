"""`client-add`: a relying service may ask for sign-ins from now on."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from idp.assurance import HIGHEST
from idp.client_authentication import METHODS
from idp.clients import (
    ALGORITHMS,
    BACKCHANNEL_ALGORITHMS,
    BACKCHANNEL_MODES,
    RegisteredClient,
    Registration,
    register,
    registering,
)
from idp.declared import CIBA, CLIENT_CREDENTIALS, DEVICE
from idp.details import TYPES
from idp.profiles import BY_NAME, PROFILES
from idp.scopes import SCOPES
from ledger.acts import SignedAct
from ledger.decision import Refuse
from scripts.agreement import agreed_by, with_agreement
from scripts.cli import Outcome, Run, for_person, verb
from scripts.client_encryption import declared_by, with_encryption
from scripts.token_key_list import keyring_of

GRANT_TYPES = ("authorization_code", "refresh_token", CLIENT_CREDENTIALS, CIBA, DEVICE)


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
@click.option("--frontchannel-logout-uri", "frontchannel", help="What its pages load when a session is over.")
@click.option("--auth-method", type=click.Choice(tuple(METHODS)), help="How it authenticates; default: a secret.")
@click.option("--jwks", "jwks", type=click.File(), help="Its public keys, a JWK set (with x5c for self-signed).")
@click.option("--jwks-uri", help="Where its public keys are; fetched again for a key that is new.")
@click.option("--tls-subject", help="dns:HOST or dn:SUBJECT of its certificate, for tls_client_auth.")
@click.option("--id-token-alg", type=click.Choice(ALGORITHMS), help="How its ID tokens are signed.")
@click.option("--userinfo-alg", type=click.Choice(ALGORITHMS), help="Its userinfo is signed, and so.")
@with_encryption
@click.option("--request-uri", "request_uris", multiple=True, help="Where a request object of its may be fetched.")
@click.option("--signed-requests", is_flag=True, help="It signs every request; what is not signed is refused.")
@click.option("--resource", "resources", multiple=True, help="A service that its access tokens may be for (RFC 8707).")
@with_agreement(required=False)
@click.option("--backchannel-mode", type=click.Choice(BACKCHANNEL_MODES), help="It may ask for people by name (CIBA).")
@click.option("--notification-uri", help="Where it is pinged when somebody answered, with --backchannel-mode ping.")
@click.option("--backchannel-alg", type=click.Choice(BACKCHANNEL_ALGORITHMS), help="With which it signs what it asks.")
@click.option("--response-mode", "response_modes", multiple=True, type=click.Choice(BY_NAME["standard"].response_modes),
              help="The only ones in which answers come to it; default: all.")
@click.option("--details-type", "details_types", multiple=True, type=click.Choice(tuple(TYPES)),
              help="What it may ask people for in detail (RFC 9396), for services at its --resource.")
@click.option("--serves", multiple=True, help="A resource that it is itself: it may introspect tokens for it.")
@click.option("--grant-type", "grant_types", multiple=True, type=click.Choice(GRANT_TYPES),
              help="The only grants that it may use; client_credentials has to be named.")
@click.option("--secret-file", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, mode 0600.")
def client_add(  # noqa: PLR0913 - one parameter an option
    run: Run, *, name_lo: str, name_en: str, redirect_uris: tuple[str, ...], post_logout: tuple[str, ...],
    backchannel: str | None, profile: str, scopes: tuple[str, ...], level: int, first_party: bool,
    frontchannel: str | None, auth_method: str | None, jwks: TextIO | None, jwks_uri: str | None,
    tls_subject: str | None, id_token_alg: str | None, userinfo_alg: str | None, request_uris: tuple[str, ...],
    signed_requests: bool, resources: tuple[str, ...], organisation: str | None, agreement: str | None,
    agreed_from: datetime | None, agreed_until: datetime | None, backchannel_mode: str | None,
    notification_uri: str | None, backchannel_alg: str | None, serves: tuple[str, ...],
    grant_types: tuple[str, ...], secret_file: Path | None, details_types: tuple[str, ...],
    response_modes: tuple[str, ...], number: str, key: str, **encryption: str | None,
) -> Outcome | Refuse:  # fmt: skip
    """Registers a service. Its secret is shown once, or written to --secret-file; we keep only its digest.

    A service that authenticates by a key or a certificate has none. What each profile demands: docs/integration.md.
    """
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
        auth_method=auth_method,
        jwks=jwks.read() if jwks else None,
        jwks_uri=jwks_uri,
        tls_subject=tls_subject,
        id_token_alg=id_token_alg,
        userinfo_alg=userinfo_alg,
        request_uris=request_uris,
        resources=resources,
        frontchannel_logout_uri=frontchannel,
        signed_requests=signed_requests,
        declared=replace(
            declared_by(encryption), details_types=details_types, grant_types=grant_types, response_modes=response_modes
        ),
        agreed=agreed_by(organisation, agreement, agreed_from, agreed_until),
        backchannel_mode=backchannel_mode,
        notification_uri=notification_uri,
        backchannel_alg=backchannel_alg,
        serves=serves,
    )
    signed = run.acting(number, key).sign(registering(wanted, run.clock.now()))
    if secret_file is None or not wanted.has_secret:
        done = _registered(run, wanted, signed)
        return done if isinstance(done, Refuse) else _told(done, None)
    try:
        secret_file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return Refuse("client.secret-file-exists")
    return _into(secret_file, run, wanted, signed)


def _registered(run: Run, wanted: Registration, signed: SignedAct) -> RegisteredClient | Refuse:
    """Our keys are opened only where something must be signed in one way."""
    asked = wanted.id_token_alg or wanted.userinfo_alg
    served = keyring_of(run).current(run.ledger).algorithms if asked else ALGORITHMS
    return register(run.ledger, wanted, signed, served)


def _into(secret_file: Path, run: Run, wanted: Registration, signed: SignedAct) -> Outcome | Refuse:
    """The file was there before the client is, so that its secret is not lost; without a client it goes again."""
    done: RegisteredClient | Refuse = Refuse("request.unexplained")
    try:
        done = _registered(run, wanted, signed)
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
