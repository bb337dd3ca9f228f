import pytest

from ledger.addresses import parse_mail, under
from register.contacts import parse_phone


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("020 55512345", "+8562055512345"),
        ("+856 20 5551 2345", "+8562055512345"),
        ("00856 20 5551-2345", "+8562055512345"),
        ("໐໒໐ ໕໕໕໑໒໓໔໕", "+8562055512345"),
        ("030 5551234", "+856305551234"),
        ("021 217482", "+85621217482"),
    ],
)
def test_a_lao_number_is_kept_in_e164(text: str, number: str) -> None:
    assert parse_phone(text) == number


@pytest.mark.parametrize("text", ["+856 20 9123 456", "020 45512345", "+66 81 234 5678", "55512345", "020", ""])
def test_what_is_no_lao_number_is_refused(text: str) -> None:
    assert parse_phone(text) is None


@pytest.mark.parametrize("text", ["x@gov.la.", "ສົມ@mtc.gov.la", "x@@mtc.gov.la", "x@la", ".x@mtc.gov.la", "a..b@c.la"])
def test_what_is_no_plain_mail_address_is_refused(text: str) -> None:
    assert parse_mail(text) is None


def test_the_domain_of_a_mail_address_is_kept_in_lower_case() -> None:
    assert parse_mail("Som.Chai@MTC.gov.LA") == "Som.Chai@mtc.gov.la"


@pytest.mark.parametrize("mail", ["x@gmail.com", "x@mtc.gov.la.example", "x@evil-mtc.gov.la", "x@sub.mtc.gov.la"])
def test_another_domain_is_not_under_the_ministrys(mail: str) -> None:
    assert not under(mail, {"mtc.gov.la"})
