"""Apache's mod_md from Debian: it gets its certificate by itself and serves it."""

import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import pytest

from tests.interop.acme_service import AcmeService
from tests.programs import needs

NAME, MODULES = "apache.mtc.gov.la", Path("/usr/lib/apache2/modules")
CONFIG = """
ServerRoot "{folder}"
PidFile "{folder}/pid"
Mutex file:{folder}
ErrorLog "{folder}/error.log"
LogLevel info md:debug
{modules}
Listen 127.0.0.1:{http_port}
Listen 127.0.0.1:{tls_port}
ServerName localhost
User nobody
Group nogroup
DocumentRoot "{folder}/web"
MDStoreDir "{folder}/md"
MDPortMap http:{http_port} https:{tls_port}
MDCertificateAuthority {directory}
MDCACertificateFile "{root}"
MDExternalAccountBinding {kid} {hmac_key}
MDCertificateAgreement accepted
MDContactEmail admin@mtc.gov.la
MDPrivateKeys P-384
MDCAChallenges http-01
MDRetryDelay 1s
MDomain {name}
<VirtualHost *:{http_port}>
  ServerName {name}
</VirtualHost>
<VirtualHost *:{tls_port}>
  ServerName {name}
  SSLEngine on
</VirtualHost>
"""
LOADED = ("mpm_event", "authz_core", "socache_shmcb", "ssl", "md")


@dataclass
class Apache:
    """A server of its own, in a folder that the user of its children can reach."""

    folder: Path
    process: subprocess.Popen[bytes]

    def log(self) -> str:
        return (self.folder / "error.log").read_text()[-4000:]

    def reload(self) -> None:
        self.process.send_signal(signal.SIGUSR1)


@pytest.fixture
def apache(service: AcmeService) -> Iterator[Apache]:
    needs("apache2")
    loaded = [f"LoadModule {one}_module {MODULES}/mod_{one}.so" for one in LOADED]
    with TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "web").mkdir()
        root = folder / "root.pem"
        root.write_bytes(service.root.read_bytes())
        file = folder / "httpd.conf"
        file.write_text(CONFIG.format(
            folder=folder, modules="\n".join(loaded), http_port=service.http_port, tls_port=service.tls_port,
            directory=service.directory, root=root, kid=service.kid, hmac_key=service.hmac_key, name=NAME,
        ))  # fmt: skip
        running = subprocess.Popen(["/usr/sbin/apache2", "-DFOREGROUND", "-f", str(file)])
        yield Apache(folder, running)
        running.terminate()
        running.wait(timeout=20)


def served(service: AcmeService) -> bool:
    """Whether it shows a certificate for its name behind which our root stands."""
    context = ssl.create_default_context(cafile=str(service.root))
    try:
        with (
            create_connection(("127.0.0.1", service.tls_port), 2) as plain,
            context.wrap_socket(plain, server_hostname=NAME),
        ):
            return True
    except OSError:
        return False


def soon(true: Callable[[], object], seconds: float = 60.0) -> bool:
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        if true():
            return True
        sleep(0.3)
    return False


def test_apache_gets_its_certificate_and_serves_it_after_a_reload(service: AcmeService, apache: Apache) -> None:
    assert soon(lambda: list((apache.folder / "md" / "staging" / NAME).glob("pubcert*.pem"))), apache.log()
    apache.reload()

    assert soon(lambda: served(service)), apache.log()
