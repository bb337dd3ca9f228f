"""CMP messages read strictly: what is written is read again, what is changed is not believed, what is broken raises."""

from datetime import UTC, datetime
from hashlib import pbkdf2_hmac, sha256, sha384, sha512
from hmac import digest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import der
from pki.cmp import answer
from pki.cmp.answer import Failure, Reply
from pki.cmp.message import (
    Body,
    Header,
    Message,
    confirmations,
    parse_message,
    request_of,
    revocation_of,
    wanted_information,
)
from pki.cmp.protection import (
    PBMAC1,
    is_password_based,
    password_algorithm,
    password_mac,
    verify_password,
    verify_signature,
)
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


@pytest.mark.parametrize("size", [1, 2, 3], ids=["sha256", "sha384", "sha512"])
def test_a_password_protects_by_each_of_the_hashes(size: int) -> None:
    null, hmac = der.tlv(der.NULL), f"1.2.840.113549.2.{8 + size}"
    one_way = der.sequence(der.oid(f"2.16.840.1.101.3.4.2.{size}"), null)
    parameter = der.sequence(
        der.octet_string(b"salt" * 4), one_way, der.integer(100), der.sequence(der.oid(hmac), null)
    )
    algorithm = der.sequence(der.oid("1.2.840.113533.7.66.13"), parameter)
    function = {1: sha256, 2: sha384, 3: sha512}[size]
    key = SECRET + b"salt" * 4
    for _ in range(100):
        key = function(key).digest()
    header = Reply(ASKED, NAME, NOW, algorithm, b"m" * 16, b"ref").header()
    body = answer.body(Body.ERROR, refused())
    mac = digest(key, answer.protected_part(header, body), function().name)

    verify_password(parse_message(answer.assembled(header, body, mac)), SECRET)


def by_pbmac1(like: bytes) -> Message:
    header = Reply(ASKED, NAME, NOW, like, b"m" * 16, b"ref").header()
    body = answer.body(Body.ERROR, refused())
    mac = password_mac(like, SECRET, answer.protected_part(header, body))
    return parse_message(answer.assembled(header, body, mac))


def test_pbmac1_protects_as_well_and_is_answered_in_kind() -> None:
    asked = der.sequence(der.oid(PBMAC1), der.sequence())
    message = by_pbmac1(password_algorithm(b"s" * 16, 1000, like=asked))

    key = pbkdf2_hmac("sha256", SECRET, b"s" * 16, 1000, 32)
    assert message.protection == digest(key, message.protected, "sha256")
    assert is_password_based(message)
    verify_password(message, SECRET)
    with pytest.raises(SignatureInvalid):
        verify_password(message, b"another")


def test_pbmac1_of_few_rounds_or_of_sha1_is_not_served() -> None:
    asked = der.sequence(der.oid(PBMAC1), der.sequence())
    few, sound = (password_algorithm(b"s" * 16, rounds, like=asked) for rounds in (5, 500))
    weak = sound.replace(der.oid("1.2.840.113549.2.9"), der.oid("1.2.840.113549.2.7"))

    for algorithm in (few, weak):
        with pytest.raises(Unsupported):
            password_mac(algorithm, SECRET, b"")


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


def grown(encoded: bytes, at: int, put: bytes) -> tuple[bytes, int]:
    """The value with the content of its element number `at` (from 0, outer ones first) put in place of what was there.

    All lengths are right again. Beside it stands what is left to count when there are not so many elements.
    """
    found = []
    for one in der.children(encoded):
        content, left = (put, -1) if at == 0 else (one.content, at - 1)
        if at > 0 and one.tag & 0x20:
            content, left = grown(one.content, at - 1, put)
        found.append(der.tlv(one.tag, content))
        at = left if at >= 0 else at
    return b"".join(found), at


READERS = (request_of, revocation_of, confirmations, wanted_information, is_password_based)
EMPTY = der.sequence()
REASON = der.sequence(der.oid("2.5.29.21"), der.octet_string(der.enumerated(1)))
CONTENTS = {
    Body.RR: der.sequence(der.sequence(der.sequence(der.implicit(1, b"\x05")), der.sequence(REASON))),
    Body.CERTCONF: der.sequence(der.sequence(der.octet_string(b"h" * 32), der.integer(0), refused()[2:])),
    Body.GENM: der.sequence(der.sequence(der.oid(answer.CA_CERTIFICATES))),
    Body.IR: der.sequence(der.sequence(der.sequence(der.integer(0), EMPTY))),
}
PUTS = st.sampled_from([b"", EMPTY, der.sequence(EMPTY), der.tlv(der.NULL), der.octet_string(b""), b"\x00"])


@given(st.sampled_from(sorted(CONTENTS)), st.integers(0, 60), PUTS)
def test_whatever_is_empty_in_a_message_raises_errors_of_ours_alone(kind: Body, at: int, put: bytes) -> None:
    changed, _ = grown(protected(kind, CONTENTS[kind]), at, put)

    for fault in faults(changed):
        assert isinstance(fault, PkiError), repr(fault)


def faults(encoded: bytes) -> list[Exception]:
    """What the readers of a message raise at these octets."""
    found: list[Exception] = []
    try:
        message = parse_message(encoded)
    except Exception as fault:  # noqa: BLE001 - which ones there are is the question
        return [fault]
    for read in (*READERS, lambda one: verify_password(one, SECRET), lambda one: verify_signature(one, EMPTY)):
        try:
            read(message)
        except Exception as fault:  # noqa: BLE001 - which ones there are is the question
            found.append(fault)
    return found
