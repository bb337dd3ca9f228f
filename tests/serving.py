"""A house under a real HTTP server on a port of the system's choosing, and a home for its keys."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.issuing import KeySigner
from web.home import Home, Mode
from web.settings import HouseSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PASSPHRASE = b"practice passphrase"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def served(app: "WSGIApplication") -> Iterator[str]:
    """The base URL, without a trailing slash, of `app` while the block runs."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def home_with_keys(folder: Path, keys: Mapping[str, KeySigner], base_port: int = 8440) -> Home:
    """A practice home whose keys are encrypted PKCS#8 files with their passphrases beside them."""
    home = Home(folder)
    (folder / "keys").mkdir(parents=True)
    (folder / "mode").write_text("practice\n")
    (folder / "base-port").write_text(f"{base_port}\n")
    for name, signer in keys.items():
        encrypted = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
        home.key(name).write_bytes(encrypted)
        home.key(name).chmod(0o600)
        passphrase = home.key(name).with_suffix("").with_suffix(".pass")
        passphrase.write_bytes(PASSPHRASE)
        passphrase.chmod(0o600)
    return home


def settings_for(house: str, home: Home, database_url: str) -> HouseSettings:
    return HouseSettings(house, home, Mode.PRACTICE, database_url, "https://localhost:8443", process=house)
