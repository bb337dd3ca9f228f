"""What a client is shown: the JSON objects of RFC 8555 clause 7.1 and RFC 9773 clause 4.2, from how things stand."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ca.machines.acme.challenges import Method
from ca.machines.acme.renewal import Window
from ca.machines.acme.standing import Authorization, Client, Order
from ca.machines.acme.status import challenge_status

Json = dict[str, Any]
Told = Callable[[str], Json]
"""The problem document of a code."""


class Urls:
    """Where everything is, under the server's own address."""

    def __init__(self, base: str) -> None:
        self.base = f"{base}/acme"

    def of(self, *parts: str) -> str:
        """The URL of a path below `/acme`."""
        return "/".join((self.base, *parts))


def directory(urls: Urls, terms: str, website: str, caa: str) -> Json:
    """RFC 8555 clause 7.1.1."""
    return {
        "newNonce": urls.of("new-nonce"),
        "newAccount": urls.of("new-account"),
        "newOrder": urls.of("new-order"),
        "revokeCert": urls.of("revoke-cert"),
        "keyChange": urls.of("key-change"),
        "renewalInfo": urls.of("renewal-info"),
        "meta": {
            "termsOfService": terms,
            "website": website,
            "caaIdentities": [caa],
            "externalAccountRequired": True,
        },
    }


def account(urls: Urls, client: Client) -> Json:
    """RFC 8555 clause 7.1.2. No contact is kept, so none is shown."""
    return {
        "status": client.status.value,
        "termsOfServiceAgreed": True,
        "orders": urls.of("account", client.account.id, "orders"),
    }


def order(urls: Urls, shown: Order, told: Told, replaces: str | None) -> Json:
    """RFC 8555 clause 7.1.3."""
    key = shown.row.id
    found: Json = {
        "status": shown.status.value,
        "expires": moment(shown.row.expires_at),
        "identifiers": [identifier(name) for name in shown.names],
        "authorizations": [urls.of("authorization", one.row.id) for one in shown.authorizations],
        "finalize": urls.of("order", key, "finalize"),
    }
    if shown.certificate_id is not None:
        found["certificate"] = urls.of("certificate", shown.certificate_id)
    failed = next((one.validation.code for one in shown.authorizations if one.validation and one.validation.code), None)
    if shown.code is not None or failed is not None:
        found["error"] = told(shown.code or failed or "")
    if replaces is not None:
        found["replaces"] = replaces
    return found


def authorization(urls: Urls, shown: Authorization, told: Told) -> Json:
    """RFC 8555 clause 7.1.4. Once a challenge was tried only that one is listed."""
    tried = shown.answer and Method(shown.answer.method)
    methods = (tried,) if tried else tuple(Method)
    return {
        "identifier": identifier(shown.row.name),
        "status": shown.status.value,
        "expires": moment(shown.expires),
        "challenges": [challenge(urls, shown, method, told) for method in methods],
    }


def challenge(urls: Urls, shown: Authorization, method: Method, told: Told) -> Json:
    """RFC 8555 clause 8."""
    found: Json = {
        "type": method.value,
        "url": urls.of("challenge", shown.row.id, method.value),
        "token": shown.row.token,
        "status": challenge_status(shown.trial).value,
    }
    if shown.validation is not None and shown.validation.code is None:
        found["validated"] = moment(shown.validation.at)
    elif shown.validation is not None and shown.validation.code is not None:
        found["error"] = told(shown.validation.code)
    return found


def renewal(window: Window) -> Json:
    """RFC 9773 clause 4.2."""
    return {"suggestedWindow": {"start": moment(window.start), "end": moment(window.end)}}


def identifier(name: str) -> Mapping[str, str]:
    """RFC 8555 clause 7.1.3."""
    return {"type": "dns", "value": name}


def moment(at: datetime) -> str:
    """RFC 3339, in UTC, whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
