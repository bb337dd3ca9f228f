"""CRLs made, and read back by us, by cryptography and by OpenSSL."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pki import certificate, der, oids
from pki.crl import CrlEntry, crl_tbs, encoded, encoded_row, parse_crl, serial_of
from pki.errors import ParseError
from pki.extensions import extension
from pki.status import REASON_CODES
from tests.doubles import START
from tests.pki.making import ISSUER, ISSUER_DER, ISSUER_VIEW, ROOT_DER, SUBJECT, Draft, signed

NEXT = START + timedelta(days=1)
ENTRIES = (
    CrlEntry(certificate.serial_number(1, bytes(12)), START, "keyCompromise", START - timedelta(hours=3)),
    CrlEntry(certificate.serial_number(2, bytes(12)), START, "certificateHold"),
    CrlEntry(certificate.serial_number(3, bytes(12)), START),
    CrlEntry(certificate.serial_number(4, bytes(12)), datetime(2051, 1, 1, tzinfo=UTC), "superseded"),
)
CRL = signed(crl_tbs(ISSUER_VIEW, 300, START, NEXT, ENTRIES), ISSUER)


def test_what_is_made_is_read_back() -> None:
    read = parse_crl(CRL)

    assert read.entries == ENTRIES
    assert (read.number, read.this_update, read.next_update) == (300, START, NEXT)
    assert (read.issuer, read.authority_key_identifier) == (ISSUER_VIEW.subject, ISSUER_VIEW.key_identifier)
    assert read.by_serial[ENTRIES[1].serial].reason == "certificateHold"


def test_another_implementation_reads_the_same_and_verifies() -> None:
    read = x509.load_der_x509_crl(CRL)

    assert read.is_signature_valid(ISSUER.key.public_key())
    assert not read.is_signature_valid(SUBJECT.key.public_key())
    assert [(entry.serial_number, entry.revocation_date_utc) for entry in read] == [(e.serial, e.at) for e in ENTRIES]
    reason = read[0].extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise
    since = read[0].extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
    assert since == ENTRIES[0].invalid_since


def test_unspecified_writes_no_reason() -> None:
    """RFC 5280 clause 5.3.1."""
    assert list(x509.load_der_x509_crl(CRL)[2].extensions) == []


def test_openssl_reads_and_verifies_it(tmp_path: Path) -> None:
    pem = [x509.load_der_x509_certificate(c).public_bytes(Encoding.PEM) for c in (ROOT_DER, ISSUER_DER)]
    (tmp_path / "issuers.pem").write_bytes(b"".join(pem))
    (tmp_path / "list.crl").write_bytes(CRL)

    command = "openssl crl -inform DER -in list.crl -noout -text -CAfile issuers.pem"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stderr == "verify OK\n"
    assert "X509v3 CRL Number: \n                300" in done.stdout
    assert "Certificate Hold" in done.stdout


def test_openssl_refuses_a_certificate_that_is_on_it(tmp_path: Path) -> None:
    leaf = signed(Draft().tbs(), ISSUER)
    crl = signed(crl_tbs(ISSUER_VIEW, 1, START, NEXT, [CrlEntry(Draft.serial, START, "keyCompromise")]), ISSUER)
    for name, pem in (
        ("root", x509.load_der_x509_certificate(ROOT_DER)),
        ("issuer", x509.load_der_x509_certificate(ISSUER_DER)),
        ("leaf", x509.load_der_x509_certificate(leaf)),
        ("crl", x509.load_der_x509_crl(crl)),
    ):
        (tmp_path / f"{name}.pem").write_bytes(pem.public_bytes(Encoding.PEM))

    at = int((START + timedelta(hours=1)).timestamp())
    command = f"openssl verify -crl_check -attime {at} -CAfile root.pem -untrusted issuer.pem -CRLfile crl.pem leaf.pem"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "certificate revoked" in done.stderr


def test_a_list_of_nobody_has_no_entries_at_all() -> None:
    """RFC 5280 clause 5.1.2.6."""
    crl = signed(crl_tbs(ISSUER_VIEW, 1, START, NEXT, []), ISSUER)

    assert parse_crl(crl).entries == ()
    assert len(x509.load_der_x509_crl(crl)) == 0


@pytest.mark.timeout(120)  # Where each entry costs more than the one before, it takes hours.
def test_twenty_thousand_entries_are_made_and_read() -> None:
    entries = [CrlEntry(certificate.serial_number(n, bytes(12)), START, "superseded") for n in range(1, 20_001)]

    read = parse_crl(signed(crl_tbs(ISSUER_VIEW, 1, START, NEXT, entries), ISSUER))

    assert list(read.entries) == entries


def test_an_unknown_reason_is_not_written() -> None:
    with pytest.raises(ValueError, match="whim"):
        crl_tbs(ISSUER_VIEW, 1, START, NEXT, [CrlEntry(1, START, "whim")])


SERIALS = st.one_of(st.integers(1, 2**17), st.integers(1, 2**159 - 1), st.integers(2**900, 2**1000))
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
REASONS = st.sampled_from(sorted(REASON_CODES))


def plainly(entry: CrlEntry) -> bytes:
    """The entry as RFC 5280 clause 5.1 writes it down, one element after the other."""
    code = REASON_CODES[entry.reason]
    own = extension(oids.CRL_REASON, der.enumerated(code)) if code else b""
    own += extension(oids.INVALIDITY_DATE, der.generalized_time(entry.invalid_since)) if entry.invalid_since else b""
    return der.sequence(der.integer(entry.serial), der.time(entry.at), der.sequence(own) if own else b"")


@given(st.builds(CrlEntry, SERIALS, MOMENTS, REASONS, st.none() | MOMENTS))
def test_an_entry_that_is_spliced_is_the_one_that_is_written_element_by_element(entry: CrlEntry) -> None:
    octets = encoded(entry)

    assert octets == plainly(entry)
    assert serial_of(octets) == entry.serial


@given(SERIALS, st.integers(-10**9, 4 * 10**9), REASONS)
def test_a_row_of_the_database_is_encoded_as_its_entry_is(serial: int, at: int, reason: str) -> None:
    entry = CrlEntry(serial, datetime.fromtimestamp(at, UTC), reason)

    assert encoded_row(f"{serial:x}", at, reason) == encoded(entry)


def crl_with(*own: bytes) -> bytes:
    """A CRL of no entries with these extensions."""
    fields = [part.whole for part in der.parts(crl_tbs(ISSUER_VIEW, 1, START, NEXT, []))]
    return signed(der.sequence(*fields[:-1], der.explicit(0, der.sequence(*own))), ISSUER)


NUMBER = der.sequence(der.oid(oids.CRL_NUMBER), der.octet_string(der.integer(1)))
UNKNOWN = der.sequence(der.oid("2.5.29.23"), der.boolean(True), der.octet_string(der.integer(1)))
IS_INDIRECT = der.octet_string(der.sequence(der.implicit(4, b"\xff")))
INDIRECT = der.sequence(der.oid(oids.ISSUING_DISTRIBUTION_POINT), der.boolean(True), IS_INDIRECT)


@pytest.mark.parametrize(
    "crl",
    [b"", CRL[:-1], CRL + b"\x00", ISSUER_DER, crl_with(), crl_with(NUMBER, UNKNOWN),
     crl_with(NUMBER, INDIRECT), crl_with(NUMBER, NUMBER)],
    ids=["empty", "cut", "longer", "a certificate", "no number", "unknown", "indirect", "two numbers"],
)
def test_what_is_no_whole_crl_is_refused(crl: bytes) -> None:
    with pytest.raises(ParseError):
        parse_crl(crl)


@given(st.binary(max_size=300))
def test_whatever_octets_come_only_parse_errors_are_raised(octets: bytes) -> None:
    assert _outcome(octets)


@given(st.integers(min_value=0, max_value=len(CRL) - 1), st.integers(min_value=1, max_value=255))
def test_a_changed_octet_is_read_or_refused_but_never_breaks(place: int, change: int) -> None:
    assert _outcome(CRL[:place] + bytes((CRL[place] ^ change,)) + CRL[place + 1 :])


def _outcome(octets: bytes) -> str:
    try:
        return repr(parse_crl(octets).number)
    except ParseError:
        return "refused"
