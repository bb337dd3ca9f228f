"""A ministry whose servers speak ACME, in one process: the edge, the validator's hand, and the signing room."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from ca.machines.acme.validation import Finding, Task, due, record
from ca.machines.doors import Made
from ca.machines.rules import Protocol
from ca.routes import acme as edge
from ca.tables.machines import Allowance
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.sealed_fields import SealedFields
from tests.ca.acme.client import AcmeClient, Answer, csr, flattened, octets, public
from tests.ca.conftest import PracticeCa
from tests.ca.held import Held
from tests.ca.machines.ministry import Ministry
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from tests.issuing import KeySigner
from tests.serving import settings_for
from web.app import create_app
from web.pace import Pace

BASE = "https://localhost:8453"
VALIDATE = Actor.system("validate")
SEEN = Finding(None, ("127.0.0.1",), "ab" * 32, "cd" * 32)
WWW = "www.mtc.gov.la"


@dataclass
class Acme:
    """The service, and what its people gave out."""

    ministry: Ministry
    web: FlaskClient
    allowance: Allowance
    secret: Made
    validator: Ledger

    @property
    def ca(self) -> PracticeCa:
        return self.ministry.ca

    @property
    def key(self) -> bytes:
        return octets(self.secret.secret)

    def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        path = url.removeprefix(BASE)
        answer = self.web.open(path, method=method, data=body, headers=dict(headers), base_url=BASE)
        return Answer(answer.status_code, answer.headers, answer.get_data())

    def stranger(self, **more: Any) -> AcmeClient:
        """A client without an account."""
        return AcmeClient(self.send, BASE, **more)

    def client(self, **more: Any) -> AcmeClient:
        """A client with an account."""
        client = self.stranger(**more)
        answer = client.register(self.secret.reference, self.key)
        assert answer.status == 201, answer.body
        return client

    def validate(self, finding: Finding | Callable[[Task], Finding] = SEEN) -> int:
        """What is due is looked up by a hand that sees this."""
        with self.validator.read() as session:
            tasks = [one for one in due(session, self.ca.ledger.clock.now()) if isinstance(one, Task)]
        for task in tasks:
            record(self.validator, VALIDATE, task, finding(task) if callable(finding) else finding)
        return len(tasks)

    def ready(self, client: AcmeClient, *names: str, method: str = "http-01", **more: Any) -> Answer:
        """An order of which everything was shown."""
        order = client.order(*names, **more)
        assert order.status == 201, order.body
        for number in range(len(order.json["authorizations"])):
            assert client.post(client.challenge(order, method, number)["url"], {}).status == 200
        self.validate()
        return order

    def finalized(self, client: AcmeClient, *names: str, request: str | None = None, **more: Any) -> Answer:
        """The order after its PKCS#10 was handed in and taken."""
        order = self.ready(client, *names, **more)
        answer = client.post(order.json["finalize"], {"csr": request or csr(list(names))})
        assert answer.status == 200, answer.body
        return answer

    def turn(self) -> Sequence[tuple[str, str]]:
        """What the signing room refused, after it came to everything."""
        return self.ca.room().turn().refused

    def issued(self, client: AcmeClient, *names: str, **more: Any) -> Answer:
        """The order with its certificate."""
        order = self.finalized(client, *names, **more)
        refused = self.turn()
        answer = client.post(order.place)
        assert answer.json["status"] == "valid", (answer.body, refused)
        return answer


def changing(client: AcmeClient, new: KeySigner, **bent: Any) -> Any:
    """The payload of a keyChange message; `bent` members of the inner payload or, with `inner_…`, of its header."""
    url = client.url("key-change")
    inner = {name.removeprefix("inner_"): value for name, value in bent.items() if name.startswith("inner_")}
    said = {"account": client.kid, "oldKey": public(client.signer)}
    said |= {name: value for name, value in bent.items() if not name.startswith("inner_")}
    return flattened({"url": url, "jwk": public(new), **inner}, json.dumps(said).encode(), new)


@contextmanager
def opened(ca: PracticeCa) -> Iterator[Acme]:
    """The service of a CA whose ceremony was held, with an allowance that counts; each process under its own role."""
    ministry = Ministry.of(ca)
    allowance = ministry.allowed(most=500)
    secret = ministry.secret(allowance, Protocol.ACME)
    listener, validator = (_ledger_of(name, ca.ledger) for name in ("machines", "validate"))
    settings = replace(settings_for("ca", ca.home, listener.url), process="machines")
    app = create_app("ca", settings, ledger=listener)
    edge.install(app, ministry.doors, "egov.gov.la")
    app.extensions["acme"].pace = Pace(1_000_000, timedelta(minutes=1))  # the clock stands still
    yield Acme(ministry, app.test_client(), allowance, secret, validator)
    listener.close()
    validator.close()


def _ledger_of(process: str, ledger: Ledger) -> Ledger:
    return Ledger(url_of(process, ledger.url), ledger.clock, ledger.randomness, "0.1.0", process)


@pytest.fixture
def acme(ca: PracticeCa) -> Iterator[Acme]:
    """One of the test's own, on each engine."""
    with opened(ca) as service:
        yield service


@pytest.fixture(scope="session")
def shared(held_sqlite: Held, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    """One for all tests that take an account of their own in it and leave the others alone."""
    folder = tmp_path_factory.mktemp("acme")
    database = shutil.copyfile(held_sqlite.database, folder / "laotrust.db")
    chance = SteadyChance()
    chance.resume(held_sqlite.chance)
    ledger = Ledger(f"sqlite:///{database}", TurnedClock(), chance, "0.1.0", "test")
    home = held_sqlite.copy_home(folder / "home")
    with opened(PracticeCa(ledger, home, SealedFields.open(home.key_uri("fields")))) as service:
        yield service
    ledger.close()
