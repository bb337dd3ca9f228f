import json
from ipaddress import ip_network
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.__main__ import Verbs
from web.home import Home, Mode
from web.settings import HouseSettings, SettingsUnfit
from web.words import WORDS


def environment(home: Home, **more: str) -> dict[str, str]:
    return {"LAOTRUST_HOME": str(home.path), "LAOTRUST_MODE": "practice", **more}


def faults_of(environment: dict[str, str], house: str = "idp") -> list[str]:
    with pytest.raises(SettingsUnfit) as raised:
        HouseSettings.from_environment(environment, house)
    return raised.value.faults


def test_a_home_and_its_mode_are_enough(home: Home) -> None:
    settings = HouseSettings.from_environment(environment(home), "idp")

    assert settings.mode is Mode.PRACTICE
    assert settings.practice
    assert settings.issuer == "https://localhost:8443"
    assert settings.database_url == f"sqlite:///{home.path}/laotrust.db"
    assert settings.bind == "127.0.0.1"
    assert settings.port == 8443
    assert settings.key_uri("token") == home.key_uri("token")
    assert ip_network("127.0.0.0/8") in settings.outbound_allow


def test_each_process_of_a_house_has_its_own_port(home: Home) -> None:
    settings = HouseSettings.from_environment(environment(home), "idp", "idp-mtls")

    assert settings.house == "idp"
    assert settings.port == 8444
    assert settings.url == "https://localhost:8444"


def test_the_environment_overrides_what_it_names(home: Home, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    named = {
        "LAOTRUST_ISSUER": "https://id.gov.la",
        "LAOTRUST_DATABASE_URL": "postgresql+psycopg://laotrust_idp@/laotrust",
        "LAOTRUST_KEYS_OCSP_OFFICERS": "pkcs11:token=one;object=ocsp",
        "LAOTRUST_OUTBOUND_ALLOW": "10.0.0.0/8, fd00::/8",
        "LAOTRUST_OUTBOUND_CA": str(tmp_path / "ca.pem"),
    }

    settings = HouseSettings.from_environment(environment(home, **named), "idp")

    assert settings.issuer == "https://id.gov.la"
    assert settings.key_uri("ocsp-officers") == "pkcs11:token=one;object=ocsp"
    assert settings.outbound_allow == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def test_all_faults_are_reported_together(home: Home) -> None:
    wrong = {
        "LAOTRUST_MODE": "production",
        "LAOTRUST_DATABASE_URL": "sqlite:///var/x.db",
        "LAOTRUST_ISSUER": "http://id.gov.la/",
        "LAOTRUST_KEYS_TOKEN": "/tmp/key",
        "LAOTRUST_OUTBOUND_ALLOW": "everything",
        "LAOTRUST_OUTBOUND_CA": "/nowhere.pem",
    }

    faults = faults_of(environment(home) | wrong)

    assert [fault.split()[0].rstrip(":") for fault in faults] == list(wrong)


def test_it_says_in_lao_and_english_that_they_are_wrong_and_then_what() -> None:
    unfit = SettingsUnfit(["one is wrong: mend it", "another too: mend that"])

    assert str(unfit).splitlines() == [*WORDS["home.settings"], "- one is wrong: mend it", "- another too: mend that"]


@pytest.mark.parametrize("verb", ["work", "validate"])
def test_a_verb_says_so_in_both_languages(home: Home, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setenv("LAOTRUST_OUTBOUND_ALLOW", "everything")

    done = CliRunner().invoke(Verbs("laotrust"), [verb, "--json", "--home", str(home.path)])

    said = json.loads(done.stdout)
    lao, english = WORDS["home.settings"]
    assert (done.exit_code, said["error"], said["lo"]) == (1, "SettingsUnfit", lao)
    assert said["en"].splitlines()[0] == english and "LAOTRUST_OUTBOUND_ALLOW: 'everything'" in said["en"]


def test_a_home_without_a_ceremony_says_to_hold_one(tmp_path: Path) -> None:
    faults = faults_of({"LAOTRUST_HOME": str(tmp_path / "empty"), "LAOTRUST_MODE": "practice"})

    assert "ceremony-root" in faults[0]


def test_the_mode_has_no_default(home: Home) -> None:
    faults = faults_of({"LAOTRUST_HOME": str(home.path)})

    assert faults == [f"LAOTRUST_MODE is not set: set it to practice, the mode of the home {home.path}"]


def test_production_refuses_them_of_later_generations_too(home: Home) -> None:
    (home.path / "mode").write_text("production")
    filed = {
        f"LAOTRUST_KEYS_{name}": "file:/key"
        for name in ("OFFICERS_2", "SERVICES_PQ_12", "ROOT_3", "OCSP_OFFICERS_2", "TOKEN")
    }
    given = environment(home, LAOTRUST_MODE="production", LAOTRUST_KEYS_CITIZENS_2="pkcs11:x") | filed

    faults = faults_of(given, "issue")

    assert faults == [
        f"production refuses file keys for issuing CAs: set LAOTRUST_KEYS_{name} to a pkcs11: URI"
        for name in ("OFFICERS_2", "SERVICES_PQ_12", "ROOT_3")
    ]


def test_production_refuses_issuing_keys_in_files(home: Home) -> None:
    (home.path / "mode").write_text("production")
    given = {"LAOTRUST_MODE": "production", "LAOTRUST_KEYS_OFFICERS": "file:/key", "LAOTRUST_KEYS_CITIZENS": "pkcs11:x"}
    given |= {"LAOTRUST_KEYS_OFFICERS_PQ": "file:/key", "LAOTRUST_KEYS_TSA": "file:/key"}

    faults = faults_of(environment(home) | given, "issue")

    assert [fault.split(" set ")[1].split()[0] for fault in faults] == [
        "LAOTRUST_KEYS_OFFICERS", "LAOTRUST_KEYS_OFFICERS_PQ",
    ]  # fmt: skip


def test_production_asks_for_no_key_of_a_generation_that_may_have_ended(home: Home) -> None:
    (home.path / "mode").write_text("production")
    second = {f"LAOTRUST_KEYS_{name}_2": "pkcs11:x" for name in ("OFFICERS", "CITIZENS", "SERVICES")}

    settings = HouseSettings.from_environment(environment(home, LAOTRUST_MODE="production", **second), "issue")

    assert settings.keys == {"officers-2": "pkcs11:x", "citizens-2": "pkcs11:x", "services-2": "pkcs11:x"}
