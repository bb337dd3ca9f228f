"""A root of another key and name, certified by ours: paths lead through it, within our names and our policies."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ca.profiles import PROFILES
from pki import oids
from pki.certificate import parse_certificate
from pki.lint import LintFailed
from pki.path import PathDemands, PathInvalid, PathMaterial, StatusNeed, verify_path
from pki.profile import CertificateProfile
from tests.ca.specimens import Specimens, specimens
from tests.doubles import START
from tests.issuing import KeySigner

OTHERS = Specimens(KeySigner(), KeySigner(), KeySigner(), "Another Authority")
CROSS = PROFILES["cross-certificate"]
LISTED = replace(CROSS, any_policy=False, listed_policies=(2, 7))


def crossed(profile: CertificateProfile = CROSS) -> bytes:
    """Our root's certificate for the others' root."""
    return specimens().certify_ca(profile, parse_certificate(OTHERS.root).subject, OTHERS.root_key)


def path(leaf: bytes, cross: bytes, *policies: str) -> int:
    """How many certificates lead from the leaf to our root."""
    material = PathMaterial(intermediates=(OTHERS.issuer, cross))
    demands = PathDemands(policies=frozenset(policies), status=StatusNeed.NONE)
    return len(verify_path(leaf, [specimens().root], START + timedelta(minutes=1), material, demands))


def test_a_path_leads_through_it_to_our_root() -> None:
    assert path(OTHERS.leaf("officer-signing"), crossed()) == 4


def test_the_policies_that_it_lists_hold_under_it_and_others_do_not() -> None:
    cross = crossed(LISTED)
    listed, other = f"{oids.PRACTICE_ARC}.2", f"{oids.PRACTICE_ARC}.11"

    assert [policy.oid for policy in parse_certificate(cross).policies] == [listed, f"{oids.PRACTICE_ARC}.7"]
    assert path(OTHERS.leaf("officer-signing"), cross, listed) == 4
    with pytest.raises(PathInvalid):
        path(OTHERS.leaf("citizen-signing"), cross, other)


def test_without_its_name_constraints_our_root_does_not_sign_it() -> None:
    with pytest.raises(LintFailed, match=r"name-constraints\.below-root"):
        crossed(replace(CROSS, confined=False))


def test_no_ca_may_stand_below_the_cas_below_it() -> None:
    assert parse_certificate(crossed()).path_length == 1
    assert parse_certificate(OTHERS.issuer).path_length == 0
