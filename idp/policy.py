"""The decisions of the provider: pure functions of what was read and of `now`."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from idp.assurance import level
from ledger.decision import Allow, Decision, Refuse

SIGN_IN_LIFE = timedelta(minutes=10)
"""From the first factor to the end of a sign-in; what was shown earlier counts no more."""
SESSION_IDLE = timedelta(hours=1)
ANSWERING_LIFE = timedelta(minutes=3)
"""So long somebody may read what he is asked on a machine that many use: whoever comes later finds nobody signed in."""
SESSION_LIFE = timedelta(hours=10)
"""A working day: after it everybody shows again who he is."""
PUSHED_LIFE = timedelta(seconds=590)
"""From the handing in of a request to the end of its first page, at which somebody may type for long (RFC 9126
clause 2.2; FAPI 2.0 clause 5.3.2.2: under 600 s)."""
CODE_LIFE = timedelta(seconds=60)
DEVICE_LIFE = timedelta(minutes=10)
"""From a device's code to its answer and the fetching of the tokens (RFC 8628 clause 5.2: short)."""
BACKCHANNEL_LIFE, LONGEST_BACKCHANNEL_LIFE = timedelta(minutes=5), timedelta(minutes=10)
"""The same for a service that asks for a person, and the most that it may wish for."""
POLL_INTERVAL = timedelta(seconds=5)
"""So long whoever waits for an answer leaves between two questions (RFC 8628 clause 3.2, CIBA Core clause 7.3)."""
POLL_LONGER, MOST_SLOW_DOWNS = timedelta(seconds=5), 12
"""So much longer it waits after each `slow_down` (RFC 8628 clause 3.5), and after so many of them in vain."""
MOST_WAITING = 30
"""Requests of services that wait for one person: more would tire him into agreeing to one."""
ACCESS_TOKEN_LIFE = timedelta(minutes=5)
CONSENT_LIFE = timedelta(days=365)
"""So long an agreement is remembered; then the person is asked again."""
REFRESH_GRACE = timedelta(seconds=60)
"""So long after its use a refresh token gives its one successor again, for an answer that was lost on the way."""
KEYS_KEPT = timedelta(days=1)
"""So long the keys behind a client's address count when it cannot be reached: it may be away for a day, but what the
client took out meanwhile, since others have it, must come to an end."""


class ShownFactor(Protocol):
    """What policy needs of a Proof."""

    @property
    def account_id(self) -> str:
        """Whose factor it was."""

    @property
    def kind(self) -> str:
        """`password`, `totp` or `certificate`."""

    @property
    def at(self) -> datetime:
        """When it was shown."""


class Step(Enum):
    """What a sign-in needs next."""

    PASSWORD = "password"  # noqa: S105 - a word
    TOTP = "totp"
    DONE = "done"


def next_step(proofs: Sequence[ShownFactor], required: int) -> Step:
    """The factor to ask for, given those that were shown."""
    kinds = {proof.kind for proof in proofs}
    if kinds and level(kinds) >= required:
        return Step.DONE
    return Step.TOTP if "password" in kinds else Step.PASSWORD


def may_begin_session(proofs: Sequence[ShownFactor], account_id: str, required: int, now: datetime) -> Decision:
    """Whether these proofs, all of this account and all fresh, reach the level. There is no other way in."""
    if not proofs or any(proof.account_id != account_id for proof in proofs):
        return Refuse("sign-in.incomplete")
    if any(not timedelta() <= now - proof.at <= SIGN_IN_LIFE for proof in proofs):
        return Refuse("sign-in.expired")
    reached = level(proof.kind for proof in proofs)
    return Allow() if reached >= max(required, 1) else Refuse("sign-in.incomplete")


@dataclass(frozen=True)
class Known:
    """What a browser's live session says of its person."""

    level: int
    authenticated_at: datetime
    answers_this_request: bool
    """The latest authentication was made in answer to this very request."""


def may_reuse_session(
    known: Known, required: int, prompt: frozenset[str], max_age: int | None, now: datetime
) -> Decision:
    """Whether a request can be answered without asking the person (OpenID Connect Core clause 3.1.2.3)."""
    if known.level < required:
        return Refuse("authorize.level-too-low")
    if known.answers_this_request:
        return Allow()
    if prompt & {"login", "select_account"}:
        return Refuse("authorize.login-asked")
    too_old = max_age is not None and now - known.authenticated_at > timedelta(seconds=max_age)
    return Refuse("authorize.too-long-ago") if too_old else Allow()


def needs_consent(
    *,
    first_party: bool,
    proves_itself: bool,
    prompt: frozenset[str],
    asked: Set[str],
    given: Set[str],
    detailed: bool = False,
) -> bool:
    """Whether the person must be asked: never for a government service, else until every claim was answered for.

    Each time for what is wanted in detail, by whomever: nobody has agreed to it before. Each time too for a program
    that cannot prove which one it is (RFC 8252 clause 8.6): any other may use its name.
    """
    if "consent" in prompt or not proves_itself or detailed:
        return True
    return not first_party and not asked <= given
