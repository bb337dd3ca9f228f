"""What the process `validate` makes of rows, whoever wrote them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest

from ca.machines.acme.hosts import Hosts, Place
from ca.machines.acme.validation import Finding, Looking, Task, Unfit, Validator, due
from ca.machines.acme.zones import Zones
from ca.tables.acme import AcmeAuthorization, AcmeChallengeReady, AcmeOrder, AcmeValidation
from ledger.ledger import Deed
from tests.ca.acme.client import AcmeClient, text
from tests.ca.acme.conftest import SEEN, VALIDATE, Acme
from tests.ca.conftest import TEST
from tests.ca.events import Registered

NAME = "due.mtc.gov.la"


@dataclass(frozen=True)
class Eye(Looking):
    """Sees what it is told to, and remembers whom it was asked about."""

    sees: Any = None
    asked: list[Task] = field(default_factory=list)

    def look(self, task: Task) -> Finding:
        self.asked.append(task)
        found: Finding = self.sees(task)
        return found


def eye(sees: Any) -> Eye:
    return Eye(Hosts((), practice=True), Place(Zones()), "egov.gov.la", "", sees=sees)


@pytest.fixture
def quiet(shared: Acme) -> Iterator[Acme]:
    """Nothing is due before, nothing is left after."""
    shared.validate()
    yield shared
    shared.validate()


def until_idle(validator: Validator) -> int:
    end, done = monotonic() + 20, validator.turn()
    while not validator.idle() and monotonic() < end:
        sleep(0.01)
        done += validator.turn()
    validator.close()
    return done


def ready(acme: Acme, client: AcmeClient, **bent: Any) -> str:
    """The id of an authorization that is said to be ready in rows of the listener's own, bent as given."""
    ledger = acme.ca.ledger
    order, one = ledger.new_id(), ledger.new_id()
    account = str(client.kid).rsplit("/", 1)[1]
    said = {"name": NAME, "token": text(ledger.randomness(32)), "method": "http-01", "names": client.thumbprint} | bent
    signed = said.get("request", client.message(client.url(f"challenge/{one}/{said['method']}"), {}))
    rows = [
        AcmeOrder(id=order, account_id=account, names=json.dumps([NAME]), names_sha256="00" * 32,
                  expires_at=ledger.clock.now() + timedelta(hours=1)),
        AcmeAuthorization(id=one, order_id=order, name=said["name"], token=said["token"]),
        AcmeChallengeReady(authorization_id=one, method=said["method"], thumbprint=said["names"], request=signed),
    ]  # fmt: skip
    ledger.entries([Deed(Registered("forged"), TEST, rows)])
    return one


BENT = [
    {"names": "thumbprint-of-another"},
    {"token": "../../go?to=elsewhere"},
    {"method": "http-99"},
    {"name": "127.0.0.1"},
    {"name": "www.mtc.gov.la/x?"},
    {"request": b"{}"},
    {"request": b"\xff"},
]


@pytest.mark.parametrize("bent", BENT, ids=str)
def test_what_no_account_signed_just_so_is_looked_up_nowhere(quiet: Acme, bent: dict[str, Any]) -> None:
    one = ready(quiet, quiet.client(), **bent)
    sees = eye(lambda _: SEEN)

    done = until_idle(Validator(quiet.validator, VALIDATE, sees, pauses=()))

    assert (done, sees.asked) == (1, [])
    with quiet.ca.ledger.read() as session:
        assert session.get_one(AcmeValidation, one).code == "acme.unproven"


def test_what_another_account_signed_is_looked_up_nowhere(quiet: Acme) -> None:
    client, thief = quiet.client(), quiet.stranger()
    thief.kid = client.kid
    ready(quiet, thief)

    with quiet.validator.read() as session:
        [found] = due(session, quiet.ca.ledger.clock.now())

    assert isinstance(found, Unfit)


def test_what_its_account_signed_is_looked_up(quiet: Acme) -> None:
    one, sees = ready(quiet, quiet.client()), eye(lambda _: SEEN)

    until_idle(Validator(quiet.validator, VALIDATE, sees, pauses=()))

    assert [task.authorization_id for task in sees.asked] == [one]


def test_an_account_with_many_challenges_keeps_nobody_else_waiting(quiet: Acme) -> None:
    greedy, other = quiet.client(), quiet.client()
    for _ in range(40):
        ready(quiet, greedy)
    one, open_ = ready(quiet, other), Event()
    sees = eye(lambda task: SEEN if task.authorization_id == one else (open_.wait(10), SEEN)[1])
    validator = Validator(quiet.validator, VALIDATE, sees, pauses=())

    validator.turn()
    running = [task.account_id for task, _ in validator.running.values()]
    done = validator.running[one][1].result(10)
    open_.set()
    until_idle(validator)

    assert (sorted(map(running.count, set(running))), done) == ([1, 2], SEEN)


def test_a_look_up_that_breaks_ends_its_own_challenge_alone(quiet: Acme) -> None:
    client = quiet.client()
    broken, fine = ready(quiet, client), ready(quiet, client)

    def sees(task: Task) -> Finding:
        return {fine: SEEN}[task.authorization_id]

    until_idle(Validator(quiet.validator, VALIDATE, eye(sees), pauses=(), pool=ThreadPoolExecutor(1)))

    with quiet.ca.ledger.read() as session:
        codes = [session.get_one(AcmeValidation, one).code for one in (broken, fine)]
    assert codes == ["acme.seen-nothing", None]
