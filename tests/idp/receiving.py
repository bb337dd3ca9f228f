"""Relying services that listen: each answers a logout by TLS with the status that it was given."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idp.provider import Provider
from ledger.clock import SystemClock
from ledger.courier import deliver
from ledger.event import Actor
from scripts.work import send
from web.relying_party import Fetcher


@dataclass
class Receivers:
    """Services on this machine with one certificate, which the worker trusts."""

    folder: Path
    certificate: Path = field(init=False)
    arrived: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=localhost")
        now = SystemClock().now()
        made = x509.CertificateBuilder(
            name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)
        ).add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False).sign(key, SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.certificate = self.folder / "receivers.pem"
        self.certificate.write_bytes(private + made.public_bytes(Encoding.PEM))

    @contextmanager
    def answering(self, status: int) -> Iterator[str]:
        """The address of a service that answers so."""
        receivers = self

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receivers.arrived.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}/backchannel-logout"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def nobody(self) -> str:
        """The address of a service that is down."""
        return "https://localhost:1/backchannel-logout"

    def deliver(self, provider: Provider) -> None:
        """What the worker does: every message that is due is tried once."""
        fetcher = Fetcher([ip_network("127.0.0.0/8"), ip_network("::1/128")], self.certificate, 3.0)
        deliver(provider.ledger, lambda message: send(fetcher, message), Actor.system("work"))
