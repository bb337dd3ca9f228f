"""The next generation of an issuer is made ahead, begins on its day, and the one before it serves out its time."""

import subprocess
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from ca.app import create_app
from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.generations import State, generations, unserved
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.practice import DOORS, TLS_BY_RSA, TLS_SERVERS
from ca.ceremonies.rollover import roll_over
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Way
from ca.closing.inventory import inventory
from ca.configuration import Configuration
from ca.issuance.renewal import renew_due
from ca.tables.hierarchy import IssuerStart
from ca.tables.publication import Crl
from ledger.certificates import Certificate, Issuer, KeyUse, Revocation
from ledger.verification import verify_ledger
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.certificate import ParsedCertificate, certificates_from_pem
from pki.keys import verify
from signers import open_signer
from tests.ca.agreeing import agree_in
from tests.ca.closers import admit_closers, both_acted
from tests.ca.conftest import PracticeCa, register_person
from tests.ca.failing import Deadline, Killed, MortalKeyring, mortal_ledger
from tests.ca.following import write
from tests.doubles import TurnedClock
from web.home import Mode
from web.settings import HouseSettings

OFFICER = "10000017"
NEVER = 0


def ceremony(ca: PracticeCa) -> Ceremony:
    return Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE)


def state_of(ca: PracticeCa, key_name: str) -> State:
    with ca.ledger.read() as session:
        [found] = [one for one in generations(session, ca.ledger.clock.now()) if one.key_name == key_name]
    return found.state


def issued(ca: PracticeCa, number: str = OFFICER) -> Certificate:
    register_person(ca.ledger, number)
    ca.approved(number)
    [certificate] = ca.room().turn().issued
    return certificate


def generation_of(ca: PracticeCa, certificate: Certificate) -> int:
    with ca.ledger.read() as session:
        return session.get_one(Issuer, certificate.issuer_id).generation


def test_the_next_generation_signs_from_its_day_on_and_not_before(ca: PracticeCa, clock: TurnedClock) -> None:
    roll_over(ceremony(ca), "officers", clock.now() + timedelta(days=10))
    before = issued(ca)
    clock.turn(days=10)

    after = issued(ca, "10000018")

    assert (generation_of(ca, before), generation_of(ca, after)) == (1, 2)
    assert (state_of(ca, "officers"), state_of(ca, "officers-2")) == (State.FOLLOWED, State.SIGNS)


def test_both_generations_keep_crl_responder_and_addresses(ca: PracticeCa, clock: TurnedClock) -> None:
    roll_over(ceremony(ca), "officers", clock.now())
    clock.turn(days=20)

    room = ca.room()
    crls, renewed = room.turn().crls, renew_due(ceremony(ca), room)

    with ca.ledger.read() as session:
        listed = {session.get_one(Issuer, crl.issuer_id).key_name for crl in crls}
    assert {"officers", "officers-2"} <= listed
    assert len(renewed) == 6
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    client = create_app(settings, ledger=ca.ledger).test_client()
    assert client.get("/crl/officers-2.crl").status_code == client.get("/issuer/officers-2.cer").status_code == 200


TLS = (*TLS_SERVERS, *(f"{house}-rsa" for house in TLS_BY_RSA))
SERVICES = {"tsa", "token", *(f"tls-{name}" for name in TLS), *(f"door-{each}" for each, _ in DOORS)}


def on_file(ca: PracticeCa) -> dict[str, list[ParsedCertificate]]:
    """By service what its file has: its certificate, and whatever follows it."""
    return {name: certificates_from_pem(ca.home.certificate(name).read_bytes()) for name in SERVICES}


def test_the_lists_of_the_next_generation_are_those_that_the_numbers_in_force_ask_for(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    """Its responder's certificate names a shard, and the practice statement says how long a list counts."""
    agree_in(ca, Configuration(crl_shards=3, crl_full=False, crl_life_hours=48))

    made = roll_over(ceremony(ca), "officers", clock.now() + timedelta(days=10))
    roll_over(ceremony(ca), "officers", clock.now() + timedelta(days=20))

    with ca.ledger.read() as session:
        lists = session.scalars(select(Crl).where(Crl.issuer_id == made.id).order_by(Crl.number)).all()
    assert [one.shard for one in lists] == [0, 1, 2]
    assert {one.next_update - one.this_update for one in lists} == {timedelta(hours=48)}


def test_our_own_services_move_under_the_generation_that_signs_now_with_their_keys_and_names(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    before = on_file(ca)
    key = roll_over(ceremony(ca), "services", clock.now() + timedelta(days=1))
    early = renew_due(ceremony(ca), ca.room())
    clock.turn(days=1)

    made, again = renew_due(ceremony(ca), ca.room()), renew_due(ceremony(ca), ca.room())

    after = on_file(ca)
    assert (early, again, {one.issuer_id for one in made}) == ([], [], {key.id})
    assert {one.sha256 for one in made} == {after[name][0].sha256 for name in SERVICES}
    assert [says(after[name][0]) for name in SERVICES] == [says(before[name][0]) for name in SERVICES]
    assert {name: len(file) for name, file in after.items()} == {name: len(file) for name, file in before.items()}
    assert {after[f"tls-{house}"][1].spki for house in TLS_SERVERS} == {key.spki}
    chain = ca.home.certificate("tls-idp")
    assert openssl_verify(clock.now(), chain, ca.home.certificate("root"), chain).endswith("OK")


def says(one: ParsedCertificate) -> tuple[object, ...]:
    return one.subject, one.spki, one.alternative_names, one.not_after - one.not_before


@pytest.mark.parametrize("reason", ["keyCompromise", "cessationOfOperation"])
def test_a_service_whose_certificate_was_ended_stays_ended_when_its_issuer_is_followed(
    ca: PracticeCa, clock: TurnedClock, reason: str
) -> None:
    ended = on_file(ca)["tls-idp"][0].sha256
    with ca.ledger.read() as session:
        certificate = session.query(Certificate).filter_by(sha256=ended).one()
    write(ca, Revocation(certificate_id=certificate.id, at=clock.now(), reason=reason))
    roll_over(ceremony(ca), "services", clock.now())

    made = renew_due(ceremony(ca), ca.room())

    assert len(made) == len(SERVICES) - 1
    assert on_file(ca)["tls-idp"][0].sha256 == ended


def test_a_lost_issuer_of_services_is_followed_under_the_same_keys(ca: PracticeCa, clock: TurnedClock) -> None:
    admit_closers(ca)
    before = on_file(ca)
    carry_out(ca.ledger, both_acted(ca, "services", Way.COMPROMISE))
    roll_over(ceremony(ca), "services", clock.now())

    renew_due(ceremony(ca), ca.room())

    assert [says(file[0]) for file in on_file(ca).values()] == [says(file[0]) for file in before.values()]
    assert {name for name, file in on_file(ca).items() if file[0].sha256 == before[name][0].sha256} == set()


def test_the_responder_answers_for_each_generation_with_its_own_key(ca: PracticeCa, clock: TurnedClock) -> None:
    roll_over(ceremony(ca), "officers", clock.now())
    store = StatusStore(ca.ledger)
    responder = OcspResponder(store, lambda name: open_signer(ca.keyring().uri(f"ocsp-{name}")), clock)

    names = {authority.name for authority in store.authorities()}

    assert {"officers", "officers-2"} <= names
    assert responder.fault() is None


def test_openssl_verifies_a_certificate_of_the_second_generation(ca: PracticeCa, clock: TurnedClock) -> None:
    roll_over(ceremony(ca), "officers", clock.now())
    leaf = ca.home.path / "leaf.pem"
    ceremony(ca).keep_at(leaf, issued(ca).der)

    answer = openssl_verify(clock.now(), leaf, ca.home.certificate("root"), ca.home.certificate("officers-2"))

    assert answer.endswith("leaf.pem: OK")


def openssl_verify(now: datetime, leaf: Path, root: Path, *untrusted: Path) -> str:
    words = ["openssl", "verify", "-attime", str(int(now.timestamp())), "-x509_strict", "-CAfile", str(root)]
    words += [word for file in untrusted for word in ("-untrusted", str(file))]
    done = subprocess.run([*words, str(leaf)], capture_output=True, text=True, check=False, timeout=20)
    return (done.stdout + done.stderr).strip()


@pytest.mark.parametrize("name", ["officers-pq", "root-pq"])
def test_a_post_quantum_ca_is_followed_by_one_of_its_own_kind(ca: PracticeCa, clock: TurnedClock, name: str) -> None:
    before = ceremony(ca).in_use(name)

    after = roll_over(ceremony(ca), name, clock.now())

    root = ceremony(ca).in_use("root-pq")
    certificate = certificates_from_pem(ca.home.certificate(f"{name}-2").read_bytes())[0]
    assert after.signer.algorithm is before.signer.algorithm
    assert certificate.issuer == root.view.subject
    verify(root.spki, root.signer.algorithm, certificate.tbs, certificate.signature)
    assert state_of(ca, f"{name}-2") is State.SIGNS


def test_an_issuer_near_its_end_is_never_chosen_and_stops_nothing_else(ca: PracticeCa, clock: TurnedClock) -> None:
    register_person(ca.ledger, OFFICER)
    enrolment = ca.approved(OFFICER)
    clock.turn(days=1000)
    roll_over(ceremony(ca), "citizens", clock.now() + timedelta(days=5))
    clock.turn(days=2649.5)

    done = ca.room().turn()

    assert (done.issued, done.refused, done.unissued) == ([], [], [(enrolment, "issuance.no-issuer")])
    assert state_of(ca, "officers") is State.EXPIRED
    assert state_of(ca, "citizens-2") is State.SIGNS
    with ca.ledger.read() as session:
        [sentence] = [one for one in unserved(session, clock.now()) if one.startswith("officers:")]
    assert "rollover officers" in sentence


def test_readyz_names_an_issuer_that_no_generation_signs_for(ca: PracticeCa, clock: TurnedClock) -> None:
    settings = HouseSettings("ca", ca.home, Mode.PRACTICE, ca.ledger.url, "https://localhost:8443")
    client = create_app(settings, ledger=ca.ledger).test_client()
    ready = client.get("/readyz").status_code
    clock.turn(days=3650)

    answer = client.get("/readyz")

    assert (ready, answer.status_code) == (200, 503)
    assert "rollover officers" in answer.text


def test_what_lives_and_what_is_due_is_listed(ca: PracticeCa, clock: TurnedClock) -> None:
    issued(ca)
    clock.turn(days=3650 - 800)

    with ca.ledger.read() as session:
        lines = {line.generation.key_name: line for line in inventory(session, clock.now())}

    assert "rollover officers" in str(lines["officers"].due)
    assert lines["officers"].alive >= 0


@pytest.mark.sqlite_only("the steps are the same on either engine")
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["key", "sign", "commit"])
def test_a_roll_over_killed_again_and_again_makes_one_generation(ca: PracticeCa, step: str, done: bool) -> None:
    kills = rolled_over_at_last(ca, step, done=done)

    with ca.ledger.read() as session:
        numbers = session.scalars(select(Issuer.generation).where(Issuer.name == "officers")).all()
        starts = session.scalars(select(IssuerStart.generation)).all()
        keys = session.scalars(select(KeyUse.subject).where(KeyUse.subject.like("%officers-2"))).all()
        signed = session.scalars(select(Certificate.key_sha256)).all()
    assert kills >= 1
    assert sorted(numbers) == [1, 2]
    assert starts == [2]
    assert sorted(keys) == ["ocsp-officers-2", "officers-2"]
    assert len(signed) == len(set(signed))
    assert verify_ledger(ca.ledger.reading, ca.home.checkpoints).faults == []


def rolled_over_at_last(ca: PracticeCa, step: str, *, done: bool) -> int:
    starts_at = ca.ledger.clock.now()
    for kills in count():
        turn = 1 + kills * 2
        turns = {kind: Deadline(turn if kind == step else NEVER, done=done) for kind in ("key", "sign", "commit")}
        keyring = MortalKeyring(HomeKeyring(ca.home), turns["key"], turns["sign"])
        ledger = mortal_ledger(ca.ledger, turns["commit"])
        try:
            roll_over(Ceremony(ledger, ca.home, keyring, Mode.PRACTICE), "officers", starts_at)
        except Killed:
            continue
        finally:
            ledger.close()
        return kills
    return NEVER
