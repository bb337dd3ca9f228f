"""Who writes a plan is not believed: what is shown of it is all that it does, and looking at it does nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.ceremonies.plan import PlanUnfit, parse_plan
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.rollover import RolloverStep
from pki.keys import key_sha256
from pki.signing import SignatureAlgorithm
from signers import open_signer
from tests.ca.vault import OPERATORS, Vault
from tests.issuing import FROM, UNTIL

A, B = "pkcs11:token=vault;object=root?pin-source=file:/pin", "pkcs11:token=other;object=root?pin-source=file:/pin"
STEPS: list[dict[str, Any]] = [{"kind": "mode"}, {"kind": "key", "name": "checkpoint", "algorithm": "EdDSA"}]


@pytest.fixture
def vault(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    monkeypatch.delenv("LAOTRUST_DATABASE_URL", raising=False)
    vault = Vault(tmp_path)
    vault.furnish(sqlite_template)
    return vault


def faults(vault: Vault, *steps: dict[str, Any], **head: Any) -> list[str]:
    with pytest.raises(PlanUnfit) as refused:
        parse_plan(json.dumps(vault.body([*STEPS, *steps], **head)), vault.folder)
    return refused.value.faults


def key(name: str, where: str = "") -> dict[str, Any]:
    return {"kind": "key", "name": name, "algorithm": "ES256", **({"where": where} if where else {})}


@pytest.mark.parametrize(
    "text",
    ["A root\x1b[8m and more", "A root\nລະຫັດແຜນ / digest of the plan: 00", "A root\r", "A \u202eroot", "A \u2028root"],
    ids=ascii,
)
def test_what_a_terminal_does_not_show_as_it_is_stands_in_no_plan(vault: Vault, text: str) -> None:
    in_head = faults(vault, title=text)
    in_step = faults(vault, key("root"), {"kind": "root", "common_name": text})

    assert in_head == ["the plan's head has characters that nobody sees: write it without them"]
    assert in_step == ["step 4 (root): common_name has characters that nobody sees: write it without"]


def test_lao_with_its_vowels_and_breaks_is_shown(vault: Vault) -> None:
    plan = parse_plan(json.dumps(vault.body(STEPS, title="ພິທີ\u200bສ້າງ\u200bຮາກ, ຄັ້ງທີ່ 1")), vault.folder)

    assert plan.title.startswith("ພິທີ")


@pytest.mark.parametrize(
    "second",
    [
        {"kind": "destroy-key", "name": "spare", "where": B},
        {"kind": "destroy-key", "name": "spare", "where": "file:/tmp/spare.key.pem"},
    ],
    ids=str,
)
@pytest.mark.parametrize("first", ["", A], ids=["the home", "a token"])
def test_a_key_is_in_one_place_and_that_is_shown(vault: Vault, first: str, second: dict[str, Any]) -> None:
    [fault] = faults(vault, key("spare", first), second)

    assert fault == "step 4 (destroy-key): spare is said to be in another place before: say one where"


def test_where_a_key_is_to_be_made_is_shown_but_for_its_pin() -> None:
    where = f"{A}&module-name=cknfast"
    key_step = KeyStep("root", SignatureAlgorithm.ECDSA_P256_SHA256, where=where)
    following = RolloverStep("officers", 2, "2027-01-01", where=where)

    words = [said for one in (key_step.words(), following.words()) for said in (one.lao, one.english)]

    assert all("pkcs11:token=vault;object=root?module-name=cknfast" in said for said in words)
    assert not any("/pin" in said for said in words)


def test_no_plan_names_a_library_that_looking_at_it_would_load(vault: Vault) -> None:
    [fault] = faults(vault, key("root", f"{A}&module-path=/media/gift/evil.so"))

    assert fault.startswith("step 3 (key): module-path= would load a library on the machine of whoever looks")


@pytest.mark.parametrize("name", ["../../etc/root", "Root", "a b", "x" * 49, "-x"])
def test_a_name_of_a_key_is_the_name_of_a_file(vault: Vault, name: str) -> None:
    [fault] = faults(vault, key(name))

    assert fault.startswith("step 3 (key ") and fault.endswith("a name has 1 to 48 small letters, digits and hyphens")


@pytest.mark.parametrize("name", ["officers", "officers-pq-2", "root-2", "checkpoint"])
def test_no_service_has_the_key_of_a_ca_or_of_the_log(vault: Vault, name: str) -> None:
    service = {"kind": "service", "name": name, "profile": "tls-server", "issuer": "services"}

    assert any("that is the name of a CA's key, or the log's" in fault for fault in faults(vault, service))


def test_no_operator_is_called_like_the_log_which_signs_for_itself(vault: Vault) -> None:
    operators = [{"code": code, "key_file": f"{OPERATORS[0]}.pub.pem"} for code in ("checkpoint",)]

    assert faults(vault, operators=operators, quorum=1) == [
        "checkpoint is the log's name in a transcript: give the operator another code"
    ]


def test_an_operator_s_certificate_is_of_a_key_as_strong_as_any(vault: Vault) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    name = x509.Name([])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(weak.public_key())
        .serial_number(1).not_valid_before(FROM).not_valid_after(UNTIL).sign(weak, SHA256())
    )  # fmt: skip
    operators = [{"code": "a", "key": certificate.public_bytes(Encoding.PEM).decode()}]

    [fault] = faults(vault, operators=operators, quorum=1)

    assert fault.startswith("the key of operator a is no PEM certificate or public key: An RSA key of 1024 bits")


def test_whoever_approves_sees_the_digest_of_each_operator_s_and_each_first_officer_s_key(vault: Vault) -> None:
    officer = {"kind": "first-officer", "number": "10000001", "request_file": "officer.csr"}
    steps = [*STEPS, key("root"), {"kind": "root"}, key("officers"), {"kind": "issuer", "name": "officers"}, officer]
    vault.write(steps, mode="practice")

    code, said = vault.said("ceremony-plan", str(vault.plan_file))

    asked = x509.load_pem_x509_csr((vault.folder / "officer.csr").read_bytes())
    digest = key_sha256(asked.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert code == 0
    assert said["operators"] == {one: key_sha256(open_signer(vault.key(one)).public_key) for one in OPERATORS}
    assert [digest in said["steps"][-1][language] for language in ("lo", "en")] == [True, True]
