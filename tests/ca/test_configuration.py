"""A configuration holds values of the right types and no signs that break a letter's head; all else is refused."""

import pytest

from ca.configuration import DEFAULT, ConfigurationUnfit, parse_configuration


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"crl_full": "false"}', "crl_full"),
        ('{"crl_delta": 1}', "crl_delta"),
        ('{"hold_days": true}', "hold_days"),
        ('{"hold_days": 1.5}', "hold_days"),
        ('{"officer_age": NaN}', "officer_age"),
        ('{"retention_years": Infinity}', "retention_years"),
        ('{"retention_years": null}', "retention_years"),
        ('{"expiry_notice_days": 5}', "expiry_notice_days"),
        ('{"expiry_notice_days": ["7"]}', "expiry_notice_days"),
        ('{"evidence": 5}', "evidence"),
        ('{"evidence": [5]}', "evidence"),
        ('{"evidence": ["passport"]}', "evidence"),
        ('{"validity_days": {"officer-signing": 1.5}}', "validity_days"),
        ('{"validity_days": [5]}', "validity_days"),
        ('{"second_judge": {"officer-signing": 5}}', "second_judge"),
        ('{"contact_address_en": 5}', "contact_address_en"),
        ('{"mail_sender": "a@b\\nBcc: x"}', "mail_sender"),
        ('{"contact_mail": "a@b\\u2028x"}', "contact_mail"),
        ('{"contact_address_lo": "x\\u0000"}', "contact_address_lo"),
    ],
)
def test_a_value_of_another_type_or_with_a_control_sign_is_refused_by_its_fields_name(body: str, named: str) -> None:
    with pytest.raises(ConfigurationUnfit) as unfit:
        parse_configuration(body)

    assert [fault.split()[0] for fault in unfit.value.faults] == [named]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"decisions_needed_rekey": 0}', "decisions_needed_rekey"),
        ('{"decisions_needed_rekey": 3}', "decisions_needed_rekey"),
        ('{"decisions_needed_renewal": -1}', "decisions_needed_renewal"),
        ('{"identity_days": 0}', "identity_days"),
        ('{"key_days": 1826}', "key_days"),
    ],
)
def test_what_follows_a_certificate_has_its_limits(body: str, named: str) -> None:
    with pytest.raises(ConfigurationUnfit) as unfit:
        parse_configuration(body)

    assert [fault.split()[0] for fault in unfit.value.faults] == [named]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"retention_years": 101}', "retention_years"),
        ('{"officer_age": 101}', "officer_age"),
        ('{"decisions_needed": 9223372036854775808}', "decisions_needed"),
        ('{"ceremony_operators": 101}', "ceremony_operators"),
        ('{"expiry_notice_days": []}', "expiry_notice_days"),
        ('{"mail_sender": "@"}', "mail_sender"),
        ('{"mail_sender": "a b@egov.gov.la"}', "mail_sender"),
        ('{"contact_mail": "@"}', "contact_mail"),
        ('{"validity_days": {"tsa-unit": 31}}', "validity_days"),
    ],
)
def test_a_number_by_which_nothing_could_work_is_refused(body: str, named: str) -> None:
    with pytest.raises(ConfigurationUnfit) as unfit:
        parse_configuration(body)

    assert [fault.split()[0] for fault in unfit.value.faults] == [named]


def test_what_is_written_is_read_as_the_same() -> None:
    assert parse_configuration(DEFAULT.body) == DEFAULT
