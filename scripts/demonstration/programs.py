"""Which processes an installation runs: the table that `./scripts/demo` starts from."""

import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.demonstration.supervisor import Program
from web.home import Home

_PYTHON = sys.executable
_GUNICORN = (_PYTHON, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py")

HOUSES = (
    "ca", "ocsp", "tsa", "idp", "idp-mtls", "idp-clients-mtls", "validation", "audit", "register", "machines",
    "machines-http",
)  # fmt: skip
"""The processes that listen, each a gunicorn of its own with its own database role."""
LOOPS = {
    "issue": "issue", "seal": "ledger-seal", "work": "work", "validate": "validate", "purge": "requests-forget",
}  # fmt: skip
"""The processes that listen to nothing, and the verb that each runs."""
SERVICES = ("edocument", "estaff")
ACME_ZONES, ACME_PORTS = "gov.la localhost", {"http": 5002, "tls": 5001, "dns": 5053}
"""Names whose challenges are looked up on this machine, and at which ports."""
_APPLICATIONS = {
    "idp-mtls": "idp.app:create_app()",
    "idp-clients-mtls": "idp.app:create_app()",
    "holder": "ca.app:create_holder_app()",
    "machines": "ca.app:create_machines_app()",
    "machines-http": "ca.app:create_machines_http_app()",
}
"""Where a process is not named for its house."""


def house(home: Home, name: str, environment: Mapping[str, str]) -> Program:
    """One process of a house under gunicorn; `idp-mtls` is the provider's application on its mutual-TLS port."""
    application = _APPLICATIONS.get(name, f"{name}.app:create_app()")
    ready = f"{home.url(name)}/readyz" if name != "idp-mtls" else None  # which asks for a person's certificate first
    own = {**environment, "LAOTRUST_PROCESS": name}
    return Program(name, (*_GUNICORN, application), own, ready, home.port(name))


def loop(name: str, environment: Mapping[str, str]) -> Program:
    """One of the loops."""
    return Program(name, (_PYTHON, "-m", "scripts", LOOPS[name]), environment)


def service(home: Home, name: str, environment: Mapping[str, str]) -> Program:
    """One of the sample relying services under `examples/`."""
    return Program(
        name,
        (*_GUNICORN, f"examples.{name}.app:create_app()"),
        {**environment, "LAOTRUST_PROCESS": name},
        f"{home.url(name)}/healthz",
    )


def environment_of(home: Home, settings: Path) -> dict[str, str]:
    """What every process of the home finds in its environment."""
    return {
        "LAOTRUST_HOME": str(home.path.resolve()),
        "LAOTRUST_MODE": home.mode().value,
        "LAOTRUST_ISSUER": home.url("idp"),
        "LAOTRUST_OUTBOUND_ALLOW": "127.0.0.0/8",
        "LAOTRUST_OUTBOUND_CA": str(settings.resolve()),
        "LAOTRUST_ACME_ZONES": ACME_ZONES,
        **{f"LAOTRUST_ACME_{name.upper()}_PORT": str(port) for name, port in ACME_PORTS.items()},
        "PYTHONUNBUFFERED": "1",
    }
