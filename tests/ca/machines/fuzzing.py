"""What must hold of any octets that a machine sends: they are read, or refused in our own words, and nothing else."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ca.machines.doors import Made
from pki import der
from pki.base64url import encode
from pki.cmp.message import Body, confirmations, parse_message, request_of, revocation_of, wanted_information
from pki.cmp.protection import PBMAC1, verify_password, verify_signature
from pki.crmf import parse_crmf
from pki.errors import PkiError
from pki.flattened import account_key, parse_flattened, verify
from pki.request import parse_request
from pki.scep import message as scep
from pki.scep.envelope import parse_envelope
from pki.signing import SignatureAlgorithm
from tests.ca.machines.cmp_client import Client, asked
from tests.ca.machines.cmp_client import key as key_of_device
from tests.ca.machines.ministry import csr
from tests.ca.machines.scep_client import ScepClient, self_signed
from tests.doubles import START
from tests.issuing import new_key

CORPUS = Path(__file__).parents[2] / "vectors" / "machines-corpus.txt"
"""Octets, in hex, one a line, each of which once reached code that none before it had."""


def _cmp(octets: bytes) -> None:
    message = parse_message(octets)
    for reading in (request_of, revocation_of, confirmations, wanted_information):
        with suppress(PkiError):
            reading(message)
    with suppress(PkiError):
        parse_crmf(request_of(message))
    with suppress(PkiError):
        verify_password(message, b"secret")
    for certificate in message.certificates:
        with suppress(PkiError):
            verify_signature(message, scep.identity_of(certificate).spki)


def _scep(octets: bytes) -> None:
    message = scep.parse_message(octets)
    with suppress(PkiError):
        scep.verify_message(message, message.signer.spki)
    parse_envelope(message.content).opened(bytes(32))


def _jws(octets: bytes) -> None:
    message = parse_flattened(octets)
    key = account_key(message.header.get("jwk"))
    verify(message, key)


READINGS: tuple[Callable[[bytes], object], ...] = (_cmp, _scep, _jws, parse_envelope, parse_request, parse_crmf)


def read_as_machines(octets: bytes) -> None:
    """Every reader of what machines send raises a PkiError or nothing."""
    for reading in READINGS:
        with suppress(PkiError):
            reading(octets)


def _seeds() -> list[bytes]:
    """A sound message of each protocol."""
    key, own = new_key(SignatureAlgorithm.RSA_PKCS1_SHA256), key_of_device()
    assert isinstance(key, RSAPrivateKey)
    device = ScepClient(self_signed(key), key, self_signed(key))
    client = Client(Made("id", "reference", "secret", ""), START)
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(bytes(range(32)))}
    header = {"alg": "EdDSA", "jwk": jwk, "nonce": "bm9uY2U", "url": "https://localhost/acme/new-account"}
    jws = {"protected": encode(json.dumps(header).encode()), "payload": "", "signature": encode(bytes(64))}
    modern = replace(client, like=der.sequence(der.oid(PBMAC1), der.sequence()))
    return [
        device.message(csr(key, "a.gov.la", challenge="code")),
        device.enveloped(csr(own, "a.gov.la")),
        csr(own, "a.gov.la", common_name="a"),
        client.message(Body.IR, asked(own, "a.gov.la")),
        modern.message(Body.CERTCONF, der.sequence(der.sequence(der.octet_string(bytes(32)), der.integer(0)))),
        asked(own, "a.gov.la"),
        json.dumps(jws).encode(),
    ]


SEEDS = _seeds()
