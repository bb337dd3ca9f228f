"""Chapter 4: what strangers' software says about our certificates."""

import base64
import os
import signal
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from asn1crypto import ocsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID
from sqlalchemy import select

from ledger.certificates import Certificate, Intent
from scripts.demonstration.certifying import apply_for, collect, decide_all
from scripts.demonstration.journal import require
from scripts.story.scene import Scene

CERT_HASH = "1.3.36.8.3.13"


def tell(scene: Scene) -> None:
    """Every step of the chapter holds."""
    journal, home = scene.journal, scene.installation.home
    journal.chapter("4 Status: OCSP and CRL by strangers' software")
    certificate = scene.installation.personal(scene.signer.number, "signing").certificate
    issuer = home.certificate("officers")
    with journal.step("openssl ocsp says good: SHA-1 and SHA-256, with and without nonce, POST and GET") as said:
        for digest in ("-sha1", "-sha256"):
            for nonce in ("-nonce", "-no_nonce"):
                _require_good(_openssl_ocsp(scene, issuer, certificate, digest, nonce))
        _require_good(_by_get(scene, issuer, certificate))
        said.say("5 answers")
    with journal.step("a good answer carries the hash of the very certificate in the ledger"):
        _require_cert_hash(scene, issuer, certificate)
    with journal.step("never good for a serial number that was not issued"):
        said_of_stranger = _openssl_serial(scene, issuer, "0x0102030405060708")
        require("revoked" in said_of_stranger, f"openssl said {said_of_stranger}")
    with journal.step("tryLater while an intent has no certificate yet, good when it has"):
        _intent_without_certificate(scene)
    with journal.step("openssl crl reads and verifies the CRLs of every issuer"):
        for name in ("root", "officers", "citizens", "services"):
            _require_crl(scene, name)
    with journal.step("all URLs in a certificate answer") as said:
        said.say(", ".join(_urls_answer(scene, certificate)))


def _openssl_ocsp(scene: Scene, issuer: Path, certificate: Path, digest: str, nonce: str) -> str:
    return openssl_ocsp(scene, [digest, "-issuer", str(issuer), "-cert", str(certificate), nonce])


def openssl_ocsp(scene: Scene, words: list[str]) -> str:
    """What `openssl ocsp` prints, asked at our responder; its verification of the answer included."""
    home = scene.installation.home
    command = ["openssl", "ocsp", *words, "-url", f"{home.url('ocsp')}/", "-CAfile", str(home.certificate("root"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=15)
    return done.stdout + done.stderr


def _require_good(said: str) -> None:
    require(": good" in said and "Response verify OK" in said, f"openssl said: {said}")


def _openssl_serial(scene: Scene, issuer: Path, serial: str) -> str:
    return openssl_ocsp(scene, ["-issuer", str(issuer), "-serial", serial, "-no_nonce"])


def _question(issuer: Path, certificate: Path) -> bytes:
    target = certificate.with_suffix(".ocsp-request")
    words = ["openssl", "ocsp", "-issuer", str(issuer), "-cert", str(certificate), "-no_nonce", "-reqout", str(target)]
    subprocess.run(words, check=True, capture_output=True)
    question = target.read_bytes()
    target.unlink()
    return question


def _by_get(scene: Scene, issuer: Path, certificate: Path) -> str:
    """The answer by GET, judged by openssl again."""
    answer = _answer(scene, issuer, certificate)
    target = certificate.with_suffix(".ocsp-response")
    target.write_bytes(answer)
    words = ["-respin", str(target), "-issuer", str(issuer), "-cert", str(certificate), "-no_nonce"]
    home = scene.installation.home
    command = ["openssl", "ocsp", *words, "-CAfile", str(home.certificate("root"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=15)
    target.unlink()
    return done.stdout + done.stderr


def _answer(scene: Scene, issuer: Path, certificate: Path) -> bytes:
    path = quote(base64.b64encode(_question(issuer, certificate)).decode(), safe="")
    return bytes(scene.installation.web.get(f"{scene.installation.home.url('ocsp')}/{path}", timeout=10).content)


def _require_cert_hash(scene: Scene, issuer: Path, certificate: Path) -> None:
    response = ocsp.OCSPResponse.load(_answer(scene, issuer, certificate))
    single = response["response_bytes"]["response"].parsed["tbs_response_data"]["responses"][0]
    extensions = {one["extn_id"].dotted: one["extn_value"].contents for one in single["single_extensions"]}
    wanted = sha256(x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)).digest()
    require(wanted in extensions.get(CERT_HASH, b""), "the answer has no certHash of this certificate")


def _intent_without_certificate(scene: Scene) -> None:
    """The sealer is held up, so that the signing room waits with an intent; then it is let go."""
    installation = scene.installation
    newcomer = ("officers", scene.clerk.number, "signing-2")
    sealer = installation.supervisor.running["seal"].pid
    os.kill(sealer, signal.SIGSTOP)
    try:
        apply_for(installation, [(newcomer[1], "again")], scene.admins[0])
        decide_all(installation, scene.admins)
        serial = _await_intent(scene)
        said = _openssl_serial(scene, installation.home.certificate("officers"), f"0x{serial}")
    finally:
        os.kill(sealer, signal.SIGCONT)
    require("trylater" in said.lower().replace(" ", ""), f"openssl said of the intent: {said}")
    collect(installation, [(newcomer[1], "again")], lambda _count: None)
    key = installation.personal(scene.clerk.number, "signing-2")
    deadline = time.monotonic() + 1
    issuer = installation.home.certificate("officers")
    while "trylater" in (said := _openssl_ocsp(scene, issuer, key.certificate, "-sha256", "-no_nonce")):
        require(time.monotonic() < deadline, "a second after it was issued the certificate was not good")
        time.sleep(0.05)
    _require_good(said)


def _await_intent(scene: Scene) -> str:
    unsigned = select(Intent.serial_number).where(~select(Certificate.id).where(Certificate.id == Intent.id).exists())
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with scene.installation.ledger("ocsp").read() as session:
            serial = session.scalars(unsigned.order_by(Intent.id.desc())).first()
        if serial is not None:
            time.sleep(0.6)
            return serial
        time.sleep(0.1)
    raise AssertionError("the signing room wrote no intent")


def _require_crl(scene: Scene, name: str) -> None:
    home = scene.installation.home
    url = f"{home.url('ca')}/crl/{name}-1.crl"
    fetched = scene.installation.web.get(url, timeout=10)
    require(fetched.headers["Content-Type"] == "application/pkix-crl", f"{url} is {fetched.headers['Content-Type']}")
    command = ["openssl", "crl", "-inform", "DER", "-noout", "-verify", "-CAfile", str(home.certificate(name))]
    done = subprocess.run(command, input=fetched.content, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode()
    require("verify OK" in said, f"openssl crl said of {url}: {said}")


def _urls_answer(scene: Scene, path: Path) -> list[str]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    access = certificate.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).value
    issuers = [a for a in access if a.access_method == AuthorityInformationAccessOID.CA_ISSUERS]  # type: ignore[attr-defined]
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    urls = [one.access_location.value for one in issuers]
    urls += [name.value for point in points for name in point.full_name or []]
    urls += [str(q) for policy in policies for q in policy.policy_qualifiers or [] if isinstance(q, str)]
    for url in urls:
        answer = scene.installation.web.get(url, timeout=10)
        require(answer.status_code == 200, f"{url} answered {answer.status_code}")
    return [url.rsplit("/", 1)[-1] for url in urls]
