"""A server of the sample ministry gets its certificates from the running installation, by EST and by CMP."""

import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from sqlalchemy import select

from ca.machines.doors import KEY, Doors, Made, make
from ca.machines.rules import Names, Protocol
from ca.tables.machines import Allowance
from tests.ca.machines.ministry import csr
from tests.flows.running import Running
from tests.issuing import new_key


@pytest.fixture
def allowance(running: Running) -> Allowance:
    with running.installation.ledger("ca").read() as session:
        return session.scalars(select(Allowance)).one()


def secret(running: Running, allowance: Allowance, protocol: Protocol) -> Made:
    doors, officer = Doors.at(running.home.key_uri(KEY)), running.installation.acting(running.ready.admins[0])
    assert doors is not None
    made = make(running.installation.ledger("ca"), doors, allowance.id, protocol, officer.person_id, officer.sign)
    assert isinstance(made, Made), made
    return made


def test_a_server_enrols_by_est(running: Running, allowance: Allowance) -> None:
    made, host = secret(running, allowance, Protocol.EST), f"est.{Names.of(allowance).zones[0]}"

    answer = running.installation.web.post(
        f"{running.home.url('machines')}/.well-known/est/simpleenroll",
        data=b64encode(csr(new_key(), host, "localhost")),
        headers={"Content-Type": "application/pkcs10"},
        auth=(made.reference, made.secret),
        timeout=30,
    )

    assert answer.status_code == 200, answer.text
    [certificate] = pkcs7.load_der_pkcs7_certificates(b64decode(answer.content))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [host, "localhost"]


def test_a_server_enrols_by_cmp(running: Running, allowance: Allowance, tmp_path: Path) -> None:
    made, host = secret(running, allowance, Protocol.CMP), f"cmp.{Names.of(allowance).zones[0]}"
    key = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "secret").write_text(made.secret)
    where = running.home.url("machines-http").removeprefix("http://")

    done = subprocess.run(
        [
            "/usr/bin/openssl", "cmp", "-cmd", "ir", "-server", where, "-path", "/.well-known/cmp", "-ref",
            made.reference, "-secret", "file:secret", "-newkey", "key.pem", "-subject", f"/CN={host}", "-sans", host,
            "-certout", "cert.pem",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    certificate = x509.load_pem_x509_certificate((tmp_path / "cert.pem").read_bytes())
    assert certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == host
