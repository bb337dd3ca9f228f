"""CRLs of one shard, and deltas: read back by us and by cryptography, judged by OpenSSL and by path validation."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.certificate import serial_number
from pki.crl import CrlEntry, CrlScope, crl_tbs, parse_crl
from pki.issuer import crl_address, view_for
from pki.path import PathDemands, PathInvalid, PathMaterial, PathRevoked, StatusNeed, verify_path
from tests.doubles import START
from tests.pki.making import CHANCE, ISSUER, ISSUER_DER, ISSUER_VIEW, ROOT, ROOT_DER, ROOT_VIEW, URL, Draft, signed

AT, NEXT = START + timedelta(hours=1), START + timedelta(days=3)
SHARDED = replace(ISSUER_VIEW, crl_shards=4)
SHARD_3, SHARD_2 = f"{URL}/crl/officers-1-3.crl", f"{URL}/crl/officers-1-2.crl"
LEAF = signed(Draft(issuer=view_for(SHARDED, 7)).tbs(), ISSUER)
OTHER_SERIAL = serial_number(11, CHANCE)
ROOTS_CRL = signed(crl_tbs(ROOT_VIEW, 1, START, NEXT, []), ROOT)
REVOKED = CrlEntry(Draft.serial, START, "superseded")


def listing(number: int, *entries: CrlEntry, scope: CrlScope) -> bytes:
    return signed(crl_tbs(SHARDED, number, START, NEXT, entries, scope), ISSUER)


def by_openssl(folder: Path, crls: Sequence[bytes], *options: str) -> str:
    """What OpenSSL says of the leaf when it has these CRLs."""
    for name, der in (("root", ROOT_DER), ("issuer", ISSUER_DER), ("leaf", LEAF)):
        (folder / f"{name}.pem").write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    pem = [x509.load_der_x509_crl(crl).public_bytes(Encoding.PEM) for crl in crls]
    (folder / "crls.pem").write_bytes(b"".join(pem))
    command = ["openssl", "verify", "-crl_check", *options, "-attime", str(int(AT.timestamp())), "-CAfile", "root.pem"]
    command += ["-untrusted", "issuer.pem", "-CRLfile", "crls.pem", "leaf.pem"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_certificate_names_the_shard_of_its_dense_number() -> None:
    [point] = x509.load_der_x509_certificate(LEAF).extensions.get_extension_for_class(x509.CRLDistributionPoints).value

    assert point.full_name == [x509.UniformResourceIdentifier(SHARD_3)]
    assert view_for(ISSUER_VIEW, 7).crl_url == f"{URL}/crl/officers-1.crl"


def test_the_crl_of_a_shard_says_so_critically_and_is_read_back() -> None:
    crl = listing(9, REVOKED, scope=CrlScope(SHARD_3, freshest=crl_address(ISSUER_VIEW.crl_url, 3, delta=True)))

    own = x509.load_der_x509_crl(crl).extensions
    point = own.get_extension_for_class(x509.IssuingDistributionPoint)
    [freshest] = own.get_extension_for_class(x509.FreshestCRL).value
    assert point.critical
    assert point.value.full_name == [x509.UniformResourceIdentifier(SHARD_3)]
    assert (point.value.indirect_crl, point.value.only_contains_user_certs) == (False, False)
    assert freshest.full_name == [x509.UniformResourceIdentifier(f"{URL}/crl/officers-1-3-delta.crl")]
    assert parse_crl(crl).scope == CrlScope(SHARD_3, None, f"{URL}/crl/officers-1-3-delta.crl")


def test_a_delta_names_its_base_critically_and_is_read_back() -> None:
    crl = listing(10, CrlEntry(Draft.serial, START, "removeFromCRL"), scope=CrlScope(SHARD_3, 9))

    indicator = x509.load_der_x509_crl(crl).extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    read = parse_crl(crl)
    assert (indicator.critical, indicator.value.crl_number) == (True, 9)
    assert read.scope == CrlScope(SHARD_3, 9)
    assert read.entries[0].reason == "removeFromCRL"


def test_openssl_takes_the_list_of_the_certificates_own_shard(tmp_path: Path) -> None:
    clean, revoked = listing(1, scope=CrlScope(SHARD_3)), listing(1, REVOKED, scope=CrlScope(SHARD_3))

    assert by_openssl(tmp_path, [clean]) == "leaf.pem: OK\n"
    assert "certificate revoked" in by_openssl(tmp_path, [revoked])


def test_openssl_takes_no_other_shards_list(tmp_path: Path) -> None:
    assert "different CRL scope" in by_openssl(tmp_path, [listing(1, scope=CrlScope(SHARD_2))])


def test_openssl_takes_the_whole_list_too(tmp_path: Path) -> None:
    assert "certificate revoked" in by_openssl(tmp_path, [listing(1, REVOKED, scope=CrlScope())])


def test_openssl_learns_of_a_revocation_from_the_delta(tmp_path: Path) -> None:
    base = listing(1, scope=CrlScope(SHARD_3, freshest=crl_address(ISSUER_VIEW.crl_url, 3, delta=True)))
    delta = listing(2, REVOKED, scope=CrlScope(SHARD_3, 1))

    assert by_openssl(tmp_path, [base, delta]) == "leaf.pem: OK\n"
    assert "certificate revoked" in by_openssl(tmp_path, [base, delta], "-extended_crl", "-use_deltas")


def test_openssl_learns_of_a_release_from_the_delta(tmp_path: Path) -> None:
    held = CrlEntry(Draft.serial, START, "certificateHold")
    base = listing(1, held, scope=CrlScope(SHARD_3, freshest=crl_address(ISSUER_VIEW.crl_url, 3, delta=True)))
    delta = listing(2, CrlEntry(Draft.serial, START, "removeFromCRL"), scope=CrlScope(SHARD_3, 1))

    assert "certificate revoked" in by_openssl(tmp_path, [base])
    assert by_openssl(tmp_path, [base, delta], "-extended_crl", "-use_deltas") == "leaf.pem: OK\n"


def judged(*crls: bytes) -> str:
    """How path validation of ours judges the leaf with these lists of its issuer."""
    material = PathMaterial((ISSUER_DER,), crls=(ROOTS_CRL, *crls))
    try:
        verify_path(LEAF, [ROOT_DER], AT, material, PathDemands(status=StatusNeed.REQUIRED))
    except PathRevoked as fault:
        return fault.reason
    except PathInvalid as fault:
        return fault.code
    return "valid"


@pytest.mark.parametrize(
    ("crls", "judgement"),
    [
        ([listing(1, scope=CrlScope(SHARD_3))], "valid"),
        ([listing(1, REVOKED, scope=CrlScope(SHARD_3))], "superseded"),
        ([listing(1, REVOKED, scope=CrlScope())], "superseded"),
        ([listing(1, scope=CrlScope(SHARD_2))], "path.status-unknown"),
        ([listing(1, CrlEntry(OTHER_SERIAL, START), scope=CrlScope(SHARD_3))], "valid"),
        ([listing(2, REVOKED, scope=CrlScope(SHARD_3, 1))], "path.status-unknown"),
    ],
    ids=["own shard", "own shard, revoked", "whole list", "another shard", "another's entry", "a delta alone"],
)
def test_a_path_is_judged_by_the_list_of_its_own_shard(crls: list[bytes], judgement: str) -> None:
    assert judged(*crls) == judgement
