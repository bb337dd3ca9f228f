"""Attributes of a stranger's PKCS#10: read or refused with our own code, whatever their shape."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from pki import der
from pki.errors import PkiError
from pki.request import asked_extension, asked_names, asks_beyond, challenge_password, parse_request
from tests.pki.attributed import CHALLENGE, EXTENSIONS, FEATURE, UNREADABLE, UTF8, asking, attribute

KEY = ec.generate_private_key(ec.SECP256R1())
TAGS = (UTF8, der.SEQUENCE, der.SET, der.INTEGER, der.OCTET_STRING, 0x1F, 0x80, 0xA0)


def element(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.builds(der.tlv, st.sampled_from(TAGS), st.lists(inner, max_size=3).map(b"".join))


VALUES = st.recursive(st.binary(max_size=6).map(lambda octets: der.tlv(UTF8, octets)), element, max_leaves=6)
ATTRIBUTES = st.builds(
    lambda oid, values: attribute(oid, *values),
    st.sampled_from([CHALLENGE, EXTENSIONS, "1.3.6.1.4.1.311.2.1.14", "1.2.3.4"]),
    st.lists(VALUES, max_size=3),
)
ASKED = st.lists(st.one_of(ATTRIBUTES, VALUES), max_size=3).map(b"".join)


def read(request: bytes) -> list[object]:
    """What every reader makes of a request: an answer, or the code of our own error."""
    readers = (
        lambda: asks_beyond(request, (), (), ()),
        lambda: asked_names(request),
        lambda: asked_extension(request, "1.2.3.4"),
        lambda: challenge_password(request),
    )
    return [coded(reader) for reader in readers]


def coded(reader: Callable[[], Any]) -> Any:
    try:
        return reader()
    except PkiError as fault:
        return fault.code


@pytest.mark.parametrize("attributes", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_request_whose_attributes_cannot_be_read_is_malformed(attributes: bytes) -> None:
    assert coded(lambda: parse_request(asking(attributes))) == "request.malformed"


def test_a_password_of_one_value_is_read() -> None:
    request = parse_request(asking(attribute(CHALLENGE, der.tlv(UTF8, "ລະຫັດ".encode()))))

    assert challenge_password(request.der) == "ລະຫັດ"


def test_an_extension_that_the_library_knows_no_value_of_is_more_than_is_given() -> None:
    request = parse_request(asking(FEATURE)).der

    assert asks_beyond(request, (), (), ()) == "2.5.29.19"
    assert asked_names(request) == ((), None)
    assert coded(lambda: asked_extension(request, "1.2.3.4")) == "request.malformed"


@given(ASKED)
@example(FEATURE)
@example(FEATURE + FEATURE)
def test_whatever_is_asked_for_a_parsed_request_can_be_read(attributes: bytes) -> None:
    request = asking(attributes, KEY)

    found = coded(lambda: parse_request(request))

    assert found == "request.malformed" or len(read(found.der)) == 4


@given(ASKED)
@example(b"")
def test_only_a_request_without_any_attribute_certainly_asks_for_nothing(attributes: bytes) -> None:
    found = coded(lambda: parse_request(asking(attributes, KEY)))

    assert found == "request.malformed" or found.asks_nothing == (attributes == b"")
    assert attributes or (asks_beyond(found.der, (), (), ()), asked_names(found.der)) == (None, ((), None))
