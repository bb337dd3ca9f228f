"""No service fails while our keys roll: over real HTTP, under load, with a key set kept as long as it may be.

Services fetch tokens and verify each with the set that they hold, which they fetch again only when its `max-age` is
over. The clock of all is one file that the test sets forward; before each step every service has gone on for some
rounds, so nothing hangs on how fast a machine is.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path
from ssl import create_default_context
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp.clients import RegisteredClient, Registration
from idp.declared import CLIENT_CREDENTIALS, NOTHING
from idp.key_rotation import ANNOUNCE, RETIRE, USE, announce, changing, retire, use
from idp.key_schedule import BaseKey, Schedule, roll
from idp.token_keys import Keyring, TokenKey
from idp.tokens import ACCESS_TOKEN
from ledger.clock import system_randomness
from ledger.decision import Allow
from ledger.event import Actor
from ledger.ledger import Ledger
from pki.jws import verify
from pki.signing import SignatureAlgorithm
from signers import generate, open_signer
from tests.deploy.rolled import AHEAD, SetForward
from tests.deploy.test_gunicorn import home, served
from tests.idp.desk import Desk, desk_of
from tests.softhsm import token
from web.home import Home
from web.loop_serving import KEPT_SECONDS

__all__ = ["home", "token"]
pytestmark = pytest.mark.sqlite_only("the keys are what is tried here; both engines keep them alike (tests/idp)")
SERVICES, ROUNDS = 4, 3
HOUR = 3600.0
API = "https://api.mtc.gov.la"
SCHEDULE = Schedule(timedelta(days=5), timedelta(hours=6), timedelta(hours=24))


@dataclass
class Relying:
    """A service with its copy of our key set."""

    home: Path
    port: int
    client: RegisteredClient
    clock: SetForward
    until: datetime | None = None
    keys: dict[str, bytes] = field(default_factory=dict)
    signed_by: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self, stop: Event) -> None:
        """Round after round, over one connection as long as the server keeps it; each fault is told once."""
        context = create_default_context(cafile=str(self.home / "certificates/root.pem"))
        line, before = HTTPSConnection("localhost", self.port, context=context, timeout=20), ""
        while not stop.is_set() and not self.faults:
            try:
                given = self._fetched(line)
                self.signed_by += [self._read(line, one) for one in (before, given) if one]
                before = given
            except Exception as fault:  # noqa: BLE001 - whatever it is, the service has failed
                self.faults.append(f"{type(fault).__name__}: {fault}")
        line.close()

    def _fetched(self, line: HTTPSConnection) -> str:
        own = b64encode(f"{self.client.client_id}:{self.client.client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {own}", "Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST", "/token", f"grant_type={CLIENT_CREDENTIALS}", headers)
        return str(_answered(line)[0]["access_token"])

    def _read(self, line: HTTPSConnection, compact: str) -> str:
        """The `kid` of a token that verifies by the set that is held, however strange its key."""
        if self.until is None or self.clock.now() >= self.until:
            asked = self.clock.now()
            line.request("GET", "/jwks")
            said, cached = _answered(line)
            self.until = asked + timedelta(seconds=int(cached.partition("max-age=")[2]))  # RFC 9111 clause 4.2.3
            self.keys = {one["kid"]: bytes(ECKey.import_key(one).as_der(private=False)) for one in said["keys"]}
        return str(verify(compact, self.keys, {ACCESS_TOKEN}, algorithms={"ES256"}).header["kid"])


def _answered(line: HTTPSConnection) -> tuple[dict[str, Any], str]:
    answer = line.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return json.loads(body), answer.headers.get("Cache-Control") or ""


@dataclass
class Load:
    """The provider at work, its services, and the keys of its settings."""

    ledger: Ledger
    clock: SetForward
    desk: Desk
    base: list[BaseKey]
    services: list[Relying]

    def goes_on(self) -> None:
        """Every service has gone on for some rounds since, and none has failed."""
        wanted, patience = [len(one.signed_by) + 2 * ROUNDS for one in self.services], monotonic() + 60
        while any(len(one.signed_by) < most for one, most in zip(self.services, wanted, strict=True)):
            assert not (faults := [fault for one in self.services for fault in one.faults]), faults
            assert monotonic() < patience, "the services have stopped"
            sleep(0.02)

    def later(self, hours: float) -> None:
        """Hour by hour, so that no copy of a key set is older than it may be unseen.

        The server keeps an answer for a real second, which is no hour by this clock: that second passes first.
        """
        sleep(KEPT_SECONDS + 0.2)
        while hours > 0:
            self.clock.turn(min(hours, 1.0) * HOUR)
            hours -= 1
        self.goes_on()


@pytest.fixture
def at(home: Path) -> SetForward:
    ahead = home / "ahead"
    ahead.write_text("0")
    return SetForward(ahead)


@pytest.fixture(params=["file", "token"])
def key(request: pytest.FixtureRequest, home: Path) -> str:
    """Where the first key of tokens is: in a file, or in a token of PKCS#11."""
    made: Callable[[str], str] = request.getfixturevalue("token") if request.param == "token" else str
    if request.param == "token":
        uri = made("tokens").format("token")
    else:
        uri = Home(home).key_uri("token")
        (home / "keys/token.pass").write_text("open sesame")
        (home / "keys/token.pass").chmod(0o600)
    generate(uri, SignatureAlgorithm.ECDSA_P256_SHA256)
    return uri


@pytest.fixture
def load(home: Path, at: SetForward, key: str, database_url: str) -> Iterator[Load]:
    """The server under load, until the test is over."""
    (home / "keys/fields.key.pem").write_bytes(bytes(range(32)))
    ledger = Ledger(database_url, at, system_randomness, "0.1.0", "test")
    desk, stop = desk_of(ledger), Event()
    client = desk.register(
        Registration(
            "ຮ້ານ", "Shop", "standard", ("https://shop.la/cb",), resources=(API,),
            declared=replace(NOTHING, grant_types=(CLIENT_CREDENTIALS,)),
        )
    )  # fmt: skip
    assert isinstance(client, RegisteredClient)
    own = {AHEAD: str(at.file), "LAOTRUST_KEYS_TOKEN": key, "LAOTRUST_DATABASE_URL": database_url}
    with served(home, "idp", "tests.deploy.rolled:create_app()", LAOTRUST_WORKERS="2", **own) as (_, port):
        services = [Relying(home, port, client, at) for _ in range(SERVICES)]
        threads = [Thread(target=one.run, args=(stop,)) for one in services]
        for thread in threads:
            thread.start()
        yield Load(ledger, at, desk, [BaseKey(TokenKey(open_signer(key, jose=True)), key)], services)
        stop.set()
        for thread in threads:
            thread.join(30)
    ledger.close()


def outcome(load: Load) -> tuple[list[str], int]:
    """The faults, and by how many keys each service has read tokens."""
    return [fault for one in load.services for fault in one.faults], min(len({*one.signed_by}) for one in load.services)


def test_no_service_fails_while_persons_announce_use_and_retire(load: Load, home: Path) -> None:
    uri = load.base[0].uri.replace("object=token", "object=next").replace("/token.", "/next.")
    (home / "keys/next.pass").write_text("open sesame")
    (home / "keys/next.pass").chmod(0o600)
    fresh = TokenKey(generate(uri, SignatureAlgorithm.ECDSA_P256_SHA256))
    old, desk = load.base[0].key.kid, load.desk
    load.goes_on()

    steps = [announce(load.ledger, fresh, uri, desk.sign(changing(ANNOUNCE, fresh.kid, desk.now)))]
    load.later(2)
    steps += [use(load.ledger, fresh.kid, desk.sign(changing(USE, fresh.kid, desk.now)))]
    load.later(24)
    ring = Keyring([load.base[0].key])
    steps += [retire(load.ledger, ring, old, desk.sign(changing(RETIRE, old, desk.now)))]
    load.later(2)

    assert steps == [Allow()] * 3
    assert outcome(load) == ([], 2)
    assert {one.signed_by[-1] for one in load.services} == {fresh.kid}
    assert [list(one.keys) for one in load.services] == [[fresh.kid]] * SERVICES


def test_no_service_fails_while_keys_roll_by_themselves(load: Load) -> None:
    worker, taken = Actor.system("work"), []
    load.goes_on()

    for hours in (5 * 24 - 6, 6, 24, 2):  # adopted, then announced, used, retired
        taken.append(roll(load.ledger, load.base, SCHEDULE, worker))
        load.later(hours)

    assert taken == [1, 1, 1, 1]
    assert outcome(load) == ([], 2)
