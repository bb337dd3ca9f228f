"""A plan and the verbs say of which kind the key of a next generation is; it is never weaker than the one before."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import starts_of
from ca.ceremonies.plan import Operator, Plan, parse_plan, read_plan
from ca.ceremonies.practice import begin, hold_alone, root_steps
from ca.ceremonies.preview import foresee
from ca.ceremonies.replay import replay
from ca.ceremonies.rollover import roll_over
from ca.ceremonies.run import Place
from ca.ceremonies.steps.issuer import IssuerStep
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.request import RequestStep
from ca.ceremonies.steps.rollover import RolloverStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.steps.step import SoFar, Step
from ca.ceremonies.subordinate import request
from pki.certificate import parse_tbs
from pki.key_kind import KeyKind, key_kind, kind_of
from pki.parsed import certificates_from_pem, parse_certificate
from pki.request import parse_request
from pki.signing import SignatureAlgorithm
from scripts.__main__ import Verbs
from tests.ca.outside import OutsideRoot
from tests.ca.test_ceremony_transcript import begun
from tests.ca.test_verbs import Desk, desk
from tests.issuing import KeySigner, new_key
from web.home import Mode
from web.words import WORDS

__all__ = ["desk"]
P256, P384 = SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.ECDSA_P384_SHA384
RSA, DSA_65 = SignatureAlgorithm.RSA_PKCS1_SHA256, SignatureAlgorithm.ML_DSA_65
STARTS = "2026-12-24T00:00"


@pytest.fixture
def ceremony(tmp_path: Path, sqlite_template: Path) -> Iterator[Ceremony]:
    made = begun(tmp_path, sqlite_template)
    yield made
    made.ledger.close()


@pytest.fixture
def outside(tmp_path: Path) -> OutsideRoot:
    return OutsideRoot(tmp_path / "outside").made()


def held(ceremony: Ceremony, algorithm: SignatureAlgorithm, *steps: Step, bits: int = 3072) -> Place:
    """The papers of a ceremony that makes a root and `officers` with a key of this kind, and does these steps."""
    chain = [*begin(), *root_steps("root"), KeyStep("officers", algorithm, bits), IssuerStep("officers")]
    title = f"Of {len(chain) + len(steps)} steps"
    done = hold_alone(ceremony, title, [*chain, *steps, RootCrlStep()], ceremony.ledger.clock.now())
    return Place(done.transcript.parent)


def faults(ceremony: Ceremony, place: Place) -> Sequence[str]:
    return replay(place.transcript.read_text(), read_plan(place.plan), place, ceremony.ledger).faults


def kind_of_key(ceremony: Ceremony, name: str) -> KeyKind:
    return kind_of(parse_certificate(ceremony.certificate_of(name)).spki)


@pytest.mark.parametrize(
    ("algorithm", "bits"), [(P384, None), (RSA, 4096), (RSA, None), (SignatureAlgorithm.ED25519, None), (None, None)]
)
def test_a_roll_over_makes_the_key_that_the_plan_says_or_one_like_the_last(
    ceremony: Ceremony, algorithm: SignatureAlgorithm | None, bits: int | None
) -> None:
    place = held(ceremony, P256, RolloverStep("officers", 2, STARTS, algorithm=algorithm, rsa_bits=bits))

    assert kind_of_key(ceremony, "officers-2") == (key_kind(algorithm, bits) if algorithm else KeyKind(P256))
    assert faults(ceremony, place) == ()


def test_a_request_is_made_with_the_key_that_the_plan_says(ceremony: Ceremony, outside: OutsideRoot) -> None:
    step = RequestStep("services", 1, outside.certificate.read_text(), algorithm=RSA, rsa_bits=4096)

    place = held(ceremony, P256, step)

    line = next(json.loads(one) for one in place.transcript.read_text().splitlines() if '"request"' in one)
    made = place.found(line["made"])
    assert made is not None
    assert kind_of(parse_request(made["request"]).spki) == KeyKind(RSA, 4096)
    assert faults(ceremony, place) == ()


@pytest.mark.parametrize(
    ("before", "bits", "asked"),
    [
        (P384, 3072, key_kind(P256)), (P384, 3072, key_kind(RSA, 4096)), (RSA, 4096, key_kind(RSA, 3072)),
        (P384, 3072, key_kind(SignatureAlgorithm.ED25519)),
    ],
    ids=str,
)  # fmt: skip
def test_a_weaker_key_than_the_one_before_is_refused_before_anything_is_begun(
    ceremony: Ceremony, outside: OutsideRoot, before: SignatureAlgorithm, bits: int, asked: KeyKind
) -> None:
    held(ceremony, before, bits=bits)

    refused = []
    for tried in (
        lambda: roll_over(ceremony, "officers", ceremony.ledger.clock.now(), asked),
        lambda: request(ceremony, "officers", outside.certificate.read_bytes(), asked),
    ):
        with pytest.raises(CeremonyFailed, match=f"a key {asked} for officers-2 is weaker") as failed:
            tried()
        refused.append(failed.value.code)

    assert refused == ["ceremony.key-weaker"] * 2
    assert not ceremony.home.key("officers-2").exists()
    with ceremony.ledger.read() as session:
        assert starts_of(session) == {}


def test_a_key_that_is_there_and_of_another_kind_than_the_plan_says_is_not_taken(ceremony: Ceremony) -> None:
    held(ceremony, P256)
    ceremony.keys.signer("officers-2", RSA, 4096)

    with pytest.raises(CeremonyFailed, match="the key officers-2 is RS256 4096, not RS256 3072") as refused:
        roll_over(ceremony, "officers", ceremony.ledger.clock.now(), key_kind(RSA))

    assert refused.value.code == "ceremony.key-unfit"


def test_a_transcript_whose_key_is_of_another_kind_than_agreed_is_found(ceremony: Ceremony) -> None:
    agreed = RolloverStep("officers", 2, STARTS, algorithm=P384)
    place = held(ceremony, P256, agreed)
    line = next(json.loads(one) for one in place.transcript.read_text().splitlines() if '"rollover"' in one)
    made = place.found(line["made"])
    assert made is not None
    root = {"root": ceremony.certificate_of("root")}
    stronger = {"officers": KeySigner(new_key(DSA_65)).public_key}

    found = [
        agreed.fault(made, SoFar(Mode.PRACTICE, certificates=root)),
        replace(agreed, algorithm=P256).fault(made, SoFar(Mode.PRACTICE, certificates=root)),
        replace(agreed, algorithm=RSA, rsa_bits=4096).fault(made, SoFar(Mode.PRACTICE, certificates=root)),
        replace(agreed, algorithm=None).fault(made, SoFar(Mode.PRACTICE, certificates=root)),
        replace(agreed, algorithm=None).fault(made, SoFar(Mode.PRACTICE, keys=stronger, certificates=root)),
    ]

    assert found == [
        None,
        "the key officers-2 is ES384, not ES256",
        "the key officers-2 is ES384, not RS256 4096",
        None,
        "the key officers-2 is ES384, weaker than the one before it",
    ]


def test_a_request_in_the_transcript_of_another_kind_than_agreed_is_found(
    ceremony: Ceremony, outside: OutsideRoot
) -> None:
    ceremony.begin()
    der = bytes(request(ceremony, "services", outside.certificate.read_bytes()).request)
    made = {"public-key": parse_request(der).spki, "request": der}
    step = RequestStep("services", 1, outside.certificate.read_text())

    found = [one.fault(made, SoFar(Mode.PRACTICE)) for one in (step, replace(step, algorithm=P384))]

    assert found == [None, "the key services is ES256, not ES384"]


def plan_of(*steps: Step) -> Plan:
    operators = (Operator("practice", KeySigner().public_key),)
    return Plan("Practice", "here", "2026", Mode.PRACTICE, 1, operators, (*begin(), *steps))


def test_what_is_foreseen_shows_the_kind_and_refuses_a_weaker_one(ceremony: Ceremony) -> None:
    chain = [*root_steps("root"), KeyStep("officers", P384), IssuerStep("officers")]
    plans = [
        plan_of(*chain, RolloverStep("officers", 2, STARTS, algorithm=algorithm, rsa_bits=bits))
        for algorithm, bits in ((None, None), (RSA, 8192), (P256, None))
    ]

    like_it, stronger, weaker = (
        list(foresee(one, ceremony.home, ceremony.home.key_uri, ceremony.ledger.clock.now()))[-1] for one in plans
    )

    assert like_it.draft is not None and stronger.draft is not None and weaker.draft is None
    assert [kind_of(parse_tbs(one.draft.tbs).spki) for one in (like_it, stronger) if one.draft] == [
        KeyKind(P384), KeyKind(RSA, 8192),
    ]  # fmt: skip
    assert "a key of the kind of the one before it" in like_it.words.english
    assert "a key RS256 8192" in stronger.words.english and "RS256 8192" in stronger.words.lao
    assert weaker.fault.startswith(WORDS["ceremony.key-weaker"][0])
    assert "a key ES256 for officers-2 is weaker than the one before it, ES384" in weaker.fault


def test_a_plan_that_says_no_kind_has_the_digest_that_it_had(outside: OutsideRoot) -> None:
    """Approvals that were given for one from before count."""
    steps = (RequestStep("services", 1, outside.certificate.read_text()),)

    body = json.loads(plan_of(*steps).body)

    assert set(body["steps"][-1]) == {"kind", "name", "generation", "outside"}


def test_the_kind_is_part_of_what_is_signed_and_read_again(outside: OutsideRoot) -> None:
    plain = RequestStep("services", 1, outside.certificate.read_text())
    plans = [plan_of(one) for one in (plain, replace(plain, algorithm=P384), replace(plain, algorithm=RSA))]

    again = [parse_plan(one.body, Path()) for one in plans]

    assert len({one.digest for one in again}) == 3
    assert [one.steps for one in again] == [one.steps for one in plans]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"algorithm": "ML-DSA-65"}, "a key of officers-2 is not of the algorithm ML-DSA-65"),
        ({"algorithm": "RS256", "rsa_bits": 2048}, "rsa_bits is 2048: take 3072 or 4096"),
        ({"algorithm": "ES384", "rsa_bits": 4096}, "rsa_bits is for RS256, and ES384 has none"),
        ({"rsa_bits": 4096}, "rsa_bits needs algorithm: RS256 beside it"),
    ],
    ids=str,
)
def test_a_kind_that_is_not_made_or_not_of_the_name_s_family_is_a_fault_of_the_plan(
    said: dict[str, Any], sentence: str
) -> None:
    values: dict[str, Any] = {"algorithm": SignatureAlgorithm(said["algorithm"])} if "algorithm" in said else {}
    values |= {"rsa_bits": said["rsa_bits"]} if "rsa_bits" in said else {}

    with pytest.raises((ValueError, CeremonyFailed), match=sentence):
        RolloverStep("officers", 2, STARTS, **values)


@pytest.mark.sqlite_only("the steps are the same on either engine")
def test_an_operator_says_the_kind(desk: Desk, tmp_path: Path, outside: OutsideRoot) -> None:
    rolled = desk.said("rollover", "citizens", "--starts", "2999-01-01", "--algorithm", "ES384")
    csr = tmp_path / "ours.csr"
    out = ("--outside", str(outside.certificate), "--out", str(csr))
    desk.said("ceremony-request", "officers", *out, "--algorithm", "RS256", "--rsa-bits", "4096")
    weaker = desk.typed("rollover", "root-pq", "--algorithm", "ML-DSA-44", "--json")
    unfit = CliRunner().invoke(Verbs("laotrust"), ["rollover", "officers", "--rsa-bits", "4096"])

    [certificate] = certificates_from_pem(Path(rolled["certificate"]).read_bytes())
    assert kind_of(certificate.spki) == KeyKind(P384)
    assert "Public-Key: (4096 bit)" in outside.openssl("req", "-in", str(csr), "-noout", "-text")
    said = json.loads(weaker.stdout)
    assert (weaker.exit_code, said["error"], said["lo"]) == (1, "ceremony.key-weaker", WORDS["ceremony.key-weaker"][0])
    assert (unfit.exit_code, "--rsa-bits needs --algorithm RS256" in unfit.output) == (2, True)
