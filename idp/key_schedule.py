"""Keys of tokens roll by themselves: announced, used and retired when their time has come, by what the ledger knows.

Each step is one entry that a UNIQUE key lets in once, and a key is made at a place whose name follows from the ledger:
so it does no harm to be killed at any instant, to run in two processes, or to run again. What persons do by verb counts
alike. Without a schedule (`life` None) nothing happens by itself.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from idp.key_events import TokenKeyChanged
from idp.key_rotation import ANNOUNCE, RETIRE, USE, Life, key_at, lives, row_of
from idp.tables import TokenKeyEnd, TokenKeyRow, TokenKeyStart
from idp.token_keys import AlgorithmUnserved, TokenKey
from ledger.base import Fact
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from signers import KeyUnusable, open_signer
from signers.file import path_of

ADOPT = "token-key.adopt"
"""A key of the settings, of which the ledger knew nothing, has its beginning there: from now on its age is known."""
_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True)
class Schedule:
    """How long a key signs, how long before that it is announced, and how long after that it is still verified."""

    life: timedelta | None
    announced: timedelta
    overlap: timedelta


@dataclass(frozen=True)
class BaseKey:
    """A key of the settings, and where it is."""

    key: TokenKey
    uri: str


@dataclass(frozen=True)
class Step:
    """What is due with the key of this name, or (ANNOUNCE) with a new one for the algorithm."""

    kind: str
    algorithm: str
    kid: str = ""


def roll(ledger: Ledger, base: Sequence[BaseKey], schedule: Schedule, actor: Actor) -> int:
    """Every step that is due was taken. Returns how many were.

    A key that cannot be opened or made holds up its own step alone: the others are taken, and then KeyUnusable is
    raised with a sentence for each that was not.
    """
    now = ledger.clock.now()
    with ledger.read() as reading:
        known = lives(reading)
    due = steps_due([one.key for one in base], known, schedule, now)
    taken, faults = 0, []
    for step in due:
        try:
            taken += _taken(ledger, step, base, known, actor)
        except (KeyUnusable, AlgorithmUnserved) as fault:
            faults.append(f"{step.kind} for {step.algorithm}: {fault}")
    if faults:
        raise KeyUnusable("; ".join(faults))
    return taken


def steps_due(base: Sequence[TokenKey], known: Mapping[str, Life], schedule: Schedule, now: datetime) -> list[Step]:
    """The steps whose time has come, at most one a key."""
    if schedule.life is None:
        return []
    strange = [Step(ADOPT, key.algorithm, key.kid) for key in base if key.kid not in known]
    algorithms = dict.fromkeys([*(key.algorithm for key in base), *(life.row.algorithm for life in known.values())])
    fresh = {step.algorithm for step in strange}
    return strange + [
        step
        for algorithm in algorithms
        if algorithm not in fresh  # its ages are known from the next look on
        for step in _of_algorithm(algorithm, known, schedule, schedule.life, now)
    ]


def _of_algorithm(
    algorithm: str, known: Mapping[str, Life], schedule: Schedule, life: timedelta, now: datetime
) -> list[Step]:
    alive = [one for one in known.values() if one.row.algorithm == algorithm and not one.ended]
    began = sorted((one.started_at, one.row.kid) for one in alive if one.started_at is not None)
    waiting = next((one.row for one in alive if one.started_at is None), None)
    steps = []
    if waiting is None and began and now >= began[-1][0] + life - schedule.announced:
        steps.append(Step(ANNOUNCE, algorithm))
    over = not began or now >= began[-1][0] + life
    if waiting is not None and over and now >= waiting.at + schedule.announced:
        steps.append(Step(USE, algorithm, waiting.kid))
    superseded = [kid for (_, kid), (since, _) in pairwise(began) if now >= since + schedule.overlap]
    return steps + [Step(RETIRE, algorithm, kid) for kid in superseded]


def named_after(uri: str, name: str) -> str:
    """Where a key of this name is, beside the one at `uri`: in the same token, or in the same folder."""
    if uri.startswith("pkcs11:"):
        return re.sub(r"(?<=[:;])object=[^;?]*", f"object={quote(name)}", re.sub(r"(?<=[:;])id=[^;?]*;?", "", uri))
    folder = quote(str(Path(path_of(uri)).parent))
    return f"file:{folder}/{name}.key.pem?passphrase-source=file:{folder}/{name}.pass"


def _taken(
    ledger: Ledger, step: Step, base: Sequence[BaseKey], known: Mapping[str, Life], actor: Actor
) -> bool:
    step, facts = _facts(ledger, step, base, known)
    try:
        with ledger.entry(TokenKeyChanged(step.kid, step.kind), actor) as tx:
            tx.add(*facts)
    except Taken:
        return False
    return True


def _facts(
    ledger: Ledger, step: Step, base: Sequence[BaseKey], known: Mapping[str, Life]
) -> tuple[Step, list[Fact]]:
    """What is entered, and the step that it is: one that was announced and is another key now is not used but gone."""
    now = ledger.clock.now()
    if step.kind == ADOPT:
        place, key = next((place, one.key) for place, one in enumerate(base) if one.key.kid == step.kid)
        row, at = row_of(ledger, key, ""), _first(step.algorithm, known, now) - _BEFORE * (len(base) - place)
        return step, [row, TokenKeyStart(token_key_id=row.id, at=at)]
    if step.kind == ANNOUNCE:
        made, uri = _made(step.algorithm, base, known)
        return replace(step, kid=made.kid), [row_of(ledger, made, uri)]
    own = known[step.kid].row
    if step.kind == RETIRE or not _is_still(own):
        return replace(step, kind=RETIRE), [TokenKeyEnd(token_key_id=own.id)]
    return step, [TokenKeyStart(token_key_id=own.id, at=now)]


def _first(algorithm: str, known: Mapping[str, Life], now: datetime) -> datetime:
    """Until when keys of the settings have begun: before any other, and one after the other (`Keyring`)."""
    began = [one.started_at for one in known.values() if one.row.algorithm == algorithm and one.started_at]
    return min([now, *began])


def _made(algorithm: str, base: Sequence[BaseKey], known: Mapping[str, Life]) -> tuple[TokenKey, str]:
    """The new key: its number follows from the ledger, so that one made just before a crash is found again."""
    places = {one.key.kid: one.uri for one in base}
    own = [one for one in known.values() if one.row.algorithm == algorithm]
    signing = max((one for one in own if one.started_at is not None and not one.ended), key=_started)
    uri = signing.row.uri or places[signing.row.kid]
    return key_at(named_after(uri, f"token-{algorithm.lower()}-{len(own) + 1}"), algorithm)


def _started(life: Life) -> datetime:
    assert life.started_at is not None, "only those that began are looked at"
    return life.started_at


def _is_still(row: TokenKeyRow) -> bool:
    """Whether the key at its place is the one that was announced, and signs. Raises KeyUnusable while it does not."""
    key = TokenKey(open_signer(row.uri, jose=True))
    key.signer.sign(b"token key")
    return (key.kid, key.algorithm) == (row.kid, row.algorithm)
