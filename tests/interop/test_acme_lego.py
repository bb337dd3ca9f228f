"""lego from Debian, which is written in Go and trusts the root alone: tls-alpn-01, http-01, dns-01, and revocation."""

from pathlib import Path

import pytest

from tests.interop.acme_service import AcmeService
from tests.programs import needs


class Lego:
    """lego with a folder of its own."""

    def __init__(self, service: AcmeService, folder: Path) -> None:
        self.service, self.folder = service, folder

    def __call__(self, name: str, *words: str, **environment: str) -> str:
        done = self.service.run(
            "lego", "--server", self.service.directory, "--accept-tos", "--email", "admin@mtc.gov.la", "--eab",
            "--kid", self.service.kid, "--hmac", self.service.hmac_key, "--path", self.folder, "-d", name, *words,
            environment={"LEGO_CA_CERTIFICATES": str(self.service.root), **environment},
        )  # fmt: skip
        return done.stdout + done.stderr

    def chain(self, name: str) -> Path:
        return self.folder / "certificates" / f"{name}.crt"


@pytest.fixture
def lego(service: AcmeService, tmp_path: Path) -> Lego:
    needs("lego")
    return Lego(service, tmp_path)


def test_lego_gets_one_by_tls_alpn_01_and_revokes_it(lego: Lego) -> None:
    service, name, port = lego.service, "alpn.mtc.gov.la", f":{lego.service.tls_port}"

    lego(name, "--tls", "--tls.port", port, "run")
    leaf = service.verify(lego.chain(name), name)
    lego(name, "--tls", "--tls.port", port, "revoke", "--keep")

    assert service.ended(leaf) == "unspecified"


def test_lego_gets_and_renews_one_by_http_01(lego: Lego) -> None:
    service, name, port = lego.service, "lego.mtc.gov.la", f":{lego.service.http_port}"

    lego(name, "--http", "--http.port", port, "run")
    first = service.verify(lego.chain(name), name)
    lego(name, "--http", "--http.port", port, "renew", "--days", "4000", "--no-random-sleep")

    assert service.verify(lego.chain(name), name).serial_number != first.serial_number


def test_lego_gets_one_by_dns_01_with_a_program(lego: Lego, tmp_path: Path) -> None:
    service, name, hook = lego.service, "lego-zone.mtc.gov.la", tmp_path / "hook"
    # lego calls it with `present` or `cleanup`, the record's name with a dot at its end, and the value.
    hook.write_text(f'#!/bin/sh\n[ "$1" = present ] && printf %s "$3" > "{service.zone}/${{2%.}}"\nexit 0\n')
    hook.chmod(0o700)
    resolver = f"127.0.0.1:{service.dns.port}"

    lego(name, "--dns", "exec", "--dns.disable-cp", "--dns.resolvers", resolver, "run", EXEC_PATH=str(hook))

    service.verify(lego.chain(name), name)
