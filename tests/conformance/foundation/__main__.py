"""`python -m tests.conformance.foundation --suite http://127.0.0.1:8080`: the plans against a provider of our own."""

import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import click

from idp.token_keys import LOOK_EVERY
from migrations.run import migrate
from scripts.demonstration.installation import Installation
from tests.conformance.description import Provider, read
from tests.conformance.foundation.clients import ALIAS, Played, registered
from tests.conformance.foundation.front import front
from tests.conformance.foundation.person import Person
from tests.conformance.foundation.plans import PLANS, Plan
from tests.conformance.foundation.suite import OVER, Module, Outcome, Suite, pause
from tests.conformance.ours import ADMIN, PROCESSES, start
from tests.conformance.turning import verb
from web.home import Home

_LONGEST = 700.0
"""Seconds for a module."""
_QUIET = 15
"""So many looks without an address to go to, and the suite waits for a picture."""


@click.command()
@click.option("--suite", default="http://127.0.0.1:8080", help="The suite in plain HTTP.")
@click.option("--port", default=8443, help="Of nginx before it: base_url; the next is for base_mtls_url.")
@click.option("--only", default="", help="Modules whose name has this in it.")
@click.argument("plans", nargs=-1, type=click.Choice(sorted(PLANS)))
def main(suite: str, port: int, only: str, plans: tuple[str, ...]) -> None:
    """Run PLANS (all, if none is named) of the OpenID Foundation's suite; docs/certification.md has how to start it."""
    with TemporaryDirectory(prefix="laotrust-suite-") as name, ExitStack() as stack:
        folder, origin = Path(name), f"https://localhost:{port}"
        migrate(f"sqlite:///{folder / 'template.db'}")
        described = start(folder / "home", folder / "template.db", stack, (*PROCESSES, "idp-clients-mtls"))
        provider = read(described, exemplary=True)
        clients = registered(Installation(Home(folder / "home")), origin, ADMIN)
        stack.enter_context(front(folder, suite, provider.service_tls, (port, port + 1)))
        there = Suite(origin, provider.authority)
        there.wait()
        good = [_run(there, provider, clients, name, only) for name in plans or PLANS]
    sys.exit(0 if all(good) else 1)


def _run(suite: Suite, provider: Provider, clients: Mapping[str, Played], name: str, only: str) -> bool:
    """Whether nothing was held against the provider; each module is told in a line."""
    plan, counted, good = PLANS[name], Counter[str](), True
    for module in suite.create(plan.name, plan.variant, _configuration(plan, provider, clients)):
        if only not in module.name:
            continue
        begun = monotonic()
        outcome = _module(suite, provider, module)
        counted[outcome.result] += 1
        good &= outcome.is_good
        click.echo(f"{name:14} {outcome.result:8} {monotonic() - begun:6.1f} s  {module.name}")
        for finding in outcome.findings:
            click.echo(f"{'':16}{finding}")
    click.echo(f"{name}: {', '.join(f'{count} {result}' for result, count in sorted(counted.items()))}")
    return good


def _module(suite: Suite, provider: Provider, module: Module) -> Outcome:
    run, person, quiet, until = suite.start(module), Person(provider, suite.url, module.name), 0, monotonic() + _LONGEST
    gone, waits = set(), True
    while (state := suite.state(run)) not in OVER and monotonic() < until:
        if state == "CONFIGURED" and waits:
            _prepare(provider, module.name)
            suite.proceed(run)
            waits = False
        elif state == "WAITING":
            due = [address for address in suite.addresses(run) if address not in gone]
            for address in due:
                gone.add(address)
                suite.visited(run, address.url)
                person.go(address)
            quiet = 0 if due else quiet + 1
            if quiet == _QUIET:
                suite.illustrate(run)
                quiet = 0
        pause()
    if state not in OVER:
        suite.stop(run)
    return suite.outcome(module, run)


def _prepare(provider: Provider, module: str) -> None:
    """What the suite asks of whoever runs the provider before a module begins."""
    if module.endswith("server-rotate-keys"):
        place = f"file:{provider.home.resolve()}/keys/announced.key.pem"
        uri = f"{place}?passphrase-source=file:{provider.service_tls[2].resolve()}"
        verb(provider, "token-key-announce", "ES256", uri)
        sleep(LOOK_EVERY.total_seconds())


def _resource(plan: Plan, provider: Provider) -> str:
    """Userinfo; where tokens are bound to certificates, at the port where these are shown."""
    by_certificate = plan.variant.get("sender_constrain") == "mtls" or "ciba_mode" in plan.variant
    said = provider.metadata["mtls_endpoint_aliases"] if by_certificate else provider.metadata
    return str(said["userinfo_endpoint"])


def _configuration(plan: Plan, provider: Provider, clients: Mapping[str, Played]) -> dict[str, Any]:
    """What the suite is told of the provider and of the clients that it plays."""
    said: dict[str, Any] = {
        "alias": ALIAS,
        "description": plan.name,
        "server": {"discoveryUrl": f"{provider.issuer}/.well-known/openid-configuration"},
        "resource": {"resourceUrl": _resource(plan, provider)},
        "automated_ciba_approval_url": provider.approval_url,
    }
    if not plan.clients:
        invited = {"initial_access_token": provider.initial_access_token}
        return said | {"client": {"client_name": "Suite"} | invited, "client2": {"client_name": "Suite 2"} | invited}
    person = provider.accounts[0].username
    for place, name in zip(("", "2"), plan.clients, strict=True):
        played = clients[name]
        said[f"client{place}"] = {"client_id": played.client_id, "client_secret": played.client_secret}
        if plan.strict:
            said[f"client{place}"] |= {
                "jwks": played.private, "scope": "openid email", "hint_type": "login_hint", "hint_value": person,
                "dpop_signing_alg": "ES256", "acr_value": provider.metadata["acr_values_supported"][-1],
            }  # fmt: skip
            said[f"mtls{place}"] = {"cert": played.certificate, "key": played.key}
    post = clients["post"]
    said["client_secret_post"] = {"client_id": post.client_id, "client_secret": post.client_secret}
    return said


main()
