"""The holders' page beside the real provider, in one process: a token key of ours, an account, a registered client."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from ca.app import HolderSettings, create_holder_app
from idp.accounts import OpenedAccount, open_account, opening
from idp.app import build
from idp.clients import RegisteredClient, Registration, register, registering
from idp.factors.totp import code
from idp.provider import Provider
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from pki.jwk import jwk
from scripts.story.browser import Page
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.surfer import Inside, Surfer
from tests.doubles import SteadyChance, TurnedClock
from tests.idp.visitor import ISSUER, PASSWORD
from tests.issuing import KeySigner
from tests.serving import home_with_keys, settings_for
from web.home import Home, Mode
from web.sign_on import Reaching

PAGES = "https://localhost:8452"
OWN = f"{PAGES}/certificates"
BACK = f"{OWN}/back"


@dataclass
class Provided:
    """Both applications over the desk's ledger."""

    desk: Desk
    folder: Path
    clock: TurnedClock
    own: Ledger
    """The ledger under the role of the holders' page."""
    token_key: KeySigner = field(default_factory=KeySigner)
    client_key: KeySigner = field(default_factory=KeySigner)
    accounts: dict[str, OpenedAccount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ledger, self.home = self.desk.ledger, home_with_keys(self.folder / "home", {"client": self.client_key})
        self.token_certificate = self.desk.certify(None, "token-signer", self.token_key)
        self.provider = Provider(ledger, SealedFields([bytes(range(32))], SteadyChance(5)), self.token_key, ISSUER)
        self.idp: Flask = build(settings_for("idp", self.home, ledger.url), self.provider)
        self.client = self.register(BACK)
        self.pages = self.application(self.home)
        self.desk.contact(f"o{HOLDER}", "office@mtc.gov.la")
        self.open_account(HOLDER)

    def register(self, redirect_uri: str) -> RegisteredClient:
        """A relying service of the government."""
        scopes = ("openid", "organisation")
        keys = json.dumps({"keys": [jwk(self.client_key.public_key)]})
        wanted = Registration("ໃບຢັ້ງຢືນ", "Certificates", "gov", (redirect_uri,), scopes, first_party=True,
                              auth_method="private_key_jwt", jwks=keys)  # fmt: skip
        signed = self.desk.sign(CLERK, registering(wanted, self.clock.now()))
        made = register(self.desk.ledger, wanted, signed)
        assert isinstance(made, RegisteredClient)
        return made

    def application(self, home: Home, web: Reaching | None = None) -> Flask:
        """The holders' pages."""
        settings = HolderSettings(
            "ca", home, Mode.PRACTICE, self.own.url, ISSUER, process="holder",
            client_id=self.client.client_id, client_key=self.home.key_uri("client"),
        )  # fmt: skip
        return create_holder_app(settings, self.own, web or Inside(self.idp))

    def open_account(self, number: str) -> None:
        """The person can sign in by password and one-time code."""
        signed = self.desk.sign(CLERK, opening(number, self.clock.now(), renew=False))
        opened = open_account(self.desk.ledger, self.provider.fields, number, PASSWORD, signed)
        assert isinstance(opened, OpenedAccount)
        self.accounts[number] = opened

    def surfer(self, language: str = "en") -> Surfer:
        """A fresh browser."""
        return Surfer({ISSUER: self.idp, PAGES: self.pages}, language)

    def one_time_code(self, number: str = HOLDER) -> str:
        """One that was not shown yet: half a minute later than the last."""
        self.clock.turn(seconds=30)
        return code(self.accounts[number].totp_secret, self.clock.now())

    def sign_in(self, surfer: Surfer, url: str = OWN, number: str = HOLDER) -> Page:
        """The page at `url`, reached by way of the provider."""
        return self.prove(surfer, surfer.open(url), number)

    def prove(self, surfer: Surfer, page: Page, number: str = HOLDER) -> Page:
        """The page that comes of password and code put into the provider's forms."""
        named = {"username": number, "current-password": PASSWORD}
        page = surfer.submit(page, page.form_with("current-password"), named)
        return surfer.submit(page, page.form_with("one-time-code"), {"one-time-code": self.one_time_code(number)})
