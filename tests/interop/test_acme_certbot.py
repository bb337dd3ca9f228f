"""certbot from Debian: http-01 and dns-01, renewal, revocation, its account's end."""

from pathlib import Path

import pytest
from cryptography import x509

from tests.interop.acme_service import AcmeService
from tests.programs import needs


class Certbot:
    """certbot with folders of its own."""

    def __init__(self, service: AcmeService, folder: Path) -> None:
        self.service, self.folder = service, folder

    def __call__(self, verb: str, *words: str | Path, **environment: str) -> str:
        folders = [f"--{name}-dir={self.folder / name}" for name in ("config", "work", "logs")]
        done = self.service.run(
            "certbot", verb, "--non-interactive", "--server", self.service.directory, *folders, *words,
            environment={"REQUESTS_CA_BUNDLE": str(self.service.root), **environment},
        )  # fmt: skip
        return done.stdout + done.stderr

    def register(self) -> None:
        self(
            "register", "--agree-tos", "-m", "admin@mtc.gov.la", "--no-eff-email",
            "--eab-kid", self.service.kid, "--eab-hmac-key", self.service.hmac_key,
        )  # fmt: skip

    def chain(self, name: str) -> Path:
        return self.folder / "config" / "live" / name / "fullchain.pem"


@pytest.fixture
def certbot(service: AcmeService, tmp_path: Path) -> Certbot:
    needs("certbot")
    return Certbot(service, tmp_path)


def test_certbot_gets_renews_and_revokes_by_http_01_and_ends_its_account(certbot: Certbot) -> None:
    service, name = certbot.service, "certbot.mtc.gov.la"
    certbot.register()
    standalone = ("--standalone", "--http-01-port", str(service.http_port))

    certbot("certonly", *standalone, "-d", name, "-d", "www.certbot.mtc.gov.la")
    first = service.verify(certbot.chain(name), name)
    certbot("renew", "--force-renewal", "--no-random-sleep-on-renew")
    second = service.verify(certbot.chain(name), name)
    certbot("revoke", "--cert-name", name, "--reason", "superseded", "--no-delete-after-revoke")

    assert first.serial_number != second.serial_number
    assert (service.ended(second), service.is_revoked(first)) == ("superseded", None)
    assert "deactivated" in certbot("unregister").lower()


def test_certbot_revokes_by_the_certificates_own_key(certbot: Certbot) -> None:
    service, name = certbot.service, "lost.mtc.gov.la"
    certbot.register()
    certbot("certonly", "--standalone", "--http-01-port", str(service.http_port), "-d", name)
    chain = certbot.chain(name)
    leaf, key = x509.load_pem_x509_certificates(chain.read_bytes())[0], chain.with_name("privkey.pem")

    certbot("revoke", "--cert-path", chain.with_name("cert.pem"), "--key-path", key, "--reason", "keycompromise",
            "--no-delete-after-revoke")  # fmt: skip

    assert service.ended(leaf) == "keyCompromise"


def test_certbot_gets_one_by_dns_01_with_a_hook(certbot: Certbot, tmp_path: Path) -> None:
    service, name = certbot.service, "zone.mtc.gov.la"
    certbot.register()
    hook = tmp_path / "hook"
    hook.write_text(f'#!/bin/sh\nprintf %s "$CERTBOT_VALIDATION" > "{service.zone}/_acme-challenge.$CERTBOT_DOMAIN"\n')
    hook.chmod(0o700)

    certbot("certonly", "--manual", "--preferred-challenges", "dns", "--manual-auth-hook", hook, "-d", name)

    service.verify(certbot.chain(name), name)
