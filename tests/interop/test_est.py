"""EST with curl and OpenSSL: what a ministry's administrator types, against the door as it is served."""

from base64 import b64decode
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ca.machines.doors import Made
from tests.ca.machines.ministry import GRANT
from tests.interop.doorway import UNTIL, Doorway


def request(doorway: Doorway, folder: Path, name: str, *subject: str) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    out = ("-keyout", f"{name}.key", "-out", f"{name}.der", "-outform", "DER")
    doorway.run("openssl", "req", "-new", *curve, *out, *subject, cwd=folder)
    doorway.run("openssl", "base64", "-in", f"{name}.der", "-out", f"{name}.p10", cwd=folder)


def curl(doorway: Doorway, folder: Path, path: str, name: str, *more: str) -> str:
    post = ("-H", "Content-Type: application/pkcs10", "--data-binary", f"@{name}.p10")
    url = f"{doorway.tls}/.well-known/est/{path}"
    return doorway.run("curl", "-sS", "--cacert", str(doorway.root), *post, *more, url, cwd=folder)


def certificate(answer: str) -> x509.Certificate:
    [found] = pkcs7.load_der_pkcs7_certificates(b64decode(answer))
    return found


def test_curl_enrols_a_server_by_a_code(doorway: Doorway, tmp_path: Path) -> None:
    made = doorway.ministry.secret(doorway.ministry.allowed(until=UNTIL))
    request(doorway, tmp_path, "www", "-subj", "/", "-addext", "subjectAltName=DNS:www.mtc.gov.la")

    answer = curl(doorway, tmp_path, "simpleenroll", "www", "-u", user(made))

    names = certificate(answer).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.mtc.gov.la"]


def test_a_device_renews_with_a_new_key_by_the_certificate_that_it_shows(doorway: Doorway, tmp_path: Path) -> None:
    changed = GRANT | {"profile": "device", "zones": [], "hosts": [], "common_names": ["Kiosk 7"], "until": UNTIL}
    made = doorway.ministry.secret(doorway.ministry.allowed(**changed))
    for name in ("first", "second", "third"):
        request(doorway, tmp_path, name, "-subj", "/CN=Kiosk 7")
    request(doorway, tmp_path, "other", "-subj", "/CN=Kiosk 8")
    answer = curl(doorway, tmp_path, "simpleenroll", "first", "-u", user(made))
    (tmp_path / "first.pem").write_bytes(certificate(answer).public_bytes(Encoding.PEM))

    shown = ("--cert", "first.pem", "--key", "first.key")
    renewed = certificate(curl(doorway, tmp_path, "simplereenroll", "second", *shown))
    other = curl(doorway, tmp_path, "simplereenroll", "other", *shown)

    assert "Kiosk 7" in renewed.subject.rfc4514_string()
    assert "machine.other-names" in other


def user(made: Made) -> str:
    return f"{made.reference}:{made.secret}"
