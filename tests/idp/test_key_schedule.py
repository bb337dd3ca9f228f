"""Keys roll by themselves, and a service that keeps our key set as long as it may never meets a strange key."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from idp.key_rotation import ANNOUNCE, RETIRE, USE, Life
from idp.key_schedule import ADOPT, BaseKey, Schedule, named_after, roll, steps_due
from idp.provider import Provider
from idp.tables import TokenKeyRow
from idp.token_keys import Keyring, TokenKey
from idp.tokens import ID_TOKEN
from ledger.event import Actor
from ledger.ledger import Ledger
from pki.jws import thumbprint, verify
from pki.signing import SignatureAlgorithm
from signers import generate, open_signer
from tests.doubles import START, TurnedClock
from tests.idp.visitor import ISSUER
from tests.issuing import KeySigner
from tests.serving import home_with_keys
from tests.softhsm import token

__all__ = ["token"]
WORKER = Actor.system("work")
HOUR = timedelta(hours=1)
SCHEDULE = Schedule(timedelta(days=5), 6 * HOUR, 24 * HOUR)


@dataclass
class Kept:
    """A service's copy of our key set, fetched again only when `max-age` is over, whatever it meets."""

    app: Flask
    until: datetime
    keys: dict[str, bytes] = field(default_factory=dict)

    def reads(self, compact: str, now: datetime) -> str:
        """The `kid` of a token that it verifies. Raises what `pki.jws` raises."""
        if now >= self.until or not self.keys:
            answer = self.app.test_client().get("/jwks", base_url=ISSUER)
            max_age = int(answer.headers["Cache-Control"].partition("max-age=")[2])
            self.until = now + timedelta(seconds=max_age)
            self.keys = {one["kid"]: spki_of(one) for one in answer.get_json()["keys"]}
        return str(verify(compact, self.keys, {ID_TOKEN}, algorithms={"ES256"}).header["kid"])


def spki_of(one: dict[str, str | list[str]]) -> bytes:
    return bytes(ECKey.import_key(one).as_der(private=False))


@pytest.fixture
def base(provider: Provider, tmp_path: Path) -> list[BaseKey]:
    home = home_with_keys(tmp_path / "keys-home", {"token": provider.signer})  # type: ignore[dict-item]
    return [BaseKey(TokenKey(provider.signer), home.key_uri("token"))]


def test_no_service_fails_while_keys_roll_on_schedule_for_weeks(
    app: Flask, provider: Provider, base: list[BaseKey], clock: TurnedClock
) -> None:
    services = [Kept(app, clock.now() + timedelta(minutes=7 * one)) for one in range(6)]
    signed_by, old = [], provider.keys.of("ES256").sign(ID_TOKEN, {"n": 0})
    while clock.now() < START + timedelta(days=17):
        roll(provider.ledger, base, SCHEDULE, WORKER)
        fresh = provider.keys.of("ES256").sign(ID_TOKEN, {"n": 1})
        signed_by += [one.reads(compact, clock.now()) for one in services for compact in (old, fresh)]
        old = fresh
        clock.turn(minutes=29)

    assert len(dict.fromkeys(signed_by)) == 4
    assert len(provider.keys.keys) <= 2


def test_a_step_happens_once_however_often_and_by_whom_it_is_taken(
    provider: Provider, base: list[BaseKey], clock: TurnedClock
) -> None:
    taken = [roll(provider.ledger, base, SCHEDULE, WORKER) for _ in range(3)]
    clock.turn(days=5, hours=-6)
    taken += [roll(provider.ledger, base, SCHEDULE, WORKER) for _ in range(3)]

    assert taken == [1, 0, 0, 1, 0, 0]


def test_a_key_that_was_made_just_before_a_crash_is_the_one_that_is_announced(
    provider: Provider, base: list[BaseKey], clock: TurnedClock
) -> None:
    roll(provider.ledger, base, SCHEDULE, WORKER)
    clock.turn(days=5)
    left = generate(named_after(base[0].uri, "token-es256-2"), SignatureAlgorithm.ECDSA_P256_SHA256)

    roll(provider.ledger, base, SCHEDULE, WORKER)
    clock.turn(seconds=1)

    assert thumbprint(left.public_key) in provider.keys.by_kid


def test_an_announced_key_that_is_another_by_now_never_signs_and_a_new_one_is_made(
    provider: Provider, base: list[BaseKey], clock: TurnedClock
) -> None:
    first = provider.keys.first.kid
    roll(provider.ledger, base, SCHEDULE, WORKER)
    clock.turn(days=5)
    roll(provider.ledger, base, SCHEDULE, WORKER)
    path = Path(base[0].uri.partition("?")[0].removeprefix("file:")).with_name("token-es256-2.key.pem")
    path.unlink()
    generate(named_after(base[0].uri, "token-es256-2"), SignatureAlgorithm.ECDSA_P256_SHA256)
    clock.turn(hours=6)
    steps = [roll(provider.ledger, base, SCHEDULE, WORKER) for _ in range(2)]
    clock.turn(hours=6)
    roll(provider.ledger, base, SCHEDULE, WORKER)
    clock.turn(seconds=1)

    assert steps == [1, 1]
    assert path.with_name("token-es256-3.key.pem").exists()
    strange = thumbprint(open_signer(named_after(base[0].uri, "token-es256-2")).public_key)
    assert provider.keys.first.kid not in {first, strange}


def test_keys_roll_in_a_token_too(
    ledger: Ledger, clock: TurnedClock, token: Callable[[str], str]
) -> None:
    uri = token("tokens").format("token")
    base = [BaseKey(TokenKey(generate(uri, SignatureAlgorithm.ECDSA_P256_SHA256)), uri)]
    keyring = Keyring([base[0].key])
    roll(ledger, base, SCHEDULE, WORKER)
    clock.turn(days=5)
    roll(ledger, base, SCHEDULE, WORKER)
    clock.turn(hours=6)
    roll(ledger, base, SCHEDULE, WORKER)
    clock.turn(seconds=1)
    keys = keyring.current(ledger)
    read = verify(keys.first.sign(ID_TOKEN, {"n": 1}), keys.by_kid, {ID_TOKEN}, algorithms={"ES256"})

    assert keys.first.kid != base[0].key.kid
    assert read.claims() == {"n": 1}


def test_without_a_schedule_nothing_happens_by_itself(provider: Provider, base: list[BaseKey]) -> None:
    assert roll(provider.ledger, base, Schedule(None, HOUR, HOUR), WORKER) == 0


class Played:
    """The ledger of one algorithm's keys in memory: steps are taken when they are due, or a while later."""

    def __init__(self) -> None:
        self.base = TokenKey(KeySigner())
        self.known: dict[str, Life] = {}
        self.announced_at: dict[str, datetime] = {}

    def play(self, schedule: Schedule, delays: Sequence[int]) -> Iterator[tuple[datetime, list[str], str | None]]:
        """After each look: when, which kids are published, and which signs."""
        now = START
        for delay in delays:
            now += timedelta(hours=delay)
            for step in steps_due([self.base], self.known, schedule, now):
                self.take(step.kind, step.kid, now)
            began = sorted((one.started_at, kid) for kid, one in self.known.items() if one.started_at and not one.ended)
            yield now, [kid for kid, one in self.known.items() if not one.ended], began[-1][1] if began else None

    def take(self, kind: str, kid: str, now: datetime) -> None:
        if kind in {ADOPT, ANNOUNCE}:
            name = kid or f"k{len(self.known)}"
            row = TokenKeyRow(id=name, kid=name, algorithm="ES256", spki=b"", uri="", at=now)
            self.known[name] = Life(row, now if kind == ADOPT else None, ended=False)
            self.announced_at[name] = now
        if kind == USE:
            self.known[kid] = Life(self.known[kid].row, now, ended=False)
        if kind == RETIRE:
            self.known[kid] = Life(self.known[kid].row, self.known[kid].started_at, ended=True)


@given(
    st.integers(48, 2000),
    st.integers(2, 24),
    st.integers(24, 48),
    st.lists(st.integers(0, 90), min_size=5, max_size=60),
)
def test_whenever_the_worker_looks_a_key_signs_only_after_its_notice_and_stays_for_its_overlap(
    life: int, announced: int, overlap: int, delays: list[int]
) -> None:
    played, schedule = Played(), Schedule(life * HOUR, announced * HOUR, overlap * HOUR)
    signed_until: dict[str, datetime] = {}
    for now, published, signs in played.play(schedule, delays):
        assert signs in published
        assert signs == played.base.kid or now - played.announced_at[str(signs)] >= schedule.announced
        signed_until[str(signs)] = now
        gone = set(signed_until) - set(published)
        assert all(now - signed_until[kid] >= schedule.overlap for kid in gone if signed_until[kid] != now)
