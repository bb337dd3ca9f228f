"""Apache with mod_auth_openidc from Debian, set up as the guide says: a site that knows its visitors by our sign-in."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest

from tests.conformance.description import Client, Provider
from tests.conformance.relying import Relying
from tests.conformance.visitor import Visitor
from tests.interop.ready_made import (
    listens,
    registered,
    shown_in_guide,
    sign_in,
    site_at_free_port,
    soon,
    write_certificate,
)
from tests.programs import needs

pytestmark = pytest.mark.sqlite_only("other people's server is what is tried here")
MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "socache_shmcb", "ssl", "auth_openidc")
CONFIG = """
ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/pid"
Mutex file:{folder}
ErrorLog "{folder}/error.log"
LogLevel warn auth_openidc:info
{modules}
{user}
Listen 127.0.0.1:{port}
DocumentRoot "{folder}/web"
SSLEngine on
SSLCertificateFile "{folder}/site.pem"
SSLCertificateKeyFile "{folder}/site.key"
{guide}
OIDCInfoHook access_token id_token userinfo
"""
"""The guide's part, and what it leaves out: the server around it, and a way to look what the module knows."""


@dataclass
class Site:
    """Apache at work, and the browser of somebody who comes to it."""

    url: str
    client: Client
    folder: Path
    visitor: Visitor

    @property
    def ours(self) -> str:
        """The module's own address."""
        return f"{self.url}/intranet/back"

    def told(self) -> dict[str, Any]:
        """What the module knows of its visitor; nothing of who is signed in no more."""
        answer = self.visitor.browser.session.get(f"{self.ours}?info=json", timeout=15, allow_redirects=False)
        return answer.json() if answer.status_code == 200 else {}

    def log(self) -> str:
        return (self.folder / "error.log").read_text()[-3000:]


@pytest.fixture
def site(our_provider: Provider) -> Iterator[Site]:
    needs("apache2")
    if not (MODULES / "mod_auth_openidc.so").exists():
        needs("libapache2-mod-auth-openidc")
    url, port = site_at_free_port()
    client = registered(our_provider, url, "/intranet/back", "/", told="/intranet/back?logout=backchannel")
    with TemporaryDirectory(prefix="laotrust-site-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for page, said in (("intranet", "inside"), (".", "outside")):
            (folder / "web" / page).mkdir(parents=True, exist_ok=True)
            (folder / "web" / page / "index.html").write_text(said)
        write_certificate(our_provider, folder)
        (folder / "root.pem").write_bytes(our_provider.authority.read_bytes())
        guide = shown_in_guide("Apache", our_provider, url, client, folder / "root.pem")
        (folder / "httpd.conf").write_text(CONFIG.format(
            folder=folder, port=port, guide=guide,
            modules="\n".join(f"LoadModule {one}_module {MODULES}/mod_{one}.so" for one in LOADED),
            user="User nobody\nGroup nogroup" if os.geteuid() == 0 else "",
        ))  # fmt: skip
        with subprocess.Popen(["/usr/sbin/apache2", "-DFOREGROUND", "-f", f"{folder}/httpd.conf"]) as running:
            try:
                assert soon(lambda: listens(port)), (folder / "error.log").read_text()
                yield Site(url, client, folder, Visitor(our_provider))
            finally:
                running.terminate()


def test_a_login_userinfo_and_a_refresh(site: Site) -> None:
    page = sign_in(site.visitor, site.url, f"{site.url}/intranet/index.html")
    first = site.told()
    back = quote(f"{site.url}/intranet/index.html", safe="")
    refreshed = site.visitor.browser.open(f"{site.ours}?refresh={back}&access_token={first['access_token']}")
    second = site.told()

    assert page == "inside", site.log()
    assert first["id_token"]["sub"] == first["userinfo"]["sub"]
    assert first["userinfo"]["name#lo"]
    assert (refreshed.text, "error_code" in refreshed.url) == ("inside", False), site.log()
    assert second["access_token"] != first["access_token"]


def test_whoever_signs_out_at_the_site_is_out_at_the_provider(site: Site) -> None:
    sign_in(site.visitor, site.url, f"{site.url}/intranet/index.html")

    way_out = f"{site.ours}?logout={quote(site.url + '/', safe='')}"
    sent = site.visitor.browser.open(way_out, site.visitor.provider.issuer)
    out = site.visitor.leave(sent.url, site.url)
    again = site.visitor.browser.open(f"{site.url}/intranet/index.html")

    assert out.url == f"{site.url}/", site.log()
    assert again.form_with("current-password")


def test_whoever_signs_out_elsewhere_is_out_of_the_site(site: Site) -> None:
    elsewhere = Relying(site.visitor.provider, site.visitor.provider.of("standard"))
    sign_in(site.visitor, site.url, f"{site.url}/intranet/index.html")
    login = elsewhere.login(site.visitor)
    inside = site.told()

    site.visitor.sign_out({"id_token_hint": login.tokens["id_token"]}, elsewhere.client.redirect_uri)

    assert inside
    assert soon(lambda: not site.told()), site.log()
