"""What an export holds, and what it signs again."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from ca.publication.crl import newest
from ca.tables.hierarchy import IssuerImport, IssuerRequest, OutsideCertificate
from ledger.decision import Refuse
from ledger.ledger import Ledger
from ocsp.far.bundle import opened
from ocsp.far.export import BOTH_AT_ONCE, may_export
from ocsp.far.population import populations
from ocsp.far.seals import parse_and_verify, verify_bundle
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.errors import PkiError
from pki.keys import verify
from pki.ocsp import parse_request
from pki.profile import FOR_EVER
from pki.signing import SignatureAlgorithm
from scripts.far import vouching
from tests.conftest import url_of
from tests.issuing import UNTIL, KeySigner, PracticeIssuer
from tests.ocsp.conftest import asked
from tests.ocsp.far.conftest import Centre
from tests.ocsp.test_agreement import Life

ALGORITHM = SignatureAlgorithm.ECDSA_P256_SHA256


def test_statuses_are_those_of_the_responder_all_through_a_history(centre: Centre) -> None:
    life = Life(centre.issuer, centre.clock)
    for _ in range(150):
        life.go_on()

    with centre.ledger.read() as session:
        (population,) = populations(session, centre.now())

    store = StatusStore(centre.ledger)
    (authority,) = store.authorities()
    assert len(population.lives) > 60
    assert [one.status for one in population.lives] == [store.status(authority, one.serial) for one in population.lives]


@pytest.mark.parametrize("digest", [SHA1(), SHA256()], ids=["SHA-1", "SHA-256"])
def test_an_answer_is_the_one_that_the_responder_would_sign(centre: Centre, digest: SHA1 | SHA256) -> None:
    _, certificate = centre.issuer.issue()
    bundle = centre.bundle()
    request = asked(certificate, centre.issuer.issuer, digest=digest)

    found = bundle.asked(parse_request(request).certificates[0])

    assert found
    part, form = found
    place = part.find(certificate.serial_number)
    assert place is not None
    responder = OcspResponder(StatusStore(centre.ledger), lambda _name: centre.issuer.responder_signer, centre.clock)
    ours = load_der_ocsp_response(part.answer(part.row(place), form))
    live = load_der_ocsp_response(responder.respond(request).body)
    assert ours.certificate_status is OCSPCertStatus.GOOD
    assert ours.serial_number == certificate.serial_number
    assert list(ours.single_extensions) == list(live.single_extensions)
    assert (ours.produced_at_utc, ours.this_update_utc) == (live.produced_at_utc, live.this_update_utc)
    assert ours.next_update_utc == centre.now() + timedelta(days=7)
    verify(centre.issuer.responder_signer.public_key, ALGORITHM, ours.tbs_response_bytes, ours.signature)


def test_the_role_of_the_responder_reads_all_that_is_carried(centre: Centre, database_url: str) -> None:
    centre.issue(2)
    ledger = Ledger(url_of("ocsp", database_url), centre.clock, centre.ledger.randomness, "0.1.0", "ocsp")

    with ledger.read() as session:
        (population,) = populations(session, centre.now())
        crl = newest(session, "officers", 1)
    ledger.close()

    assert (len(population.lives), len(population.responders), crl) == (3, 1, None)


def test_the_role_of_the_responder_reads_what_stands_above_us(centre: Centre, database_url: str) -> None:
    """The outside root itself, and what has ended, lead nobody on."""
    national, ours = PracticeIssuer("National CA", PracticeIssuer("National root")), centre.issuer
    ended = PracticeIssuer("Former CA", national.above, until=centre.now() - timedelta(days=1))
    theirs = PracticeIssuer(ours.issuer.common_name, national, signer=ours.issuer.signer).der
    digests = [sha256(one).hexdigest() for one in (ours.issuer.signer.public_key, national.der, theirs)]
    ours.write(IssuerRequest(id="asked", name="officers", generation=1, key_sha256=digests[0],
                             outside_sha256=digests[1], path_length=0, request=b""))  # fmt: skip
    ours.write(IssuerImport(request_id="asked", issuer_id=ours.id, sha256=digests[2], certificate=theirs))
    for above in (national, national.above, ended):
        assert above
        ours.write(OutsideCertificate(id=above.common_name, sha256=sha256(above.der).hexdigest(), der=above.der))
    ledger = Ledger(url_of("ocsp", database_url), centre.clock, centre.ledger.randomness, "0.1.0", "ocsp")

    with ledger.read() as session:
        found = vouching(session, populations(session, centre.now()), centre.now())
    ledger.close()

    assert found == [theirs, national.der]


def test_what_did_not_change_is_not_signed_again(centre: Centre) -> None:
    (first, _), *_ = centre.issue(5)
    centre.exported()
    centre.issuer.revoke(first, centre.now())
    centre.issue()

    again = centre.exported()

    assert (again.signed, again.kept) == (2, 5)


@pytest.mark.parametrize("ended", ["revoke", "hold"])
def test_what_ended_within_a_second_is_not_signed_again_for_its_fraction(centre: Centre, ended: str) -> None:
    (first, _), *_ = centre.issue(5)
    getattr(centre.issuer, ended)(first, centre.now() + timedelta(microseconds=250))
    centre.exported()

    again = centre.exported()

    assert (again.signed, again.kept) == (0, 6)


def test_an_answer_is_signed_again_when_less_than_a_fourth_of_its_life_is_left(centre: Centre) -> None:
    centre.issue(3)
    centre.exported(life=timedelta(days=4))

    early = centre.exported(life=timedelta(days=4), later=86_400 * 3 - 60)
    late = centre.exported(life=timedelta(days=4), later=120)

    assert (early.signed, late.signed) == (0, 4)


def test_answers_of_a_responder_that_was_revoked_are_signed_anew_by_its_successor(centre: Centre) -> None:
    centre.issue(3)
    old_id, _ = centre.issuer.delegate(valid_from=centre.now() - timedelta(days=1))
    centre.exported()
    centre.issuer.revoke(old_id, centre.now())
    centre.issuer.delegate()

    again = centre.exported()

    assert again.kept == 0
    verify_bundle(again.bundle, centre.roots)


def test_no_answer_outlives_its_responder(centre: Centre) -> None:
    centre.issuer.delegate(valid_from=centre.now(), days=2)
    centre.issue()

    bundle = centre.bundle()

    assert {row.next_update for row in bundle.parts[0].rows()} == {centre.now() + timedelta(days=2, seconds=-60)}


def test_the_last_responder_of_a_ca_that_has_ended_seals_its_final_answers(centre: Centre) -> None:
    centre.issue()
    centre.issuer.delegate(valid_from=UNTIL + timedelta(seconds=1), until=FOR_EVER)
    centre.clock.time = UNTIL + timedelta(days=40)

    bundle = centre.bundle()

    verify_bundle(bundle, centre.roots)
    assert {row.next_update for row in bundle.parts[0].rows()} == {FOR_EVER}


def test_what_a_responder_seals_after_its_own_end_is_forged(centre: Centre) -> None:
    centre.issue()
    bundle = replace(centre.bundle(), made_at=UNTIL + timedelta(days=40))

    with pytest.raises(PkiError) as refused:
        verify_bundle(bundle, centre.roots)

    assert refused.value.code == "bundle.forged"


def test_an_intent_without_certificate_is_left_out(centre: Centre) -> None:
    _, serial = centre.issuer.intend()

    assert centre.bundle().parts[0].find(serial) is None


def test_a_ca_whose_responder_key_is_not_at_hand_is_named(centre: Centre) -> None:
    centre.issuer.responder_signer = KeySigner()

    done = centre.exported()

    assert (done.without, done.bundle.parts) == (("officers",), ())


def test_one_answer_for_both_digests_is_made_when_asked_for(centre: Centre) -> None:
    _, certificate = centre.issuer.issue()
    bundle = centre.exported(forms=BOTH_AT_ONCE).bundle

    places = {bundle.asked(parse_request(asked(certificate, centre.issuer.issuer, digest=one)).certificates[0])
              for one in (SHA1(), SHA256())}  # fmt: skip

    assert places == {(bundle.parts[0], 0)}
    assert len(list(load_der_ocsp_response(bundle.parts[0].answer(bundle.parts[0].row(0), 0)).responses)) == 2


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.999])
def test_no_mutation_of_a_bundle_verifies(centre: Centre, share: float) -> None:
    centre.issue(4)
    octets = bytearray(centre.bundle().octets)
    octets[int(len(octets) * share)] ^= 1

    with pytest.raises(PkiError) as refused:
        parse_and_verify(bytes(octets), centre.roots)

    assert refused.value.code in {"bundle.forged", "bundle.malformed", "pki.malformed"}


def test_a_bundle_of_another_root_is_forged(centre: Centre) -> None:
    bundle = centre.bundle()

    with pytest.raises(PkiError) as refused:
        verify_bundle(bundle, [PracticeIssuer("Other root").der])

    assert refused.value.code == "bundle.forged"


def test_two_bundles_of_one_second_and_a_clock_that_is_behind_are_refused(centre: Centre) -> None:
    bundle = centre.bundle()

    assert may_export(centre.now(), bundle, None, centre.now()) == Refuse("export.too-soon")
    assert may_export(centre.now(), None, centre.now() + timedelta(seconds=3), centre.now()) == Refuse("ocsp.clock")


@pytest.mark.parametrize("octets", [b"", b"LAOOCSP1", b"LAOOCSP1\xff\xff\xff", b"x" * 100])
def test_other_octets_are_no_bundle(octets: bytes) -> None:
    with pytest.raises(PkiError) as refused:
        opened(octets)

    assert refused.value.code == "bundle.malformed"
