"""Keys in a PKCS#11 token (an HSM, or SoftHSM in tests), named by RFC 7512 URIs; they never leave it.

For instance `pkcs11:token=issuing;object=officers?pin-source=file:/abs/pin&module-path=/usr/lib/…/module.so`.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256, sha384
from hmac import compare_digest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pkcs11
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.util.ec import encode_ec_public_key, encode_ecdsa_signature, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from pki.errors import PkiError, SignatureInvalid
from pki.keys import algorithm_of, check_strength, verify
from pki.signing import SignatureAlgorithm
from signers.errors import KeyUnusable
from signers.sources import attributes, file_at, secret_in

DEFAULT_MODULE = "/usr/lib/softhsm/libsofthsm2.so"
_CURVES = {SignatureAlgorithm.ECDSA_P256_SHA256: "secp256r1", SignatureAlgorithm.ECDSA_P384_SHA384: "secp384r1"}
_DIGESTS = {SignatureAlgorithm.ECDSA_P256_SHA256: sha256, SignatureAlgorithm.ECDSA_P384_SHA384: sha384}
_RSA_BITS = 3072
_SIGNING = MechanismFlag.SIGN | MechanismFlag.VERIFY
"""All that a key of ours may be used for; by default RSA keys could decrypt and unwrap too."""
_OPENING = threading.Lock()
_shown: dict[tuple[str, str], bytes] = {}
"""The digest of the PIN that each token accepted: login is per process, so a token can't be asked again."""


class KeyMissing(KeyUnusable):
    """The token is there and open, but holds no such key."""


@dataclass(frozen=True)
class TokenUri:
    """The parts of a URI that matter here (RFC 7512 clause 2.3)."""

    module: str
    token: str
    label: str
    pin_file: Path


class TokenKey:
    """A key in a token. One session a key, used by one thread at a time; reopened after a token's restart."""

    def __init__(self, uri: TokenUri) -> None:
        self._uri, self._lock = uri, threading.Lock()
        self._session: Any = None
        self._private: Any = None
        with self._lock:
            self._open()
            self.public_key = _spki(_only(self._session, uri, ObjectClass.PUBLIC_KEY))
        self.algorithm = _strong(self.public_key, uri)

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`; ECDSA as DER. Raises KeyUnusable when the token is gone for good."""
        with self._lock:
            return self._once_more(lambda: self._sign(message))

    def _once_more(self, act: Callable[[], bytes]) -> bytes:
        # What a token says after a restart differs from maker to maker, and a handle may by then name another key.
        with suppress(pkcs11.PKCS11Error, SignatureInvalid):
            return act()
        self._open()
        try:
            return act()
        except (pkcs11.PKCS11Error, SignatureInvalid) as fault:
            raise KeyUnusable(f"{_described(self._uri)} does not sign ({_name(fault)}): look at the token") from fault

    def _sign(self, message: bytes) -> bytes:
        """The signature, shown to be of this key before anybody sees it. Raises PKCS11Error or SignatureInvalid."""
        signature = self._signature(message)
        verify(self.public_key, self.algorithm, message, signature)
        return signature

    def _signature(self, message: bytes) -> bytes:
        if self.algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
            return bytes(self._private.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS))
        digest = _DIGESTS[self.algorithm](message).digest()
        return bytes(encode_ecdsa_signature(self._private.sign(digest, mechanism=Mechanism.ECDSA)))

    def _open(self) -> None:
        self._session = open_session(self._uri)
        self._private = _only(self._session, self._uri, ObjectClass.PRIVATE_KEY)


def open_key(uri: str) -> TokenKey:
    """The key of a `pkcs11:` URI. Raises KeyUnusable (KeyMissing when only the key is not there)."""
    return TokenKey(parse(uri))


def generate(uri: str, algorithm: SignatureAlgorithm) -> str:
    """A fresh key pair is in the token, not extractable, under the URI's object label; returns the URI.

    An existing key of that label is left as it is. Raises KeyUnusable, also when the token is full.
    """
    where = parse(uri)
    session = open_session(where, writing=True)
    try:
        _only(session, where, ObjectClass.PRIVATE_KEY)
    except KeyMissing:
        _generate(session, where, algorithm)
    finally:
        session.close()
    return uri


def parse(uri: str) -> TokenUri:
    """The parts of the URI. Raises KeyUnusable when one is missing."""
    split = urlsplit(uri)
    path, query = attributes(split.path, ";"), attributes(split.query, "&")
    pin = file_at(query.get("pin-source", ""))
    if not path.get("token") or not path.get("object") or pin is None:
        raise KeyUnusable("a pkcs11: URI needs token=, object= and ?pin-source=file:/path of the PIN")
    return TokenUri(query.get("module-path", DEFAULT_MODULE), path["token"], path["object"], pin)


def open_session(where: TokenUri, *, writing: bool = False) -> Any:
    """A session in which the PIN was accepted. Raises KeyUnusable with what to do."""
    pin = secret_in(where.pin_file, "PIN").decode(errors="replace")
    try:
        with _OPENING:
            token = _library(where.module).get_token(token_label=where.token)
            return _session(where, token, pin, writing=writing)
    except pkcs11.NoSuchToken as fault:
        raise KeyUnusable(f"there is no token {where.token!r}: plug it in or check token=, then start again") from fault
    except pkcs11.PinIncorrect as fault:
        raise KeyUnusable(f"the PIN for token {where.token!r} is wrong: correct {where.pin_file}") from fault
    except pkcs11.PinLocked as fault:
        raise KeyUnusable(f"the PIN of token {where.token!r} is locked: its security officer must reset it") from fault
    except pkcs11.PKCS11Error as fault:
        raise KeyUnusable(f"token {where.token!r} does not open ({_name(fault)}): look at the token") from fault


def _session(where: TokenUri, token: Any, pin: str, *, writing: bool) -> Any:
    digest, known = sha256(pin.encode()).digest(), (where.module, where.token)
    try:
        session = token.open(rw=writing, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        # Login is per token, not per session (PKCS#11 clause 5.6): an open session has shown the PIN already.
        if not compare_digest(_shown.get(known, b""), digest):
            raise pkcs11.PinIncorrect from None
        return token.open(rw=writing)
    _shown[known] = digest
    return session


def _generate(session: Any, where: TokenUri, algorithm: SignatureAlgorithm) -> None:
    private = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True}
    options = {"label": where.label, "store": True, "private_template": private, "capabilities": _SIGNING}
    try:
        if algorithm in _CURVES:
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVES[algorithm])}
            session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(**options)
        elif algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
            session.generate_keypair(KeyType.RSA, _RSA_BITS, **options)
        else:
            raise KeyUnusable(f"{algorithm.value} keys are not made in tokens here: use P-256, P-384 or RSA")
    except pkcs11.DeviceMemory as fault:
        raise KeyUnusable(f"token {where.token!r} is full: remove keys that are not needed, or use another") from fault


@cache
def _library(module: str) -> Any:
    try:
        return pkcs11.lib(module)
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as fault:
        raise KeyUnusable(f"{module} does not load: install the token's library, or set module-path=") from fault


def _only(session: Any, where: TokenUri, kind: ObjectClass) -> Any:
    """The one object of this kind and label. Raises KeyMissing if there is none, KeyUnusable if there are several."""
    # All are read, since a search that is left open keeps its session from doing anything else (PKCS#11 5.7).
    found = list(session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: where.label}))
    if not found:
        what = "is not in the token" if kind is ObjectClass.PRIVATE_KEY else "has no public half in the token"
        raise KeyMissing(f"{_described(where)} {what}: check object=, or make the key")
    if len(found) > 1:
        raise KeyUnusable(f"{_described(where)} is there more than once: remove or rename the other")
    return found[0]


def _strong(public_key: bytes, where: TokenUri) -> SignatureAlgorithm:
    try:
        check_strength(public_key)
        return algorithm_of(public_key)
    except PkiError as fault:
        raise KeyUnusable(f"{_described(where)} is not to be used ({fault}): make another") from fault


def _spki(public: Any) -> bytes:
    encode = encode_rsa_public_key if public.key_type is KeyType.RSA else encode_ec_public_key
    return load_der_public_key(encode(public)).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _described(where: TokenUri) -> str:
    return f"key {where.label!r} in token {where.token!r}"


def _name(fault: Exception) -> str:
    return type(fault).__name__
