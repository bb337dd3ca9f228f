"""Software of others as a ministry sets it up: by the configuration of the guide, over TLS, registered by itself."""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tests.conformance.description import Client, Provider
from tests.conformance.relying import Relying
from tests.conformance.visitor import Visitor
from tests.ports import free_base

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "integration.md"
ISSUER, SITE, ROOT = "https://localhost:8443", "https://intranet.example.gov.la", "/etc/ssl/laotrust-root.pem"
"""As the guide has them."""


def shown_in_guide(title: str, provider: Provider, site: str, client: Client, root: Path | None = None) -> str:
    """The block of the guide below the line that begins with `title`, for this provider, site, client and root."""
    found = re.search(rf"^\*\*{re.escape(title)}.*?^```\w+\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None, f"the guide has no block for {title}"
    text = found[1]
    for said, meant in (
        (ISSUER, provider.issuer), (SITE, site), (ROOT, str(root or provider.authority)),
        ("CLIENT_ID_HERE", client.client_id), ("CLIENT_SECRET_HERE", client.client_secret or ""),
    ):  # fmt: skip
        text = text.replace(said, meant)
    return text


def site_at_free_port() -> tuple[str, int]:
    """The address and port of a site on this machine."""
    port = free_base()
    return f"https://localhost:{port}", port


def registered(provider: Provider, site: str, back: str, out: str, **more: str) -> Client:
    """A client that may refresh: its answers come to path `back` of the site, people who signed out to `out`."""
    service = Relying(provider, provider.of("standard")).registered(
        redirect_uris=[site + back],
        post_logout_redirect_uris=[site + out],
        grant_types=["authorization_code", "refresh_token"],
        **{name: site + path for name, path in more.items()},
    )
    return service.client


def write_certificate(provider: Provider, folder: Path) -> None:
    """`site.pem` and `site.key` are in the folder: for `localhost`, by an authority that the provider trusts."""
    certificate, key, passphrase = provider.service_tls
    private = load_pem_private_key(key.read_bytes(), passphrase.read_text().strip().encode())
    (folder / "site.pem").write_bytes(certificate.read_bytes())
    (folder / "site.key").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def sign_in(visitor: Visitor, site: str, address: str) -> str:
    """The person opens the page, is sent to the provider and back; what the page shows in the end."""
    sent = visitor.browser.open(address, visitor.provider.issuer)
    answer = visitor.follow(sent.url, site)
    assert answer.by == "query", answer.page.text
    return visitor.browser.open(answer.page.url).text


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def soon(true: Callable[[], object], seconds: float = 15.0) -> bool:
    """Whether it is true before the time is over."""
    until = monotonic() + seconds
    while monotonic() < until:
        if true():
            return True
        sleep(0.05)
    return False
