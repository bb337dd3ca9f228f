"""RFC 8659 and RFC 8657: whom the zone's owner lets issue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca.machines.acme.caa import CaaRecord, may_issue

US, ACCOUNT = "egov.gov.la", "https://localhost:8453/acme/account/1"


def asked(*records: tuple[int, str, str], method: str = "http-01") -> bool:
    return may_issue([CaaRecord(*one) for one in records], US, ACCOUNT, method)


@pytest.mark.parametrize(
    "records",
    [
        (),
        ((0, "issue", US),),
        ((0, "issue", f" {US.upper()} "),),
        ((0, "ISSUE", US),),
        ((0, "issue", "other.example"), (0, "issue", US)),
        ((0, "issue", f"{US}; accounturi={ACCOUNT}"),),
        ((0, "issue", f"{US}; validationmethods=dns-01,http-01"),),
        ((0, "issue", f"{US}; validationmethods=http-01; accounturi={ACCOUNT}"),),
        ((0, "issue", f"{US}; unknown=parameter"),),
        ((0, "iodef", "mailto:a@b.gov.la"),),
        ((128, "issue", US),),
        ((0, "tbs", "anything"),),
        ((0, "issuewild", "other.example"),),
    ],
    ids=str,
)
def test_the_owner_lets_us(records: tuple[tuple[int, str, str], ...]) -> None:
    assert asked(*records)


@pytest.mark.parametrize(
    "records",
    [
        ((0, "issue", ";"),),
        ((0, "issue", ""),),
        ((0, "issue", "other.example"),),
        ((0, "issue", f"not-{US}"),),
        ((0, "issue", f"{US}.la"),),
        ((0, "issue", f"{US}; accounturi={ACCOUNT}2"),),
        ((0, "issue", f"{US}; accounturi={ACCOUNT}; accounturi={ACCOUNT}"),),
        ((0, "issue", f"{US}; validationmethods=dns-01"),),
        ((0, "issue", f"{US}; validationmethods="),),
        ((0, "issue", f"{US}; %%%"),),
        ((0, "issue", f"{US} other"),),
        ((128, "tbs", "anything"), (0, "issue", US)),
    ],
    ids=str,
)
def test_the_owner_does_not_let_us(records: tuple[tuple[int, str, str], ...]) -> None:
    assert not asked(*records)


@given(st.text(max_size=80))
def test_nobody_is_let_in_by_a_value_that_does_not_begin_with_our_name(value: str) -> None:
    assert asked((0, "issue", value)) <= value.strip(" \t").lower().startswith(US)
