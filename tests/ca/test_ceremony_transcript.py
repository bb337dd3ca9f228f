"""What is altered, missing or elsewhere in a transcript is found when it is replayed, with the ledger and without."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

import pki.lint
from ca.ceremonies.approval import Approval, approve
from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.plan import Operator, Plan
from ca.ceremonies.practice import begin, root_steps
from ca.ceremonies.replay import replay
from ca.ceremonies.run import Place, hold, sign
from ca.ceremonies.steps.issuer import IssuerStep
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.root import RootStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.steps.step import SoFar
from ca.ceremonies.transcript import line_digest
from ca.issuance.second_judge import Hearing, Sitting
from ca.profiles import PROFILES
from ledger.canonical import canonical
from ledger.clock import system_randomness
from ledger.ledger import Ledger
from pki.profile import CertificateProfile
from pki.signing import SignatureAlgorithm
from tests.ca.specimens import specimens
from tests.doubles import TurnedClock
from tests.issuing import KeySigner
from web.home import Home, Mode

P256 = SignatureAlgorithm.ECDSA_P256_SHA256
STEPS = (*begin(), *root_steps("root"), KeyStep("officers", P256), IssuerStep("officers"), RootCrlStep())


@dataclass(frozen=True)
class Past:
    """A ceremony that was held by two of three operators and signed."""

    ledger: Ledger
    plan: Plan
    place: Place
    signers: dict[str, KeySigner]

    @property
    def lines(self) -> list[str]:
        return self.place.transcript.read_text().splitlines()

    def faults(self, lines: list[str], place: Place | None = None, plan: Plan | None = None) -> tuple[str, ...]:
        """Without the ledger, as on another machine."""
        return replay("".join(f"{line}\n" for line in lines), plan or self.plan, place or self.place, None).faults

    def rechained(self, lines: list[str]) -> list[str]:
        """The same after a forger computed the chain anew; signatures he cannot make."""
        done: list[str] = []
        for line in (json.loads(one) for one in lines):
            if "previous" in line and done:
                line["previous"] = line_digest(done[-1])
            done.append(canonical(line).decode())
        return done


def plan_of(signers: dict[str, KeySigner], title: str = "A ceremony") -> Plan:
    operators = tuple(Operator(code, signer.public_key) for code, signer in signers.items())
    return Plan(title, "Vientiane", "2026-11", Mode.PRACTICE, 2, operators, STEPS)


def approvals(plan: Plan, signers: dict[str, KeySigner], ledger: Ledger) -> list[Approval]:
    return [approve(plan, code, signers[code], ledger.clock.now()) for code in ("anna", "boun")]


def begun(folder: Path, template: Path) -> Ceremony:
    home = Home(folder / "home")
    home.path.mkdir()
    (home.path / "base-port").write_text("8440\n")
    copyfile(template, home.path / "laotrust.db")
    ledger = Ledger(home.database_url, TurnedClock(), system_randomness, "0.1.0", "test")
    return Ceremony(ledger, home, HomeKeyring(home), Mode.PRACTICE)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Past]:
    ceremony = begun(tmp_path_factory.mktemp("past"), sqlite_template)
    ledger = ceremony.ledger
    signers = {code: KeySigner() for code in ("anna", "boun", "chanh")}
    plan = plan_of(signers)
    hold(ceremony, plan, approvals(plan, signers, ledger))
    for code in ("anna", "boun"):
        sign(ceremony, plan, code, signers[code])
    yield Past(ledger, plan, Place.of(ceremony, plan), signers)
    ledger.close()


def test_an_untouched_transcript_holds_with_the_ledger_and_without(past: Past) -> None:
    text = past.place.transcript.read_text()

    found = [replay(text, past.plan, past.place, ledger) for ledger in (past.ledger, None)]

    assert [one.faults for one in found] == [(), ()]
    assert found[0].signed_by == ("anna", "boun", "checkpoint")


@given(data=some.data())
def test_no_single_octet_can_be_changed(past: Past, data: some.DataObject) -> None:
    octets = bytearray(past.place.transcript.read_bytes())
    where = data.draw(some.integers(0, len(octets) - 1))
    octets[where] ^= data.draw(some.integers(1, 255))

    assert replay(octets.decode(errors="replace"), past.plan, past.place, None).faults != ()


@given(data=some.data())
def test_no_line_can_be_taken_out_doubled_or_moved(past: Past, data: some.DataObject) -> None:
    lines, steps = past.lines, len(past.plan.steps) + 2
    out, into = (data.draw(some.integers(0, len(lines) - 1)) for _ in range(2))
    without = lines[:out] + lines[out + 1 :]
    moved = [*without[:into], lines[out], *without[into:]]

    assert past.faults(without) != ()
    assert past.faults([*lines[:out], lines[out], *lines[out:]]) != ()
    assert past.faults(moved) != () or moved == lines or min(out, into) >= steps  # signatures have no order


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_an_altered_step_is_named_though_its_chain_was_computed_anew(past: Past, number: int) -> None:
    lines = past.lines
    step = json.loads(lines[number])
    step["made"] = dict.fromkeys(step["made"], "ab" * 32)
    lines[number] = canonical(step).decode()

    faults = past.faults(past.rechained(lines))

    named = f"step {number} ({step['kind']} {step['about']}): what was made is not in the folder"
    assert any(fault.startswith(named) for fault in faults)
    assert any(fault.startswith("the signature of anna does not count") for fault in faults)


def test_the_line_before_a_broken_link_is_named(past: Past) -> None:
    lines = past.lines
    lines[3] = lines[3].replace('"about":"root"', '"about":"rood"')

    faults = past.faults(lines)

    assert "line 4 does not follow: line 3 was altered, taken out or put elsewhere" in faults
    assert "step 3 (key root): the transcript has key rood instead" in faults


def without_an_approval(begun: dict) -> None:  # type: ignore[type-arg]
    del begun["approvals"][1]


def approved_twice(begun: dict) -> None:  # type: ignore[type-arg]
    begun["approvals"][1] = begun["approvals"][0]


def approved_later(begun: dict) -> None:  # type: ignore[type-arg]
    begun["approvals"][0]["at"] = "2026-11-27T00:00:00+00:00"


def by_another(begun: dict) -> None:  # type: ignore[type-arg]
    begun["operators"] = ["anna", "chanh"]


@pytest.mark.parametrize(
    ("altered", "sentence"),
    [
        (without_an_approval, "line 0: 1 of 3 operators approved, 2 must"),
        (approved_twice, "line 0: an operator approved twice"),
        (approved_later, "line 0: the approval of anna is not signed with his key"),
        (by_another, "line 0 names operators who did not approve"),
    ],
)
def test_an_altered_approval_is_named(past: Past, altered: Callable[[dict], None], sentence: str) -> None:  # type: ignore[type-arg]
    begun = json.loads(past.lines[0])
    altered(begun)

    faults = past.faults(past.rechained([canonical(begun).decode(), *past.lines[1:]]))

    assert any(fault.startswith(sentence) for fault in faults)


def test_a_missing_signature_and_one_of_somebody_else_are_named(past: Past) -> None:
    *lines, anna, boun, log = past.lines
    stranger = json.loads(anna) | {"operator": "chanh"}

    assert past.faults([*lines, boun, log]) == ("not signed once by anna: have them run ceremony-sign",)
    assert past.faults([*lines, anna, boun]) == ("not signed once by checkpoint: have them run ceremony-sign",)
    assert past.faults([*lines, anna, boun, log, canonical(stranger).decode()]) != ()


def test_what_was_made_is_compared_octet_by_octet(past: Past, tmp_path: Path) -> None:
    copytree(past.place.folder, tmp_path / "copy")
    digest = json.loads(past.lines[4])["made"]["certificate"]
    file = tmp_path / "copy" / "made" / digest
    octets = file.read_bytes()
    file.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))

    faults = past.faults(past.lines, Place(tmp_path / "copy"))

    assert "step 4 (root root): what was made is not in the folder, or is not what the transcript names" in faults


@pytest.mark.parametrize(("number", "what"), [(3, "public-key"), (4, "certificate"), (5, "public-key")])
def test_what_is_neither_key_nor_certificate_is_a_fault_of_its_step_and_stops_no_replay(
    past: Past, tmp_path: Path, number: int, what: str
) -> None:
    copytree(past.place.folder, tmp_path / "copy")
    (tmp_path / "copy" / "made" / sha256(b"neither").hexdigest()).write_bytes(b"neither")
    lines = past.lines
    step = json.loads(lines[number])
    step["made"][what] = sha256(b"neither").hexdigest()
    lines[number] = canonical(step).decode()

    faults = past.faults(past.rechained(lines), Place(tmp_path / "copy"))

    assert [one for one in faults if one.startswith(f"step {number} (") and "does not hold" in one] != []


def test_a_transcript_of_another_plan_is_named(past: Past) -> None:
    faults = past.faults(past.lines, plan=plan_of(past.signers, "Another ceremony"))

    assert faults[0] == "line 0 is of another plan"


def test_a_ceremony_that_the_ledger_does_not_have_is_named(past: Past, tmp_path: Path, sqlite_template: Path) -> None:
    copyfile(sqlite_template, tmp_path / "laotrust.db")
    empty = Ledger(f"sqlite:///{tmp_path}/laotrust.db", TurnedClock(), system_randomness, "0.1.0", "test")

    found = replay(past.place.transcript.read_text(), past.plan, past.place, empty)

    assert found.faults == ("the ledger has no ceremony of this plan",)
    empty.close()


@pytest.mark.parametrize(
    ("profile", "sound"),
    [
        (PROFILES["issuing-services-ca"], True),
        (PROFILES["issuing-ca"], True),
        (replace(PROFILES["issuing-services-ca"], listed_policies=(1,)), False),
    ],
    ids=["now", "before", "for officers"],
)
def test_an_issuer_of_services_of_before_is_as_good_as_one_of_now(profile: CertificateProfile, sound: bool) -> None:
    made, step = specimens(), IssuerStep("services")
    certificate = made.certify_ca(profile, step.subject(Mode.PRACTICE), made.issuer_key)
    so_far = SoFar(Mode.PRACTICE, {"services": made.issuer_key.public_key}, {"root": made.root})

    fault = step.fault({"certificate": certificate}, so_far)

    assert (fault is None) is sound


@pytest.mark.parametrize(
    ("changed", "sound"),
    [({}, True), ({"confined": False, "subjects_free": False}, True), ({"subjects_free": False}, False)],
    ids=["now", "before", "as no root was"],
)
def test_a_root_of_before_is_as_good_as_one_of_now(changed: dict[str, Any], sound: bool) -> None:
    step, signer = RootStep(), KeySigner()
    profile = replace(PROFILES["root-ca"], **changed)
    root = specimens().own_root(profile, step.subject(Mode.PRACTICE), signer)
    so_far = SoFar(Mode.PRACTICE, {"root": signer.public_key})

    fault = step.fault({"certificate": root}, so_far)

    assert (fault is None) is sound


def test_a_certificate_that_breaks_its_profile_is_named_though_all_else_agrees(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ceremony = begun(tmp_path, sqlite_template)
    signers = {code: KeySigner() for code in ("anna", "boun", "chanh")}
    plan = plan_of(signers)
    with monkeypatch.context() as altered:  # a machine of the ceremony that nobody may trust
        altered.setitem(PROFILES, "issuing-ca", replace(PROFILES["issuing-ca"], confined=False, path_length=None))
        altered.setattr(pki.lint, "RULES", ())
        altered.setattr(Sitting, "call", lambda *_: Hearing((), tuple))
        hold(ceremony, plan, approvals(plan, signers, ceremony.ledger))
        for code in ("anna", "boun"):
            sign(ceremony, plan, code, signers[code])
    place = Place.of(ceremony, plan)

    found = [replay(place.transcript.read_text(), plan, place, ledger).faults for ledger in (ceremony.ledger, None)]

    ceremony.ledger.close()
    named = [[fault.partition(": ")[::2] for fault in faults] for faults in found]
    assert [[step for step, _ in faults] for faults in named] == [["step 7 (issuer officers)"]] * 2
    assert all("constraints.profile" in said and "name-constraints" in said for [(_, said)] in named)
