"""A ministry whose servers speak ACME, in one process: the edge, the validator's hand, and the signing room."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from ca.machines.acme.validation import Finding, Task, due, record
from ca.machines.doors import Made
from ca.machines.rules import Protocol
from ca.routes import acme as edge
from ca.tables.machines import Allowance
from ledger.event import Actor
from tests.ca.acme.client import AcmeClient, Answer, csr
from tests.ca.conftest import PracticeCa
from tests.ca.machines.ministry import Ministry
from tests.serving import settings_for
from web.app import create_app

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
    sent: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ca(self) -> PracticeCa:
        return self.ministry.ca

    @property
    def key(self) -> bytes:
        return self.secret.secret.encode()

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
        with self.ca.ledger.read() as session:
            tasks = due(session, self.ca.ledger.clock.now())
        for task in tasks:
            record(self.ca.ledger, VALIDATE, task, finding(task) if callable(finding) else finding)
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
        assert self.turn() == []
        answer = client.post(order.place)
        assert answer.json["status"] == "valid", answer.body
        return answer


@pytest.fixture
def acme(ca: PracticeCa) -> Acme:
    ministry = Ministry.of(ca)
    allowance = ministry.allowed()
    settings = replace(settings_for("ca", ca.home, ca.ledger.url), process="machines")
    app = create_app("ca", settings, ledger=ca.ledger)
    edge.install(app, ministry.doors, "egov.gov.la")
    return Acme(ministry, app.test_client(), allowance, ministry.secret(allowance, Protocol.ACME))
