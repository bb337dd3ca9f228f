"""Services that get tokens encrypted, and how they open them: JOSE by joserfc, as they would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from idp.encryption import ALGORITHMS, CONTENTS
from tests.idp.keys import Holder
from tests.idp.visitor import ISSUER

SIGNED_BY = ["ES256", "RS256"]


def reader_of(algorithm: str, kid: str = "e1", **said: str) -> "Reader":
    """A fresh key for the algorithm."""
    named: Any = {"kid": kid, "use": "enc"} | said
    return Reader(RSAKey.generate_key(2048, named) if "RSA" in algorithm else ECKey.generate_key("P-256", named))


@dataclass(frozen=True)
class Opened:
    """What was in a token: the header outside, and the signed token."""

    header: Mapping[str, Any]
    token: str


@dataclass(frozen=True)
class Reader:
    """A service with a key pair for encryption."""

    key: Key

    def jwks(self, *others: Key) -> str:
        return json.dumps({"keys": [key.as_dict(private=False) for key in (*others, self.key)]})

    def open(self, token: str) -> Opened:
        """Raises a JoseError for what is not encrypted to this key."""
        found = jwe.decrypt_compact(token, self.key, algorithms=[*ALGORITHMS, *CONTENTS])
        assert found.plaintext is not None
        return Opened(found.headers(), found.plaintext.decode())

    def claims(self, app: Flask, token: str) -> dict[str, Any]:
        """Of the signed token inside, which is ours."""
        keys = KeySet.import_key_set(app.test_client().get("/jwks", base_url=ISSUER).get_json())
        return dict(jwt.decode(self.open(token).token, keys, algorithms=SIGNED_BY).claims)


def signing_key() -> Key:
    """A key that signs, beside those that read."""
    return Holder().key
