"""Each profile's certificate, made and judged: by our lint before the key, by pkilint and OpenSSL after it."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.issuance.second_judge import findings
from ca.profiles import PROFILES
from pki import oids
from pki.certificate import CHANCE_OCTETS, assemble, parse_certificate, serial_number, tbs
from pki.issuer import IssuerView, issuer_view, root_view
from pki.lint import lint
from pki.names import ca_name, person_name, service_name
from tests.doubles import START
from tests.issuing import KeySigner

ARC = oids.PRACTICE_ARC
URL = "http://127.0.0.1:8440"
CHANCE = bytes(range(1, CHANCE_OCTETS + 1))
PERSON = person_name("ສົມພອນໄຊຍະບູນທະນາວົງສາ", "ແກ້ວບຸນມີ", "Somphonexay", "Keobounmy", "10000017")
SUBJECTS = {"officer-authentication": PERSON, "officer-signing": PERSON, "citizen-authentication": PERSON}
SERVICE = service_name("Lao e-Government Center", "PRACTICE unit")
LEAVES = sorted(set(PROFILES) - {"root-ca", "issuing-ca"})


class Hierarchy:
    """A root and an issuer, by our own profiles."""

    def __init__(self) -> None:
        self.root_key, self.issuer_key, self.leaf_key = KeySigner(), KeySigner(), KeySigner()
        subject = ca_name("Lao e-Government Center", "Root CA", practice=True)
        end = START + PROFILES["root-ca"].longest_validity - timedelta(seconds=1)
        view = root_view(subject, self.root_key.public_key, START, end, ARC)
        self.root = self._made("root-ca", view, self.root_key, subject, self.root_key, end)
        self.root_view = _view(self.root)
        subject = ca_name("Lao e-Government Center", "Officers CA", practice=True)
        end = START + PROFILES["issuing-ca"].longest_validity - timedelta(seconds=1)
        self.issuer = self._made("issuing-ca", self.root_view, self.root_key, subject, self.issuer_key, end)
        self.view = _view(self.issuer)

    def leaf(self, profile: str) -> bytes:
        subject = SUBJECTS.get(profile, SERVICE)
        end = min(START + PROFILES[profile].longest_validity, self.view.not_after) - timedelta(seconds=1)
        return self._made(profile, self.view, self.issuer_key, subject, self.leaf_key, end)

    def _made(self, profile, view, signer, subject, key, end) -> bytes:  # type: ignore[no-untyped-def]
        names = ("localhost", "127.0.0.1") if profile == "tls-server" else ()
        encoded = tbs(
            PROFILES[profile], view, subject, key.public_key, serial_number(7, CHANCE), START, end,
            alternative_names=names,
        )  # fmt: skip
        linted = lint(encoded, PROFILES[profile], view)
        return assemble(linted.tbs, signer.algorithm, signer.sign(linted.tbs))


def _view(certificate: bytes) -> IssuerView:
    return issuer_view(
        parse_certificate(certificate), ARC, crl_url=f"{URL}/crl/officers-1.crl", ocsp_url=f"{URL}/",
        certificate_url=f"{URL}/issuer/officers-1.cer", cps_url=f"{URL}/cps",
    )  # fmt: skip


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    return Hierarchy()


@pytest.mark.parametrize("profile", LEAVES)
def test_pkilint_finds_no_error(hierarchy: Hierarchy, profile: str) -> None:
    assert findings(hierarchy.leaf(profile)) == []


def test_pkilint_finds_no_error_in_issuers(hierarchy: Hierarchy) -> None:
    assert findings(hierarchy.root) + findings(hierarchy.issuer) == []


@pytest.mark.parametrize("profile", LEAVES)
def test_openssl_verifies_the_path(hierarchy: Hierarchy, profile: str, tmp_path: Path) -> None:
    files = {"root": hierarchy.root, "issuer": hierarchy.issuer, "leaf": hierarchy.leaf(profile)}
    for name, der in files.items():
        pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)
    at = str(int(START.timestamp()) + 60)

    command = ["openssl", "verify", "-x509_strict", "-attime", at, "-CAfile", "root.pem", "-untrusted", "issuer.pem"]
    done = subprocess.run([*command, "leaf.pem"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.stdout == "leaf.pem: OK\n", done.stderr


def test_the_second_judge_can_find_something(hierarchy: Hierarchy) -> None:
    der = hierarchy.leaf("officer-signing")
    spoilt = der.replace(b"\x13\x02LA", b"\x13\x02L@")

    assert spoilt != der
    assert findings(spoilt)
