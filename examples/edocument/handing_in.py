"""Requests that are handed in before the browser goes (RFC 9126), by a service that proves itself by a key (RFC 7523).

laotrust demands both of services of the state. Authlib does the rest of the sign-in.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from joserfc.jwk import ECKey

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECONDS = 60


def proof(client: Any, key: ECKey, issuer: str) -> dict[str, str]:
    """Who we are, for one request. The issuer, and no endpoint of it, is whom the proof is for."""
    token = private_key_jwt_sign(key, client.client_id, issuer, alg="ES256", expires_in=SECONDS)
    return {"client_assertion_type": JWT_BEARER, "client_assertion": token}


def handed_in(client: Any, key: ECKey, issuer: str, back: str, **wishes: str) -> str:
    """Where the browser goes: Authlib makes state, nonce and the PKCE challenge, and keeps them in the cookie."""
    endpoints = client.load_server_metadata()
    made = client.create_authorization_url(back, **wishes)
    client.save_authorize_data(redirect_uri=back, **made)
    asked = dict(parse_qsl(urlsplit(made["url"]).query)) | proof(client, key, issuer)
    answer = requests.post(endpoints["pushed_authorization_request_endpoint"], data=asked, timeout=10)
    answer.raise_for_status()
    named = {"client_id": client.client_id, "request_uri": answer.json()["request_uri"]}
    return f"{endpoints['authorization_endpoint']}?{urlencode(named)}"
