"""Compact JSON Web Signatures (RFC 7515) by any Signer, verified against a closed list.

The key decides the algorithm, never the token: a header may only repeat what the key says (an RSA key may also be
used with PSS, where the reader names PS256 among what it takes). Whatever would bring a key of its own (`jwk`, `jku`,
`x5u`, `x5c`), ask for something not understood (`crit`, `b64`), or sign with nothing (`none`) or with a shared
secret, is refused.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pki.base64url import decode, encode
from pki.errors import ParseError, SignatureInvalid, Unsupported
from pki.fixed_width import as_der, fixed_width
from pki.json_text import compact
from pki.jwk import jwk, spki_of, thumbprint
from pki.keys import algorithm_of, verify_pss
from pki.keys import verify as verify_signature
from pki.signing import SignatureAlgorithm, Signer

__all__ = ["VerifiedJws", "is_numeric_date", "jwk", "object_of", "sign", "spki_of", "thumbprint", "unverified_claims",
           "unverified_header", "verify"]  # fmt: skip

LONGEST = 64 * 1024
"""Characters of a token at most, unless the caller lets more pass."""
_NOT_UNDERSTOOD = frozenset({"crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"})
_FAR = 10**12
PSS = "PS256"
"""RSASSA-PSS with SHA-256 (RFC 7518 clause 3.5)."""
OWN_ALGORITHMS = frozenset(algorithm.value for algorithm in SignatureAlgorithm)
"""What a reader takes that names no algorithms: one for each kind of key."""


@dataclass(frozen=True)
class VerifiedJws:
    """A token whose signature was verified; only `verify` makes it. `kid` names the key that verified it."""

    header: Mapping[str, Any]
    payload: bytes
    kid: str

    def claims(self) -> dict[str, Any]:
        """The payload as a JSON object. Raises ParseError when it is none or names a member twice."""
        return object_of(self.payload)


def sign(header: Mapping[str, Any], payload: bytes | Mapping[str, Any], signer: Signer, algorithm: str = "") -> str:
    """A compact JWS over `payload`: octets as they are, a mapping as JSON.

    `header` gives `typ` and whatever else; `alg` is the signer's own unless `algorithm` says that it pads by PSS,
    and `kid` its thumbprint unless given.
    """
    named = header if "kid" in header else {"kid": thumbprint(signer.public_key), **header}
    protected = {**named, "alg": algorithm or signer.algorithm.value}
    octets = payload if isinstance(payload, bytes) else compact(payload).encode()
    plain = all(type(value) is str for value in protected.values())
    start = _remembered(tuple(protected.items())) if plain else _start(protected)
    signed = f"{start}.{encode(octets)}"
    signature = signer.sign(signed.encode("ascii"))
    return f"{signed}.{encode(fixed_width(signature, signer.algorithm))}"


def verify(
    token: str,
    keys: Mapping[str, bytes],
    types: Collection[str],
    *,
    algorithms: Collection[str] = OWN_ALGORITHMS,
    brings_key: bool = False,
    longest: int = LONGEST,
) -> VerifiedJws:
    """The token, proven to be signed by one of `keys` (`kid` to DER SubjectPublicKeyInfo).

    `types` are the values of `typ` that will do; "" stands for a header without `typ`. They are compared
    without case and without a leading `application/` (RFC 7515 clause 4.1.9). Without `kid` in the header there
    must be one key only. `brings_key` lets a header have `jwk`, which the caller has put into `keys` because it is
    the very key that is to be proven (RFC 9449 clause 4.2). Raises ParseError, Unsupported or SignatureInvalid
    (RFC 7515 clause 5.2, RFC 8725).
    """
    header, payload, signature = _parts(token, longest)
    _check_header(header, types, algorithms, _NOT_UNDERSTOOD - {"jwk"} if brings_key else _NOT_UNDERSTOOD)
    kid, spki = _key(header, keys)
    _verify(spki, str(header["alg"]), token.rpartition(".")[0].encode("ascii"), signature)
    return VerifiedJws(header, payload, kid)


def unverified_header(token: str, longest: int = LONGEST) -> dict[str, Any]:
    """The header of a token that nobody has verified: fit for choosing keys, for nothing else."""
    return _parts(token, longest)[0]


def unverified_claims(token: str) -> dict[str, Any]:
    """The payload of a token that nobody has verified: fit for finding out whose key to try, for nothing else."""
    return object_of(_parts(token)[1])


def _verify(spki: bytes, name: str, signed: bytes, signature: bytes) -> None:
    algorithm = algorithm_of(spki)
    if name == PSS and algorithm is SignatureAlgorithm.RSA_PKCS1_SHA256:
        verify_pss(spki, signed, signature)
        return
    if name != algorithm.value:
        raise SignatureInvalid("the header's alg is not the key's", "jws.algorithm")
    verify_signature(spki, algorithm, signed, as_der(signature, algorithm))


def _parts(token: str, longest: int = LONGEST) -> tuple[dict[str, Any], bytes, bytes]:
    if len(token) > longest:
        raise ParseError(f"a token of {len(token)} characters; {longest} at most", "jws.malformed")
    parts = token.split(".")
    if len(parts) != 3:
        raise ParseError("a compact JWS has three parts", "jws.malformed")
    return object_of(decode(parts[0])), decode(parts[1]), decode(parts[2])


def _check_header(
    header: Mapping[str, Any], types: Collection[str], algorithms: Collection[str], not_understood: frozenset[str]
) -> None:
    refused = not_understood & header.keys()
    if refused:
        raise Unsupported(f"header members that are not taken here: {sorted(refused)}", "jws.header")
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in algorithms:
        raise Unsupported("an algorithm that is not taken here", "jws.algorithm")
    typ = header.get("typ", "")
    if not isinstance(typ, str) or _media(typ) not in {_media(allowed) for allowed in types}:
        raise Unsupported("a type of token that is not taken here", "jws.type")


def _key(header: Mapping[str, Any], keys: Mapping[str, bytes]) -> tuple[str, bytes]:
    if "kid" not in header and len(keys) == 1:
        return next(iter(keys.items()))
    kid = header.get("kid")
    if not isinstance(kid, str) or kid not in keys:
        raise SignatureInvalid("no key of this name", "jws.key-unknown")
    return kid, keys[kid]


def _media(typ: str) -> str:
    return typ.lower().removeprefix("application/")


def _start(header: Mapping[str, Any]) -> str:
    return encode(compact(header).encode())


@lru_cache(64)
def _remembered(header: tuple[tuple[str, str], ...]) -> str:
    """The same: a key begins all its tokens of a type alike."""
    return _start(dict(header))


def object_of(octets: bytes) -> dict[str, Any]:
    """The JSON object in these octets.

    Raises ParseError when they are none, name a member twice, or have a text that is none: with half a surrogate pair
    (RFC 8259 clause 8.2), which UTF-8 cannot write, or U+0000, which PostgreSQL does not take.
    """
    try:
        value = json.loads(octets.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_no_constant)
        _check_texts(value)
    except (ValueError, RecursionError) as fault:
        raise ParseError("not a JSON object", "jws.malformed") from fault
    if not isinstance(value, dict):
        raise ParseError("JSON, but not an object", "jws.malformed")
    return value


def is_numeric_date(value: Any) -> bool:
    """Whether it is a NumericDate (RFC 7519 clause 2) that can be reckoned with: finite, and of no far age."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _FAR


def _check_texts(value: Any) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            _check_texts(name)
            _check_texts(member)
    elif isinstance(value, list):
        for member in value:
            _check_texts(member)
    elif isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
        raise ValueError("a text that cannot be written")


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
