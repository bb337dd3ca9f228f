"""PKCS#11 modules, tokens and sessions: opened once more after a restart, and every fault a sentence with what to do.

Several modules and several tokens of each are open at the same time; each key has a session of its own.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import pkcs11

from signers.errors import KeyUnusable
from signers.sources import secret_in, stamp
from signers.uri import TokenUri

_OPENING = threading.Lock()
_shown: dict[tuple[str, bytes], bytes] = {}
"""The digest of the PIN that each token (module, serial) accepted: login is per process, so it can't be asked again."""
_refused: dict[tuple[str, bytes], set[tuple[bytes, Hashable]]] = {}
"""The digests of the PINs that it refused, each with its file's stamp: a few wrong ones lock a token, so none is shown
again before its file is written again, as it is when the security officer has set the token to what the file says."""

_WRONG = "the PIN for token {token} is wrong: correct {pin}, or, when the token was set to what it says, write it again"
_SENTENCES: tuple[tuple[type[Exception], str, str], ...] = (
    (pkcs11.NoSuchToken, "token-missing", "there is no token {token}: plug it in or check token=, then start again"),
    (
        pkcs11.MultipleTokensReturned,
        "token-ambiguous",
        "there are several tokens {token}: add serial= to the URI to say which",
    ),
    (pkcs11.TokenNotPresent, "token-missing", "token {token} was taken out: put it back, then start again"),
    (pkcs11.DeviceRemoved, "token-missing", "token {token} was taken out: put it back, then start again"),
    (
        pkcs11.TokenNotRecognised,
        "token-unrecognised",
        "token {token} is not recognised: look at its reader, and initialise it if it is new",
    ),
    (pkcs11.PinIncorrect, "pin-wrong", _WRONG),
    (pkcs11.PinInvalid, "pin-wrong", "the PIN for token {token} has a character that it does not take: correct {pin}"),
    (pkcs11.PinLenRange, "pin-wrong", "the PIN for token {token} is too short or too long: correct {pin}"),
    (pkcs11.PinLocked, "pin-locked", "the PIN of token {token} is locked: its security officer must reset it"),
    (pkcs11.PinExpired, "pin-expired", "the PIN of token {token} has expired: its security officer must set another"),
    (pkcs11.UserPinNotInitialized, "pin-unset", "token {token} has no PIN yet: its security officer must set one"),
    (
        pkcs11.TokenWriteProtected,
        "token-protected",
        "token {token} is write-protected: take the protection off for the ceremony",
    ),
    (pkcs11.DeviceMemory, "token-full", "token {token} is full: remove keys that are not needed, or use another"),
    (
        pkcs11.SessionCount,
        "token-busy",
        "token {token} has no session left: stop another program that uses it, then start again",
    ),
)
"""By the token's fault: the end of the code, and what to do."""


def told(where: TokenUri, fault: Exception) -> KeyUnusable:
    """The fault in words that say what to do; never with the PIN."""
    for kind, code, sentence in _SENTENCES:
        if isinstance(fault, kind):
            return KeyUnusable(sentence.format(token=where.token_name, pin=where.pin_file), f"key.{code}")
    sentence = f"token {where.token_name} does not do it ({type(fault).__name__}): look at the token"
    return KeyUnusable(sentence, "key.token-fault")


CODES = ("key.unusable", "key.missing", "key.token-fault", *sorted({f"key.{code}" for _, code, _ in _SENTENCES}))
"""Every code that a KeyUnusable has."""


@contextmanager
def in_words(where: TokenUri) -> Iterator[None]:
    """What the token says in the block becomes KeyUnusable."""
    try:
        yield
    except pkcs11.PKCS11Error as fault:
        raise told(where, fault) from fault


def open_session(where: TokenUri, *, writing: bool = False) -> Any:
    """A session in which the PIN was accepted. Raises KeyUnusable with what to do."""
    written = stamp(where.pin_file)  # before it is read: what is written meanwhile is asked for anew
    pin = secret_in(where.pin_file, "PIN").decode(errors="replace")
    with in_words(where), _OPENING:
        return _session(where, find_token(where), pin, written, writing=writing)


def find_token(where: TokenUri) -> Any:
    """The one token that the URI names. Raises NoSuchToken, MultipleTokensReturned, KeyUnusable."""
    # Not the module's own search: it stops at a slot whose token goes away while it looks.
    found = [token for token in _tokens(where.module) if _fits(token, where)]
    if not found:
        raise pkcs11.NoSuchToken
    if len(found) > 1:
        raise pkcs11.MultipleTokensReturned
    return found[0]


def _tokens(module: str) -> Iterator[Any]:
    for slot in library(module).get_slots(token_present=True):
        try:
            yield slot.get_token()
        except (pkcs11.TokenNotPresent, pkcs11.DeviceRemoved, pkcs11.TokenNotRecognised):
            continue


_PARTS: dict[str, Callable[[Any], str]] = {
    "token": lambda token: token.label,
    "serial": lambda token: token.serial.decode(errors="replace"),
    "manufacturer": lambda token: token.manufacturer_id,
    "model": lambda token: token.model,
    "slot-id": lambda token: str(token.slot.slot_id),
}


def _fits(token: Any, where: TokenUri) -> bool:
    return all(_PARTS[name](token).rstrip("\0 ") == value for name, value in where.token.items())


def _session(where: TokenUri, token: Any, pin: str, written: Hashable, *, writing: bool) -> Any:
    digest, known = sha256(pin.encode()).digest(), (where.module, token.serial)
    if (digest, written) in _refused.get(known, ()):
        raise pkcs11.PinIncorrect  # without asking the token, which locks itself after a few wrong ones
    try:
        session = token.open(rw=writing, user_pin=pin)
    except pkcs11.PinIncorrect:
        _refused.setdefault(known, set()).add((digest, written))
        raise
    except pkcs11.UserAlreadyLoggedIn:
        # Login is per token, not per session (PKCS#11 clause 5.6): an open session has shown the PIN already.
        if not compare_digest(_shown.get(known, b""), digest):
            raise pkcs11.PinIncorrect from None
        return token.open(rw=writing)
    _shown[known] = digest
    _refused.pop(known, None)
    return session


@cache
def library(module: str) -> Any:
    """The module, loaded once. Raises KeyUnusable."""
    try:
        return pkcs11.lib(module)
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as fault:
        raise KeyUnusable(f"{module} does not load: install the token's library, or set module-path=") from fault
