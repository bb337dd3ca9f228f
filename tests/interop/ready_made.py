"""Software of others as a ministry sets it up: by the configuration of the guide, over TLS, registered by itself."""

import re
import shlex
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

from scripts.demonstration.installation import Installation
from scripts.demonstration.setting_up import STAFF
from tests.conformance.description import Client, Provider
from tests.conformance.visitor import Visitor
from tests.ports import free_base
from web.home import Home

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "integration.md"
ISSUER, SITE, ROOT = "https://localhost:8443", "https://intranet.example.gov.la", "/etc/ssl/laotrust-root.pem"
"""As the guide has them."""
_REGISTERING = r"^## Software that is there already.*?^    \.venv/bin/python -m scripts (client-add .*?)\n\n"


def guided(pattern: str, what: str) -> str:
    """What the guide has where the pattern has its group."""
    found = re.search(pattern, GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None, f"the guide has no block for {what}"
    return found[1]


def shown_in_guide(title: str, provider: Provider, site: str, client: Client, root: Path | None = None) -> str:
    """The block of the guide below the line that begins with `title`, for this provider, site, client and root."""
    text = guided(rf"^\*\*{re.escape(title)}.*?^```\w+\n(.*?)^```", title)
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


def registered(provider: Provider, site: str, back: str, out: str, told: str | None = None) -> Client:
    """A client by the guide's own line: answers come to path `back` of the site, people who signed out to `out`.

    The site is told of other endings at path `told`, if it has one.
    """
    ours = Installation(Home(provider.home))
    words = shlex.split(guided(_REGISTERING, "the line that registers").replace("\\\n", " "))
    said = {"--redirect-uri": site + back, "--post-logout-uri": site + out, "--as": STAFF[0]}
    said["--key"] = ours.personal(STAFF[0], "authentication").uri
    for option, value in said.items():
        words[words.index(option) + 1] = value
    place = words.index("--backchannel-logout-uri")
    words[place : place + 2] = [words[place], site + told] if told else []
    done = ours.verb(*words)
    assert done.exit == 0, done.values
    return Client(done.values["client_id"], done.values["client_secret"], [site + back], [site + out], "standard")


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
