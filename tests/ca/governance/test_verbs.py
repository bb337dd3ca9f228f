"""The verbs of changes as an administrator types them: JSON, exit codes, both languages."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ca.configuration import Configuration
from ca.profiles import PROFILES
from ca.tables.configuration import ConfigurationVersion
from ledger.acts import Act, SignedAct
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Deed, Ledger
from pki.certificate import parse_certificate
from scripts.__main__ import Verbs
from scripts.cli import ActingPerson
from tests.ca.governance.conftest import FIRST, SECOND, THIRD, Office, furnished
from tests.issuing import PracticeIssuer, pem
from tests.recorded import TESTER, Noted
from web.home import Home
from web.words import WORDS

pytestmark = pytest.mark.sqlite_only("the verbs are the same on both engines")


class Console:
    """A home over the office's ledger, and a hand that types verbs with the persons' keys in files."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.home = office, Home(folder)
        for number, hand in office.hands.items():
            key = folder / f"{number}.pem"
            key.touch(mode=0o600)
            key.write_bytes(hand.signer.pem)

    def typed(self, *words: str) -> Result:
        return CliRunner().invoke(Verbs("laotrust"), [*words, "--home", str(self.home.path)])

    def answered(self, *words: str) -> tuple[int, dict[str, Any]]:
        result = self.typed(*words, "--json")
        return result.exit_code, dict(json.loads(result.stdout))

    def acting(self, number: str) -> list[str]:
        return ["--as", number, "--key", f"file:{self.home.path.resolve()}/{number}.pem"]

    def file(self, text: str) -> str:
        path = self.home.path / "change.toml"
        path.write_text(text)
        return str(path)

    def planned(self, text: str) -> str:
        exit_code, said = self.answered("change-plan", self.file(text), *self.acting(FIRST))
        assert exit_code == 0, said
        return str(said["digest"])


@pytest.fixture
def console(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    monkeypatch.setenv("LAOTRUST_DATABASE_URL", database_url)
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    folder = tmp_path / "home"
    folder.mkdir()
    yield Console(furnished(ledger), folder)
    ledger.close()


GRANT = f'change = "duty.grant"\nperson = "{THIRD}"\nduty = "ca-operator"\n'


def test_from_a_file_to_a_duty_each_verb_says_one_json_object(console: Console) -> None:
    digest = console.planned(GRANT)
    waiting = console.answered("change-list")[1]["changes"]
    approved = console.answered("change-approve", digest[:16], *console.acting(SECOND))
    applied = console.answered("change-apply", digest[:16], *console.acting(FIRST))
    duties = console.answered("duty-list")[1]["duties"]

    assert [(one["digest"], one["state"], one["planner"]) for one in waiting] == [(digest, "waiting", FIRST)]
    assert [(code, said["state"]) for code, said in (approved, applied)] == [(0, "approved"), (0, "applied")]
    assert [(one["person"], one["duty"], one["believed"]) for one in duties if one["person"] == THIRD] == [
        (THIRD, "ca-operator", True)
    ]
    assert console.answered("change-list")[1]["changes"] == []
    assert len(console.answered("change-list", "--all")[1]["changes"]) == 1


def test_a_plan_shows_what_differs_and_what_will_happen_in_both_languages(console: Console) -> None:
    text = f'change = "duty.grant"\nperson = "{THIRD}"\nduty = "registration-officer"\n'

    shown = console.typed("change-plan", console.file(text), *console.acting(FIRST)).output

    assert f"duties of {THIRD}: — → ['registration-officer from application']" in shown
    assert "Officers who can decide on requests: 2 → 3." in shown
    assert "2 ຄົນ → 3 ຄົນ" in shown
    assert "change-approve" in shown


@pytest.mark.parametrize(
    "text",
    [
        'change = "desk.open"\ndesk = "far"\nprovince = "LA-PH"\nuntil = 9999-12-31\n',
        'change = "configuration.set"\nretention_years = 999999999999999999999999\n',
        "\ud800",
    ],
)
def test_a_day_a_number_and_octets_that_nothing_can_hold_are_told_and_break_nothing(
    console: Console, text: str
) -> None:
    file = console.home.path / "change.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))

    exit_code, said = console.answered("change-plan", str(file), *console.acting(FIRST))

    assert (exit_code, said["error"]) == (1, "change.unfit")


def test_who_approves_sees_the_difference_before_he_signs(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = console.planned(GRANT)
    monkeypatch.setattr(ActingPerson, "sign", interrupted)

    shown = console.typed("change-approve", digest, *console.acting(SECOND))

    assert isinstance(shown.exception, KeyboardInterrupt | SystemExit)
    assert f"duties of {THIRD}: — → ['ca-operator from application']" in shown.stderr


def test_a_plan_that_comes_to_something_else_now_is_not_even_signed(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = console.planned(GRANT)
    console.office.agreed("duty.grant", person=THIRD, duty="auditor")
    monkeypatch.setattr(ActingPerson, "sign", interrupted)

    exit_code, said = console.answered("change-approve", digest, *console.acting(SECOND))

    assert (exit_code, said["error"]) == (1, "change.outdated")


def interrupted(_person: ActingPerson, _act: Act) -> SignedAct:
    raise KeyboardInterrupt


def test_one_s_own_plan_is_refused_in_both_languages_with_exit_one(console: Console) -> None:
    digest = console.planned(GRANT)

    exit_code, said = console.answered("change-approve", digest, *console.acting(FIRST))

    assert (exit_code, said["error"]) == (1, "change.own-plan")
    assert (said["lo"], said["en"]) == WORDS["change.own-plan"]


def test_a_refused_change_is_listed_as_such(console: Console) -> None:
    digest = console.planned(GRANT)

    refused = console.answered("change-refuse", digest[:20], *console.acting(SECOND))

    assert (refused[0], refused[1]["state"]) == (0, "refused")
    assert console.office.denials() == []


def test_a_file_that_is_no_change_is_refused_with_each_fault_and_recorded(console: Console) -> None:
    file = console.file('change = "configuration.set"\ndecisions_needed = 1\ncolour = "red"\n')

    exit_code, said = console.answered("change-plan", file, *console.acting(FIRST))

    assert (exit_code, said["error"]) == (1, "change.unfit")
    assert said["faults"] == ["colour is not a field of configuration.set"]
    assert console.office.denials() == [f"person:p{FIRST} change.unfit"]


@pytest.mark.parametrize(("digits", "code"), [("0" * 16, "change.unknown"), ("abc", "change.ambiguous")])
def test_a_digest_that_names_nothing_is_refused(console: Console, digits: str, code: str) -> None:
    exit_code, said = console.answered("change-apply", digits, *console.acting(FIRST))

    assert (exit_code, said["error"]) == (1, code)


PROFILE = 'change = "profile.set"\nprofile = "device"\nvalidity_days = 10\n'


def test_a_plan_that_touches_a_profile_shows_the_certificate_that_results_and_what_is_new_in_it(
    console: Console,
) -> None:
    _, said = console.answered("change-plan", console.file(PROFILE), *console.acting(FIRST))

    [shown] = said["certificates"]
    fields = dict(shown["fields"])
    assert (shown["profile"], shown["lint"], shown["pkilint"]) == ("device", [], [])
    assert list(shown["difference"]) == ["notAfter"]
    assert shown["difference"]["notAfter"][1] == fields["notAfter"]
    assert parse_certificate(PEM_cert_to_DER_cert(shown["pem"])).key_usages


def test_who_lists_or_approves_a_change_of_a_profile_sees_its_certificate(console: Console) -> None:
    digest = console.planned(PROFILE)

    listed = console.answered("change-list")[1]["changes"]
    told = console.typed("change-list").output
    approving = console.typed("change-approve", digest, *console.acting(SECOND)).stderr

    assert [[one["profile"] for one in change["certificates"]] for change in listed] == [["device"]]
    for words in (told, approving):
        assert "A device certificate will be as follows" in words
        assert "lint: nothing found" in words


def test_another_look_of_the_second_judge_touches_every_profile_and_no_certificate(console: Console) -> None:
    file = console.file('change = "configuration.set"\nsecond_judge_default = "always"\n')

    _, said = console.answered("change-plan", file, *console.acting(FIRST))

    assert {one["profile"] for one in said["certificates"]} == set(PROFILES)
    assert [one["difference"] for one in said["certificates"]] == [{}] * len(PROFILES)


def test_a_change_of_other_numbers_has_no_certificate_to_show(console: Console) -> None:
    file = console.file('change = "configuration.set"\ndecisions_needed = 3\n')

    assert console.answered("change-plan", file, *console.acting(FIRST))[1]["certificates"] == []


def test_a_plan_whose_certificate_our_own_lint_refuses_is_refused_with_the_findings(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = console.planned(PROFILE)
    other_keys = replace(PROFILES["device"], key_algorithms=PROFILES["root-ca"].key_algorithms[:0])
    monkeypatch.setitem(PROFILES, "device", other_keys)

    planning = console.answered("change-plan", console.file(PROFILE), *console.acting(FIRST))
    approving = console.answered("change-approve", digest, *console.acting(SECOND))

    for exit_code, said in (planning, approving):
        assert (exit_code, said["error"]) == (1, "change.specimen-refused")
        assert [fault.split(" (")[0] for fault in said["faults"]] == ["device: key.kind"]
    assert [denial.split()[1] for denial in console.office.denials()] == ["change.specimen-refused"] * 2
    assert [one["state"] for one in console.answered("change-list")[1]["changes"]] == ["waiting"]


def test_the_configuration_and_the_desks_are_shown(console: Console) -> None:
    configuration = console.answered("configuration-show")
    desks = console.answered("desk-list")

    assert (configuration[0], configuration[1]["agreed"]) == (0, True)
    assert configuration[1]["configuration"]["decisions_needed"] == 2
    assert [(one["desk"], one["province"], one["open"], one["believed"]) for one in desks[1]["desks"]] == [
        ("center", "LA-VT", True, True)
    ]


def test_a_version_that_nobody_agreed_on_is_named_beside_the_numbers_in_force(console: Console) -> None:
    body = Configuration(officer_age=15).body
    planted = ConfigurationVersion(id="v1", number=1, body=body, digest=sha256(body.encode()).hexdigest())
    [entry] = console.office.ledger.entries([Deed(Noted("planted"), TESTER, [planted])])

    exit_code, said = console.answered("configuration-show")

    assert (exit_code, said["agreed"], said["configuration"]["officer_age"]) == (1, False, 18)
    assert [(one["number"], one["entry"]) for one in said["passed_over"]] == [(1, entry)]


def test_what_nobody_wanted_is_listed_with_exit_one_and_without_it_nothing_is(console: Console) -> None:
    before = console.answered("unproven-list")
    body = Configuration(officer_age=15).body
    planted = ConfigurationVersion(id="v1", number=1, body=body, digest=sha256(body.encode()).hexdigest())
    [entry] = console.office.ledger.entries([Deed(Noted("planted"), TESTER, [planted])])

    exit_code, said = console.answered("unproven-list")
    told = console.typed("unproven-list").output

    assert before == (0, {"unproven": []})
    assert exit_code == 1
    assert [(one["kind"], one["id"], one["entry_id"], one["code"]) for one in said["unproven"]] == [
        ("configuration_version", "v1", entry, "unproven.no-change")
    ]
    assert WORDS["unproven.no-change"][1] in told


def test_a_foreign_ca_is_accepted_listed_and_judged_by_typing(console: Console) -> None:
    console.office.agreed("duty.grant", person=THIRD, duty="ca-operator")
    foreign = PracticeIssuer("Foreign root")
    home = console.home.path
    (home / "foreign.der").write_bytes(foreign.der)
    (home / "signer.pem").write_bytes(pem(foreign.leaf("Nguyen", 7)))
    now = console.office.ledger.clock.now()
    listed = x509.CertificateRevocationListBuilder().issuer_name(foreign.certificate.subject)
    listed = listed.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=1))
    (home / "foreign.crl").write_bytes(listed.sign(foreign.signer.key, SHA256()).public_bytes(Encoding.PEM))
    digest = sha256(foreign.der).hexdigest()
    file = console.file(
        f'change = "foreign-ca.accept"\nname = "Neighbour"\nsha256 = "{digest}"\n'
        'level = "digital"\nlegal_basis = "Agreement 4/2026"\n'
    )
    asking = ("foreign-ca-verify", str(home / "signer.pem"), "--crl", str(home / "foreign.crl"))

    before = console.answered(*asking)
    planning = console.answered("change-plan", file, "--certificate", str(home / "foreign.der"), *console.acting(FIRST))
    for verb, number in (("change-approve", THIRD), ("change-apply", FIRST)):
        assert console.answered(verb, planning[1]["digest"], *console.acting(number))[0] == 0

    after = console.answered(*asking)
    [one] = console.answered("foreign-ca-list")[1]["foreign_cas"]
    assert (before[0], before[1]["error"]) == (1, "foreign.unlisted")
    assert (after[0], after[1]["level"], after[1]["legal_basis"]) == (0, "digital", "Agreement 4/2026")
    assert (one["sha256"], one["level"], one["accepted"]) == (digest, "digital", True)
    assert console.answered(*asking, "--at", "2026-01-02T00:00:00+07:00")[1]["error"] == "foreign.not-then"
    assert console.answered(*asking[:2])[1]["error"] == "path.status-unknown"
    assert console.typed(*asking, "--at", "2026-01-02").exit_code == 2
