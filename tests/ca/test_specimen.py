"""A specimen is what would be issued now; the verbs show it whole, with what both judges find."""

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ca.configuration import Configuration
from ca.issuance.specimen import Circumstances, specimen
from ca.profiles import PROFILES
from pki import oids
from pki.certificate import parse_certificate
from pki.description import described
from pki.extensions import extension
from pki.signing import SignatureAlgorithm
from scripts.__main__ import main
from signers.file import throw_away
from tests.ca.specimens import specimens
from tests.doubles import START, SteadyChance

P256, ML_DSA = SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.ML_DSA_65
PRACTICE = Circumstances(Configuration(), True, "http://127.0.0.1:8440", START, SteadyChance(), throw_away)
PRODUCTION = replace(PRACTICE, practice=False, url="http://pki.gov.la")
POST_QUANTUM = sorted(name for name, profile in PROFILES.items() if ML_DSA in profile.key_algorithms)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("given", [PRACTICE, PRODUCTION], ids=["practice", "production"])
def test_no_judge_finds_anything_in_a_specimen(profile: str, given: Circumstances) -> None:
    made = specimen(profile, P256, given)

    assert (made.broken, made.objections) == ((), ())


@pytest.mark.parametrize("profile", POST_QUANTUM)
def test_our_own_judge_finds_nothing_in_a_post_quantum_specimen(profile: str) -> None:
    made = specimen(profile, ML_DSA, PRODUCTION)

    assert (made.broken, made.objections) == ((), ())


def test_a_shorter_life_of_the_configuration_is_the_specimens() -> None:
    given = replace(PRACTICE, configuration=Configuration(validity_days={"device": 10}))

    read = parse_certificate(specimen("device", P256, given).der)

    assert read.not_after - read.not_before == timedelta(days=10) - timedelta(seconds=1)


def test_what_would_not_be_issued_is_shown_with_its_findings() -> None:
    made = specimen("mail-encryption", SignatureAlgorithm.ED25519, PRACTICE)

    assert "key.kind" in {finding.rule for finding in made.broken}


@pytest.mark.parametrize(
    ("profile", "field", "text"),
    [
        ("organisation-seal", "qcStatements",
         "organizationIdentifier by EN 319 412-1 for legal persons, for electronic seals, up to 50000000 LAK"),
        ("mail-signing", "subjectAltName", "somphone.k@mtc.gov.la"),
        ("tsa-unit", "extKeyUsage (critical)", "timeStamping"),
        ("issuing-ca", "basicConstraints (critical)", "CA, 0 below"),
        ("issuing-ca", "nameConstraints (critical)",
         ("permitted dns gov.la, permitted mail gov.la, permitted mail .gov.la, permitted directory C=LA, "
          "permitted dns localhost, permitted ip 127.0.0.0/8, excluded ip ::/0")),
        ("root-ca", "keyUsage (critical)", "cRLSign keyCertSign"),
        ("citizen-signing-once", "notAfter", "2026-11-24T02:29:59Z"),
        ("ocsp-responder", "ocspNoCheck", "0500"),
    ],
)  # fmt: skip
def test_a_field_is_said_in_words(profile: str, field: str, text: str) -> None:
    assert dict(described(parse_certificate(specimens().of(profile))))[field] == text


def test_a_statement_that_is_not_ours_does_not_pass_unseen() -> None:
    whole = specimens().leaf("citizen-signing", limit=None)
    foreign = whole.replace(bytes.fromhex("060604008e460106"), bytes.fromhex("060604008e460109"))

    fields = dict(described(parse_certificate(foreign)))

    assert foreign != whole
    assert "0.4.0.1862.1.9" in fields["qcStatements"]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_extension_of_a_profile_has_a_name(profile: str) -> None:
    named = [name for name, _ in described(parse_certificate(specimens().of(profile)))]

    assert [name for name in named if name[0].isdigit()] == []


def test_an_extension_that_is_not_known_is_shown_by_its_identifier() -> None:
    whole = specimens().leaf("device")
    known = extension(oids.EXTENDED_KEY_USAGE, b"")[2:7]
    strange = known[:-1] + b"\x7e"

    assert ("2.5.29.126", "300a06082b06010505070302") in described(parse_certificate(whole.replace(known, strange)))


def called(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="python -m scripts")


def test_the_verb_shows_a_profile_without_any_installation(tmp_path: Path) -> None:
    file = tmp_path / "specimen.pem"

    done = called("profile-show", "officer-signing", "--json", "--home", str(tmp_path / "none"), "--out", str(file))

    said = json.loads(done.stdout)
    assert done.exit_code == 0, done.output
    assert (said["profile"], said["lint"], said["pkilint"]) == ("officer-signing", [], [])
    assert ["keyUsage (critical)", "contentCommitment"] in said["fields"]
    assert said["pem"] == file.read_text()
    text = subprocess.run(["openssl", "x509", "-in", file, "-noout", "-text"], capture_output=True, check=True)
    assert b"Non Repudiation" in text.stdout
    assert not (tmp_path / "none").exists()


def test_the_verb_says_in_words_what_would_keep_a_certificate_from_being_issued(tmp_path: Path) -> None:
    done = called("profile-show", "tls-server", "--algorithm", "ML-DSA-44", "--home", str(tmp_path))

    assert done.exit_code == 1
    assert "lint: key.kind (the profile): ML-DSA-44 is not among the profile's" in done.output


def test_an_unknown_profile_is_wrong_usage(tmp_path: Path) -> None:
    assert called("profile-show", "none", "--home", str(tmp_path)).exit_code == 2


def test_every_profile_is_listed(tmp_path: Path) -> None:
    done = called("profile-list", "--json", "--home", str(tmp_path))

    listed = {one["profile"]: one["life_seconds"] for one in json.loads(done.stdout)["profiles"]}
    assert listed.keys() == PROFILES.keys()
    assert listed["citizen-signing-once"] == 1800
