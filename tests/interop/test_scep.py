"""SCEP with strongSwan's `pki`: an old device gets its certificate, renews it, and what is refused (RFC 8894).

strongSwan reads no CA with a constraint on addresses, neither `services` nor the root, and `pki --scepca` writes
nothing without a root. So the door's own certificate is taken out of the answer to GetCACert, which is all that
`pki --scep` asks for.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ca.machines.doors import Made
from ca.machines.rules import Protocol
from tests.interop.doorway import UNTIL, Doorway
from tests.programs import needs


@dataclass
class Device:
    """A device with strongSwan's programs and a folder of its own."""

    doorway: Doorway
    folder: Path
    made: Made

    def pki(self, *words: str, out: str, ok: bool = True) -> str:
        """What it complained of; what it prints is in the file `out`."""
        quoted = " ".join(f"'{word}'" for word in words)
        return self.doorway.run("sh", "-c", f"pki {quoted} > {out}", cwd=self.folder, ok=ok)

    def key(self, name: str) -> str:
        self.pki("--gen", "--type", "rsa", "--size", "3072", "--outform", "pem", out=f"{name}.key")
        return f"{name}.key"

    def scep(self, key: str, out: str, *more: str, host: str = "old.mtc.gov.la", ok: bool = True) -> str:
        url, name = f"{self.doorway.plain}/cgi-bin/pkiclient.exe", f"CN={host}"
        ra = ("--cacert-enc", "ra.pem", "--cacert-sig", "ra.pem")
        wanted = ("--in", key, "--dn", name, "--san", host, "--interval", "1", "--outform", "pem")
        return self.pki("--scep", "--url", url, *wanted, *ra, *more, out=out, ok=ok)

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / name).read_bytes())


@pytest.fixture
def device(doorway: Doorway, tmp_path: Path) -> Device:
    needs("pki")
    made = doorway.ministry.secret(doorway.ministry.allowed(until=UNTIL), Protocol.SCEP)
    device = Device(doorway, tmp_path, made)
    url, given = f"{doorway.plain}/scep?operation=GetCACert", tmp_path / "given.p7b"
    doorway.run("curl", "--silent", "--fail", "--output", str(given), url, cwd=tmp_path)
    [own] = [one for one in pkcs7.load_der_pkcs7_certificates(given.read_bytes()) if "door-scep" in str(one.subject)]
    (tmp_path / "ra.pem").write_bytes(own.public_bytes(Encoding.PEM))
    return device


def test_strongswan_enrols_by_a_code_and_renews_with_a_new_key(device: Device) -> None:
    first, second = device.key("first"), device.key("second")

    device.scep(first, "first.pem", "--password", device.made.secret)
    device.scep(second, "second.pem", "--cert", "first.pem", "--key", first)

    names = device.certificate("second.pem").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["old.mtc.gov.la"]
    assert device.certificate("first.pem").public_key() != device.certificate("second.pem").public_key()


def test_a_wrong_code_and_a_name_of_another_ministry_are_refused(device: Device) -> None:
    key = device.key("first")

    wrong = device.scep(key, "none.pem", "--password", "WRONG", ok=False)
    other = device.scep(key, "none.pem", "--password", device.made.secret, host="www.mof.gov.la", ok=False)

    assert "badMessageCheck" in wrong
    assert "badRequest" in other
