import subprocess
import unicodedata
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pki import oids
from pki.errors import ParseError, PkiError
from pki.names import attribute, attributes, ca_name, name, name_text, person_name, person_number, service_name
from tests.pki.making import ISSUER, Draft, signed

OF_25 = "ພະນະທ່ານສົມສະຫວາດໄຊຍະວົງສ"
OF_41 = "ນາງບຸນທະວີວັນນະລາດຄຳຜຸຍສີສຸວັນນະພູມໄຊຍະສຸ"


def certificate_of(subject: bytes) -> bytes:
    return signed(Draft(subject=subject).tbs(), ISSUER)


@pytest.mark.parametrize(("given_lo", "characters"), [(OF_25, 25), (OF_41, 41)])
def test_a_long_lao_name_stands_whole(given_lo: str, characters: int) -> None:
    encoded = person_name(given_lo, OF_41, "Somsavat", "Xayavong", "10000017")

    assert len(given_lo) == characters
    assert attribute(encoded, oids.GIVEN_NAME) == given_lo
    assert attribute(encoded, oids.SURNAME) == OF_41


def test_another_reader_finds_the_same_lao_name() -> None:
    encoded = person_name(OF_41, OF_25, "Bounthavy", "Xayavong", "10000017")

    found = x509.load_der_x509_certificate(certificate_of(encoded)).subject

    assert [each.value for each in found.get_attributes_for_oid(NameOID.GIVEN_NAME)] == [OF_41]
    assert [each.value for each in found.get_attributes_for_oid(NameOID.SURNAME)] == [OF_25]


def test_openssl_finds_the_same_lao_name(tmp_path: Path) -> None:
    (tmp_path / "officer.cer").write_bytes(certificate_of(person_name(OF_25, OF_41, "Somsavat", None, "10000017")))

    command = "openssl x509 -inform DER -in officer.cer -noout -subject -nameopt utf8,sep_comma_plus"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=True)

    expected = f"subject=C=LA,GN={OF_25},SN={OF_41},CN=Somsavat,serialNumber=EG:LA-10000017"
    assert done.stdout.decode().strip() == expected


@pytest.mark.parametrize("family", [None, ""])
def test_a_person_without_a_family_name_has_no_surname(family: str | None) -> None:
    encoded = person_name("ບຸນມີ", family, "Bounmy", family, "10000017")

    assert [oid for oid, _ in attributes(encoded)] == [
        oids.COUNTRY, oids.GIVEN_NAME, oids.COMMON_NAME, oids.SERIAL_NUMBER,
    ]  # fmt: skip
    assert attribute(encoded, oids.COMMON_NAME) == "Bounmy"


def test_text_is_brought_into_form_c() -> None:
    decomposed = "Some\u0301phone"

    encoded = person_name("ສົມພອນ", None, decomposed, None, "10000017")

    assert attribute(encoded, oids.COMMON_NAME) == unicodedata.normalize("NFC", decomposed) == "Soméphone"


def test_country_and_number_are_printable_strings_and_the_rest_is_utf8() -> None:
    encoded = person_name("ສົມພອນ", "ວົງສາ", "Somphone", "Vongsa", "10000017")

    assert b"\x55\x04\x06\x13\x02LA" in encoded
    assert b"\x55\x04\x05\x13\x0eEG:LA-10000017" in encoded
    assert b"\x55\x04\x03\x0c\x0fSomphone Vongsa" in encoded
    assert b"\x55\x04\x2a\x0c" + bytes((len("ສົມພອນ".encode()),)) in encoded


def test_a_roman_full_name_too_long_gives_way_to_the_given_name() -> None:
    encoded = person_name("ສົມພອນ", "ວົງສາ", "Somphone", "V" * 60, "10000017")

    assert attribute(encoded, oids.COMMON_NAME) == "Somphone"


def test_a_roman_name_of_sixty_four_characters_stands_whole() -> None:
    encoded = person_name("ສົມພອນ", "ວົງສາ", "S" * 32, "V" * 31, "10000017")

    assert attribute(encoded, oids.COMMON_NAME) == "S" * 32 + " " + "V" * 31


@pytest.mark.parametrize("number", ["", "1234567", "123456789", "1000001x", "໑໐໐໐໐໐໑໗", " 1000017", "10000017\n"])
def test_a_persons_number_is_eight_ascii_digits(number: str) -> None:
    with pytest.raises(PkiError) as caught:
        person_name("ສົມພອນ", None, "Somphone", None, number)

    assert caught.value.code == "name.number-malformed"


@pytest.mark.parametrize(
    ("given_lo", "code"),
    [
        ("", "name.empty"),
        (" ສົມພອນ", "name.empty"),
        ("ສົມພອນ\u00a0", "name.empty"),
        ("ສ" * 201, "name.too-long"),
        ("ສົມ\u200bພອນ", "name.hidden-character"),
        ("ສົມ\u202eພອນ", "name.hidden-character"),
        ("ສົມ\x00ພອນ", "name.hidden-character"),
        ("ສົມ\nພອນ", "name.hidden-character"),
        ("ສົມ\ud800ພອນ", "name.hidden-character"),
    ],
)
def test_what_cannot_stand_in_a_name_is_refused_with_its_code(given_lo: str, code: str) -> None:
    with pytest.raises(PkiError) as caught:
        person_name(given_lo, None, "Somphone", None, "10000017")

    assert caught.value.code == code


def test_nothing_is_cut_to_fit_a_common_name() -> None:
    with pytest.raises(PkiError) as caught:
        person_name("ສົມພອນ", None, "S" * 65, None, "10000017")

    assert caught.value.code == "name.too-long"


def test_a_printable_attribute_refuses_other_letters() -> None:
    with pytest.raises(PkiError) as caught:
        name([(oids.COUNTRY, "ລາ")])

    assert caught.value.code == "name.not-printable"


def test_practice_stands_in_the_name_of_a_practice_ca_alone() -> None:
    assert attribute(ca_name("LGC", "Root CA", practice=True), oids.COMMON_NAME) == "PRACTICE Root CA"
    assert attribute(ca_name("LGC", "Root CA", practice=False), oids.COMMON_NAME) == "Root CA"


def test_a_service_is_named_by_country_organisation_and_common_name() -> None:
    assert name_text(service_name("Lao e-Government Center", "tsa")) == "C=LA, O=Lao e-Government Center, CN=tsa"


def test_signs_that_divide_are_escaped_for_people() -> None:
    assert name_text(service_name('A, "B"', "x=y+z<>;\\")) == 'C=LA, O=A\\, \\"B\\", CN=x\\=y\\+z\\<\\>\\;\\\\'


def test_the_number_is_read_back_from_a_persons_name_and_no_other() -> None:
    assert person_number(person_name("ສົມພອນ", None, "Somphone", None, "10000017")) == "10000017"
    assert person_number(service_name("LGC", "tsa")) is None
    assert person_number(name([(oids.SERIAL_NUMBER, "PNOLA-10000017")])) is None


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_makes_a_name_that_reads_back_or_is_refused(lo: str, family: str, en: str, family_en: str) -> None:
    try:
        encoded = person_name(lo, family, en, family_en, "10000017")
    except PkiError as fault:
        assert fault.code.startswith("name.")
    else:
        assert attribute(encoded, oids.GIVEN_NAME) == unicodedata.normalize("NFC", lo)


@pytest.mark.parametrize("octets", ["", "30", "3003310130", "300531033001ff", "3000ff", "30073105300306012a"])
def test_broken_octets_are_no_name(octets: str) -> None:
    with pytest.raises(ParseError):
        attributes(bytes.fromhex(octets))
