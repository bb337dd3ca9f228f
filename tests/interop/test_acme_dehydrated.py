"""dehydrated from Debian: http-01 from a folder that a web server of ours serves, with a new key at each renewal."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509

from tests.interop.acme_service import AcmeService
from tests.programs import needs


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def well_known(service: AcmeService, tmp_path: Path) -> Iterator[Path]:
    """A folder that is served where http-01 looks."""
    folder = tmp_path / "web" / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True)
    serving = partial(_Quiet, directory=str(tmp_path / "web"))
    server = ThreadingHTTPServer(("127.0.0.1", service.http_port), serving)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield folder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def config(service: AcmeService, tmp_path: Path, well_known: Path) -> Path:
    needs("dehydrated")
    file = tmp_path / "config"
    lines = {
        "CA": service.directory, "BASEDIR": tmp_path / "dehydrated", "WELLKNOWN": well_known,
        "CHALLENGETYPE": "http-01", "EAB_KID": service.kid, "EAB_HMAC_KEY": service.hmac_key,
        "CURL_OPTS": f"--cacert {service.root}", "KEY_ALGO": "secp384r1", "PRIVATE_KEY_RENEW": "yes",
        "PRIVATE_KEY_ROLLOVER": "yes",
    }  # fmt: skip
    file.write_text("".join(f'{name}="{value}"\n' for name, value in lines.items()))
    (tmp_path / "dehydrated").mkdir()
    return file


def test_dehydrated_gets_one_and_rolls_its_key_over(service: AcmeService, config: Path, tmp_path: Path) -> None:
    name = "dehydrated.mtc.gov.la"
    chain = tmp_path / "dehydrated" / "certs" / name / "fullchain.pem"

    service.run("dehydrated", "-f", config, "--register", "--accept-terms")
    service.run("dehydrated", "-f", config, "-c", "-d", name)
    first = service.verify(chain, name)
    service.run("dehydrated", "-f", config, "-c", "-d", name, "--force")
    second = service.verify(chain, name)

    assert key_of(first) != key_of(second)


def test_dehydrated_revokes(service: AcmeService, config: Path, tmp_path: Path) -> None:
    name = "revoked.mtc.gov.la"
    service.run("dehydrated", "-f", config, "--register", "--accept-terms")
    service.run("dehydrated", "-f", config, "-c", "-d", name)
    folder = tmp_path / "dehydrated" / "certs" / name
    leaf = x509.load_pem_x509_certificates((folder / "cert.pem").read_bytes())[0]

    service.run("dehydrated", "-f", config, "--revoke", folder / "cert.pem")

    assert service.ended(leaf) is not None


def key_of(leaf: x509.Certificate) -> object:
    return leaf.public_key().public_numbers()  # type: ignore[union-attr]
