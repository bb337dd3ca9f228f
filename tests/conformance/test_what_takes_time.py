"""Modules that wait: what they begin with was made when the provider was first asked, and is looked at last."""

import os
from time import sleep

import pytest

from tests.conformance.answers import refused_anyhow, refused_in_json
from tests.conformance.description import Provider
from tests.conformance.modules import module
from tests.conformance.ripening import REGISTERED, Ripening
from tests.conformance.strict import STRICT
from tests.conformance.tokens import now
from tests.conformance.visitor import Visitor

LONGEST = 130 if os.environ.get("LAOTRUST_CI") == "1" else 90
"""Seconds that it is worth to wait: in continuous integration other tests have filled them."""


def _wait(since: int, seconds: int) -> None:
    sleep(max(0, since + seconds - now()))


@module("oidcc-codereuse-30seconds")
def test_a_code_that_comes_again_after_30_seconds_ends_its_tokens(provider: Provider, ripening: Ripening) -> None:
    service, login = ripening.used_code.look()
    _wait(ripening.since, 30)

    again = service.redeem(login.code)

    refused_in_json(again, "invalid_grant")
    bearer = {"Authorization": f"Bearer {login.tokens['access_token']}"}
    after = provider.http.get(provider.metadata["userinfo_endpoint"], headers=bearer, timeout=15).status_code
    provider.advise(holds=after == 401, otherwise="the tokens still count")


@module("fapi2-security-profile-final-refresh-token", *STRICT, "grant_types_supported:refresh_token")
def test_a_refresh_token_works_again_after_30_seconds(ripening: Ripening) -> None:
    service, token = ripening.refreshed.look()
    _wait(ripening.since, 31)

    again = service.refresh(token)

    assert again.status_code == 200, again.text


@module("oidcc-refresh-token-rp-key-rotation", *REGISTERED, "grant_types_supported:refresh_token")
def test_a_service_that_changed_its_keys_is_known_by_the_new_one(ripening: Ripening) -> None:
    service, token = ripening.rekeyed.look()
    _wait(ripening.since, 62)

    answer = service.refresh(token)

    assert answer.status_code == 200, answer.text


@module("fapi2-security-profile-final-par-attempt-to-use-expired-request_uri", *STRICT)
def test_a_request_uri_is_dead_when_it_said(ripening: Ripening, signed_in: Visitor) -> None:
    pushed = ripening.pushed.look()
    if pushed.life > LONGEST:
        pytest.skip(f"a request_uri lives for {pushed.life} s here; tests/idp/test_pushed.py turns the clock instead")
    _wait(ripening.since, pushed.life + 2)

    answer = pushed.service.authorize(signed_in, pushed.request_uri)

    refused_anyhow(
        pushed.service.provider,
        pushed.asked,
        answer,
        "invalid_request_uri",
        "invalid_request",
        "invalid_request_object",
    )


@module("fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code", *STRICT)
def test_a_code_is_dead_after_a_minute(ripening: Ripening) -> None:
    service, code = ripening.code.look()
    _wait(ripening.since, 62)

    answer = service.redeem(code)

    refused_in_json(answer, "invalid_grant")
