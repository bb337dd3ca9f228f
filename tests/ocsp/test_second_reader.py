"""Our reader of requests beside `openssl ocsp`: over the kept corpus, and over requests in which one bit is another."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pki import der
from pki.errors import ParseError
from pki.ocsp import StatusRequest, parse_request
from tests.doubles import SteadyChance
from tests.ocsp import second_reader
from tests.ocsp.fuzzing import DER_SEEDS
from tests.ocsp.second_reader import disagreements
from tests.ocsp.test_fuzzing import CORPUS
from tests.programs import needs

pytestmark = pytest.mark.usefixtures("openssl")
FIRST = der.SEQUENCE


@pytest.fixture
def openssl() -> None:
    needs("openssl")


def one_bit_off(seed: bytes, chance: SteadyChance) -> list[bytes]:
    return [
        seed[:place] + bytes([octet ^ 1 << chance(1)[0] % 8]) + seed[place + 1 :] for place, octet in enumerate(seed)
    ]


def test_openssl_and_we_read_the_kept_corpus_alike() -> None:
    """What does not begin as a request does is HTTP, which neither reads."""
    inputs = [octets for octets in map(bytes.fromhex, CORPUS.read_text().split()) if octets[0] == FIRST]

    assert len(inputs) > 40
    assert disagreements(inputs) == []


def test_openssl_and_we_read_requests_alike_in_which_a_bit_is_another() -> None:
    chance = SteadyChance(9)
    inputs = [changed for seed in DER_SEEDS for changed in one_bit_off(seed, chance)]

    assert disagreements([*DER_SEEDS, *inputs]) == []


def refusing(_octets: bytes) -> StatusRequest:
    raise ParseError("what is right")


def misreading(octets: bytes) -> StatusRequest:
    read = parse_request(octets)
    first, *others = read.certificates
    return replace(read, certificates=(replace(first, serial_number=first.serial_number + 1), *others))


@pytest.mark.parametrize("reader", [refusing, misreading])
def test_a_reader_that_refuses_what_is_right_or_reads_another_number_is_told(
    monkeypatch: pytest.MonkeyPatch, reader: Callable[[bytes], StatusRequest]
) -> None:
    monkeypatch.setattr(second_reader, "parse_request", reader)

    assert len(disagreements(DER_SEEDS)) == len(DER_SEEDS)
