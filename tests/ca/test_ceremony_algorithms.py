"""Each algorithm that a plan may name makes a chain: root, issuing CA, responder and CRL; it replays and verifies."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.plan import read_plan
from ca.ceremonies.practice import begin, hold_alone
from ca.ceremonies.replay import replay
from ca.ceremonies.rollover import roll_over
from ca.ceremonies.run import Place
from ca.ceremonies.steps.issuer import IssuerStep
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.rollover import RolloverStep
from ca.ceremonies.steps.root import RootStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.steps.service import ServiceStep
from pki.keys import algorithm_of, rsa_modulus
from pki.parsed import parse_certificate
from pki.signing import SignatureAlgorithm
from tests.ca.test_ceremony_transcript import begun

RSA = SignatureAlgorithm.RSA_PKCS1_SHA256


@pytest.fixture
def ceremony(tmp_path: Path, sqlite_template: Path) -> Iterator[Ceremony]:
    made = begun(tmp_path, sqlite_template)
    yield made
    made.ledger.close()


@pytest.mark.parametrize(
    ("algorithm", "bits"),
    [
        (SignatureAlgorithm.ECDSA_P256_SHA256, 3072),
        (SignatureAlgorithm.ECDSA_P384_SHA384, 3072),
        (RSA, 3072),
        (RSA, 4096),
        (SignatureAlgorithm.ED25519, 3072),
        (SignatureAlgorithm.ML_DSA_44, 3072),
        (SignatureAlgorithm.ML_DSA_65, 3072),
        (SignatureAlgorithm.ML_DSA_87, 3072),
    ],
    ids=["P-256", "P-384", "RSA-3072", "RSA-4096", "Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"],
)
def test_a_chain_of_each_algorithm_is_made_replays_and_verifies(
    ceremony: Ceremony, algorithm: SignatureAlgorithm, bits: int
) -> None:
    root, officers = ("root-pq", "officers-pq") if algorithm.post_quantum else ("root", "officers")
    steps = [
        *begin(),
        KeyStep(root, algorithm, bits),
        RootStep(root),
        ServiceStep(f"ocsp-{root}", "ocsp-responder", root, algorithm),
        KeyStep(officers, algorithm, bits),
        IssuerStep(officers, root),
        RootCrlStep(root),
    ]

    held = hold_alone(ceremony, "A chain", steps, ceremony.ledger.clock.now())

    papers = Place(held.transcript.parent)
    found = replay(papers.transcript.read_text(), read_plan(papers.plan), papers, ceremony.ledger)
    made = [parse_certificate(ceremony.certificate_of(name)) for name in (root, officers)]
    assert (found.faults, held.missing) == ((), ())
    assert {algorithm_of(one.spki) for one in made} == {algorithm}
    if not algorithm.post_quantum:
        files = ceremony.home.certificate
        command = f"openssl verify -x509_strict -no_check_time -CAfile {files(root)} {files(officers)}"
        judged = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        assert judged.stdout == f"{files(officers)}: OK\n", judged.stderr


def test_a_next_generation_has_no_smaller_key_than_the_one_before_it(ceremony: Ceremony) -> None:
    steps = [
        *begin(), KeyStep("root", RSA, 4096), RootStep(), KeyStep("officers", RSA, 4096), IssuerStep("officers"),
        RolloverStep("officers", 2, "2026-12-24T00:00"), RootCrlStep(),
    ]  # fmt: skip

    hold_alone(ceremony, "A chain", steps, ceremony.ledger.clock.now())
    roll_over(ceremony, "root", ceremony.ledger.clock.now())

    followed = [rsa_modulus(parse_certificate(ceremony.certificate_of(name)).spki) for name in ("officers-2", "root-2")]
    assert [modulus.bit_length() for modulus in followed if modulus] == [4096, 4096]
