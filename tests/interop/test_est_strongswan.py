"""EST with strongSwan's `pki`: what a gateway types to get its certificate, and to renew it with a new key (RFC 7030).

strongSwan knows no constraint on addresses, which all of our CAs have and which is critical. Its own setting takes them
all the same; with it, its TLS and its `pki` believe our root.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from tests.ca.machines.ministry import GRANT
from tests.interop.doorway import UNTIL, Doorway
from tests.interop.test_est import request, user
from tests.programs import needs

CONFIGURATION = """pki {
  load = random openssl pem pkcs1 pkcs7 pkcs8 pubkey revocation constraints nonce x509
  x509 { enforce_critical = no }
}
"""


@dataclass
class Gateway:
    """A machine with strongSwan's programs and a folder of its own."""

    doorway: Doorway
    folder: Path

    def pki(self, *words: str, ok: bool = True) -> str:
        """What it complained of; what it prints is in the file `out.pem`."""
        known = ("--url", self.doorway.tls, "--cacert", str(self.doorway.root), "--outform", "pem")
        quoted = " ".join(f"'{word}'" for word in (words[0], *known, *words[1:]))
        return self.doorway.run(
            "sh", "-c", f"STRONGSWAN_CONF=strongswan.conf pki {quoted} > out.pem", cwd=self.folder, ok=ok
        )

    def certificate(self, name: str = "out.pem") -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / name).read_bytes())


@pytest.fixture
def gateway(doorway: Doorway, tmp_path: Path) -> Gateway:
    needs("pki")
    (tmp_path / "strongswan.conf").write_text(CONFIGURATION)
    return Gateway(doorway, tmp_path)


def test_strongswan_fetches_our_cas_and_trusts_them(gateway: Gateway) -> None:
    said = gateway.pki("--estca", "--caout", "ca.pem")

    assert "Sub CA cert is trusted" in said
    assert "Services CA" in gateway.certificate("ca-1.pem").subject.rfc4514_string()


def test_strongswan_enrols_a_server_by_a_code_and_a_wrong_one_is_refused(gateway: Gateway) -> None:
    made = gateway.doorway.ministry.secret(gateway.doorway.ministry.allowed(until=UNTIL))
    request(gateway.doorway, gateway.folder, "www", "-subj", "/", "-addext", "subjectAltName=DNS:www.mtc.gov.la")

    wrong = gateway.pki("--est", "--in", "www.der", "--userpass", f"{made.reference}:WRONG", ok=False)
    gateway.pki("--est", "--in", "www.der", "--userpass", user(made))

    names = gateway.certificate().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "HTTP 401" in wrong
    assert names.get_values_for_type(x509.DNSName) == ["www.mtc.gov.la"]


def test_strongswan_renews_a_device_with_a_new_key_by_the_certificate_that_it_shows(gateway: Gateway) -> None:
    changed = GRANT | {"profile": "device", "zones": [], "hosts": [], "common_names": ["Gateway 7"], "until": UNTIL}
    made = gateway.doorway.ministry.secret(gateway.doorway.ministry.allowed(**changed))
    for name in ("first", "second"):
        request(gateway.doorway, gateway.folder, name, "-subj", "/CN=Gateway 7")
    request(gateway.doorway, gateway.folder, "other", "-subj", "/CN=Gateway 8")
    gateway.pki("--est", "--in", "first.der", "--userpass", user(made))
    first = (gateway.folder / "out.pem").rename(gateway.folder / "first.pem")

    shown = ("--cert", str(first), "--key", "first.key")
    other = gateway.pki("--est", "--in", "other.der", *shown, ok=False)
    gateway.pki("--est", "--in", "second.der", *shown)

    assert "HTTP 403" in other
    assert "Gateway 7" in gateway.certificate().subject.rfc4514_string()
    assert gateway.certificate().public_key() != gateway.certificate("first.pem").public_key()
