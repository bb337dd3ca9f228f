"""What the validator is told: every fault at once, and nothing of practice in production."""

from pathlib import Path

import pytest

from ca.machines.acme.identity import IDENTITY
from ca.machines.acme.settings import ValidateSettings
from web.settings import SettingsUnfit


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "mode").write_text("practice\n")
    (tmp_path / "base-port").write_text("8440\n")
    return {"LAOTRUST_HOME": str(tmp_path), "LAOTRUST_MODE": "practice"}


def read(environment: dict[str, str]) -> ValidateSettings:
    return ValidateSettings.from_environment(environment, "ca", "validate")


def faults(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsUnfit) as unfit:
        read(environment)
    return str(unfit.value)


def test_without_settings_every_name_is_looked_up_where_it_is(environment: dict[str, str]) -> None:
    looking = read(environment).looking()

    assert (looking.identity, looking.local) == (IDENTITY, None)
    assert looking.place("www.mtc.gov.la") is looking.world
    assert looking.accounts == "https://localhost:8453/acme/account/"


def test_in_practice_names_within_the_zones_are_on_this_machine(environment: dict[str, str]) -> None:
    looking = read(
        environment | {"LAOTRUST_ACME_ZONES": "mtc.gov.la localhost", "LAOTRUST_ACME_DNS_PORT": "53"}
    ).looking()

    assert looking.local is not None
    assert looking.local.zones.nameserver == ("127.0.0.1", 53)
    assert looking.local.ports == {80: 5002, 443: 5001}
    places = [looking.place(name) for name in ("mtc.gov.la", "a.mtc.gov.la", "localhost", "notmtc.gov.la")]
    assert places == [looking.local, looking.local, looking.local, looking.world]


def test_every_fault_is_told_at_once(environment: dict[str, str]) -> None:
    wrong = {"LAOTRUST_ACME_HTTP_PORT": "0", "LAOTRUST_ACME_TLS_PORT": "x", "LAOTRUST_CAA_IDENTITY": "Not a name"}

    told = faults(environment | wrong)

    assert all(name in told for name in wrong)


def test_production_takes_no_names_for_its_own(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mode").write_text("production\n")
    told = faults(environment | {"LAOTRUST_MODE": "production", "LAOTRUST_ACME_ZONES": "mtc.gov.la"})

    assert "LAOTRUST_ACME_ZONES" in told
