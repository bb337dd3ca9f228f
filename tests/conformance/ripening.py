"""What has to lie for a while before it is looked at."""

from dataclasses import dataclass

from tests.conformance.description import Provider
from tests.conformance.relying import Login, Relying
from tests.conformance.strict import STRICT, Strict
from tests.conformance.tokens import now
from tests.conformance.visitor import Visitor


@dataclass(frozen=True)
class Ripening:
    """Made at `since`, in seconds; of what the provider does not announce there is nothing."""

    since: int
    used_code: tuple[Relying, Login]
    refreshed: tuple[Strict, str] | None
    pushed: tuple[Strict, dict[str, str], str, int] | None
    code: tuple[Strict, str] | None


def ripen(provider: Provider) -> Ripening:
    """A code that was redeemed, a refresh token that was used, a code and a request_uri that were not."""
    visitor = Visitor(provider)  # of its own, since what other tests end may end with all of its session
    service = Relying(provider, provider.of("standard"))
    used = (service, service.login(visitor))
    if not all(map(provider.announces, STRICT)):
        return Ripening(now(), used, None, None, None)
    first, second, third = (Strict(provider, provider.of("fapi2"), signs=False) for _ in range(3))
    refreshed = None
    if provider.announces("grant_types_supported:refresh_token"):
        token = first.tokens(visitor, scope="openid offline_access", prompt="consent")["refresh_token"]
        assert first.refresh(token).status_code == 200
        refreshed = (first, token)
    asked = second.ask()
    body = second.push(asked).json()
    return Ripening(
        since=now(),
        used_code=used,
        refreshed=refreshed,
        pushed=(second, asked, body["request_uri"], body["expires_in"]),
        code=(third, third.code(visitor, third.ask())),
    )
