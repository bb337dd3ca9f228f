from datetime import timedelta
from hashlib import sha256

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import func, select

from ledger.entry import Entry
from ledger.ledger import Ledger
from pki import der
from pki.oids import PRACTICE_ARC, PRODUCTION_ARC
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from tests.issuing import FROM, KeySigner, PracticeIssuer
from tests.pki.test_timestamp import query_of
from tests.recorded import RecordedIssuer
from tsa.authority import Reply, TimeStampAuthority
from tsa.policy import time_stamp_policy
from tsa.tables import TimeStamp

POLICY = time_stamp_policy(practice=True)


@pytest.fixture
def services(ledger: Ledger) -> RecordedIssuer:
    return RecordedIssuer(ledger, "services", PracticeIssuer("Practice services"))


@pytest.fixture
def signer(services: RecordedIssuer) -> KeySigner:
    """The unit's key, certified."""
    signer = KeySigner()
    certify(services, signer)
    return signer


def certify(services: RecordedIssuer, signer: KeySigner) -> str:
    intent_id, number = services.intend("tsa-unit")
    services.finish(intent_id, services.issuer.time_stamp_unit(signer, number), "tsa-unit")
    return intent_id


@pytest.fixture
def authority(ledger: Ledger, signer: KeySigner) -> TimeStampAuthority:
    return TimeStampAuthority(ledger, signer, POLICY)


def info(reply: Reply) -> tsp.TSTInfo:
    granted = tsp.TimeStampResp.load(reply.body, strict=True)
    return granted["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed


def stamps(ledger: Ledger) -> list[TimeStamp]:
    with ledger.read() as session:
        return list(session.scalars(select(TimeStamp).order_by(TimeStamp.id)))


def test_each_token_is_in_the_ledger_with_its_hash(authority: TimeStampAuthority, ledger: Ledger) -> None:
    reply = authority.stamp(query_of(hashed=b"d" * 32))

    token = der.parts(reply.body)[1].whole
    (stamp,) = stamps(ledger)
    with ledger.read() as session:
        entry = session.scalars(select(Entry).where(Entry.kind == "timestamp.issued")).one()
    assert reply.outcome == "granted"
    assert (stamp.token_sha256, stamp.digest) == (sha256(token).hexdigest(), (b"d" * 32).hex())
    assert (stamp.at, f"{info(reply)['serial_number'].native:x}") == (ledger.clock.now(), stamp.serial_number)
    assert list(entry.facts) == [f"time_stamp/{stamp.id}"]
    assert stamp.token_sha256 in entry.body


def test_two_tokens_of_one_instant_have_different_serial_numbers(authority: TimeStampAuthority) -> None:
    serials = [info(authority.stamp(query_of()))["serial_number"].native for _ in range(5)]

    assert len(set(serials)) == 5
    assert all(0 < serial < 1 << 159 for serial in serials)


def test_the_policy_is_practices_own(authority: TimeStampAuthority) -> None:
    assert info(authority.stamp(query_of()))["policy"].native == POLICY
    assert POLICY.startswith(PRACTICE_ARC)
    assert time_stamp_policy(practice=False).startswith(PRODUCTION_ARC)


def test_the_policy_that_is_served_may_be_asked_for(authority: TimeStampAuthority) -> None:
    assert authority.stamp(query_of(req_policy=POLICY)).outcome == "granted"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (query_of("sha1"), "timestamp.bad-algorithm"),
        (query_of(req_policy="1.2.3"), "timestamp.policy"),
        (query_of(hashed=b"short"), "timestamp.bad-data"),
        (b"garbage", "timestamp.bad-request"),
        (b"", "timestamp.bad-request"),
    ],
    ids=["sha1", "policy", "length", "garbage", "nothing"],
)
def test_what_strangers_get_wrong_is_refused_and_not_entered(
    authority: TimeStampAuthority, ledger: Ledger, query: bytes, code: str
) -> None:
    before = _entries(ledger)

    reply = authority.stamp(query)

    status = tsp.PKIStatusInfo.load(der.parts(reply.body)[0].whole)
    assert (reply.outcome, status["status"].native) == (code, "rejection")
    assert _entries(ledger) == before


def _entries(ledger: Ledger) -> int:
    with ledger.read() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_a_clock_behind_the_newest_entry_stamps_nothing(
    authority: TimeStampAuthority, ledger: Ledger, clock: TurnedClock
) -> None:
    authority.stamp(query_of())
    clock.turn(seconds=-3)

    reply = authority.stamp(query_of())

    assert reply.outcome == "timestamp.clock"
    assert "set the clock" in str(authority.fault())
    assert len(stamps(ledger)) == 1


def test_when_the_clock_is_set_right_stamping_begins_again(authority: TimeStampAuthority, clock: TurnedClock) -> None:
    authority.stamp(query_of())
    clock.turn(seconds=-3)
    authority.stamp(query_of())
    clock.turn(seconds=4)

    assert authority.stamp(query_of()).outcome == "granted"


def test_without_a_database_nothing_is_stamped(signer: KeySigner, tmp_path: object, clock: TurnedClock) -> None:
    nowhere = Ledger(f"sqlite:///{tmp_path}/no/such/folder.db", clock, SteadyChance(), "0.1.0", "tsa")

    reply = TimeStampAuthority(nowhere, signer, POLICY).stamp(query_of())

    nowhere.close()
    assert reply.outcome == "timestamp.unavailable"


def test_a_key_without_a_certificate_stamps_nothing(ledger: Ledger, services: RecordedIssuer) -> None:
    authority = TimeStampAuthority(ledger, KeySigner(), POLICY)

    assert authority.stamp(query_of()).outcome == "timestamp.unavailable"
    assert "tsa-unit" in str(authority.fault())


def test_a_certified_key_is_ready(authority: TimeStampAuthority) -> None:
    assert authority.fault() is None


@pytest.mark.parametrize("ending", ["revoke", "hold"])
def test_a_revoked_or_held_unit_stamps_nothing(
    ledger: Ledger, services: RecordedIssuer, clock: TurnedClock, ending: str
) -> None:
    signer = KeySigner()
    certificate_id = certify(services, signer)
    getattr(services, ending)(certificate_id, clock.now())

    assert TimeStampAuthority(ledger, signer, POLICY).stamp(query_of()).outcome == "timestamp.unavailable"


def test_a_released_unit_stamps_again(ledger: Ledger, services: RecordedIssuer, clock: TurnedClock) -> None:
    signer = KeySigner()
    services.release(services.hold(certify(services, signer), clock.now()), clock.now())

    assert TimeStampAuthority(ledger, signer, POLICY).stamp(query_of()).outcome == "granted"


def test_an_expired_unit_stamps_nothing(authority: TimeStampAuthority, clock: TurnedClock) -> None:
    clock.turn(days=3660)

    assert authority.stamp(query_of()).outcome == "timestamp.unavailable"


def test_a_renewed_certificate_for_the_same_key_is_used_without_a_restart(
    authority: TimeStampAuthority, ledger: Ledger, services: RecordedIssuer, signer: KeySigner
) -> None:
    authority.stamp(query_of())
    intent_id, number = services.intend("tsa-unit")
    renewed = services.issuer.time_stamp_unit(signer, number, valid_from=FROM + timedelta(days=30))
    services.finish(intent_id, renewed, "tsa-unit")

    authority.stamp(query_of())

    assert stamps(ledger)[1].certificate_sha256 == renewed.fingerprint(SHA256()).hex()


def test_the_house_stamps_under_its_own_database_role(
    database_url: str, ledger: Ledger, signer: KeySigner, clock: TurnedClock
) -> None:
    own = Ledger(url_of("tsa", database_url), clock, SteadyChance(3), "0.1.0", "tsa")

    reply = TimeStampAuthority(own, signer, POLICY).stamp(query_of())

    own.close()
    assert reply.outcome == "granted"
    assert len(stamps(ledger)) == 1


def test_time_is_cut_to_the_second_and_the_accuracy_covers_it(
    authority: TimeStampAuthority, clock: TurnedClock
) -> None:
    clock.turn(milliseconds=900)

    stamped = info(authority.stamp(query_of()))

    cut = clock.now() - stamped["gen_time"].native
    assert timedelta(0) <= cut < timedelta(seconds=stamped["accuracy"]["seconds"].native)
