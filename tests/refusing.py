"""SoftHSM tokens that answer as other makers' do: full, locked, or with their PIN refused. SoftHSM itself never does.

The library underneath is the real one, and so are the errors: they are what python-pkcs11 makes of the token's code.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pkcs11
import pytest

import signers.pkcs11
import signers.token
from signers.uri import TokenUri


@dataclass
class _LockedToken:
    """A token that gives nobody a session."""

    real: Any
    fault: type[pkcs11.PKCS11Error]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def open(self, **_how: object) -> Any:
        raise self.fault


@dataclass
class _Full:
    """A session, or parameters of a curve, by which no key pair can be made any more."""

    real: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def create_domain_parameters(self, *given: object, **named: object) -> "_Full":
        return _Full(self.real.create_domain_parameters(*given, **named))

    def generate_keypair(self, *_given: object, **_named: object) -> Any:
        raise pkcs11.DeviceMemory


Opened = Callable[..., Any]


@contextmanager
def full(label: str) -> Iterator[None]:
    """The token of this label has no room for one more key."""
    real: Opened = signers.pkcs11.open_session

    def opened(where: TokenUri, *, writing: bool = False) -> Any:
        session = real(where, writing=writing)
        return _Full(session) if writing and where.token["token"] == label else session

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signers.pkcs11, "open_session", opened)
        yield


@contextmanager
def closed(label: str, fault: type[pkcs11.PKCS11Error]) -> Iterator[None]:
    """The token of this label answers every login so; sessions that are open stay so until it is restarted."""
    real: Opened = signers.token.find_token

    def found(where: TokenUri) -> Any:
        token = real(where)
        return _LockedToken(token, fault) if token.label == label else token

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signers.token, "find_token", found)
        yield
