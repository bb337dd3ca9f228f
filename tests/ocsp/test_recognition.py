"""Questions known by their beginning are the questions that the parser reads: else they are not known."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocsp.recognition import Question, Recognition
from ocsp.store import Authority
from ocsp.table import key_of
from pki import der
from pki.digests import digest_identifier
from pki.errors import ParseError
from pki.ocsp import NONCE, issuer_keys, nonce_of_request, parse_request
from pki.parsed import parse_certificate
from tests.issuing import PracticeIssuer

OFFICERS = Authority("officers", "ab" * 32, datetime(2026, 1, 1, tzinfo=UTC))
PARSED = parse_certificate(PracticeIssuer("Practice officers").der)
KEYS = {name: hashes for name, *hashes in issuer_keys(PARSED.subject, PARSED.spki)}
serials = st.integers(1, (1 << 159) - 1)
nonces = st.one_of(st.none(), st.binary(min_size=16, max_size=32))


def asked(
    serial: int, digest: str = "sha1", nonce: bytes | None = None, tail: bytes = b"", *, null: bool = True
) -> bytes:
    algorithm = der.single(digest_identifier(digest), der.SEQUENCE) + (b"\x05\x00" if null else b"")
    hashes = (der.octet_string(one) for one in KEYS[digest])
    identifier = der.sequence(der.sequence(algorithm), *hashes, der.integer(serial))
    return der.sequence(der.sequence(der.sequence(der.sequence(identifier)), tail or nonce_of_request(nonce)))


def learned(*requests: bytes) -> Recognition:
    recognition = Recognition()
    for request in requests:
        parsed = parse_request(request)
        recognition.learn(request, parsed.certificates[0], parsed.nonce, OFFICERS)
    return recognition


def read(request: bytes) -> Question:
    parsed = parse_request(request)
    (one,) = parsed.certificates
    return Question(OFFICERS, str(one.digest), one.der, key_of(one.serial_number), parsed.nonce)


@given(serials, serials, nonces, nonces, st.sampled_from(["sha1", "sha256", "sha384", "sha512"]), st.booleans())
def test_what_is_recognised_is_what_the_parser_reads(
    first: int, second: int, before: bytes | None, nonce: bytes | None, digest: str, null: bool
) -> None:
    recognition = learned(asked(first, digest, before, null=null))
    request = asked(second, digest, nonce, null=null)

    found = recognition.find(request)

    assert found in (None, read(request))


@given(st.integers(1 << 126, (1 << 127) - 1), nonces)
def test_another_number_of_the_same_length_is_recognised(number: int, nonce: bytes | None) -> None:
    other = None if nonce is None else bytes(len(nonce))
    recognition = learned(asked(1 << 126, nonce=other))

    assert recognition.find(asked(number, nonce=nonce)) == read(asked(number, nonce=nonce))


REQUESTS = [asked(0x1234 << 112), asked(0x8234 << 112), asked(5, nonce=b"n" * 16), asked(1 << 126, "sha256", b"m" * 32)]


@given(st.sampled_from(REQUESTS), st.data())
def test_a_request_with_flipped_octets_is_recognised_only_as_the_parser_reads_it(
    request: bytes, data: st.DataObject
) -> None:
    recognition, broken = learned(*REQUESTS), bytearray(request)
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))

    found = recognition.find(bytes(broken))

    assert found is None or found == read(bytes(broken))


@pytest.mark.parametrize(
    "content", [b"\x00" + b"\x01" * 15, b"\xff" + b"\x01" * 15], ids=["not in its shortest form", "negative"]
)
def test_a_number_that_is_badly_written_is_left_to_the_parser(content: bytes) -> None:
    good = asked(int.from_bytes(b"\x11" * 16, "big"))

    assert learned(good).find(good.replace(b"\x11" * 16, content)) is None


@pytest.mark.parametrize(
    "tail",
    [
        der.explicit(
            2, der.sequence(der.sequence(NONCE, der.boolean(True), der.octet_string(der.octet_string(b"n" * 16))))
        ),
        der.explicit(2, der.sequence(der.sequence(der.oid("1.2.3"), der.octet_string(b"x")))),
    ],
    ids=["a critical nonce", "an extension that is not known"],
)
def test_what_is_not_plain_is_parsed_each_time(tail: bytes) -> None:
    request = asked(7, tail=tail)

    assert learned(request).find(request) is None


def test_a_signed_request_is_parsed_each_time() -> None:
    plain = asked(7)
    tbs = der.parts(plain)[0].whole
    request = der.sequence(tbs, der.explicit(0, der.sequence()))

    assert learned(request).find(request) is None


@pytest.mark.parametrize(
    "broken", [b"", b"0", asked(7)[:-1], asked(7) + b"\x00"], ids=["nothing", "a tag", "cut short", "too long"]
)
def test_what_is_no_request_is_not_recognised(broken: bytes) -> None:
    assert learned(asked(7)).find(broken) is None
    with pytest.raises(ParseError):
        parse_request(broken)


def test_whoever_fills_the_shapes_keeps_no_later_one_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocsp.recognition._MOST", 1)

    recognition = learned(asked(7, nonce=bytes(16)), asked(7))

    assert recognition.find(asked(8)) == read(asked(8))
    assert recognition.find(asked(8, nonce=bytes(16))) is None
