"""Keys in a PKCS#11 token (an HSM, or SoftHSM in tests), named by RFC 7512 URIs; they never leave it.

For instance `pkcs11:token=issuing;object=officers?pin-source=file:/abs/pin&module-path=/usr/lib/…/module.so`.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256, sha384
from typing import Any

import pkcs11
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pkcs11 import MGF, Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.util.ec import encode_ec_public_key, encode_ecdsa_signature, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from pki.errors import PkiError, SignatureInvalid
from pki.keys import algorithm_of, check_strength, key_sha256, verify, verify_pss
from pki.signing import SignatureAlgorithm
from signers.errors import KeyUnusable
from signers.sources import stamp
from signers.token import find_token, in_words, open_session, told
from signers.uri import DEFAULT_MODULE, TokenUri, parse, parse_token

__all__ = [
    "DEFAULT_MODULE", "InToken", "KeyMissing", "TokenKey", "contents", "destroy", "generate", "open_key",
    "open_session", "parse",
]  # fmt: skip

_CURVES = {SignatureAlgorithm.ECDSA_P256_SHA256: "secp256r1", SignatureAlgorithm.ECDSA_P384_SHA384: "secp384r1"}
_DIGESTS = {SignatureAlgorithm.ECDSA_P256_SHA256: sha256, SignatureAlgorithm.ECDSA_P384_SHA384: sha384}
_MAKING = {
    SignatureAlgorithm.ECDSA_P256_SHA256: Mechanism.EC_KEY_PAIR_GEN,
    SignatureAlgorithm.ECDSA_P384_SHA384: Mechanism.EC_KEY_PAIR_GEN,
    SignatureAlgorithm.RSA_PKCS1_SHA256: Mechanism.RSA_PKCS_KEY_PAIR_GEN,
    SignatureAlgorithm.ED25519: Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
}
"""What a token must be able to do to make a key; ML-DSA waits for tokens that have PKCS#11 3.2."""
_ED25519_PARAMETERS = b"\x13\x0cedwards25519"
"""PrintableString, as PKCS#11 3.0 clause 2.3.5 has it."""
_PSS = (Mechanism.SHA256, MGF.SHA256, 32)
"""RFC 7518 clause 3.5: one digest throughout, and a salt as long as it."""
_SIGNING = MechanismFlag.SIGN | MechanismFlag.VERIFY
"""All that a key of ours may be used for; by default RSA keys could decrypt and unwrap too."""


class KeyMissing(KeyUnusable):
    """The token is there and open, but holds no such key."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "key.missing")


@dataclass(frozen=True)
class InToken:
    """One object of a token, as its listing says it."""

    label: str
    key_id: str
    """Hex."""
    kind: str
    """`private key`, `public key`, `certificate`, `secret key`, `data`."""
    algorithm: str
    """`EC`, `RSA` … of a key, else empty."""
    extractable: bool | None
    """Whether a private or secret key may leave the token; None for what is public."""


class TokenKey:
    """A key in a token. One session a key, used by one thread at a time; reopened after a token's restart."""

    in_device = True
    """See `pki.signing.waits_for_a_device`."""

    def __init__(self, uri: TokenUri) -> None:
        self._uri, self._lock = uri, threading.Lock()
        self._session: Any = None
        self._private: Any = None
        with self._lock:
            self._open()
            if _attribute(self._private, Attribute.EXTRACTABLE) is True:
                raise KeyUnusable(f"{uri} may leave its token: destroy it, and make one that may not")
            self.public_key = _spki(_only(self._session, uri, ObjectClass.PUBLIC_KEY))
        self.algorithm = _strong(self.public_key, uri)
        self.pss = uri.pss
        """See `pki.signing.pads_by_pss`."""
        if uri.pss and self.algorithm is not SignatureAlgorithm.RSA_PKCS1_SHA256:
            raise KeyUnusable(f"{uri} is no RSA key: leave padding= out of its URI")

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`; ECDSA as DER. Raises KeyUnusable when the token is gone for good."""
        with self._lock:
            return self._once_more(lambda: self._sign(message))

    def require(self) -> None:
        """The key is in its token, which is opened again if it was restarted. Raises KeyUnusable."""
        with self._lock:
            if _attribute(self._private, Attribute.KEY_TYPE) is None:
                self._open()

    def _once_more(self, act: Callable[[], bytes]) -> bytes:
        # What a token says after a restart differs from maker to maker, and a handle may by then name another key.
        with suppress(pkcs11.PKCS11Error, SignatureInvalid):
            return act()
        self._open()
        try:
            return act()
        except pkcs11.PKCS11Error as fault:
            raise told(self._uri, fault) from fault
        except SignatureInvalid as fault:
            raise KeyUnusable(f"{self._uri} does not sign (its signature is wrong): look at the token") from fault

    def _sign(self, message: bytes) -> bytes:
        """The signature, shown to be of this key before anybody sees it. Raises PKCS11Error or SignatureInvalid."""
        signature = self._signature(message)
        if self._uri.pss:
            verify_pss(self.public_key, message, signature)
        else:
            verify(self.public_key, self.algorithm, message, signature)
        return signature

    def _signature(self, message: bytes) -> bytes:
        if self._uri.pss:
            return bytes(self._private.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS_PSS, mechanism_param=_PSS))
        if self.algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
            return bytes(self._private.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS))
        if self.algorithm is SignatureAlgorithm.ED25519:
            return bytes(self._private.sign(message, mechanism=Mechanism.EDDSA))
        digest = _DIGESTS[self.algorithm](message).digest()
        return bytes(encode_ecdsa_signature(self._private.sign(digest, mechanism=Mechanism.ECDSA)))

    def _open(self) -> None:
        self._session = open_session(self._uri)
        with in_words(self._uri):
            self._private = _only(self._session, self._uri, ObjectClass.PRIVATE_KEY)


def open_key(uri: str) -> TokenKey:
    """The key of a `pkcs11:` URI. Raises KeyUnusable (KeyMissing when only the key is not there)."""
    return TokenKey(parse(uri))


def mark(uri: str) -> Hashable:
    """What is another once the file of the PIN is. Raises KeyUnusable for what is no URI of a key in a token."""
    return stamp(parse(uri).pin_file)


def generate(uri: str, algorithm: SignatureAlgorithm, rsa_bits: int = 3072) -> str:
    """A fresh key pair is in the token, not extractable, under the URI's label and id; returns the URI.

    An existing key of that name is left as it is. Raises KeyUnusable, also when the token is full or has no
    mechanism for the algorithm.
    """
    where = parse(uri)
    session = open_session(where, writing=True)
    try:
        _only(session, where, ObjectClass.PRIVATE_KEY)
    except KeyMissing:
        with in_words(where):
            _generate(session, where, algorithm, rsa_bits)
    finally:
        session.close()
    return uri


def destroy(uri: str, sha256_hex: str) -> bool:
    """Both halves of the key are out of the token; False if they were already. Raises KeyUnusable.

    `sha256_hex` is of the public key's SubjectPublicKeyInfo: a key that is another one under the same name stays.
    """
    where = parse(uri)
    session = open_session(where, writing=True)
    try:
        with in_words(where):
            halves = [half for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY)
                      for half in _objects(session, where, kind)]  # fmt: skip
            public = [half for half in halves if half.object_class is ObjectClass.PUBLIC_KEY]
            if any(key_sha256(_spki(half)) != sha256_hex for half in public) or (halves and not public):
                raise KeyUnusable(f"{where} is not the key that is to be destroyed: compare its digest")
            for half in halves:  # the private one first: what a crash leaves is of no use to anybody
                half.destroy()
    finally:
        session.close()
    return bool(halves)


def contents(uri: str) -> Sequence[InToken]:
    """Everything that is in the token of the URI, by label. Raises KeyUnusable."""
    where = parse_token(uri)
    session = open_session(where)
    try:
        with in_words(where):
            found = [_listed(each) for each in list(session.get_objects({}))]
    finally:
        session.close()
    return sorted(found, key=lambda one: (one.label, one.kind))


def _listed(found: Any) -> InToken:
    kind = _attribute(found, Attribute.CLASS)
    algorithm = _attribute(found, Attribute.KEY_TYPE)
    hidden = kind in {ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY}
    return InToken(
        label=str(_attribute(found, Attribute.LABEL) or ""),
        key_id=bytes(_attribute(found, Attribute.ID) or b"").hex(),
        kind=getattr(kind, "name", str(kind)).lower().replace("_", " "),
        algorithm=getattr(algorithm, "name", ""),
        extractable=bool(_attribute(found, Attribute.EXTRACTABLE)) if hidden else None,
    )


def _attribute(found: Any, wanted: Attribute) -> Any:
    """The attribute, or None where the token does not know it."""
    try:
        return found[wanted]
    except pkcs11.PKCS11Error:
        return None


def _generate(session: Any, where: TokenUri, algorithm: SignatureAlgorithm, rsa_bits: int) -> None:
    mechanism = _MAKING.get(algorithm)
    if mechanism is None or mechanism not in find_token(where).slot.get_mechanisms():
        raise KeyUnusable(f"token {where.token_name} makes no {algorithm.value} keys: use P-256, P-384 or RSA there")
    private = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True}
    key_id = where.key_id or where.label.encode()
    options = {"label": where.label or key_id.hex(), "id": key_id, "store": True, "capabilities": _SIGNING}
    if algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
        session.generate_keypair(KeyType.RSA, rsa_bits, private_template=private, **options)
        return
    edwards = algorithm is SignatureAlgorithm.ED25519
    curve = _ED25519_PARAMETERS if edwards else encode_named_curve_parameters(_CURVES[algorithm])
    domain = session.create_domain_parameters(
        KeyType.EC_EDWARDS if edwards else KeyType.EC, {Attribute.EC_PARAMS: curve}, local=True
    )
    domain.generate_keypair(private_template=private, mechanism=mechanism, **options)


def _objects(session: Any, where: TokenUri, kind: ObjectClass) -> list[Any]:
    wanted: dict[Attribute, Any] = {Attribute.CLASS: kind}
    if where.label:
        wanted[Attribute.LABEL] = where.label
    if where.key_id:
        wanted[Attribute.ID] = where.key_id
    # All are read, since a search that is left open keeps its session from doing anything else (PKCS#11 5.7).
    return list(session.get_objects(wanted))


def _only(session: Any, where: TokenUri, kind: ObjectClass) -> Any:
    """The one object of this kind and name. Raises KeyMissing if there is none, KeyUnusable if there are several."""
    found = _objects(session, where, kind)
    if not found:
        what = "is not in the token" if kind is ObjectClass.PRIVATE_KEY else "has no public half in the token"
        raise KeyMissing(f"{where} {what}: check object=, or make the key")
    if len(found) > 1:
        raise KeyUnusable(f"{where} is there more than once: remove or rename the other, or add id=")
    return found[0]


def _strong(public_key: bytes, where: TokenUri) -> SignatureAlgorithm:
    try:
        check_strength(public_key)
        return algorithm_of(public_key)
    except PkiError as fault:
        raise KeyUnusable(f"{where} is not to be used ({fault}): make another") from fault


def _spki(public: Any) -> bytes:
    if public.key_type is KeyType.EC_EDWARDS:
        # The point is an OCTET STRING around the 32 octets, or, with some tokens, these alone.
        point = bytes(public[Attribute.EC_POINT])[-32:]
        return Ed25519PublicKey.from_public_bytes(point).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    encode = encode_rsa_public_key if public.key_type is KeyType.RSA else encode_ec_public_key
    return load_der_public_key(encode(public)).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
