"""Names of the state alone: what our rule lets pass is what the name constraints permit, by two other judges too."""

import subprocess
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import idna
import pytest
from asn1crypto.x509 import NameConstraints
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from pyhanko_certvalidator.name_trees import (
    GeneralNameType,
    PermittedSubtrees,
    default_permitted_subtrees,
    process_general_subtrees,
)

from ca.profiles import PROFILES
from pki import zone
from pki.certificate import parse_certificate
from pki.errors import ParseError, PkiError
from pki.extensions import statements, subject_alternative_name
from pki.lint import LintFailed, lint
from pki.names import attribute, organisation_name, representative_name
from pki.oids import COMMON_NAME, ORGANIZATION, ORGANIZATION_IDENTIFIER
from pki.path import PathDemands, PathInvalid, PathMaterial, StatusNeed, verify_path
from pki.reading import name_constraints, value_limit_lak
from tests.pki.making import ISSUER, ISSUER_DER, ISSUER_VIEW, PERSON, ROOT_DER, SERVICE, Draft, signed

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
ENDS = st.sampled_from(["gov.la", "localhost", "notgov.la", "gov.la.example", "la", "com"])
HOSTS = st.builds(lambda labels, end: ".".join([*labels, end]), st.lists(LABEL, max_size=2), ENDS)
TLS, MAIL, SEAL = PROFILES["tls-server"], PROFILES["mail-signing"], PROFILES["organisation-seal"]
OF_41 = "ນາງບຸນທະວີວັນນະລາດຄຳຜຸຍສີສຸວັນນະພູມໄຊຍະສຸ"


def permitted(practice: bool) -> PermittedSubtrees:
    """The constraints as another library reads and applies them."""
    trees = PermittedSubtrees(default_permitted_subtrees())
    read = NameConstraints.load(zone.constraints(practice=practice), strict=True)
    trees.intersect_with(process_general_subtrees(read["permitted_subtrees"]))
    return trees


TREES = {practice: permitted(practice) for practice in (True, False)}


@given(HOSTS, st.booleans())
def test_a_host_is_of_the_state_exactly_when_the_constraints_permit_it(host: str, practice: bool) -> None:
    ours = zone.within(host, practice=practice)

    assert TREES[practice].accept_name(GeneralNameType.DNS_NAME, host) == (ours or _below_localhost(host, practice))


def _below_localhost(host: str, practice: bool) -> bool:
    """The one place where our rule is narrower: a constraint permits what is below a name as well."""
    return practice and host.endswith(".localhost")


@given(HOSTS, st.booleans())
def test_a_mail_address_is_of_the_state_exactly_when_the_constraints_permit_it(host: str, practice: bool) -> None:
    address = f"somphone@{host}"

    assert TREES[practice].accept_name(GeneralNameType.RFC822_NAME, address) == zone.within(address, practice=practice)


@given(st.one_of(st.integers(0, 2**32 - 1).map(IPv4Address), st.integers(0, 2**128 - 1).map(IPv6Address)))
def test_no_address_is_of_the_state_but_in_practice_this_machines(address: IPv4Address | IPv6Address) -> None:
    practice = zone.within(str(address), practice=True)

    assert not zone.within(str(address), practice=False)
    assert practice == (isinstance(address, IPv4Address) and address.is_loopback)


@pytest.mark.parametrize(
    ("practice", "read"),
    [
        (False, ("permitted dns gov.la", "permitted mail gov.la", "permitted mail .gov.la", "permitted directory C=LA",
                 "excluded ip 0.0.0.0/0", "excluded ip ::/0")),
        (True, ("permitted dns gov.la", "permitted mail gov.la", "permitted mail .gov.la", "permitted directory C=LA",
                "permitted dns localhost", "permitted ip 127.0.0.0/8", "excluded ip ::/0")),
    ],
    ids=["production", "practice"],
)  # fmt: skip
def test_the_constraints_are_read_back(practice: bool, read: tuple[str, ...]) -> None:
    assert name_constraints(zone.constraints(practice=practice)) == read


@pytest.mark.parametrize(
    "octets",
    [
        "300402020000", "3006a204300281ff", "3006a0043002850161", "3008a006300487020000", "3005a003300100",
        "300ea00c300a87087f000000ff00ff00", "300ea00c300a87087f00000000ffffff",
    ],
)  # fmt: skip
def test_broken_constraints_are_refused(octets: str) -> None:
    with pytest.raises(ParseError):
        name_constraints(bytes.fromhex(octets))


@given(st.binary(max_size=60))
def test_whatever_octets_come_only_parse_errors_are_raised(octets: bytes) -> None:
    for reading in (name_constraints, value_limit_lak):
        try:
            reading(octets)
        except ParseError:
            continue


def we_accept(leaf: bytes) -> bool:
    at, demands = parse_certificate(leaf).not_before + timedelta(minutes=1), PathDemands(status=StatusNeed.NONE)
    try:
        verify_path(leaf, [ROOT_DER], at, PathMaterial(intermediates=(ISSUER_DER,)), demands)
    except PathInvalid:
        return False
    return True


def openssl_accepts(leaf: bytes, folder: Path) -> bool:
    for name, der in (("leaf", leaf), ("issuer", ISSUER_DER), ("root", ROOT_DER)):
        (folder / f"{name}.pem").write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    at = str(int(parse_certificate(leaf).not_before.timestamp()) + 60)
    command = ["openssl", "verify", "-attime", at, "-CAfile", "root.pem", "-untrusted", "issuer.pem", "leaf.pem"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("portal.mtc.gov.la", True), ("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True),
        ("google.com", False), ("gov.la.example", False), ("10.0.0.1", False), ("::1", False),
    ],
)  # fmt: skip
def test_what_a_lost_key_of_ours_would_sign_for_another_site_is_refused_by_us_and_by_openssl(
    name: str, accepted: bool, tmp_path: Path
) -> None:
    leaf = signed(Draft(profile=TLS, subject=SERVICE, names=(name,)).tbs(), ISSUER)

    assert (we_accept(leaf), openssl_accepts(leaf, tmp_path)) == (accepted, accepted)


@pytest.mark.parametrize(("address", "accepted"), [("a@mtc.gov.la", True), ("a@gov.la", True), ("a@gmail.com", False)])
def test_what_a_lost_key_of_ours_would_sign_for_others_mail_is_refused_by_us_and_by_openssl(
    address: str, accepted: bool, tmp_path: Path
) -> None:
    leaf = signed(Draft(profile=MAIL, names=(address,)).tbs(), ISSUER)

    assert (we_accept(leaf), openssl_accepts(leaf, tmp_path)) == (accepted, accepted)


def test_a_subject_of_another_country_is_refused_by_us_and_by_openssl(tmp_path: Path) -> None:
    leaf = signed(Draft(subject=PERSON.replace(b"\x13\x02LA", b"\x13\x02TH")).tbs(), ISSUER)

    assert not we_accept(leaf)
    assert not openssl_accepts(leaf, tmp_path)


@given(st.text(max_size=30))
def test_any_text_as_a_host_is_refused_found_or_of_the_state(text: str) -> None:
    try:
        lint(Draft(profile=TLS, subject=SERVICE, names=(text,)).tbs(), TLS, ISSUER_VIEW)
    except (LintFailed, PkiError):
        return
    assert zone.within(text, practice=True)


@given(HOSTS.filter(lambda host: zone.within(host, practice=True) and not zone.has_unfit_label(host)))
def test_every_host_of_the_state_is_certified_and_read_back(host: str) -> None:
    draft = Draft(profile=TLS, subject=SERVICE, names=(host,))

    assert lint(draft.tbs(), TLS, ISSUER_VIEW).facts.alternative_names == (host,)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-", max_size=30))
def test_a_label_that_looks_like_one_of_idna_is_one_or_no_host(rest: str) -> None:
    host = f"xn--{rest}.gov.la"

    assert not zone.is_host(host) or idna.encode(idna.decode(host)).decode() == host


def test_a_name_outside_ascii_is_refused_before_it_is_encoded() -> None:
    with pytest.raises(PkiError) as refused:
        subject_alternative_name(("ລາວ.gov.la",))

    assert refused.value.code == "name.not-ascii"


@given(st.integers(min_value=1, max_value=10**18))
def test_a_limit_of_value_is_read_back(lak: int) -> None:
    draft = Draft(profile=SEAL, subject=organisation_name("Ministry", "ກະຊວງ", "MTC"), value_limit_lak=lak)

    assert lint(draft.tbs(), SEAL, ISSUER_VIEW).facts.value_limit_lak == lak
    assert statements(SEAL, ISSUER_VIEW, lak) != statements(SEAL, ISSUER_VIEW, None)


@given(st.text(max_size=70), st.text(max_size=70), st.text(max_size=35))
def test_any_text_makes_an_organisation_that_reads_back_and_passes_or_is_refused(en: str, lo: str, code: str) -> None:
    try:
        encoded = organisation_name(en, lo, code)
    except PkiError as fault:
        assert fault.code.startswith("name.")
        return
    assert attribute(encoded, ORGANIZATION_IDENTIFIER) == f"GO:LA-{code}"


@pytest.mark.parametrize("code", ["", "-MTC", "MTC-", "M TC", "ກຕສ", "M" * 33, "MTC\n"])
def test_an_organisations_code_has_its_form(code: str) -> None:
    with pytest.raises(PkiError) as refused:
        organisation_name("Ministry", "ກະຊວງ", code)

    assert refused.value.code == "name.code-malformed"


def test_long_lao_names_of_persons_and_organisations_stand_whole() -> None:
    encoded = representative_name(OF_41, OF_41, "Bounthavy", "Xayasou", "10000017", OF_41, "MEKONG-1")
    seal = organisation_name("Ministry", OF_41, "MTC")

    assert len(OF_41) == 41
    assert [attribute(each, ORGANIZATION) for each in (encoded, seal)] == [OF_41, OF_41]
    assert attribute(encoded, COMMON_NAME) == "Bounthavy Xayasou"
