"""SCEP at the door and in the signing room: what it answers to whom, and what a door that was broken into can do."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from ca.app import create_machines_http_app
from ca.machines import requests
from ca.machines.doors import Made
from ca.machines.forms import parsed_form
from ca.machines.proofs.scep import pack
from ca.machines.requests import Asking, take_up
from ca.machines.rules import CredentialKind, Protocol
from ca.tables.machines import Allowance, MachineTransaction
from ca.tables.registration import EnrolmentEnd
from ledger.decision import Refuse
from ledger.entry import Entry
from ledger.turns import Turns
from pki.errors import PkiError
from pki.scep.envelope import parse_envelope
from pki.scep.message import parse_message
from pki.signing import SignatureAlgorithm
from tests.ca.machines.ministry import MACHINES, Ministry, csr
from tests.ca.machines.scep_client import CEK, Said, ScepClient, name_of, self_signed
from tests.issuing import new_key
from tests.serving import settings_for

pytestmark = pytest.mark.sqlite_only("the door is the same on both engines")
HOST = "old.mtc.gov.la"
Post = Callable[..., Said]


@cache
def rsa_key(number: int) -> RSAPrivateKey:
    """Each number's own: they take their time to make."""
    assert number >= 0
    key = new_key(SignatureAlgorithm.RSA_PKCS1_SHA256)
    assert isinstance(key, RSAPrivateKey)
    return key


@pytest.fixture
def switched_on(ministry: Ministry) -> Ministry:
    ministry.configure(scep=True)
    return ministry


@pytest.fixture
def client(ministry: Ministry) -> FlaskClient:
    app: Flask = create_machines_http_app(
        settings_for("machines-http", ministry.ca.home, ministry.ca.ledger.url), ministry.ca.ledger
    )
    app.extensions["patience"] = timedelta()
    object.__setattr__(app.extensions["scep"], "patience", timedelta())
    return app.test_client()


@pytest.fixture
def allowance(switched_on: Ministry) -> Allowance:
    return switched_on.allowed()


@pytest.fixture
def made(switched_on: Ministry, allowance: Allowance) -> Made:
    return switched_on.secret(allowance, Protocol.SCEP)


def device(ministry: Ministry, number: int = 0, certificate: x509.Certificate | None = None) -> ScepClient:
    ra = x509.load_pem_x509_certificates(ministry.ca.home.certificate("door-scep").read_bytes())[0]
    return ScepClient(ra, rsa_key(number), certificate or self_signed(rsa_key(number)))


def post(client: FlaskClient, device: ScepClient, message: bytes) -> Said:
    response = client.post("/scep?operation=PKIOperation", data=message)
    assert (response.status_code, response.content_type) == (200, "application/x-pki-message"), response.data
    return device.read(response.data)


def entries(ministry: Ministry) -> int:
    with ministry.ca.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def enrolled(client: FlaskClient, ministry: Ministry, made: Made, number: int = 0) -> x509.Certificate:
    asking = device(ministry, number)
    message = asking.message(csr(rsa_key(number), HOST, challenge=made.secret))
    assert post(client, asking, message).values["status"] == "3"
    assert ministry.ca.room().turn().refused == []
    return post(client, asking, message).certificates[0]


def test_it_is_off_until_two_persons_switch_it_on(ministry: Ministry, client: FlaskClient) -> None:
    before = [client.get(f"/scep?operation={word}").status_code for word in ("GetCACaps", "GetCACert", "PKIOperation")]
    posted = client.post("/scep?operation=PKIOperation", data=b"x").status_code
    ministry.configure(scep=True)
    after = client.get("/cgi-bin/pkiclient.exe?operation=GetCACaps")

    assert (before, posted) == ([404, 404, 404], 404)
    assert {"AES", "SHA-256", "POSTPKIOperation", "Renewal"} <= set(after.text.split())
    assert not {"SHA-1", "DES3", "MD5"} & set(after.text.split())


def test_its_own_certificate_and_those_above_are_given_out(switched_on: Ministry, client: FlaskClient) -> None:
    answer = client.get("/scep?operation=GetCACert")

    held = pkcs7.load_der_pkcs7_certificates(answer.data)
    assert answer.content_type == "application/x-x509-ca-ra-cert"
    assert {one.subject.rfc4514_string().partition(",")[0] for one in held} == {
        "CN=PRACTICE door-scep", "CN=PRACTICE Services CA", "CN=PRACTICE Root CA",
    }  # fmt: skip


def test_a_device_enrols_by_a_code_and_polls_until_it_has_its_certificate(
    switched_on: Ministry, client: FlaskClient, made: Made
) -> None:
    asking = device(switched_on)
    first = post(client, asking, asking.message(csr(rsa_key(0), HOST, challenge=made.secret), transaction="t-1"))
    waits = post(client, asking, asking.message(name_of(asking.certificate), 20, "t-1"))
    other = post(client, asking, asking.message(name_of(asking.certificate), 20, "t-2"))
    assert switched_on.ca.room().turn().refused == []

    last = post(client, asking, asking.message(name_of(asking.certificate), 20, "t-1"))

    assert [one.values["status"] for one in (first, waits, other, last)] == ["3", "3", "2", "0"]
    assert last.values["transaction"] == "t-1"
    assert last.certificates[0].extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    ).value.get_values_for_type(x509.DNSName) == [HOST]


def test_a_code_opens_once_and_only_for_a_key_that_signs_the_message(
    switched_on: Ministry, client: FlaskClient, made: Made
) -> None:
    enrolled(client, switched_on, made)
    again, stranger = device(switched_on, 1), device(switched_on, 2)

    used = post(client, again, again.message(csr(rsa_key(1), HOST, challenge=made.secret)))
    before = entries(switched_on)
    wrong = post(client, again, again.message(csr(rsa_key(1), HOST, challenge="WRONG")))
    none = post(client, again, again.message(csr(rsa_key(1), HOST)))
    others = post(client, stranger, stranger.message(csr(rsa_key(1), HOST, challenge=made.secret)))

    assert used.values == {"type": "3", "status": "2", "failure": "2", "transaction": "1"}
    assert [one.values["failure"] for one in (wrong, none, others)] == ["1", "1", "1"]
    assert entries(switched_on) == before


def test_a_machine_renews_with_a_new_key_and_fetches_what_it_has(
    switched_on: Ministry, client: FlaskClient, made: Made
) -> None:
    first = enrolled(client, switched_on, made)
    renewing = device(switched_on, 0, first)
    message = renewing.message(csr(rsa_key(1), HOST), 17, "renewal")

    waits = post(client, renewing, message)
    assert switched_on.ca.room().turn().refused == []
    second = post(client, renewing, message)
    fetched = post(client, renewing, renewing.message(name_of(second.certificates[0]), 21))
    strange = post(client, renewing, renewing.message(name_of(renewing.ra), 21))

    assert waits.values["status"] == "3"
    public = second.certificates[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public == rsa_key(1).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert fetched.certificates[0] == second.certificates[0]
    assert strange.values["failure"] == "1"


def test_a_message_in_the_address_is_answered_as_well(switched_on: Ministry, client: FlaskClient, made: Made) -> None:
    asking = device(switched_on)
    message = b64encode(asking.message(csr(rsa_key(0), HOST, challenge=made.secret))).decode()

    answer = client.get("/scep", query_string={"operation": "PKIOperation", "message": message})

    assert asking.read(answer.data).values["status"] == "3"


def test_whatever_is_wrong_inside_an_envelope_one_answer_comes(switched_on: Ministry, client: FlaskClient) -> None:
    asking = device(switched_on)
    wrong = [
        asking.message(b"no request"),
        asking.message(csr(rsa_key(0), HOST), cek=bytes(32)),
        asking.message(csr(rsa_key(0), HOST), cek=bytes(16)),
        asking.message(csr(rsa_key(0), HOST), sealed=bytes(384)),
        asking.message(csr(rsa_key(0), HOST), envelope=b"0\x00"),
    ]

    said = [post(client, asking, message).values for message in wrong]

    assert said == [{"type": "3", "status": "2", "failure": "1", "transaction": "1"}] * 5


@pytest.mark.parametrize("kind", [19, 17, 20, 21], ids=["first", "renewal", "poll", "fetch"])
def test_a_stranger_learns_nothing_of_anothers_envelope(
    switched_on: Ministry, client: FlaskClient, made: Made, kind: int
) -> None:
    victim, stranger = device(switched_on, 0), device(switched_on, 1)
    envelope = victim.enveloped(csr(rsa_key(0), HOST, challenge=made.secret))
    altered = envelope[:-1] + bytes([envelope[-1] ^ 1])

    answers = [post(client, stranger, stranger.message(b"", kind, envelope=one)).values for one in (envelope, altered)]

    assert answers[0] == answers[1]
    assert answers[0]["status"] == "2"


def test_a_signature_by_another_key_is_refused(switched_on: Ministry, client: FlaskClient, made: Made) -> None:
    forged = ScepClient(device(switched_on).ra, rsa_key(1), self_signed(rsa_key(0)))

    said = post(client, device(switched_on), forged.message(csr(rsa_key(0), HOST, challenge=made.secret)))

    assert said.values["failure"] == "1"


def test_names_outside_the_allowance_are_refused_and_recorded(
    switched_on: Ministry, client: FlaskClient, made: Made
) -> None:
    asking, before = device(switched_on), entries(switched_on)

    said = post(client, asking, asking.message(csr(rsa_key(0), "www.google.com", challenge=made.secret)))

    assert said.values["failure"] == "2"
    assert entries(switched_on) == before + 1


def test_who_sends_the_same_twice_at_once_is_told_the_same_twice(
    switched_on: Ministry, client: FlaskClient, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking, first, judged, looks = device(switched_on), list[Said](), requests._judged, iter((0,))
    message, before = asking.message(csr(rsa_key(0), HOST, challenge=made.secret)), entries(switched_on)

    def slow(*looked_at: Any, **more: Any) -> Any:
        """Between its look and its writing the other one is through."""
        scene = judged(*looked_at, **more)
        if next(looks, 1) == 0:
            first.append(post(client, asking, message))
        return scene

    monkeypatch.setattr(requests, "_judged", slow)
    monkeypatch.setattr(requests, "_turns_of", lambda _: Turns())  # as if by another process

    second = post(client, asking, message)

    assert (first[0].values["status"], second.values["status"]) == ("3", "3")
    assert entries(switched_on) == before + 1


@pytest.mark.parametrize("forging", ["another request", "another key", "used before", "switched off"])
def test_the_signing_room_believes_no_door(
    switched_on: Ministry, allowance: Allowance, made: Made, forging: str
) -> None:
    asked, end = _FORGED[forging](switched_on, allowance, made)

    switched_on.ca.room().turn()

    with switched_on.ca.ledger.read() as session:
        found = session.get_one(EnrolmentEnd, asked)
    assert found.code == end


def _written(ministry: Ministry, allowance: Allowance, made: Made, **changed: object) -> str:
    """A request as a door would write it that does what it likes."""
    signing = device(ministry)
    message = signing.message(csr(rsa_key(0), HOST, challenge=made.secret))
    request = parsed_form(changed.get("request") or csr(rsa_key(0), HOST, challenge=made.secret))  # type: ignore[arg-type]
    assert not isinstance(request, Refuse)
    asking = {
        "protocol": Protocol.SCEP, "request": request, "credential_kind": CredentialKind.SECRET,
        "credential": made.id, "proof": pack(message, CEK), "names": (HOST,), "uses_up": True,
    } | {name: value for name, value in changed.items() if name != "request"}  # fmt: skip
    attributes = sha256(parse_message(message).attributes).digest()
    key = sha256(allowance.id.encode() + b"/scep/" + attributes).hexdigest()
    taken = take_up_as_door(ministry, Asking(allowance.id, **asking), key)  # type: ignore[arg-type]
    assert isinstance(taken, str), taken
    return taken


def take_up_as_door(ministry: Ministry, asking: Asking, key: str) -> str | Refuse:
    return take_up(
        ministry.ca.ledger, asking, MACHINES, practice=True,
        further=lambda enrolment: [MachineTransaction(id=key, enrolment_id=enrolment)],
    )  # fmt: skip


def _another_request(ministry: Ministry, allowance: Allowance, made: Made) -> tuple[str, str]:
    other = csr(rsa_key(1), HOST, challenge=made.secret)
    return _written(ministry, allowance, made, request=other), "machine.proof-wrong"


def _another_key(ministry: Ministry, allowance: Allowance, made: Made) -> tuple[str, str]:
    message = device(ministry).message(csr(rsa_key(0), HOST, challenge=made.secret))
    return _written(ministry, allowance, made, proof=pack(message, bytes(32))), "machine.proof-wrong"


def _used_before(ministry: Ministry, allowance: Allowance, made: Made) -> tuple[str, str]:
    message = device(ministry).message(csr(rsa_key(0), HOST, challenge=made.secret), nonce=bytes(16))
    return _written(ministry, allowance, made, proof=pack(message, CEK)), "machine.transaction-used"


def _switched_off(ministry: Ministry, allowance: Allowance, made: Made) -> tuple[str, str]:
    asked = _written(ministry, allowance, made)
    ministry.configure(scep=False)
    return asked, "machine.protocol-off"


_FORGED = {
    "another request": _another_request,
    "another key": _another_key,
    "used before": _used_before,
    "switched off": _switched_off,
}


@cache
def _sound() -> bytes:
    key = rsa_key(0)
    own = self_signed(key)
    return ScepClient(own, key, own).message(csr(key, HOST))


@given(st.data())
def test_whatever_octets_come_only_our_own_errors_are_raised(data: st.DataObject) -> None:
    sound = bytearray(_sound())
    for at in data.draw(st.lists(st.integers(0, len(sound) - 1), min_size=1, max_size=4)):
        sound[at] = data.draw(st.integers(0, 255))
    cut = bytes(sound[: data.draw(st.integers(0, len(sound)))])

    for octets in (bytes(sound), cut, data.draw(st.binary(max_size=80))):
        for reading in (parse_message, parse_envelope, lambda each: parse_envelope(parse_message(each).content)):
            try:
                reading(octets)
            except PkiError:
                continue
