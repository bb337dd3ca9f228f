"""CMP messages read strictly: what is written is read again, what is changed is not believed, what is broken raises."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import der
from pki.cmp import answer
from pki.cmp.answer import Failure, Reply
from pki.cmp.message import Body, Header, Message, parse_message, request_of
from pki.cmp.protection import is_password_based, password_algorithm, password_mac, verify_password
from pki.errors import ParseError, PkiError, SignatureInvalid, Unsupported
from pki.names import service_name

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
SECRET = b"0123456789abcdef"
NAME = service_name("Ministry", "server")
ASKED = Header(2, NAME, NAME, NOW, None, b"ref", b"t" * 16, b"n" * 16, b"", True, b"")


def protected(kind: Body, content: bytes, iterations: int = 500) -> bytes:
    algorithm = password_algorithm(b"s" * 16, iterations)
    header = Reply(ASKED, NAME, NOW, algorithm, b"m" * 16, b"ref", implicit_confirm=True).header()
    body = answer.body(kind, content)
    mac = password_mac(algorithm, SECRET, answer.protected_part(header, body))
    return answer.assembled(header, body, mac)


def refused(failure: Failure = Failure.BAD_REQUEST) -> bytes:
    return answer.error(answer.status(answer.REJECTION, "no", failure))


def test_what_is_written_is_read_again() -> None:
    message = parse_message(protected(Body.ERROR, refused()))

    header = message.header
    assert (header.transaction, header.sender_nonce, header.recipient_nonce) == (b"t" * 16, b"m" * 16, b"n" * 16)
    assert (header.time, header.sender_key, header.implicit_confirm) == (NOW, b"ref", True)
    assert (message.body, message.content) == (Body.ERROR, refused())
    assert is_password_based(message)
    verify_password(message, SECRET)


def test_another_secret_protects_nothing() -> None:
    with pytest.raises(SignatureInvalid):
        verify_password(parse_message(protected(Body.ERROR, refused())), b"another")


@pytest.mark.parametrize("iterations", [1, 99, 100_001, 10**9])
def test_too_few_or_too_many_rounds_are_not_served(iterations: int) -> None:
    message = parse_message(protected(Body.ERROR, refused()))
    algorithm = password_algorithm(b"s" * 16, iterations)
    header = Header(**{**vars(message.header), "algorithm": algorithm})
    changed = Message(header, message.body, message.content, message.protected, message.protection, ())

    with pytest.raises(Unsupported):
        verify_password(changed, SECRET)


VALID = protected(Body.ERROR, refused())


@given(st.integers(0, len(VALID) - 1), st.integers(1, 255))
def test_no_octet_can_be_changed_unseen(at: int, by: int) -> None:
    changed = VALID[:at] + bytes([VALID[at] ^ by]) + VALID[at + 1 :]

    with pytest.raises(PkiError):
        verify_password(parse_message(changed), SECRET)


@given(st.binary(max_size=200))
def test_whatever_the_octets_nothing_but_a_fault_of_ours_is_raised(octets: bytes) -> None:
    with pytest.raises(PkiError):
        parse_message(octets)


def test_a_message_that_is_too_large_or_too_deep_is_refused() -> None:
    deep = b""
    for _ in range(5000):
        deep = der.sequence(deep)

    with pytest.raises(ParseError):
        parse_message(b"\x30" * 70_000)
    with pytest.raises(ParseError):
        parse_message(deep)


def test_a_message_asks_for_exactly_one_certificate() -> None:
    two = parse_message(protected(Body.IR, der.sequence(der.sequence(), der.sequence())))

    with pytest.raises(ParseError):
        request_of(two)
