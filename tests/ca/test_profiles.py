"""Each profile's certificate, made and judged: by our lint before the key, by pkilint and OpenSSL after it."""

import subprocess
from datetime import timedelta
from pathlib import Path
from ssl import DER_cert_to_PEM_cert, PEM_cert_to_DER_cert

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ca.issuance.second_judge import findings
from ca.profiles import PROFILES, issuer_for
from pki import keys, oids
from pki.certificate import parse_certificate
from pki.lint import LintFailed
from pki.path import PathDemands, PathMaterial, StatusNeed, verify_path
from pki.profile import KeyUsage
from pki.signing import SignatureAlgorithm
from tests.ca.specimens import CAS, GOLDEN, LEAVES, LIMIT, Specimens, specimens
from tests.doubles import START
from tests.issuing import KeySigner, new_key

MINUTE = timedelta(minutes=1)
WITHOUT_STATUS = PathDemands(status=StatusNeed.NONE)
UNDER_SERVICES = {"ocsp-responder"} | {
    name
    for name in set(PROFILES) - {"root-ca", "ocsp-responder"}
    if issuer_for(name, SignatureAlgorithm.ECDSA_P256_SHA256) == "services"
}
BASES = {"root", "officers", "citizens", "services"}
RSA, ED25519 = KeySigner(new_key(SignatureAlgorithm.RSA_PKCS1_SHA256)), KeySigner(new_key(SignatureAlgorithm.ED25519))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_certificate_is_the_golden_one_to_the_last_octet(profile: str) -> None:
    golden = parse_certificate(PEM_cert_to_DER_cert((GOLDEN / f"{profile}.pem").read_text()))
    signer = parse_certificate(specimens().above(profile)[0])

    assert parse_certificate(specimens().of(profile)).tbs == golden.tbs
    keys.verify(signer.spki, keys.algorithm_from_identifier(golden.algorithm), golden.tbs, golden.signature)


def test_there_is_one_golden_certificate_for_each_profile() -> None:
    assert {file.stem for file in GOLDEN.glob("*.pem")} == set(PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_pkilint_finds_no_error(profile: str) -> None:
    assert findings(specimens().of(profile)) == []


def openssl_verifies(leaf: bytes, above: list[bytes], folder: Path, *options: str) -> str:
    """What OpenSSL says of the path, its standard output and error."""
    for name, der in zip(("leaf", "issuer", "root"), [leaf, above[0], above[-1]], strict=True):
        (folder / f"{name}.pem").write_text(DER_cert_to_PEM_cert(der))
    at = str(int((START + MINUTE).timestamp()))
    command = ["openssl", "verify", "-x509_strict", "-attime", at, "-CAfile", "root.pem", "-untrusted", "issuer.pem"]
    done = subprocess.run(
        [*command, *options, "leaf.pem"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("profile", PROFILES)
def test_openssl_verifies_the_path(profile: str, tmp_path: Path) -> None:
    said = openssl_verifies(specimens().of(profile), specimens().above(profile), tmp_path)

    assert said == "leaf.pem: OK\n"


@pytest.mark.parametrize("profile", LEAVES)
def test_our_own_path_check_holds_under_critical_name_constraints(profile: str) -> None:
    leaf, material = specimens().leaf(profile), PathMaterial(intermediates=(specimens().issuer,))

    path = verify_path(leaf, [specimens().root], START + MINUTE, material, WITHOUT_STATUS)

    assert path == (leaf, specimens().issuer, specimens().root)


def test_the_second_judge_can_find_something() -> None:
    der = specimens().leaf("officer-signing")
    spoilt = der.replace(b"\x13\x02LA", b"\x13\x02L@")

    assert spoilt != der
    assert findings(spoilt)


@pytest.mark.parametrize("profile", ["officer-encryption", "mail-encryption"])
def test_an_encryption_key_agrees_or_enciphers_by_its_kind_and_never_signs(profile: str) -> None:
    by_kind = {kind: parse_certificate(specimens().leaf(profile, key)).key_usages for kind, key in _ENCRYPTING.items()}

    assert by_kind == {"EC": {KeyUsage.KEY_AGREEMENT}, "RSA": {KeyUsage.KEY_ENCIPHERMENT}}


_ENCRYPTING = {"EC": KeySigner(), "RSA": RSA}


@pytest.mark.parametrize("profile", ["officer-encryption", "mail-encryption"])
def test_a_key_that_can_only_sign_gets_no_encryption_certificate(profile: str) -> None:
    with pytest.raises(LintFailed, match=r"key\.kind"):
        specimens().leaf(profile, ED25519)


@pytest.mark.parametrize("profile", sorted(name for name in LEAVES if PROFILES[name].value_limited))
def test_a_limit_of_value_is_read_back_in_kip(profile: str) -> None:
    limited, free = (parse_certificate(specimens().leaf(profile, limit=limit)) for limit in (LIMIT, None))

    assert (limited.value_limit_lak, free.value_limit_lak) == (LIMIT, None)


@pytest.mark.parametrize(("profile", "limit"), [("officer-authentication", LIMIT), ("citizen-signing", 0)])
def test_a_limit_that_has_no_place_is_refused(profile: str, limit: int) -> None:
    with pytest.raises(LintFailed, match="statements"):
        specimens().leaf(profile, limit=limit)


@pytest.mark.parametrize(("above", "said"), [("issuer", "leaf.pem: OK"), ("services", "no explicit policy")])
def test_under_services_a_certificate_says_no_policy_of_a_person(above: str, said: str, tmp_path: Path) -> None:
    issuer = getattr(specimens(), above)
    forged = specimens().leaf_under(issuer, "officer-signing")
    wanted = ("-explicit_policy", "-policy", parse_certificate(forged).policies[0].oid)

    assert said in openssl_verifies(forged, [issuer, specimens().root], tmp_path, *wanted)


def test_what_services_certifies_has_one_of_its_policies_and_purposes() -> None:
    services = PROFILES["issuing-services-ca"]
    below = [profile for name, profile in PROFILES.items() if name in UNDER_SERVICES]

    assert {profile.policy for profile in below} == set(services.listed_policies)
    assert {oid for profile in below for oid in profile.extended_key_usages} - {oids.EKU_OCSP_SIGNING} == set(
        services.extended_key_usages
    )


def test_one_time_signing_lasts_half_an_hour() -> None:
    read = parse_certificate(specimens().leaf("citizen-signing-once"))

    assert read.not_after - read.not_before == timedelta(minutes=30) - timedelta(seconds=1)
    assert read.ocsp_urls


def test_each_profile_has_an_issuer_in_the_classic_and_in_the_post_quantum_chain() -> None:
    pairs = {
        (issuer_for(name, SignatureAlgorithm.ECDSA_P256_SHA256), issuer_for(name, SignatureAlgorithm.ML_DSA_65))
        for name in set(PROFILES) - {"root-ca", "ocsp-responder"}
    }

    assert pairs == {(base, f"{base}-pq") for base in BASES}


@pytest.mark.parametrize("profile", ["root-ca", "ocsp-responder", "none"])
def test_a_root_and_a_responder_have_no_issuer_of_that_kind(profile: str) -> None:
    with pytest.raises(KeyError):
        issuer_for(profile, SignatureAlgorithm.ECDSA_P256_SHA256)


def test_a_post_quantum_key_under_a_classic_issuer_is_refused() -> None:
    with pytest.raises(LintFailed, match=r"key\.family"):
        specimens().leaf("citizen-signing", KeySigner(new_key(SignatureAlgorithm.ML_DSA_44)))


@pytest.mark.parametrize(("host", "said"), [("mtc.gov.la", "OK"), ("example.com", "permitted subtree violation")])
def test_openssl_believes_the_root_s_own_key_about_no_other_site(tmp_path: Path, host: str, said: str) -> None:
    root, signer = x509.load_der_x509_certificate(specimens().root), KeySigner()
    builder = x509.CertificateBuilder(root.subject, x509.Name([]), signer.key.public_key(), 99, START, START + MINUTE)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
    leaf, anchor = tmp_path / "leaf.pem", tmp_path / "root.pem"
    leaf.write_bytes(builder.sign(specimens().root_key.key, SHA256()).public_bytes(Encoding.PEM))
    anchor.write_text(DER_cert_to_PEM_cert(specimens().root))

    words = ["openssl", "verify", "-attime", str(int(START.timestamp())), "-CAfile", str(anchor), str(leaf)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)

    assert said in done.stdout + done.stderr


@pytest.mark.parametrize("profile", CAS)
def test_every_authority_is_confined_the_root_among_them(profile: str) -> None:
    subtrees = parse_certificate(specimens().of(profile)).name_constraints

    assert {"permitted dns gov.la", "permitted mail gov.la", "permitted mail .gov.la"} <= set(subtrees)
    assert ("permitted directory C=LA" in subtrees) == (profile in ("issuing-ca", "cross-certificate"))


def test_every_accepted_kind_of_classic_key_gets_its_signing_certificate() -> None:
    kinds = [kind for kind in SignatureAlgorithm if not kind.post_quantum]

    made = [Specimens(leaf_key=KeySigner(new_key(kind))).leaf("citizen-signing") for kind in kinds]

    assert [keys.algorithm_of(parse_certificate(der).spki) for der in made] == kinds
