"""What has to lie for a while before it is looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from joserfc.jwk import KeySet

from tests.conformance.asserting import Asserting
from tests.conformance.description import Provider
from tests.conformance.listener import Listener
from tests.conformance.relying import Login, Relying
from tests.conformance.strict import STRICT, Strict
from tests.conformance.tokens import new_ec, now
from tests.conformance.visitor import Visitor

T = TypeVar("T")
REGISTERED = ("registration_endpoint", "token_endpoint_auth_methods_supported:private_key_jwt")


@dataclass(frozen=True)
class Laid(Generic[T]):
    """Something that was made, or why it could not be: that is for who looks at it, and for nobody else."""

    made: T | None
    fault: Exception | None

    @classmethod
    def of(cls, make: Callable[[], T]) -> "Laid[T]":
        try:
            return cls(make(), None)
        except Exception as fault:  # noqa: BLE001 - whatever it was, it is raised again below
            return cls(None, fault)

    def look(self) -> T:
        """What was made. Raises what its making raised."""
        if self.fault is not None:
            raise self.fault
        assert self.made is not None
        return self.made


@dataclass(frozen=True)
class Pushed:
    """A request that was pushed and not opened; it lives for `life` seconds."""

    service: Strict
    asked: dict[str, str]
    request_uri: str
    life: int


@dataclass(frozen=True)
class Ripening:
    """Made at `since`, in seconds."""

    since: int
    used_code: Laid[tuple[Relying, Login]]
    refreshed: Laid[tuple[Strict, str]]
    pushed: Laid[Pushed]
    code: Laid[tuple[Strict, str]]
    rekeyed: Laid[tuple[Asserting, str]]
    """A service whose keys were changed where it publishes them, with its refresh token."""


def ripen(provider: Provider, listener: Listener) -> Ripening:
    """A code that was redeemed, a refresh token that was used, a code and a request_uri that were not."""
    person = Visitor(provider)  # of its own, since what other tests end may end with all of its session
    return Ripening(
        used_code=Laid.of(lambda: _used_code(provider, person)),
        refreshed=_if(provider, STRICT, lambda: _refreshed(_strict(provider), person)),
        pushed=_if(provider, STRICT, lambda: _pushed(_strict(provider))),
        code=_if(provider, STRICT, lambda: _code(_strict(provider), person)),
        rekeyed=_if(
            provider, REGISTERED, lambda: _rekeyed(Relying(provider, provider.of("standard")), person, listener)
        ),
        since=now(),
    )


def _if(provider: Provider, needs: Sequence[str], make: Callable[[], T]) -> Laid[T]:
    """What is made, if the provider announces what that needs."""
    if not all(map(provider.announces, needs)):
        return Laid(None, AssertionError(f"the provider does not announce {needs}"))
    return Laid.of(make)


def _strict(provider: Provider) -> Strict:
    return Strict(provider, provider.of("fapi2"), signs=False)


def _used_code(provider: Provider, person: Visitor) -> tuple[Relying, Login]:
    service = Relying(provider, provider.of("standard"))
    return service, service.login(person)


def _refreshed(service: Strict, person: Visitor) -> tuple[Strict, str]:
    token = service.tokens(person, scope="openid offline_access", prompt="consent")["refresh_token"]
    assert service.refresh(token).status_code == 200
    return service, token


def _pushed(service: Strict) -> Pushed:
    asked = service.ask()
    body = service.push(asked).json()
    return Pushed(service, asked, body["request_uri"], body["expires_in"])


def _code(service: Strict, person: Visitor) -> tuple[Strict, str]:
    return service, service.code(person, service.ask())


def _rekeyed(plain: Relying, person: Visitor, listener: Listener) -> tuple[Asserting, str]:
    old, new = new_ec(), new_ec()
    place = listener.publish("/changing-keys", KeySet([old]).as_dict(private=False))
    service = Asserting.registered_by(plain, old, jwks_uri=place)
    token = service.login(person, scope="openid offline_access", prompt="consent").tokens["refresh_token"]
    listener.publish("/changing-keys", KeySet([new]).as_dict(private=False))
    return service.with_key(new), token
