"""The nation's revocations in one QR: any population comes back, and nothing else than what was signed is believed."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import leaflets
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.path import PathInvalid, PathRevoked
from pki.status_digest import Section, Standing, StatusDigest, sealed, verify_digest
from pki.trust_list import TrustedList, TrustList, identifier_of, verify_trust_list
from tests.doubles import START
from tests.far import Nation, scattered, serial
from tests.issuing import KeySigner, PracticeIssuer, der, name

NATION = Nation()
TRUSTED = verify_trust_list(NATION.trust_list(), [NATION.root.der], START)
SAMPLE = NATION.digest(2_000, tuple(range(3, 2_000, 40)), (1_500,))
populations = st.integers(1, 5_000).flatmap(
    lambda covered: st.tuples(st.just(covered), *[st.sets(st.integers(1, covered), max_size=200)] * 2)
)


def refusal(octets: bytes, trusted: TrustedList = TRUSTED) -> str:
    with pytest.raises(PkiError) as refused:
        verify_digest(octets, trusted, START)
    return refused.value.code


@settings(max_examples=60)
@given(populations)
def test_any_population_comes_back(population: tuple[int, set[int], set[int]]) -> None:
    covered, ended, paused = population
    section = Section(1, 0, covered, tuple(sorted(ended)), tuple(sorted(paused - ended)))

    digest = verify_digest(NATION.digest(covered, section.ended, section.paused), TRUSTED, START)

    assert digest.section(1) == section
    assert {dense for dense in range(1, covered + 1) if section.standing(dense) is Standing.REVOKED} == ended


def test_thirty_five_thousand_at_two_percent_take_about_seven_hundred_and_thirty_octets() -> None:
    octets = NATION.digest(35_000, scattered(700, of=35_000))

    assert 700 <= len(octets) <= 740


def test_eighty_thousand_at_two_percent_fit_one_code() -> None:
    octets = NATION.digest(88_300, scattered(1_766, of=88_300))

    assert len(leaflets.lines(leaflets.STATUS, octets)) == 1


def test_a_newer_certificate_is_not_covered() -> None:
    section = verify_digest(SAMPLE, TRUSTED, START).section(1)

    assert section is not None
    assert [section.standing(dense) for dense in (0, 1, 3, 1_500, 2_000, 2_001)] == [
        Standing.NOT_COVERED, Standing.GOOD, Standing.REVOKED, Standing.PAUSED, Standing.GOOD, Standing.NOT_COVERED,
    ]  # fmt: skip


@settings(max_examples=300)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(1, 255))
def test_no_mutation_verifies(place: int, change: int) -> None:
    mutated = SAMPLE[:place] + bytes((SAMPLE[place] ^ change,)) + SAMPLE[place + 1 :]

    assert refusal(mutated) in {"digest.malformed", "digest.mixed", "digest.future", "digest.forged"}


@settings(max_examples=60)
@given(st.integers(0, len(SAMPLE) - 1), st.binary(min_size=1, max_size=3))
def test_no_cut_and_no_addition_verifies(place: int, more: bytes) -> None:
    assert refusal(SAMPLE[:place]) in {"digest.malformed", "digest.mixed", "digest.forged"}
    assert refusal(SAMPLE + more) == "digest.malformed"


def test_a_digest_of_another_nation_is_forged() -> None:
    stranger = KeySigner()
    section = Section(1, 0, 10, ())
    digest = StatusDigest(START, START + timedelta(days=7), TRUSTED.identifier, (section,))

    assert refusal(sealed(digest, [stranger])) == "digest.forged"


def test_a_digest_is_read_with_its_own_trust_list_alone() -> None:
    other = TrustList((NATION.root.der, NATION.officers.der, NATION.root.der), (NATION.responder_der,)).octets
    trusted = verify_trust_list(other, [NATION.root.der], START)

    assert refusal(SAMPLE, trusted) == "digest.mixed"


def test_a_responder_speaks_for_no_other_issuer() -> None:
    citizens = PracticeIssuer("Practice citizens", NATION.root)
    octets = TrustList((NATION.root.der, NATION.officers.der, citizens.der), (NATION.responder_der,)).octets
    trusted = verify_trust_list(octets, [NATION.root.der], START)
    section = Section(2, 0, 10, ())
    digest = StatusDigest(START, START + timedelta(days=7), identifier_of(octets), (section,))

    assert refusal(sealed(digest, [NATION.responder]), trusted) == "digest.forged"


def test_a_certificate_that_is_no_responder_signs_no_digest() -> None:
    signer = KeySigner()
    leaf = der(NATION.officers.leaf("ສົມພອນ", serial(5), signer))
    octets = TrustList((NATION.root.der, NATION.officers.der), (leaf,)).octets
    trusted = verify_trust_list(octets, [NATION.root.der], START)
    digest = StatusDigest(START, START + timedelta(days=7), identifier_of(octets), (Section(1, 0, 10, ()),))

    assert refusal(sealed(digest, [signer]), trusted) == "digest.forged"


def test_no_digest_outlives_its_responder() -> None:
    life = timedelta(days=366 * 10)
    digest = StatusDigest(START, START + life, TRUSTED.identifier, (Section(1, 0, 10, ()),))

    assert refusal(sealed(digest, [NATION.responder])) == "digest.forged"


def test_a_digest_of_tomorrow_is_refused() -> None:
    assert refusal(NATION.digest(10, at=START + timedelta(days=1))) == "digest.future"


def test_a_trust_list_under_a_strange_root_is_refused() -> None:
    with pytest.raises(PathInvalid):
        verify_trust_list(NATION.trust_list(), [PracticeIssuer("Other root").der], START)


def test_a_list_that_also_names_a_ca_of_another_root_is_read_and_that_one_vouches_for_nothing() -> None:
    stranger = Nation(PracticeIssuer("Other root"))
    authorities = NATION.root.der, NATION.officers.der, stranger.officers.der
    octets = TrustList(authorities, (NATION.responder_der, stranger.responder_der)).octets

    trusted = verify_trust_list(octets, [NATION.root.der], START)

    def said(*sections: Section) -> bytes:
        signers = [(NATION, NATION, stranger)[one.authority].responder for one in sections]
        return sealed(StatusDigest(START, START + timedelta(days=7), identifier_of(octets), sections), signers)

    ours, theirs = Section(1, 0, 5, (3,)), Section(2, 1, 5, ())
    assert verify_digest(said(ours), trusted, START).section(1) == ours
    assert [refusal(said(*one), trusted) for one in ((theirs,), (ours, theirs))] == ["path.no-anchor"] * 2
    with pytest.raises(PathInvalid):
        trusted.issuer_of(parse_certificate(der(stranger.officers.leaf("x", serial(2)))), START)


def listed(*others: PracticeIssuer, crls: tuple[bytes, ...] = ()) -> bytes:
    """The trust list with these CAs too."""
    authorities = (NATION.root.der, NATION.officers.der, *(one.der for one in others))
    return TrustList(authorities, (NATION.responder_der,), crls).octets


def crl(issuer: PracticeIssuer, revoked: int) -> bytes:
    """The issuer's CRL on which this serial number is."""
    entry = x509.RevokedCertificateBuilder().serial_number(revoked).revocation_date(START)
    entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
    made = x509.CertificateRevocationListBuilder().issuer_name(name(issuer.common_name))
    made = made.last_update(START).next_update(START + timedelta(days=90)).add_revoked_certificate(entry.build())
    made = made.add_extension(x509.CRLNumber(1), critical=False)
    return made.sign(issuer.signer.key, SHA256()).public_bytes(Encoding.DER)


def test_a_ca_that_has_reached_its_end_takes_no_other_with_it() -> None:
    ended = PracticeIssuer("Practice citizens", NATION.root, until=START - timedelta(days=1))

    trusted = verify_trust_list(listed(ended), [NATION.root.der], START)

    assert trusted.issuer_of(parse_certificate(der(NATION.officers.leaf("ສົມພອນ", serial(7)))), START) == 1
    with pytest.raises(PathInvalid):
        trusted.issuer_of(parse_certificate(der(ended.leaf("ສົມພອນ", serial(7)))), START)


def test_a_ca_that_was_revoked_ends_its_own_certificates_and_no_others() -> None:
    revoked = PracticeIssuer("Practice citizens", NATION.root)
    # All that this hand certifies has the number 2; the officers' CA here is under another root.
    other = PracticeIssuer("Other root")
    spared = PracticeIssuer("Spared officers", other)
    octets = TrustList((NATION.root.der, revoked.der, other.der, spared.der), (), (crl(NATION.root, 2),)).octets
    later = START + timedelta(hours=1)

    trusted = verify_trust_list(octets, [NATION.root.der, other.der], later)

    assert trusted.issuer_of(parse_certificate(der(spared.leaf("ສົມພອນ", serial(7)))), later) == 3
    with pytest.raises(PathRevoked):
        trusted.issuer_of(parse_certificate(der(revoked.leaf("ສົມພອນ", serial(7)))), later)


def test_a_crl_of_a_stranger_makes_the_list_invalid() -> None:
    with pytest.raises(PathInvalid):
        verify_trust_list(listed(crls=(crl(PracticeIssuer("Other root"), 2),)), [NATION.root.der], START)


@settings(max_examples=100)
@given(st.integers(0, len(NATION.trust_list()) - 1), st.integers(1, 255))
def test_no_mutated_trust_list_carries_a_digest(place: int, change: int) -> None:
    octets = NATION.trust_list()
    mutated = octets[:place] + bytes((octets[place] ^ change,)) + octets[place + 1 :]

    with pytest.raises(PkiError):
        verify_digest(SAMPLE, verify_trust_list(mutated, [NATION.root.der], START), START)


def test_the_issuer_of_a_certificate_is_found_by_its_path() -> None:
    leaf = parse_certificate(der(NATION.officers.leaf("ສົມພອນ", serial(7))))

    assert TRUSTED.issuer_of(leaf, START) == 1
