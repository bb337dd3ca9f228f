"""nginx and Apache ask the fast worker: they staple its answers for curl, and judge clients' certificates by them."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger
from ocsp.app import create_app
from tests.issuing import KeySigner, PracticeIssuer, name, pem, usage
from tests.ocsp.serving import fast
from tests.programs import needs
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys, settings_for

pytestmark = pytest.mark.sqlite_only("other people's servers are what is tried here")

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} ssl; server_name localhost; root {folder}/www;
    ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/server.key;
    ssl_stapling on; ssl_stapling_verify on; ssl_stapling_responder {ocsp}; ssl_trusted_certificate {folder}/cas.pem;
    ssl_client_certificate {folder}/cas.pem; ssl_verify_client optional; ssl_verify_depth 3;
    ssl_ocsp leaf; ssl_ocsp_responder {ocsp};
  }}
}}
"""
APACHE = """
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
Mutex file:{folder}
Listen 127.0.0.1:{port}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
{user}
DocumentRoot {folder}/www
SSLStaplingCache shmcb:{folder}/staples(128000)
SSLEngine on
SSLCertificateFile {folder}/chain.pem
SSLCertificateKeyFile {folder}/server.key
SSLUseStapling on
SSLStaplingForceURL {ocsp}
SSLCACertificateFile {folder}/cas.pem
SSLVerifyClient optional
SSLVerifyDepth 3
SSLOCSPEnable leaf
SSLOCSPDefaultResponder {ocsp}
SSLOCSPOverrideResponder on
"""
COMMANDS = {"nginx": ["nginx", "-c", "server.conf"], "apache2": ["apache2", "-X", "-f", "server.conf"]}
CONFIGURATIONS = {"nginx": NGINX, "apache2": APACHE}
AS_ROOT = {"nginx": "user root;", "apache2": "User www-data\nGroup www-data"}


@dataclass
class Site:
    """A server with a certificate of ours; clients have certificates of the same issuer."""

    folder: Path
    port: int
    issuer: RecordedIssuer

    def curl(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [
            "curl",
            "-sS",
            "--max-time",
            "10",
            "--cacert",
            "cas.pem",
            *words,
            f"https://localhost:{self.port}/index.html",
        ]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=20)

    def client(self, title: str) -> str:
        """Files of a client's certificate and key; its id."""
        signer = KeySigner()
        intent_id, number = self.issuer.intend()
        certificate = self.issuer.finish(intent_id, self.issuer.issuer.leaf(title, number, signer))
        (self.folder / f"{title}.pem").write_bytes(pem(certificate))
        (self.folder / f"{title}.key").write_bytes(signer.pem)
        return intent_id


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    yield ledger
    ledger.close()


@pytest.fixture(params=sorted(COMMANDS))
def site(request: pytest.FixtureRequest, ledger: Ledger, tmp_path: Path) -> Iterator[Site]:
    needs(request.param, "curl")
    issuer = RecordedIssuer(ledger, issuer=PracticeIssuer("Practice services", PracticeIssuer()))
    issuer.delegate()
    home = home_with_keys(tmp_path / "home", {"ocsp-officers": issuer.responder_signer})
    app = create_app(settings_for("ocsp", home, ledger.url), ledger)
    with (
        fast(app.wsgi_app, SystemClock()) as responder,  # type: ignore[arg-type]
        TemporaryDirectory(prefix="laotrust-site-") as folder,  # a server that is no root's must get into it
    ):
        site = Site(Path(folder), _free_port(), issuer)
        _write_server(site)
        with _running(request.param, site, f"http://127.0.0.1:{responder.port}/"):
            yield site
    app.extensions["ocsp"].store.stop()


def _write_server(site: Site) -> None:
    signer = KeySigner()
    intent_id, number = site.issuer.intend("tls-server")
    builder = site.issuer.issuer._builder(name("localhost"), signer, number)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.add_extension(usage(digital_signature=True), critical=True)
    certificate = builder.sign(site.issuer.issuer.signer.key, SHA256())
    site.issuer.finish(intent_id, certificate, "tls-server")
    above = site.issuer.issuer.above
    assert above is not None
    (site.folder / "chain.pem").write_bytes(pem(certificate, site.issuer.issuer.certificate))
    (site.folder / "cas.pem").write_bytes(pem(site.issuer.issuer.certificate, above.certificate))
    (site.folder / "server.key").write_bytes(signer.pem)
    (site.folder / "www").mkdir()
    (site.folder / "www" / "index.html").write_text("hello")


@contextmanager
def _running(server: str, site: Site, ocsp: str) -> Iterator[None]:
    user = AS_ROOT[server] if _root() else ""
    site.folder.chmod(0o755)
    text = CONFIGURATIONS[server].format(folder=site.folder, port=site.port, ocsp=ocsp, user=user)
    (site.folder / "server.conf").write_text(text)
    command = [*COMMANDS[server][:-1], str(site.folder / "server.conf")]
    with subprocess.Popen(command, cwd=site.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _wait_for(site.port)
        yield
        process.terminate()


def _root() -> bool:
    return Path("/proc/self").stat().st_uid == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")


def _eventually_stapled(site: Site) -> "subprocess.CompletedProcess[str]":
    for _ in range(20):  # nginx asks when the first client has come, and has an answer for the next
        said = site.curl("--cert-status")
        if said.returncode == 0:
            break
        sleep(0.3)
    return said


def test_a_server_staples_our_answer_and_curl_is_content(site: Site) -> None:
    said = _eventually_stapled(site)

    assert (said.returncode, said.stdout, said.stderr) == (0, "hello", "")


def test_a_server_lets_in_whose_certificate_is_good_and_nobody_whose_is_revoked(site: Site, ledger: Ledger) -> None:
    site.client("good")
    site.issuer.revoke(site.client("revoked"), ledger.clock.now())
    sleep(1.0)

    good = site.curl("--cert", "good.pem", "--key", "good.key")
    revoked = site.curl("--cert", "revoked.pem", "--key", "revoked.key")

    assert good.stdout == "hello"
    assert revoked.stdout != "hello"
