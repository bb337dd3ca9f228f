"""Chapter 7: the officer is revoked, everywhere at once."""

import time
from collections.abc import Callable

from asn1crypto import crl
from cryptography import x509

from scripts.demonstration.journal import require
from scripts.story.documents import require_verdict, sign, validate
from scripts.story.scene import Scene
from scripts.story.sign_on import userinfo
from scripts.story.status import openssl_ocsp

_ONE_SECOND = 1.0


def tell(scene: Scene) -> None:
    """Every step of the chapter holds."""
    journal, installation = scene.journal, scene.installation
    journal.chapter("7 Revoke")
    admin = installation.personal(scene.admins[0], "authentication")
    with journal.step("an admin revokes all certificates of the officer by script, under his own key") as said:
        words = ("revoke", "--person", scene.signer.number, "--reason", "keyCompromise")
        result = installation.verb(*words, "--as", scene.admins[0], "--key", admin.uri)
        require(result.exit == 0, f"revoke ended with {result.exit}: {result.values}")
        revoked_at = time.monotonic()
        said.say(f"{len(_serials(scene))} certificates")
    with journal.step("within a second: OCSP, tokens, sessions, back-channel logout, CRL") as said:
        for name, dead in _deaths(scene):
            _require_soon(name, dead)
        said.say(f"all after {time.monotonic() - revoked_at:.2f} s")
    with journal.step("the access token that is out is dead at introspection and refresh too"):
        _require_tokens_dead(scene)
    with journal.step("a document signed before stays VALID as of its time stamp"):
        answer = validate(scene, scene.documents["signed"].read_bytes(), "decree")
        require_verdict(answer, "VALID", None)
    time.sleep(max(0.0, 2.0 - (time.monotonic() - revoked_at)))
    with journal.step("one signed after is INVALID: its content time stamp proves that it is younger"):
        late = sign(scene, scene.signer, "late", "--no-status")
        scene.documents["late"] = late
        require_verdict(validate(scene, late.read_bytes()), "INVALID", "REVOKED")
    with journal.step("without that stamp CANNOT TELL: do not rely on it") as said:
        doubtful = sign(scene, scene.signer, "doubtful", "--no-status", "--no-content-time-stamp")
        scene.documents["doubtful"] = doubtful
        answer = validate(scene, doubtful.read_bytes())
        require_verdict(answer, "CANNOT TELL", "REVOKED_NO_POE")
        said.say(answer["sentence"]["en"])


def _deaths(scene: Scene) -> list[tuple[str, Callable[[], bool]]]:
    return [
        ("OCSP says revoked", lambda: _ocsp_says_revoked(scene)),
        ("userinfo refuses the access token", lambda: userinfo(scene, scene.tokens["access"]).status_code == 401),
        ("e-Document was told to end the session", lambda: _signed_out(scene, "edocument")),
        ("e-Staff was told to end the session", lambda: _signed_out(scene, "estaff")),
        ("the CRL holds the serial numbers", lambda: _serials(scene) <= _on_crl(scene)),
    ]


def _require_soon(name: str, dead: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _ONE_SECOND
    while not dead():
        require(time.monotonic() < deadline, f"after a second it was not true that {name}")
        time.sleep(0.05)


def _ocsp_says_revoked(scene: Scene) -> bool:
    installation = scene.installation
    issuer = installation.home.certificate("officers")
    for purpose in ("authentication", "signing"):
        certificate = installation.personal(scene.signer.number, purpose).certificate
        if ": revoked" not in openssl_ocsp(scene, ["-issuer", str(issuer), "-cert", str(certificate), "-no_nonce"]):
            return False
    return True


def _signed_out(scene: Scene, service: str) -> bool:
    """Whether the service itself no longer knows the officer, in the browser in which he was signed in."""
    page = scene.browser("signer").open(f"{scene.installation.home.url(service)}/")
    return scene.signer.number not in page.text


def _serials(scene: Scene) -> set[int]:
    keys = (scene.installation.personal(scene.signer.number, purpose) for purpose in ("authentication", "signing"))
    return {x509.load_pem_x509_certificate(key.certificate.read_bytes()).serial_number for key in keys}


def _on_crl(scene: Scene) -> set[int]:
    url = f"{scene.installation.home.url('ca')}/crl/officers-1.crl"
    listed = crl.CertificateList.load(scene.installation.web.get(url, timeout=10).content)
    return {int(one["user_certificate"].native) for one in listed["tbs_cert_list"]["revoked_certificates"]}


def _require_tokens_dead(scene: Scene) -> None:
    client, idp = scene.client, scene.installation.home.url("idp")
    metadata = scene.installation.web.get(f"{idp}/.well-known/openid-configuration", timeout=10).json()
    credentials = (client.client_id, client.client_secret)
    web = scene.installation.web
    told = web.post(
        metadata["introspection_endpoint"], data={"token": scene.tokens["access"]}, auth=credentials, timeout=10
    )
    require(told.json() == {"active": False}, f"introspection answered {told.text}")
    if scene.tokens["refresh"]:
        again = {"grant_type": "refresh_token", "refresh_token": scene.tokens["refresh"]}
        renewed = web.post(metadata["token_endpoint"], data=again, auth=credentials, timeout=10)
        require(renewed.json().get("error") == "invalid_grant", f"refresh answered {renewed.text}")
