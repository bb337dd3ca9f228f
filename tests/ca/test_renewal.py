"""Responders and the time-stamping unit get a new certificate at half their life; the old one answers until it ends."""

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPRequestBuilder, OCSPResponse, load_der_ocsp_response

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.closing.inventory import inventory
from ca.configuration import Configuration, current, difference
from ca.issuance.renewal import renew_due
from ca.issuance.signing_room import STOP_FILE
from ledger.certificates import Certificate, Intent, KeyBlock, Revocation
from ledger.ledger import Deed
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.keys import key_sha256
from pki.parsed import certificates_from_pem, parse_certificate
from pki.profile import FOR_EVER
from tests.ca.agreeing import OPERATOR, agree_in, operated
from tests.ca.conftest import FIRST, TEST, PracticeCa
from tests.ca.events import Registered
from tests.doubles import TurnedClock
from tests.issuing import PracticeIssuer, der
from web.home import Mode

RENEWABLE = [
    f"PRACTICE {name}" for name in ("ocsp-citizens", "ocsp-officers", "ocsp-officers-pq", "ocsp-services", "tsa")
]
HALF = 15
"""Days."""
SECOND = timedelta(seconds=1)


def renewed(ca: PracticeCa) -> list[Certificate]:
    return renew_due(Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE), ca.room())


def common_name(certificate: Certificate) -> str:
    [name] = x509.load_der_x509_certificate(certificate.der).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value)


def on_file(ca: PracticeCa, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(ca.home.certificate(name).read_bytes())


@pytest.fixture
def responder(ca: PracticeCa, clock: TurnedClock) -> OcspResponder:
    store = StatusStore(ca.ledger)
    store.look()
    return OcspResponder(store, lambda name: ca.issuing_signer(f"ocsp-{name}"), clock)


def answer(ca: PracticeCa, responder: OcspResponder, name: str) -> OCSPResponse:
    """What is said of one of our services' certificates."""
    builder = OCSPRequestBuilder().add_certificate(on_file(ca, name), on_file(ca, "services"), SHA256())
    responder.store.look()
    return load_der_ocsp_response(responder.respond(builder.build().public_bytes(Encoding.DER)).body)


def test_nothing_is_renewed_in_its_first_half(ca: PracticeCa, clock: TurnedClock) -> None:
    clock.turn(days=HALF - 1)

    assert renewed(ca) == []


def test_past_half_each_has_one_successor_of_the_same_name_and_key(ca: PracticeCa, clock: TurnedClock) -> None:
    before = on_file(ca, "tsa")
    clock.turn(days=HALF, hours=1)

    successors = renewed(ca)

    assert sorted(map(common_name, successors)) == RENEWABLE
    assert renewed(ca) == []
    [after] = certificates_from_pem(ca.home.certificate("tsa").read_bytes())
    assert after.sha256 in {one.sha256 for one in successors}
    assert after.spki == parse_certificate(before.public_bytes(Encoding.DER)).spki
    assert clock.now() - after.not_before < timedelta(seconds=2)


@pytest.mark.parametrize("days", [10, 25])
def test_whose_life_the_configuration_shortens_is_renewed_at_half_of_it(
    ca: PracticeCa, clock: TurnedClock, days: int
) -> None:
    agree_in(ca, Configuration(validity_days={"ocsp-responder": days, "tsa-unit": days}))
    turns = []

    for left in (30, days, days):  # of the first it is yet to be renewed to so many days
        clock.turn(days=left - days / 2, hours=-12)
        turns.append(renewed(ca))
        clock.turn(hours=13)
        turns.append(renewed(ca))

    assert [sorted(map(common_name, one)) for one in turns] == [[], RENEWABLE] * 3
    assert {one.not_after - one.not_before for made in turns for one in made} == {timedelta(days=days) - SECOND}


def test_a_life_that_was_short_for_a_while_is_as_long_as_before_when_the_configuration_says_so(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    office, lives = operated(ca), []

    for days in (10, 30):
        with ca.ledger.read() as session:
            wished = Configuration(validity_days={"ocsp-responder": days, "tsa-unit": days})
            changed = {name: new for name, (_, new) in difference(current(session), wished).items()}
        office.agreed("configuration.set", FIRST, OPERATOR, **changed)
        clock.turn(days=26 if days == 10 else 6)
        lives.append({one.not_after - one.not_before for one in renewed(ca)})

    assert lives == [{timedelta(days=10) - SECOND}, {timedelta(days=30) - SECOND}]


def test_the_roots_responder_is_renewed_by_a_ceremony_in_the_second_half_of_its_year(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    ceremony, root = Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE), ca.issuing("root")
    first = ceremony.service("ocsp-root", "ocsp-responder", root)
    clock.turn(days=180)
    same = ceremony.service("ocsp-root", "ocsp-responder", root)
    clock.turn(days=10)

    successor = ceremony.service("ocsp-root", "ocsp-responder", root)

    assert same.id == first.id
    assert successor.key_sha256 == first.key_sha256
    assert successor.not_before < first.not_after
    assert successor.not_after - successor.not_before == timedelta(days=366, seconds=-1)


def test_the_old_certificate_stays_good_and_answers_go_on_with_the_new_one(
    ca: PracticeCa, clock: TurnedClock, responder: OcspResponder
) -> None:
    old_responder, old_unit = on_file(ca, "ocsp-services"), on_file(ca, "tsa")
    ca.home.certificate("old-tsa").write_bytes(old_unit.public_bytes(Encoding.PEM))
    clock.turn(days=HALF, hours=1)
    last = answer(ca, responder, "tsa")
    renewed(ca)

    first, of_old = answer(ca, responder, "tsa"), answer(ca, responder, "old-tsa")

    assert last.certificates == [old_responder]
    assert first.certificates == of_old.certificates == [on_file(ca, "ocsp-services")]
    assert first.certificates != last.certificates
    statuses = [one.certificate_status for one in (last, first, of_old)]
    assert statuses == [OCSPCertStatus.GOOD] * 3


def test_renewals_go_on_while_issuing_is_stopped(ca: PracticeCa, clock: TurnedClock) -> None:
    (ca.home.path / STOP_FILE).touch()
    clock.turn(days=HALF, hours=1)

    assert sorted(map(common_name, renewed(ca))) == RENEWABLE


def test_a_responder_whose_certificate_was_revoked_or_whose_key_is_in_other_hands_is_not_certified_again(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    ceremony, now = Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE), clock.now()
    revoked, blocked = (ceremony.newest_for(f"ocsp-{name}", "ocsp-responder") for name in ("officers", "citizens"))
    assert revoked is not None and blocked is not None
    ending = Revocation(certificate_id=revoked.id, at=now, reason="keyCompromise")
    ca.ledger.entries([Deed(Registered("x"), TEST, [ending, KeyBlock(key_sha256=blocked.key_sha256, at=now)])])
    clock.turn(days=HALF, hours=1)

    left = sorted(map(common_name, renewed(ca)))

    assert left == [name for name in RENEWABLE if name not in ("PRACTICE ocsp-officers", "PRACTICE ocsp-citizens")]


def test_a_service_whose_successor_the_lint_refuses_stops_no_other(ca: PracticeCa, clock: TurnedClock) -> None:
    """Its name was right when it was certified: rules may become stricter."""
    key, now = key_sha256(ca.issuing_signer("ocsp-citizens").public_key), clock.now()
    unfit, issuer_id = der(PracticeIssuer().leaf("PRACTICE ocsp-citizens", 7)), ca.issuing("citizens").id
    common = {"id": "unfit", "issuer_id": issuer_id, "serial_number": "7", "profile": "ocsp-responder"}
    intent = Intent(**common, dense_number=700, tbs=b"-")
    held = Certificate(
        **common, sha256="7", key_sha256=key, der=unfit, not_before=now, not_after=now + timedelta(days=31)
    )
    ca.ledger.entries([Deed(Registered("x"), TEST, [intent, held])])
    clock.turn(days=HALF + 1, hours=1)

    with pytest.raises(CeremonyFailed, match=r"ocsp-citizens \(enrolment.lint\)"):
        renewed(ca)

    others = [name.removeprefix("PRACTICE ") for name in RENEWABLE if name != "PRACTICE ocsp-citizens"]
    assert {clock.now() - at_begin(ca, name) < timedelta(minutes=1) for name in others} == {True}


def at_begin(ca: PracticeCa, name: str) -> datetime:
    return on_file(ca, name).not_valid_before_utc


def test_in_the_last_days_of_its_issuer_a_responder_is_renewed_once_and_then_for_ever(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    turned_near_the_end(ca, clock)
    renewed(ca)
    clock.turn(days=2)
    made = [one for one in renewed(ca) if common_name(one) == "PRACTICE ocsp-officers"]
    clock.turn(days=2)

    again = [common_name(one) for one in renewed(ca)]

    [final] = made
    assert (final.not_before, final.not_after) == (ca.issuing("officers").view.not_after + SECOND, FOR_EVER)
    assert on_file(ca, "ocsp-officers").not_valid_after_utc + SECOND == final.not_before
    assert "PRACTICE ocsp-officers" not in again


def turned_near_the_end(ca: PracticeCa, clock: TurnedClock) -> None:
    """The responder that is certified next lives as long as its CA."""
    clock.turn(days=(ca.issuing("officers").view.not_after - clock.now()).days - HALF - 1)


def test_a_ca_that_ended_by_itself_is_answered_for_without_end_and_before_it_nothing_is_final(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    until = ca.issuing("services").view.not_after
    responder = OcspResponder(StatusStore(ca.ledger), lambda name: ca.issuing_signer(f"ocsp-{name}"), clock)
    turned_near_the_end(ca, clock)
    renewed(ca)
    renewed(ca)
    clock.turn(seconds=int((until - clock.now()).total_seconds()) - 1)
    before = answer(ca, responder, "tsa")
    clock.turn(seconds=2)

    after = answer(ca, responder, "tsa")
    clock.turn(days=365 * 60)
    at_last = answer(ca, responder, "tsa")

    [certificate] = at_last.certificates
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    assert before.next_update_utc == until
    assert (first - until, last) == (SECOND, FOR_EVER)
    assert [one.next_update_utc for one in (after, at_last)] == [FOR_EVER, FOR_EVER]
    assert [one.certificate_status for one in (before, after, at_last)] == [OCSPCertStatus.GOOD] * 3
    certificate.verify_directly_issued_by(on_file(ca, "services"))
    assert "services" not in str(responder.fault())


def test_a_ca_near_its_end_whose_last_responder_nobody_makes_is_due(ca: PracticeCa, clock: TurnedClock) -> None:
    turned_near_the_end(ca, clock)
    clock.turn(days=2)
    without = due(ca, "officers")
    renewed(ca)
    renewed(ca)

    assert "nothing tells the status of what it issued after its end: start `issue`" in str(without)
    assert "nothing tells" not in str(due(ca, "officers"))


def due(ca: PracticeCa, name: str) -> str | None:
    with ca.ledger.read() as session:
        lines = inventory(session, ca.ledger.clock.now())
    return next(line.due for line in lines if line.generation.key_name == name)
