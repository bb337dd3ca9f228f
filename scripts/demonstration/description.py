"""demo.json: the running demonstration, described for programs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import select

from idp.routes.practice import PATH as PRACTICE_ANSWER
from ledger.certificates import Certificate, Hold, HoldRelease, Issuer, Revocation
from scripts.demonstration.accounts import (
    KnownAccount,
    client_key,
    cut_off,
    initial_access_token,
    registrations,
)
from scripts.demonstration.acme import described as acme
from scripts.demonstration.installation import Installation
from scripts.story.scene import ClientCredentials
from web.home import ROOTS


def describe(
    installation: Installation,
    accounts: Sequence[KnownAccount],
    clients: Mapping[str, ClientCredentials],
    documents: Sequence[Mapping[str, Any]],
) -> Path:
    """Writes `<home>/demo.json`, mode 0600. Returns its path."""
    home = installation.home
    gone = cut_off(installation)
    description = {
        "issuer": home.url("idp"),
        "roots": [str(home.certificate(name).resolve()) for name in ROOTS],
        "issuers": _issuers(installation),
        "urls": _urls(installation),
        "accounts": [_account(account) for account in accounts if account.number not in gone],
        "clients": [_client(installation, name, client) for name, client in clients.items()],
        "certificates": _certificates(installation),
        "documents": list(documents),
        "acme": acme(installation),
        "registration": {"initial_access_token": initial_access_token(installation)},
        "ciba_approval_url": f"{home.url('idp')}{PRACTICE_ANSWER}?auth_req_id={{auth_req_id}}&action={{action}}",
        "database_url": installation.database_url,
        "log": str((home.path / "log").resolve()),
        "processes": [{"name": name, "pid": process.pid} for name, process in installation.supervisor.running.items()],
    }
    target = home.path / "demo.json"
    temporary = home.path / "demo.json.new"
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(description, ensure_ascii=False, indent=2) + "\n")
    temporary.replace(target)
    return target


def _urls(installation: Installation) -> dict[str, Any]:
    home = installation.home
    return {
        "idp": home.url("idp"),
        "idp_mtls": home.url("idp-mtls"),
        "idp_clients_mtls": home.url("idp-clients-mtls"),
        "ocsp": f"{home.url('ocsp')}/",
        "tsa": f"{home.url('tsa')}/",
        "validation": home.url("validation"),
        "audit": home.url("audit"),
        "crl": f"{home.url('ca')}/crl/",
        "holder": f"{home.url('holder')}/certificates",
        "register": home.url("register"),
        "est": f"{home.url('machines')}/.well-known/est",
        "cmp": f"{home.url('machines-http')}/.well-known/cmp",
        "services": {"edocument": home.url("edocument"), "estaff": home.url("estaff")},
    }


def _issuers(installation: Installation) -> list[dict[str, str]]:
    with installation.ledger("ca").read() as session:
        issuers = session.scalars(select(Issuer).order_by(Issuer.id)).all()
    return [
        {
            "name": issuer.name,
            "certificate": str(installation.home.certificate(issuer.name).resolve()),
            "crl_url": issuer.crl_url,
            "ocsp_url": issuer.ocsp_url,
        }
        for issuer in issuers
    ]


def _account(account: KnownAccount) -> dict[str, Any]:
    return {
        "username": account.username,
        "password": account.password,
        "totp_secret": account.totp_secret,
        "person": account.number,
        "kind": account.kind,
        "slip_codes": [],
    }


def _client(installation: Installation, name: str, client: ClientCredentials) -> dict[str, Any]:
    registration, own = registrations(installation)[name], client_key(installation, name)
    paths = {"jwks_private": own.jwks_private, "certificate": own.certificate, "key": own.key}
    return {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "redirect_uris": list(registration.redirect_uris),
        "post_logout_redirect_uris": list(registration.post_logout_redirect_uris),
        "profile": registration.profile,
        **{kind: str(path.resolve()) if registration.jwks else None for kind, path in paths.items()},
    }


def _certificates(installation: Installation) -> list[dict[str, Any]]:
    """Every certificate in the ledger that has a file of its own, with its state by the ledger."""
    released = select(HoldRelease.hold_id).where(HoldRelease.hold_id == Hold.id)
    held = select(Hold.certificate_id).where(~released.exists())
    with installation.ledger("ca").read() as session:
        rows = session.execute(
            select(Certificate, Issuer.name).join(Issuer, Issuer.id == Certificate.issuer_id).order_by(Certificate.id)
        ).all()
        dead = set(session.scalars(select(Revocation.certificate_id)))
        paused = set(session.scalars(held))
    files = _files(installation)
    found = []
    for certificate, issuer in rows:
        pair = files.get(certificate.sha256)
        if pair is None:
            continue
        state = "revoked" if certificate.id in dead else "held" if certificate.id in paused else "good"
        found.append(
            {
                "certificate": str(pair[0]),
                "key": str(pair[1]) if pair[1] else None,
                "chain": str(installation.home.certificate(issuer).resolve()),
                "issuer": issuer,
                "profile": certificate.profile,
                "status": state,
                "serial": certificate.serial_number,
            }
        )
    return found


def _files(installation: Installation) -> dict[str, tuple[Path, Path | None]]:
    """Certificates of the home by their digest, each with the person's key where there is one."""
    home = installation.home.path.resolve()
    found: dict[str, tuple[Path, Path | None]] = {}
    for path in [*(home / "certificates").glob("*.pem"), *(home / "people").glob("*.pem")]:
        if path.name.endswith(".key.pem"):
            continue
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
        key = path.with_suffix(".key.pem")
        found[certificate.fingerprint(SHA256()).hex()] = (path, key if key.exists() else None)
    return found
