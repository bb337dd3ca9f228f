"""Look-ups against real servers on loopback: what meets a challenge, and what hosts do to a validator."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, create_server, socket
from threading import Thread
from time import monotonic, sleep

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ca.machines.acme import hosts
from ca.machines.acme.challenges import Method, certificate_answer, key_authorization, zone_answer
from ca.machines.acme.hosts import Hosts, Place
from ca.machines.acme.judgement import certificate_met
from ca.machines.acme.validation import Finding, Looking, Task
from ca.machines.acme.zones import LookupFailed, Zones
from ledger.decision import Refuse
from tests.dns_server import DnsServer, dns_server
from tests.issuing import FROM, new_key

NAME, TOKEN, THUMBPRINT = "www.mtc.gov.la", "token-of-the-order", "thumbprint-of-the-key"
PATH = f"/.well-known/acme-challenge/{TOKEN}"
ANSWER = key_authorization(TOKEN, THUMBPRINT).encode()
LOOPBACK = (ip_network("127.0.0.0/8"),)
Respond = Callable[[BaseHTTPRequestHandler], None]


def task(method: Method, name: str = NAME) -> Task:
    return Task("authorization", name, TOKEN, method, THUMBPRINT, "account")


def looking(zone: DnsServer | None = None, http: int = 1, tls: int = 1, *, practice: bool = True) -> Looking:
    """At loopback: a port that is not given is one at which nobody listens."""
    place = Place(Zones(("127.0.0.1", zone.port if zone else 1)), ("127.0.0.1",), {80: http, 443: tls})
    return Looking(Hosts(LOOPBACK, practice), place, "egov.gov.la", "https://localhost/acme/account/")


@contextmanager
def web(respond: Respond) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            respond(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(body: bytes, status: int = 200, **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


@pytest.fixture
def zone() -> Iterator[DnsServer]:
    with dns_server() as server:
        yield server


@pytest.mark.parametrize("body", [ANSWER, ANSWER + b"\r\n", ANSWER + b"  \n"])
def test_the_key_authorization_at_its_path_meets_http_01(zone: DnsServer, body: bytes) -> None:
    asked: list[tuple[str, str]] = []

    def respond(handler: BaseHTTPRequestHandler) -> None:
        asked.append((handler.path, handler.headers["Host"]))
        says(body)(handler)

    with web(respond) as port:
        found = looking(zone, http=port).look(task(Method.HTTP))

    assert asked == [(PATH, NAME)]
    assert found == Finding(None, ("127.0.0.1",), sha256(body).hexdigest(), sha256(b"").hexdigest())


@pytest.mark.parametrize(
    ("respond", "code"),
    [
        (says(ANSWER.replace(b"thumbprint", b"elsewhere")), "acme.seen-wrong"),
        (says(b" " + ANSWER), "acme.seen-wrong"),
        (says(b""), "acme.seen-wrong"),
        (says(b"x" * (hosts.MOST_OCTETS + 1)), "acme.seen-wrong"),
        (says(ANSWER, 404), "acme.seen-nothing"),
        (says(b"", 302, Location=PATH), "acme.seen-nothing"),
        (says(b"", 302, Location=f"http://{NAME}:8080{PATH}"), "acme.seen-connection"),
        (says(b"", 302, Location=f"ftp://{NAME}{PATH}"), "acme.seen-connection"),
        (says(b"", 302, Location=f"http://user@{NAME}{PATH}"), "acme.seen-connection"),
        (says(b"", 302, Location="http://[::1"), "acme.seen-connection"),
        (says(b"", 302, Location="http://a b/"), "acme.seen-connection"),
        (says(b"", 302), "acme.seen-nothing"),
    ],
)
def test_other_answers_of_a_host_do_not_meet_it(zone: DnsServer, respond: Respond, code: str) -> None:
    with web(respond) as port:
        found = looking(zone, http=port).look(task(Method.HTTP))

    assert found.code == code


def test_a_redirection_to_another_path_is_followed(zone: DnsServer) -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        moved = handler.path == PATH
        (says(b"", 301, Location="/elsewhere?a=b") if moved else says(ANSWER))(handler)

    with web(respond) as port:
        found = looking(zone, http=port).look(task(Method.HTTP))

    assert found.code is None


def test_nobody_at_the_port_is_a_failed_connection(zone: DnsServer) -> None:
    found = looking(zone).look(task(Method.HTTP))

    assert found.code == "acme.seen-connection"


def test_a_host_that_drips_is_cut_off(zone: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "SECONDS", 0.3)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(20):
            handler.wfile.write(b"H")
            sleep(0.1)

    with web(_quietly(drip)) as port:
        found = looking(zone, http=port).look(task(Method.HTTP))

    assert found.code == "acme.seen-connection"


def _quietly(respond: Respond) -> Respond:
    def without_noise(handler: BaseHTTPRequestHandler) -> None:
        try:
            respond(handler)
        except OSError:
            handler.close_connection = True

    return without_noise


def test_an_address_outside_what_is_allowed_is_never_connected_to(zone: DnsServer) -> None:
    asked: list[str] = []
    with web(lambda handler: asked.append(handler.path)) as port:
        place = Place(Zones(("127.0.0.1", zone.port)), ("127.0.0.1",), {80: port})
        elsewhere = Looking(Hosts((ip_network("10.0.0.0/8"),), practice=True), place, "egov.gov.la", "")
        found = elsewhere.look(task(Method.HTTP))

    assert (found.code, asked) == ("acme.seen-connection", [])


def test_in_production_no_private_address_is_reached_though_it_is_allowed(zone: DnsServer) -> None:
    zone.add(NAME, "A", "127.0.0.1")
    asked: list[str] = []
    with web(lambda handler: asked.append(handler.path)) as port:
        place = Place(Zones(("127.0.0.1", zone.port)), (), {80: port})
        strict = Looking(Hosts(LOOPBACK, practice=False), place, "egov.gov.la", "")
        found = strict.look(task(Method.HTTP))

    assert (found.code, asked) == ("acme.seen-connection", [])


EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@pytest.mark.parametrize(
    "address",
    ["::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "::10.0.0.1", "2001:0:a00:1::", "::1"],
)
def test_what_stands_for_a_private_address_is_not_reached(address: str) -> None:
    assert not Hosts(EVERYWHERE, practice=False)._may_reach(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses_are(address: str) -> None:
    assert Hosts(EVERYWHERE, practice=False)._may_reach(address)


@pytest.mark.parametrize("method", list(Method))
def test_one_try_has_one_budget_through_names_and_caa(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "SECONDS", 0.5)
    with socket(AF_INET, SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        place = Place(Zones(silent.getsockname()))
        began = monotonic()
        found = Looking(Hosts(LOOPBACK, practice=True), place, "egov.gov.la", "").look(task(method, "a." * 60 + NAME))

    assert found.code == "acme.seen-dns"
    assert monotonic() - began < 3


def test_a_name_that_the_zone_does_not_have_is_a_fault_of_dns(zone: DnsServer) -> None:
    place = Place(Zones(("127.0.0.1", zone.port)))
    found = Looking(Hosts(LOOPBACK, practice=True), place, "egov.gov.la", "").look(task(Method.HTTP))

    assert found.code == "acme.seen-dns"


def test_one_of_several_records_meets_dns_01(zone: DnsServer) -> None:
    zone.add(f"_acme-challenge.{NAME}", "TXT", '"another"')
    zone.add(f"_acme-challenge.{NAME}", "TXT", f'"{zone_answer(TOKEN, THUMBPRINT)}"')

    assert looking(zone).look(task(Method.DNS)).code is None


@pytest.mark.parametrize(("records", "code"), [((), "acme.seen-nothing"), (('"x"',), "acme.seen-wrong")])
def test_other_records_do_not(zone: DnsServer, records: tuple[str, ...], code: str) -> None:
    for record in records:
        zone.add(f"_acme-challenge.{NAME}", "TXT", record)

    assert looking(zone).look(task(Method.DNS)).code == code


def test_a_zone_that_is_broken_or_away_is_a_fault_of_dns(zone: DnsServer) -> None:
    zone.broken.add(f"_acme-challenge.{NAME}")

    assert looking(zone).look(task(Method.DNS)).code == "acme.seen-dns"
    assert looking(None).look(task(Method.DNS)).code == "acme.seen-dns"


@pytest.mark.parametrize(
    ("owner", "value", "code"),
    [
        (NAME, '0 issue "other.example"', "acme.seen-caa"),
        ("gov.la", '0 issue ";"', "acme.seen-caa"),
        ("gov.la", '0 issue "egov.gov.la; validationmethods=http-01"', "acme.seen-caa"),
        ("mtc.gov.la", '0 issue "egov.gov.la; accounturi=https://localhost/acme/account/account"', None),
    ],
)
def test_caa_of_the_name_or_above_it_decides(zone: DnsServer, owner: str, value: str, code: str | None) -> None:
    zone.add(f"_acme-challenge.{NAME}", "TXT", f'"{zone_answer(TOKEN, THUMBPRINT)}"')
    zone.add(owner, "CAA", value)

    assert looking(zone).look(task(Method.DNS)).code == code


def test_the_nearest_set_of_caa_alone_counts(zone: DnsServer) -> None:
    zone.add(f"_acme-challenge.{NAME}", "TXT", f'"{zone_answer(TOKEN, THUMBPRINT)}"')
    zone.add("mtc.gov.la", "CAA", '0 issue "egov.gov.la"')
    zone.add("gov.la", "CAA", '0 issue ";"')

    assert looking(zone).look(task(Method.DNS)).code is None


def test_a_set_of_caa_that_is_too_long_to_be_read_lets_nobody_issue(
    zone: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ca.machines.acme.zones.MOST_RECORDS", 2)
    zone.add(f"_acme-challenge.{NAME}", "TXT", f'"{zone_answer(TOKEN, THUMBPRINT)}"')
    for value in ('0 iodef "mailto:a@mtc.gov.la"', '0 iodef "mailto:b@mtc.gov.la"', '0 issue ";"'):
        zone.add("mtc.gov.la", "CAA", value)

    assert looking(zone).look(task(Method.DNS)).code == "acme.seen-dns"


def test_a_zone_that_hides_its_caa_lets_nobody_issue(zone: DnsServer) -> None:
    zone.add(f"_acme-challenge.{NAME}", "TXT", f'"{zone_answer(TOKEN, THUMBPRINT)}"')
    zone.broken.add("gov.la")

    assert looking(zone).look(task(Method.DNS)).code == "acme.seen-dns"


def shown(names: list[str], answer: bytes, *, critical: bool = True) -> tuple[bytes, bytes]:
    """Certificate and key in PEM as a client of tls-alpn-01 makes them."""
    key = new_key()
    subject = x509.Name([])
    told = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31"), answer)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, FROM, FROM + timedelta(days=9))
    builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    made = builder.add_extension(told, critical=critical).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), private


GOOD = b"\x04\x20" + certificate_answer(TOKEN, THUMBPRINT)


@contextmanager
def answering(folder: Path, pair: tuple[bytes, bytes], protocols: list[str]) -> Iterator[int]:
    """One TLS connection is answered with this certificate."""
    file = folder / "shown.pem"
    file.write_bytes(b"".join(pair))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.set_alpn_protocols(protocols)
    with create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=_once, args=(listening, context))
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def _once(listening: socket, context: ssl.SSLContext) -> None:
    plain, _ = listening.accept()
    try:
        with context.wrap_socket(plain, server_side=True) as tls:
            tls.recv(1)
    except OSError:
        plain.close()


@pytest.mark.parametrize(
    ("pair", "protocols", "code"),
    [
        (shown([NAME], GOOD), ["acme-tls/1"], None),
        (shown([NAME], GOOD, critical=False), ["acme-tls/1"], "acme.seen-wrong"),
        (shown([NAME], b"\x04\x20" + bytes(32)), ["acme-tls/1"], "acme.seen-wrong"),
        (shown([NAME, "other.mtc.gov.la"], GOOD), ["acme-tls/1"], "acme.seen-wrong"),
        (shown(["other.mtc.gov.la"], GOOD), ["acme-tls/1"], "acme.seen-wrong"),
        (shown([NAME], GOOD), ["http/1.1"], "acme.seen-nothing"),
    ],
    ids=["met", "not critical", "other answer", "two names", "other name", "no acme-tls"],
)
def test_tls_alpn_01_is_met_by_one_name_and_the_answer_in_a_critical_extension(
    zone: DnsServer, tmp_path: Path, pair: tuple[bytes, bytes], protocols: list[str], code: str | None
) -> None:
    with answering(tmp_path, pair, protocols) as port:
        found = looking(zone, tls=port).look(task(Method.ALPN))

    assert found.code == code


def test_something_that_speaks_no_tls_is_a_fault_of_tls(zone: DnsServer) -> None:
    with web(says(ANSWER)) as port:
        found = looking(zone, tls=port).look(task(Method.ALPN))

    assert found.code == "acme.seen-tls"


@given(st.binary(max_size=200))
def test_any_octets_of_a_certificate_are_judged(octets: bytes) -> None:
    assert certificate_met(octets, NAME, TOKEN, THUMBPRINT) == Refuse("acme.seen-wrong")


@given(st.text(max_size=60))
@settings(max_examples=30)
def test_a_redirection_to_anywhere_is_followed_or_refused(location: str) -> None:
    place = Place(Zones(("127.0.0.1", 1)), ("127.0.0.1",), {80: 1, 443: 1})
    moved = _joined_or_refused(f"http://{NAME}{PATH}", location)

    assert moved is None or _looked_up(place, moved).startswith("acme.seen-")


def _joined_or_refused(url: str, location: str) -> str | None:
    try:
        return hosts._joined(url, location)
    except LookupFailed:
        return None


def _looked_up(place: Place, url: str) -> str:
    try:
        scheme, host, port = hosts._judged(url)
        Hosts(LOOPBACK, practice=True)._connected(place, host, port, [], monotonic() + 9)
    except LookupFailed as failed:
        return failed.code
    return scheme
