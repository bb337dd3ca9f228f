"""What others' TLS stacks say of our servers, trusting the root alone: constraints that one of them refuses show here.

Go's stack is shown by lego (`test_acme_lego.py`).
"""

from pathlib import Path

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from ledger.clock import SystemClock
from tests.interop.doorway import Doorway
from tests.programs import needs


def certificates(doorway: Doorway) -> list[x509.Certificate]:
    home = doorway.ministry.ca.home
    return x509.load_pem_x509_certificates(home.certificate("tls-machines").read_bytes())


def test_gnutls_trusts_our_servers_by_the_root_alone(doorway: Doorway, tmp_path: Path) -> None:
    needs("gnutls-cli")
    port = doorway.tls.rpartition(":")[2]

    ask = f"gnutls-cli --x509cafile {doorway.root} --port {port} localhost </dev/null"
    said = doorway.run("sh", "-c", ask, cwd=tmp_path)

    assert "The certificate is trusted" in said


def test_nss_trusts_our_servers_by_the_root_alone(doorway: Doorway, tmp_path: Path) -> None:
    needs("certutil")
    home = doorway.ministry.ca.home
    doorway.run("certutil", "-N", "-d", "sql:.", "--empty-password", cwd=tmp_path)
    for name, trust in (("root", "C,,"), ("services", ",,"), ("tls-machines", ",,")):
        put = ("-n", name, "-t", trust, "-i", str(home.certificate(name)))
        doorway.run("certutil", "-A", "-d", "sql:.", *put, cwd=tmp_path)

    said = doorway.run("certutil", "-V", "-d", "sql:.", "-n", "tls-machines", "-u", "V", cwd=tmp_path)

    assert "certificate is valid" in said


def test_openssl_trusts_our_servers_by_the_root_alone(doorway: Doorway, tmp_path: Path) -> None:
    chain = str(doorway.ministry.ca.home.certificate("tls-machines"))
    given = ("-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost", "-untrusted", chain)

    said = doorway.run("openssl", "verify", *given, "-CAfile", str(doorway.root), chain, cwd=tmp_path)

    assert said.endswith("OK\n")


def test_the_verifier_of_cryptography_takes_the_chain(doorway: Doorway) -> None:
    [root] = x509.load_pem_x509_certificates(doorway.root.read_bytes())
    leaf, services = certificates(doorway)
    asked = PolicyBuilder().store(Store([root])).time(SystemClock().now())

    path = asked.build_server_verifier(x509.DNSName("localhost")).verify(leaf, [services])

    assert path == [leaf, services, root]
