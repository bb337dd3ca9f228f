"""Each name of a CA of ours can be made, asked for and followed; one with -pq has ML-DSA keys, and no other has."""

import json
from collections.abc import Iterator
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from typing import Any

import pytest

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.names import CA_NAMES, ISSUING_NAMES, first_algorithm
from ca.ceremonies.plan import PlanUnfit, parse_plan, read_plan
from ca.ceremonies.practice import begin, hold_alone, issuer_steps, root_steps
from ca.ceremonies.replay import replay
from ca.ceremonies.rollover import roll_over
from ca.ceremonies.run import Place
from ca.ceremonies.steps.import_answer import ImportStep
from ca.ceremonies.steps.request import RequestStep
from ca.ceremonies.steps.rollover import RolloverStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.subordinate import information_for, request, take_answer
from ca.profiles import root_of
from ca.tables.hierarchy import IssuerRequest
from ledger.certificates import KeyUse
from ledger.decision import Refuse
from ledger.ledger import Deed
from pki.certificate import assemble
from pki.keys import algorithm_of, key_sha256
from pki.names import attributes
from pki.parsed import certificates_from_pem, parse_certificate
from pki.request import parse_request
from pki.signing import SignatureAlgorithm
from signers.file import throw_away
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.ca.outside import OutsideRoot
from tests.ca.test_ceremony_transcript import begun
from tests.ca.test_verbs import Desk, desk
from tests.issuing import KeySigner
from web.home import Mode, ca_of
from web.words import WORDS

__all__ = ["desk"]
P256, DSA_44 = SignatureAlgorithm.ECDSA_P256_SHA256, SignatureAlgorithm.ML_DSA_44
STARTS = "2026-12-24T00:00"


@pytest.fixture
def ceremony(tmp_path: Path, sqlite_template: Path) -> Iterator[Ceremony]:
    made = begun(tmp_path, sqlite_template)
    yield made
    made.ledger.close()


@pytest.fixture
def outside(tmp_path: Path) -> OutsideRoot:
    return OutsideRoot(tmp_path / "outside").made()


def faults_of(*steps: dict[str, Any]) -> list[str]:
    """What is wrong with a plan of these steps, beside the operators that it lacks."""
    head = {"title": "A plan", "place": "here", "date": "2026-11", "mode": "practice", "quorum": 0, "operators": []}
    begins = [{"kind": "mode"}, {"kind": "key", "name": "checkpoint", "algorithm": "EdDSA"}]
    with pytest.raises(PlanUnfit) as refused:
        parse_plan(json.dumps({**head, "steps": [*begins, *steps]}), Path())
    return [fault for fault in refused.value.faults if not fault.startswith("quorum")]


@pytest.mark.parametrize("name", ["citizens-pq", "services-pq"])
def test_an_issuer_of_the_second_chain_is_followed_in_a_ceremony_that_replays(ceremony: Ceremony, name: str) -> None:
    steps = [
        *begin(), *root_steps("root-pq"), *issuer_steps(name, "root-pq"),
        RolloverStep(name, 2, STARTS, issuer="root-pq"), RootCrlStep("root-pq"),
    ]  # fmt: skip

    held = hold_alone(ceremony, "Two generations", steps, ceremony.ledger.clock.now())

    place = Place(held.transcript.parent)
    found = replay(place.transcript.read_text(), read_plan(place.plan), place, ceremony.ledger)
    follower = parse_certificate(ceremony.certificate_of(f"{name}-2"))
    title = f"PRACTICE {name.removesuffix('-pq').title()} CA PQ 2"
    assert found.faults == ()
    assert algorithm_of(follower.spki) is DSA_44
    assert ("2.5.4.3", title) in attributes(follower.subject)


@pytest.mark.parametrize("name", CA_NAMES)
def test_every_ca_may_ask_an_outside_root_with_a_key_of_its_family(
    ceremony: Ceremony, outside: OutsideRoot, name: str
) -> None:
    ceremony.begin()

    row = request(ceremony, name, outside.certificate.read_bytes())

    assert algorithm_of(parse_request(bytes(row.request)).spki) is first_algorithm(name)


@pytest.mark.parametrize(
    "step",
    [
        {"kind": "key", "name": "citizens-pq", "algorithm": "ES256"},
        {"kind": "key", "name": "citizens-pq-2", "algorithm": "EdDSA"},
        {"kind": "key", "name": "officers", "algorithm": "ML-DSA-65"},
        {"kind": "key", "name": "root-2", "algorithm": "ML-DSA-87"},
        {"kind": "issuer", "name": "citizens-pq", "parent": "root"},
        {"kind": "issuer", "name": "citizens", "parent": "root-pq"},
        {"kind": "rollover", "name": "citizens-pq", "generation": 2, "starts": STARTS, "issuer": "root-2"},
    ],
    ids=str,
)
def test_a_plan_that_gives_a_ca_a_key_of_the_other_family_is_refused_in_lao_and_english(step: dict[str, Any]) -> None:
    [fault] = faults_of(step)

    assert fault.startswith(f"step 3 ({step['kind']}): {WORDS['ceremony.key-family'][0]} ")
    assert "take one of" in fault or "both have ML-DSA keys" in fault


@pytest.mark.parametrize(("issuer", "algorithm"), [("root", "ML-DSA-44"), ("root-pq", "ES256"), ("root-pq", "RS256")])
def test_a_responder_is_of_the_family_of_its_issuer(issuer: str, algorithm: str) -> None:
    responder = {"kind": "service", "name": "ocsp-of-it", "profile": "ocsp-responder", "issuer": issuer}

    [fault] = faults_of(responder | {"algorithm": algorithm})

    assert fault.startswith(f"step 3 (service): {WORDS['ceremony.key-family'][0]} ")
    assert f"a key of the responder ocsp-of-it of {issuer} is not of the algorithm {algorithm}" in fault


def test_a_responder_for_which_no_algorithm_is_said_is_none_of_an_ml_dsa_chain() -> None:
    [fault] = faults_of({"kind": "service", "name": "o", "profile": "ocsp-responder", "issuer": "officers-pq"})

    assert "take one of ML-DSA-44, ML-DSA-65, ML-DSA-87" in fault


@pytest.mark.parametrize(
    "step",
    [
        {"kind": "issuer", "name": "oficers"},
        {"kind": "issuer", "name": "root"},
        {"kind": "issuer", "name": "officers-2"},
        {"kind": "root", "name": "officers"},
        {"kind": "rollover", "name": "tsa", "generation": 2, "starts": STARTS},
    ],
    ids=str,
)
def test_a_plan_that_names_no_ca_of_ours_is_refused_in_lao_and_english(step: dict[str, Any]) -> None:
    [fault] = faults_of(step)

    assert fault.startswith(f"step 3 ({step['kind']}): {WORDS['ceremony.not-a-ca'][0]} {step['name']} is no CA of ours")


def test_what_is_no_ca_may_have_a_key_of_either_family() -> None:
    steps = [
        {"kind": "key", "name": name, "algorithm": algorithm}
        for name, algorithm in (("tsa", "ML-DSA-44"), ("spare-pq", "ES256"), ("ocsp-officers", "ES384"))
    ]

    assert faults_of(*steps) == []


@pytest.mark.parametrize(("name", "algorithm"), [("citizens-pq", P256), ("citizens", DSA_44)])
def test_a_key_of_the_other_family_is_never_made(ceremony: Ceremony, name: str, algorithm: SignatureAlgorithm) -> None:
    ceremony.begin()
    root = ceremony.root(root_of(name))

    with pytest.raises(CeremonyFailed) as refused:
        ceremony.issuer(name, root, algorithm)

    assert refused.value.code == "ceremony.key-family"
    assert not ceremony.home.key(name).exists()


def test_a_ca_of_the_other_family_from_before_opens_but_has_no_follower_like_itself(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch
) -> None:
    ceremony.begin()
    ceremony.root("root-pq")
    with monkeypatch.context() as before:
        before.setattr("ca.ceremonies.ceremony.check_family", lambda _name, _algorithm: None)
        ceremony.issuer("officers-pq", ceremony.root(), P256)

    opened = ceremony.opened_generation("officers-pq")

    assert opened.signer.algorithm is P256
    with pytest.raises(CeremonyFailed, match="a key of officers-pq-2 is not of the algorithm ES256"):
        roll_over(ceremony, "officers-pq", ceremony.ledger.clock.now())


def test_an_outside_answer_for_a_key_of_the_other_family_is_refused(ceremony: Ceremony, outside: OutsideRoot) -> None:
    """As of a request that went out before names said the family."""
    ceremony.begin()
    signer, digest = throw_away(P256), parse_certificate(der_of(outside)).sha256
    information = information_for(Mode.PRACTICE, "officers-pq", 1, signer.public_key)
    asked = assemble(information, P256, signer.sign(information))
    key = key_sha256(signer.public_key)
    row = IssuerRequest(
        id="r1", name="officers-pq", generation=1, key_sha256=key, outside_sha256=digest, path_length=0, request=asked
    )
    ceremony.ledger.entries([Deed(Registered("p"), TEST, [row, KeyUse(key_sha256=key, subject="officers-pq")])])
    answer = outside.answer(asked)

    taken = take_answer(ceremony, answer, [outside.certificate.read_bytes()])

    assert taken == Refuse("import.key-family")
    with pytest.raises(CeremonyFailed, match="a key of officers-pq is not of the algorithm ES256"):
        ImportStep("officers-pq", answer.decode())


def der_of(outside: OutsideRoot) -> bytes:
    return certificates_from_pem(outside.certificate.read_bytes())[0].der


def test_a_request_is_for_a_ca_of_ours(outside: OutsideRoot) -> None:
    pem = outside.certificate.read_text()

    with pytest.raises(CeremonyFailed, match="no CA of ours"):
        RequestStep("ministry", 1, pem)
    with pytest.raises(CeremonyFailed, match="not one certificate"):
        RequestStep("officers", 1, DER_cert_to_PEM_cert(KeySigner().public_key))


@pytest.mark.parametrize(
    ("key_name", "name"),
    [
        ("root", "root"), ("root-2", "root"), ("officers-pq", "officers-pq"), ("officers-pq-12", "officers-pq"),
        ("ocsp-officers", None), ("officers-x", None), ("tsa", None), ("xofficers", None),
    ],
)  # fmt: skip
def test_a_key_s_name_says_which_ca_it_is_of(key_name: str, name: str | None) -> None:
    assert ca_of(key_name) == name


@pytest.mark.sqlite_only("the steps are the same on either engine")
def test_an_operator_makes_and_follows_an_issuer_of_the_second_chain(desk: Desk) -> None:
    made = desk.said("ceremony-issuer", "citizens-pq")
    rolled = desk.said("rollover", "citizens-pq")

    assert made["certificate"].endswith("/citizens-pq.pem")
    assert (rolled["issuer"], rolled["state"]) == ("citizens-pq-2", "signs")
    assert set(ISSUING_NAMES) == {name for name in CA_NAMES if not name.startswith("root")}
