"""A person with a browser, and a service, driving the provider's application as outsiders do."""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from idp.accounts import OpenedAccount
from idp.clients import RegisteredClient
from idp.factors.totp import code
from tests.doubles import TurnedClock

ISSUER = "https://localhost:8443"
VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PASSWORD = "ນົກບິນຂ້າມຂອງ 2569"


@dataclass(frozen=True)
class Service:
    """A relying service that asks for sign-ins."""

    client: RegisteredClient
    redirect_uri: str

    def ask(self, **changes: str) -> dict[str, str]:
        """The parameters of an authorization request; an empty change leaves one out."""
        usual = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email phone organisation",
            "state": "af0ifjsldkj",
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | changes).items() if value}

    def redeem(self, app: Flask, code_: str, **changes: str) -> TestResponse:
        """What the token endpoint says to the code."""
        form = {"grant_type": "authorization_code", "code": code_, "redirect_uri": self.redirect_uri}
        return self.post(app, "/token", {**form, "code_verifier": VERIFIER, **changes})

    def refresh(self, app: Flask, token: str) -> TestResponse:
        return self.post(app, "/token", {"grant_type": "refresh_token", "refresh_token": token})

    def post(self, app: Flask, path: str, form: dict[str, str]) -> TestResponse:
        """A POST with the service's own credentials by client_secret_basic."""
        own = (self.client.client_id, self.client.client_secret)
        sent = {name: value for name, value in form.items() if value}
        return app.test_client().post(path, base_url=ISSUER, data=sent, auth=own)

    def as_(self, client: RegisteredClient) -> "Service":
        return replace(self, client=client)


@dataclass
class Visitor:
    """A browser with its cookies, and the page that it shows."""

    app: Flask
    page: TestResponse = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str, parameters: Any = ()) -> TestResponse:
        query = f"?{urlencode(parameters)}" if parameters else ""
        self.page = self.client.get(path + query, base_url=ISSUER, headers={"Accept": "text/html"})
        return self.page

    def submit(self, **typed: str) -> TestResponse:
        """Sends the first form of the page, its hidden fields and what was typed."""
        form = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', self.page.text, re.DOTALL)
        assert form, self.page.text
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form[2])
        return self.post(unescape(form[1]), {**dict(hidden), **typed})

    def post(self, path: str, form: dict[str, str]) -> TestResponse:
        self.page = self.client.post(path, base_url=ISSUER, data=form, headers={"Accept": "text/html"})
        return self.page

    def sign_in(self, service: Service, person: "Person", **changes: str) -> dict[str, str]:
        """Password and one-time code; what the service reads in its redirect."""
        self.get("/authorize", service.ask(**changes))
        self.submit(username=person.number, password=PASSWORD)
        self.submit(code=person.code())
        return self.redirected()

    def redirected(self) -> dict[str, str]:
        """The parameters of the redirect that the page is."""
        assert self.page.status_code == 303, self.page.text
        return dict(parse_qsl(urlsplit(self.page.headers["Location"]).query))


@dataclass(frozen=True)
class Person:
    """A person of the register with an account."""

    id: str
    number: str
    account: OpenedAccount
    clock: TurnedClock

    def code(self) -> str:
        """A code that was not shown yet: half a minute later than the last."""
        self.clock.turn(seconds=30)
        return code(self.account.totp_secret, self.clock.now())
