"""Clients of others on Node: login by code with PKCE, refresh, and the end; tokens judged by npm `jose` too."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from idp.exchange.calls import allow, allowing
from scripts.demonstration.installation import Installation
from tests.conformance.description import Client, Provider
from tests.conformance.ours import ADMIN
from tests.conformance.strict import SIGNING, STRICT, Strict
from tests.conformance.visitor import Visitor
from tests.npm import NODE, installed
from web.home import Home

SCRIPTS = Path(__file__).parent / "javascript"


class Talk:
    """A script with which one speaks in lines of JSON."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def say(self, value: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def heard(self) -> dict[str, Any]:
        """The next line. Fails with what the script had to complain of, if it ended instead."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.stderr.read())
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def talking(provider: Provider, script: str, client: Client, **more: object) -> Iterator[Talk]:
    """The script at work for the client."""
    place = installed(SCRIPTS)
    environment = os.environ | {"NODE_EXTRA_CA_CERTS": str(provider.authority)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [NODE, script], cwd=place, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            talk = Talk(process)
            talk.say({
                "issuer": provider.issuer,
                "client_id": client.client_id,
                "client_secret": client.client_secret,
                "redirect_uri": client.redirect_uri,
                "post_logout_redirect_uri": client.post_logout_redirect_uris[0],
                "algorithm": algorithm(provider, "RS256"),
                **more,
            })  # fmt: skip
            yield talk
        finally:
            process.kill()


def algorithm(provider: Provider, wished: str) -> str:
    """The wished algorithm of ID tokens if it is to be had, else the first that is."""
    had: list[str] = provider.metadata["id_token_signing_alg_values_supported"]
    return wished if wished in had else had[0]


@pytest.mark.parametrize("script", ["openid_client.js", "oauth4webapi.js"])
def test_a_login_a_refresh_and_what_jose_says_of_the_tokens(our_provider: Provider, script: str) -> None:
    client = our_provider.of("standard")
    with talking(our_provider, script, client) as service:
        answer = Visitor(our_provider).follow(service.heard()["url"], client.redirect_uri)
        service.say({"answer": answer.page.url})
        told = service.heard()

    assert told["userinfo"]["sub"] == told["claims"]["sub"] == told["renewed"] == told["opinion"]["sub"]
    assert told["opinion"]["client_id"] == client.client_id
    assert told["claims"]["acr"]


def test_openid_client_signs_a_person_out(our_provider: Provider) -> None:
    client, person = our_provider.of("standard"), Visitor(our_provider)
    with talking(our_provider, "openid_client.js", client) as service:
        answer = person.follow(service.heard()["url"], client.redirect_uri)
        service.say({"answer": answer.page.url})
        end = service.heard()["end"]

    page = person.browser.open(end, client.post_logout_redirect_uris[0])

    # The browser tells services first, by frames of this page, and goes on by itself: its link says where.
    assert f'href="{client.post_logout_redirect_uris[0]}?state=bye"' in page.text


def test_what_oauth4webapi_revoked_is_active_no_more(our_provider: Provider) -> None:
    client = our_provider.of("standard")
    with talking(our_provider, "oauth4webapi.js", client) as service:
        answer = Visitor(our_provider).follow(service.heard()["url"], client.redirect_uri)
        service.say({"answer": answer.page.url})
        told = service.heard()

    assert told["active"] is False


def test_openid_client_signs_a_person_in_by_fapi_2(our_provider: Provider) -> None:
    missing = [need for need in (*STRICT, *SIGNING) if not our_provider.announces(need)]
    if missing:
        pytest.skip(f"discovery does not announce {', '.join(missing)}")
    client = our_provider.of("fapi2")
    key = Strict(our_provider, client, signs=True).key.as_dict(private=True)
    own = {"jwk": key, "algorithm": algorithm(our_provider, "ES256")}
    with talking(our_provider, "openid_client_strict.js", client, **own) as service:
        answer = Visitor(our_provider).follow(service.heard()["url"], client.redirect_uri)
        service.say({"answer": answer.page.url})
        told = service.heard()

    assert told["userinfo"]["sub"] == told["claims"]["sub"]
    assert [told["type"].lower(), told["renewed"].lower()] == ["dpop", "dpop"]


def test_openid_client_registers_itself_and_signs_a_person_in(our_provider: Provider) -> None:
    client = our_provider.of("standard")
    invited = {"initialAccessToken": our_provider.initial_access_token}
    with talking(our_provider, "openid_client_registering.js", client, **invited) as service:
        answer = Visitor(our_provider).follow(service.heard()["url"], client.redirect_uri)
        service.say({"answer": answer.page.url})
        told = service.heard()

    assert told["registered"]["client_name"] == "Interop"
    assert told["registered"]["client_id"] not in (one.client_id for one in our_provider.clients)
    assert told["claims"]["sub"] == told["renewed"]


@pytest.mark.parametrize(
    ("encryption", "content", "curve"),
    [
        ("ECDH-ES+A128KW", "A128CBC-HS256", "P-256"), ("RSA-OAEP-256", "A256GCM", ""),
        ("ECDH-ES", "A256GCM", "X25519"),
    ],
)  # fmt: skip
def test_openid_client_opens_what_is_encrypted_to_it(
    our_provider: Provider, encryption: str, content: str, curve: str
) -> None:
    client = our_provider.of("standard")
    invited = {"initialAccessToken": our_provider.initial_access_token}
    own = {**invited, "encryption": encryption, "content": content, "curve": curve}
    with talking(our_provider, "openid_client_encrypted.js", client, **own) as service:
        answer = Visitor(our_provider).follow(service.heard()["url"], client.redirect_uri)
        service.say({"answer": answer.page.url})
        told = service.heard()

    assert told["userinfo"]["sub"] == told["claims"]["sub"] == told["inside"]
    assert (told["header"]["alg"], told["header"]["enc"], told["header"]["cty"]) == (encryption, content, "JWT")
    assert set(told["signed"]) == {"id_token", "authorization_response"}
    assert answer.page.url.count(".") >= 4


def test_openid_client_signs_in_a_device_whose_code_is_typed_elsewhere(our_provider: Provider) -> None:
    with talking(our_provider, "openid_client_device.js", our_provider.of("standard")) as device:
        shown = device.heard()
        Visitor(our_provider).follow(f"{shown['url']}?user_code={shown['code']}", "https://nowhere.example")
        told = device.heard()

    assert told["userinfo"]["sub"] == told["claims"]["sub"]


def test_openid_client_signs_in_a_person_whom_it_asks_for_by_name(our_provider: Provider) -> None:
    client, person = our_provider.of("fapi2"), our_provider.accounts[0]
    key = Strict(our_provider, client, signs=True).key.as_dict(private=True)
    own = {"jwk": key, "algorithm": algorithm(our_provider, "ES256"), "login_hint": person.username}
    with talking(our_provider, "openid_client_backchannel.js", client, **own) as service:
        service.heard()
        page = Visitor(our_provider).follow(f"{our_provider.issuer}/approve", "https://nowhere.example").page
        told = service.heard()

    assert page.url == f"{our_provider.issuer}/approve/answer"
    assert (told["userinfo"]["sub"], told["type"].lower()) == (told["claims"]["sub"], "dpop")


@pytest.fixture
def call(our_provider: Provider) -> Iterator[tuple[Client, Client]]:
    """Two services of which the first may call the second, with two scopes."""
    caller, called = (our_provider.of("standard", number) for number in (0, 1))
    installation = Installation(Home(our_provider.home))
    wanted = caller.client_id, called.client_id, ("openid", "profile")
    signed = installation.acting(ADMIN, "idp").sign(allowing(*wanted, installation.clock.now()))
    assert isinstance(allow(installation.ledger("idp"), *wanted, signed), str)
    yield caller, called
    installation.close()
    installation.web.close()


def test_openid_client_exchanges_a_token_by_its_generic_grant(
    our_provider: Provider, call: tuple[Client, Client]
) -> None:
    caller, called = call
    with talking(our_provider, "openid_client_exchange.js", caller, audience=called.client_id) as service:
        answer = Visitor(our_provider).follow(service.heard()["url"], caller.redirect_uri)
        service.say({"answer": answer.page.url})
        told = service.heard()

    kind = "urn:ietf:params:oauth:token-type:access_token"
    assert told["got"] == {"type": "dpop", "issued": kind, "scope": "openid"}
    assert (told["seen"]["active"], told["seen"]["aud"]) == (True, called.client_id)
    assert told["seen"]["act"] == {"sub": caller.client_id, "client_id": caller.client_id}
    assert told["refused"] == "invalid_scope"
