"""The provider's application: `LAOTRUST_PROCESS` says whether it is the main port or one of mutual TLS.

gunicorn 'idp.app:create_app()'
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from threading import Event as Signal
from threading import Thread

from flask import Blueprint, Flask

from idp.client_keys import ClientKeys
from idp.encryption import ReaderUnknown
from idp.fetching import Sparing
from idp.logout import end_forced
from idp.provider import Provider
from idp.routes import (
    approve,
    assurance,
    authorize,
    backchannel,
    certificate,
    consents,
    device,
    device_authorization,
    end_session,
    faults,
    kept,
    metadata,
    openapi,
    par,
    practice,
    register,
    sessions,
    sign_in,
    signed_out,
    token,
    token_status,
    userinfo,
)
from idp.routes.door import MachineDoor
from idp.tables import AccountEnd
from idp.token_keys import AlgorithmUnserved, PublicHalf, TokenKey
from ledger.certificates import Hold, KeyBlock, Revocation
from ledger.clock import Clock, Randomness, SystemClock, system_randomness
from ledger.entry import Entry
from ledger.follow import LOOK_EVERY, Follower, Start, follow
from ledger.ledger import Ledger
from ledger.people import Cutoff
from ledger.sealed_fields import SealedFields
from pki.errors import PkiError
from pki.jws import verify
from signers import open_signer, padded_by_pss
from web.app import Check
from web.app import create_app as create_house
from web.errors import refusal
from web.home import Home
from web.release import RELEASE
from web.relying_party import Fetcher
from web.settings import HouseSettings

MAIN: tuple[Blueprint, ...] = (
    metadata.routes, openapi.routes, authorize.routes, sign_in.routes, par.routes, token.routes, token_status.routes,
    userinfo.routes, end_session.routes, register.routes, consents.routes, backchannel.routes,
    device_authorization.routes, approve.routes, device.routes, signed_out.routes, sessions.routes,
    assurance.routes,
)  # fmt: skip
MUTUAL_TLS: tuple[Blueprint, ...] = (certificate.routes,)
"""All that is on the port that asks for a person's certificate: nobody is there who does not want to be asked."""
CLIENTS: tuple[Blueprint, ...] = (
    par.routes, token.routes, token_status.routes, userinfo.routes, backchannel.routes,
    device_authorization.routes,
)  # fmt: skip
"""All that is on the port where services show certificates (RFC 8705 clause 5)."""
BLUEPRINTS = {"idp-mtls": MUTUAL_TLS, "idp-clients-mtls": CLIENTS}
FURTHER = {"token-rs256": False, "token-ps256": True, "token-es256": False, "token-eddsa": False}
"""Names of keys for services that ask for another algorithm than `token` has, and whether each pads by PSS."""
_BEGIN_AGAIN = 1.0
"""Seconds before the telling of services begins anew, where the database was away."""
_log = logging.getLogger(__name__)
FORCING = (Cutoff, Revocation, Hold, KeyBlock, AccountEnd)
"""Facts after which sessions may have died: their services are told at once."""


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """The application of this process, over the settings of the environment. Raises SettingsUnfit."""
    given = os.environ if environment is None else environment
    settings = HouseSettings.from_environment(given, "idp", given.get("LAOTRUST_PROCESS") or "idp")
    provider = provider_of(settings)
    app = build(settings, provider)
    if settings.process == "idp":
        Thread(target=tell_services, args=(provider, Signal()), daemon=True, name="tell-services").start()
    return app


def provider_of(
    settings: HouseSettings, clock: Clock | None = None, randomness: Randomness = system_randomness
) -> Provider:
    """The provider that the settings describe, its keys opened. Raises PkiError or FieldKeyUnfit."""
    own = clock or SystemClock(), randomness, RELEASE, settings.process
    ledger = Ledger(settings.database_url, *own, by_keys=True)
    fields = SealedFields.open(settings.key_uri("fields"), randomness=randomness)
    keys = ClientKeys(Sparing(Fetcher.of(settings)))
    named = {name: settings.key_uri(name) for name in FURTHER if name in settings.keys}
    further = tuple(further_keys(settings.home, named))
    signer = open_signer(settings.key_uri("token"), jose=True)
    return Provider(ledger, fields, signer, settings.issuer, keys, further)


def further_keys(home: Home, named: Mapping[str, str]) -> Iterator[TokenKey]:
    """The keys of FURTHER that are named, or are in the home, opened. Raises PkiError."""
    for name, pss in FURTHER.items():
        if name in named or home.key(name).exists():
            uri = named.get(name) or home.key_uri(name)
            yield TokenKey(open_signer(padded_by_pss(uri) if pss else uri, jose=pss))


def build(settings: HouseSettings, provider: Provider) -> Flask:
    """The application over a provider; nothing runs beside it."""
    checks = [Check("token key", lambda: _token_key_works(provider))]
    app = create_house("idp", settings, ledger=provider.ledger, checks=checks, randomness=provider.ledger.randomness)
    app.extensions["provider"] = provider
    app.register_error_handler(AlgorithmUnserved, lambda _: refusal("client.algorithm-unserved", 503))
    app.register_error_handler(ReaderUnknown, lambda _: refusal("client.encryption-key", 503))
    kept.begin(app)
    app.extensions["mtls_url"] = settings.home.url("idp-clients-mtls")
    app.extensions["certificate_url"] = settings.home.url("idp-mtls")
    for routes in BLUEPRINTS.get(settings.process, MAIN):
        app.register_blueprint(routes)
    faults.begin(app)
    app.extensions["door"] = MachineDoor(app, provider.ledger)
    if settings.practice and settings.process not in BLUEPRINTS:
        app.register_blueprint(practice.routes)
    return app


def tell_services(provider: Provider, stop: Signal) -> None:
    """Until `stop`: whenever a fact may have killed sessions, their services are sent logouts.

    It begins with the sessions that died while nobody looked, as soon as the database is there.
    """

    def apply(entries: Sequence[Entry]) -> None:
        if entries:
            end_forced(provider)

    while not stop.is_set():
        try:
            follower = Follower(provider.ledger, Start.NOW, FORCING)
            end_forced(provider)
        except Exception as fault:  # noqa: BLE001 - whatever it is, who never begins tells nobody for ever
            _log.warning("services cannot be told of sessions that died: %s", fault)
            stop.wait(_BEGIN_AGAIN)
        else:
            follow(follower, apply, stop, breath=LOOK_EVERY)


def _token_key_works(provider: Provider) -> str | None:
    keys = provider.keys
    if closed := [key.kid for key in keys.keys if isinstance(key.signer, PublicHalf)]:
        return f"the announced token key {closed[0]} cannot be opened here: it would sign nothing when its time comes"
    for key in keys.signing:
        try:
            verify(key.sign("readyz", {}), {key.kid: key.signer.public_key}, {"readyz"}, algorithms={key.algorithm})
        except PkiError as fault:
            return f"the token key for {key.algorithm} does not sign: {fault.code}"
    return None
