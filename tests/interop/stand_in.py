"""A provider that tells a site whatever a test says, where ours has its addresses: what does the site believe?"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask

from ledger.clock import SystemClock
from tests.conformance.description import Client, Provider
from tests.idp.keys import Holder
from tests.interop.doorway import served
from tests.interop.ready_made import write_certificate

EVENT = "http://schemas.openid.net/event/backchannel-logout"
PERSON = {"sub": "noy", "name#lo": "ນ້ອຍ"}


@dataclass
class StandIn:
    """It knows one client. `lies` are in the place of what its ID token says, `person` is its userinfo."""

    described: Provider
    """Ours, at its address."""
    client: Client
    holder: Holder = field(default_factory=Holder.of_rsa)
    lies: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=lambda: PERSON)
    nonce: str = ""

    @property
    def issuer(self) -> str:
        return self.described.issuer

    def signed(self, typ: str, **claims: Any) -> str:
        """A token for the client about its person."""
        at = int(SystemClock().now().timestamp())
        usual = {"iss": self.issuer, "aud": self.client.client_id, "sub": "noy", "sid": "s1"}
        return self.holder.sign(usual | {"iat": at, "exp": at + 300} | claims, "RS256", typ=typ)

    def logout_token(self, typ: str = "logout+jwt", **changes: Any) -> str:
        """It ends the session (OpenID Connect Back-Channel Logout clause 2.4); a change of None leaves one out."""
        return self.signed(typ, **({"jti": "j1", "events": {EVENT: {}}} | changes))

    def answer(self, site: str, begin: str, back: str, authority: Path) -> requests.Session:
        """The browser of somebody who began at one path of the site and came back to another with a code."""
        browser = requests.Session()
        browser.trust_env, browser.verify = False, str(authority)
        sent = browser.get(site + begin, timeout=15, allow_redirects=False).headers["Location"]
        assert sent.startswith(self.issuer), sent
        asked = {name: value for name, [value] in parse_qs(urlsplit(sent).query).items()}
        self.nonce = asked["nonce"]
        answer = {"code": "c", "state": asked["state"], "iss": self.issuer}
        browser.get(site + back, params=answer, timeout=15, allow_redirects=False)
        return browser

    def app(self) -> Flask:
        """What the site asks it."""
        app = Flask(__name__)
        app.add_url_rule("/.well-known/openid-configuration", "metadata", lambda: {
            "issuer": self.issuer, "id_token_signing_alg_values_supported": ["RS256"],
            **{f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token", "userinfo")},
            "jwks_uri": f"{self.issuer}/jwks", "end_session_endpoint": f"{self.issuer}/end-session",
        })  # fmt: skip
        app.add_url_rule("/jwks", "jwks", lambda: {"keys": [self.holder.key.as_dict(private=False)]})
        app.add_url_rule("/userinfo", "userinfo", lambda: self.person)
        app.add_url_rule("/token", "token", methods=["POST"], view_func=lambda: {
            "access_token": "a", "token_type": "Bearer", "expires_in": 300, "refresh_token": "r",
            "id_token": self.signed("JWT", nonce=self.nonce, **self.lies),
        })  # fmt: skip
        return app


@contextmanager
def standing_in(ours: Provider, folder: Path) -> Iterator[StandIn]:
    """It answers by TLS, under a certificate that whoever trusts our provider trusts."""
    write_certificate(ours, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "site.pem", folder / "site.key")
    stand_in = StandIn(ours, Client("site-1", "secret", (), (), "standard"))
    with served(stand_in.app(), context) as port:
        stand_in.described = replace(ours, issuer=f"https://localhost:{port}")
        yield stand_in
