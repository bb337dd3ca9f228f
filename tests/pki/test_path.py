import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as builder

from pki.errors import ParseError
from pki.ocsp import Responder, SingleAnswer, parse_request, response
from pki.path import (
    PathDemands,
    PathInvalid,
    PathMaterial,
    PathRevoked,
    StatusNeed,
    chain_of,
    verify_path,
)
from pki.status import Good, Held, Revoked
from tests.issuing import FROM, UNTIL, KeySigner, PracticeIssuer, der, name, pem

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROOT = PracticeIssuer("Practice root")
OFFICERS = PracticeIssuer("Practice officers", ROOT)
LEAF = OFFICERS.leaf("ສົມພອນ", 0x1234)
MATERIAL = PathMaterial(intermediates=(OFFICERS.der,))
NO_STATUS = PathDemands(status=StatusNeed.NONE)


def answer(status: Good | Revoked | Held, produced: datetime, certificate: x509.Certificate = LEAF) -> bytes:
    """An OCSP answer of our own making about `certificate`, signed by a delegated responder."""
    signer = KeySigner()
    responder = Responder(signer, der(OFFICERS.responder(signer, 99)))
    request = builder.OCSPRequestBuilder().add_certificate(certificate, OFFICERS.certificate, hashes.SHA256()).build()
    asked = parse_request(request.public_bytes(Encoding.DER)).certificates[0]
    return response([SingleAnswer(asked, status)], responder, None, produced, produced + 12 * HOUR)


def crl(issuer: PracticeIssuer, *revoked: tuple[int, datetime], at: datetime = AT - HOUR) -> bytes:
    listed = x509.CertificateRevocationListBuilder().issuer_name(name(issuer.common_name))
    listed = listed.last_update(at).next_update(at + 24 * HOUR)
    for serial_number, since in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial_number).revocation_date(since)
        entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        listed = listed.add_revoked_certificate(entry.build())
    return listed.sign(issuer.signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def openssl_agrees(tmp_path: Path, leaf: x509.Certificate, intermediate: PracticeIssuer, root: PracticeIssuer) -> bool:
    for file, certificate in (("leaf", leaf), ("between", intermediate.certificate), ("root", root.certificate)):
        (tmp_path / f"{file}.pem").write_bytes(pem(certificate))
    command = ["openssl", "verify", "-x509_strict", "-attime", str(int(AT.timestamp()))]
    command += ["-CAfile", "root.pem", "-untrusted", "between.pem", "leaf.pem"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_a_path_leads_from_the_leaf_to_the_root_and_openssl_agrees(tmp_path: Path) -> None:
    path = verify_path(der(LEAF), [ROOT.der], AT, MATERIAL, NO_STATUS)

    assert path == (der(LEAF), OFFICERS.der, ROOT.der)
    assert openssl_agrees(tmp_path, LEAF, OFFICERS, ROOT)


@pytest.mark.parametrize(
    ("at", "code"),
    [(UNTIL + HOUR, "path.expired"), (FROM - HOUR, "path.not-yet-valid")],
)
def test_outside_its_time_there_is_no_path(at: datetime, code: str) -> None:
    with pytest.raises(PathInvalid) as refused:
        verify_path(der(LEAF), [ROOT.der], at, MATERIAL, NO_STATUS)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("roots", "material"),
    [([PracticeIssuer("Another").der], MATERIAL), ([ROOT.der], PathMaterial())],
    ids=["another root", "no intermediate"],
)
def test_without_a_way_to_a_trusted_root_there_is_no_path(roots: list[bytes], material: PathMaterial) -> None:
    with pytest.raises(PathInvalid) as refused:
        verify_path(der(LEAF), roots, AT, material, NO_STATUS)

    assert refused.value.code == "path.no-anchor"


def test_a_namesake_of_the_issuer_with_another_key_proves_nothing(tmp_path: Path) -> None:
    namesake = PracticeIssuer("Practice officers", PracticeIssuer("Practice root"))

    with pytest.raises(PathInvalid):
        verify_path(der(namesake.leaf("ສົມພອນ", 5)), [ROOT.der], AT, MATERIAL, NO_STATUS)

    assert not openssl_agrees(tmp_path, namesake.leaf("ສົມພອນ", 5), OFFICERS, ROOT)


def test_names_outside_the_issuers_constraints_are_refused_and_openssl_agrees(tmp_path: Path) -> None:
    permitted = x509.NameConstraints([x509.DirectoryName(name("Somebody else"))], None)
    confined = PracticeIssuer("Practice officers", ROOT, constraints=permitted)
    leaf = confined.leaf("ສົມພອນ", 5)

    with pytest.raises(PathInvalid) as refused:
        verify_path(der(leaf), [ROOT.der], AT, PathMaterial(intermediates=(confined.der,)), NO_STATUS)

    assert refused.value.code == "path.invalid"
    assert not openssl_agrees(tmp_path, leaf, confined, ROOT)


def test_names_inside_the_issuers_constraints_are_taken_and_openssl_agrees(tmp_path: Path) -> None:
    country = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "LA")])
    permitted = x509.NameConstraints([x509.DirectoryName(country)], None)
    confined = PracticeIssuer("Practice officers", ROOT, constraints=permitted)
    leaf = confined.leaf("ສົມພອນ", 5)

    path = verify_path(der(leaf), [ROOT.der], AT, PathMaterial(intermediates=(confined.der,)), NO_STATUS)

    assert len(path) == 3
    assert openssl_agrees(tmp_path, leaf, confined, ROOT)


def test_a_usage_that_the_certificate_lacks_is_refused() -> None:
    demands = PathDemands(key_usage=frozenset({"key_cert_sign"}), status=StatusNeed.NONE)

    with pytest.raises(PathInvalid):
        verify_path(der(LEAF), [ROOT.der], AT, MATERIAL, demands)


def test_a_policy_that_nobody_asserted_is_refused() -> None:
    demands = PathDemands(policies=frozenset({"1.2.3.4"}), status=StatusNeed.NONE)

    with pytest.raises(PathInvalid):
        verify_path(der(LEAF), [ROOT.der], AT, MATERIAL, demands)


def test_our_own_ocsp_answer_says_revoked_and_why() -> None:
    evidence = answer(Revoked(AT - HOUR, "keyCompromise"), AT)

    with pytest.raises(PathRevoked) as revoked:
        verify_path(der(LEAF), [ROOT.der], AT, PathMaterial((OFFICERS.der,), ocsps=(evidence,)))

    assert (revoked.value.at, revoked.value.reason) == (AT - HOUR, "keyCompromise")


def test_a_held_certificate_is_revoked_for_as_long() -> None:
    with pytest.raises(PathRevoked) as revoked:
        verify_path(der(LEAF), [ROOT.der], AT, PathMaterial((OFFICERS.der,), ocsps=(answer(Held(AT - HOUR), AT),)))

    assert revoked.value.reason == "certificateHold"


def test_a_revocation_after_that_moment_does_not_count_on_a_crl() -> None:
    evidence = crl(OFFICERS, (0x1234, AT + HOUR), at=AT + 2 * HOUR)

    path = verify_path(der(LEAF), [ROOT.der], AT, PathMaterial((OFFICERS.der,), crls=(evidence,)))

    assert path[0] == der(LEAF)


def test_an_ocsp_answer_of_a_later_revocation_settles_nothing() -> None:
    evidence = answer(Revoked(AT + HOUR, "superseded"), AT + 2 * HOUR)

    with pytest.raises(PathInvalid) as refused:
        verify_path(der(LEAF), [ROOT.der], AT, PathMaterial((OFFICERS.der,), ocsps=(evidence,)))

    assert refused.value.code == "path.status-unknown"


def test_evidence_for_every_certificate_of_the_path_satisfies_those_who_require_it() -> None:
    material = PathMaterial((OFFICERS.der,), crls=(crl(ROOT),), ocsps=(answer(Good("ab" * 32), AT - HOUR),))

    path = verify_path(der(LEAF), [ROOT.der], AT, material, PathDemands(status=StatusNeed.REQUIRED))

    assert len(path) == 3


def test_without_evidence_those_who_require_it_learn_that_status_is_unknown() -> None:
    with pytest.raises(PathInvalid) as refused:
        verify_path(der(LEAF), [ROOT.der], AT, MATERIAL, PathDemands(status=StatusNeed.REQUIRED))

    assert refused.value.code == "path.status-unknown"


def test_an_issuer_on_the_roots_crl_takes_its_certificates_with_it() -> None:
    material = PathMaterial((OFFICERS.der,), crls=(crl(ROOT, (2, AT - HOUR)),))

    with pytest.raises(PathRevoked):
        verify_path(der(LEAF), [ROOT.der], AT, material)


def test_a_maze_of_namesakes_costs_no_more_than_the_budget() -> None:
    maze = tuple(PracticeIssuer("Practice officers", PracticeIssuer("Practice officers")).der for _ in range(40))

    with pytest.raises(PathInvalid) as refused:
        verify_path(der(LEAF), [ROOT.der], AT, PathMaterial(intermediates=maze), NO_STATUS)

    assert refused.value.code in {"path.no-anchor", "path.budget", "path.invalid"}


@pytest.mark.parametrize("intermediates", [(OFFICERS.der,) * 70, (b"0" * 20_000,)], ids=["too many", "too long"])
def test_more_than_the_budget_is_not_looked_at(intermediates: tuple[bytes, ...]) -> None:
    with pytest.raises(PathInvalid) as refused:
        verify_path(der(LEAF), [ROOT.der], AT, PathMaterial(intermediates=intermediates), NO_STATUS)

    assert refused.value.code == "path.budget"


@pytest.mark.parametrize("broken", [b"", b"nonsense", der(LEAF)[:-1], b"0" + der(LEAF)])
def test_what_is_no_certificate_is_refused(broken: bytes) -> None:
    with pytest.raises(ParseError):
        verify_path(broken, [ROOT.der], AT, MATERIAL, NO_STATUS)


def test_a_chain_goes_up_as_far_as_the_issuers_known() -> None:
    stranger = PracticeIssuer("Stranger").der

    assert chain_of(der(LEAF), [ROOT.der, stranger, OFFICERS.der]) == (der(LEAF), OFFICERS.der, ROOT.der)
    assert chain_of(der(LEAF), [stranger]) == (der(LEAF),)
