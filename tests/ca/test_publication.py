"""CRLs are made in time and one a list and second, their numbers only rise, and no crash loses a change."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ca.ceremonies.practice import hold_practice_ceremony
from ca.configuration import Configuration, ConfigurationUnfit
from ca.publication import crl as lists
from ca.publication.crl import Part, newest_of, publish
from ca.publication.listing import endings
from ca.publication.publisher import Publisher, renewed_by
from ca.tables.publication import Crl
from ledger.certificates import Certificate, Intent, Issuer
from ledger.ledger import Ledger, LedgerUnavailable
from pki.certificate import parse_certificate
from pki.crl import parse_crl
from pki.signing import Signer
from signers import KeyUnusable
from tests.ca.agreeing import agree
from tests.ca.conftest import FIRST, TEST, PracticeCa, register_person
from tests.ca.failing import Deadline, InterruptedSigner, Killed, MortalSigner, mortal_ledger
from tests.ca.publishing import URL, Published, publisher_of
from tests.doubles import START, TurnedClock
from tests.issuing import PracticeIssuer
from tests.recorded import RecordedIssuer
from web.home import Home

DAY = timedelta(days=1)


def scopes(crls: list[Crl]) -> list[int | None]:
    return [crl.shard for crl in crls]


def test_an_issuers_first_lists_are_of_every_shard_and_whole(ledger: Ledger, clock: TurnedClock) -> None:
    made = Published(RecordedIssuer(ledger, crl_shards=4), clock).publish()

    assert [(crl.shard, crl.number) for crl in made] == [(None, 1), (0, 2), (1, 3), (2, 4), (3, 5)]
    points = [parse_crl(crl.der).scope.distribution_point for crl in made]
    assert points == ["", *(f"{URL.removesuffix('.crl')}-{shard}.crl" for shard in range(4))]


def test_only_the_shard_that_changed_and_the_whole_list_are_made_again(published: Published) -> None:
    _, serial = published.revoked()

    made = published.publish()

    assert scopes(made) == [None, serial % 4]
    assert [list(parse_crl(crl.der).by_serial) for crl in made] == [[serial], [serial]]
    assert [crl.changes for crl in made] == [1, 1]


def test_the_whole_list_beside_shards_can_be_left_out(published: Published) -> None:
    agree(published.issuer.ledger, Configuration(crl_full=False))
    _, serial = published.revoked()

    assert scopes(published.publish()) == [serial % 4]


def test_a_second_revocation_in_one_second_waits_and_is_on_the_next_list(published: Published) -> None:
    published.clock.turn(seconds=1)
    _, first = published.revoked()
    published.publisher.publish_due()

    _, second = published.revoked()
    _, third = published.revoked()
    at_once, waits = published.publisher.publish_due(), published.publisher.waiting
    published.clock.turn(seconds=1)
    later = published.publisher.publish_due()

    assert (scopes(at_once), waits) == ([second % 4, third % 4], True)  # other shards than the first
    assert scopes(later) == [None]
    assert set(parse_crl(later[0].der).by_serial) == {first, second, third}
    assert not published.publisher.waiting


def test_a_look_at_nothing_new_signs_nothing(published: Published) -> None:
    published.clock.turn(hours=17)

    assert published.publish() == []


def test_a_room_that_is_started_again_finds_what_the_last_one_left(published: Published) -> None:
    _, serial = published.revoked()
    published.clock.turn(seconds=1)

    made = publisher_of(published.issuer).publish_due()

    assert scopes(made) == [None, serial % 4]
    published.clock.turn(seconds=1)
    assert publisher_of(published.issuer).publish_due() == []


def test_lists_of_one_moment_are_renewed_within_a_day_and_not_all_at_once(published: Published) -> None:
    moments = [renewed_by(published.issuer.id, Part(shard), START, DAY) for shard in range(64)]

    assert len(set(moments)) == 64
    assert START + DAY * 3 / 4 <= min(moments) < max(moments) <= START + DAY
    assert max(moments) - min(moments) > DAY / 8
    assert moments == [renewed_by(published.issuer.id, Part(shard), START, DAY) for shard in range(64)]


def test_in_fourteen_days_no_list_lapses_or_is_older_than_a_day(published: Published) -> None:
    oldest = []
    for _ in range(14 * 6):
        published.clock.turn(hours=4)
        published.publisher.publish_due()
        lists = [published.newest(shard) for shard in (None, 0, 1, 2, 3)]
        oldest.append(min(one.this_update for one in lists if one is not None) + DAY - published.clock.now())

    assert min(oldest) >= -timedelta(hours=4)  # the time between two looks of this test
    assert published.numbers() == sorted(published.numbers())
    assert len(published.numbers()) > 5 * 14


def test_the_numbers_of_the_configuration_are_those_of_the_lists(published: Published) -> None:
    agree(published.issuer.ledger, Configuration(crl_every_hours=2, crl_life_hours=6))
    published.clock.turn(hours=2)

    made = published.publish()

    assert {crl.next_update - crl.this_update for crl in made} == {timedelta(hours=6)}


def test_a_configuration_whose_complete_lists_lag_more_than_an_hour_is_refused() -> None:
    with pytest.raises(ConfigurationUnfit, match="crl_base_minutes"):
        Configuration(crl_base_minutes=61)


def test_a_delta_is_at_once_and_its_complete_list_within_the_time_set(published: Published) -> None:
    agree(published.issuer.ledger, Configuration(crl_delta=True, crl_base_minutes=20))
    published.publish()
    _, serial = published.revoked()

    made = published.publish()
    published.clock.turn(minutes=20)
    complete = published.publish()

    assert [(crl.shard, crl.base_number is not None) for crl in made] == [(None, True), (serial % 4, True)]
    assert [list(parse_crl(crl.der).by_serial) for crl in made] == [[serial], [serial]]
    assert [(crl.shard, crl.base_number) for crl in complete] == [(None, None), (serial % 4, None)]
    assert parse_crl(complete[0].der).scope.freshest == URL.replace(".crl", "-delta.crl")


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("signature", "commit"), [(1, 9), (2, 9), (9, 1)], ids=["sign", "sign the next", "commit"])
def test_a_room_that_is_killed_at_any_step_loses_no_change(
    published: Published, signature: int, commit: int, done: bool
) -> None:
    _, serial = published.revoked()
    published.clock.turn(seconds=1)
    issuer = published.issuer
    signer = MortalSigner(issuer.issuer.signer, Deadline(signature, done=done))
    ledger = mortal_ledger(issuer.ledger, Deadline(commit, done=done))

    with pytest.raises(Killed):
        publisher_of(issuer, ledger, signer).publish_due()
    ledger.close()
    published.publisher = publisher_of(issuer)
    published.publish()

    assert list(published.known()) == list(published.known(serial % 4)) == [serial]
    assert published.numbers() == [1, 2, 3, 4, 5, 6, 7]


def test_a_ledger_that_is_away_in_the_middle_loses_no_change(published: Published) -> None:
    _, serial = published.revoked()
    publisher, ledger = published.publisher, published.issuer.ledger
    publisher.ledger = away = Ledger("sqlite:////nowhere/at-all.db", ledger.clock, ledger.randomness, "0.1.0", "test")

    with pytest.raises(LedgerUnavailable):
        publisher.publish_due()
    away.close()
    publisher.ledger = ledger
    published.publish()

    assert list(published.known(serial % 4)) == [serial]


def test_two_rooms_at_once_make_each_number_once_and_lose_no_change(published: Published) -> None:
    _, serial = published.revoked()
    published.clock.turn(seconds=1)
    other: Callable[[], object] = publisher_of(published.issuer).publish_due
    published.publisher = publisher_of(
        published.issuer, signer=InterruptedSigner(published.issuer.issuer.signer, other)
    )

    made = published.publisher.publish_due()
    left = published.publish()

    assert (made, left) == ([], [])
    assert published.numbers() == [1, 2, 3, 4, 5, 6, 7]
    assert list(published.known(serial % 4)) == [serial]


def test_lists_asked_for_by_hand_go_on_with_the_numbers_and_the_room_knows_them(published: Published) -> None:
    [key] = published.publisher.issuing
    published.clock.turn(hours=17)

    made = publish(published.issuer.ledger, key, TEST, 3 * DAY)
    published.clock.turn(hours=10)

    assert [crl.number for crl in made] == [6, 7, 8, 9, 10]
    assert published.publish() == []


def test_a_room_of_several_issuers_keeps_their_numbers_apart(ledger: Ledger, clock: TurnedClock) -> None:
    first = RecordedIssuer(ledger)
    second = RecordedIssuer(ledger, "citizens", PracticeIssuer("Practice citizens"), crl_shards=2)
    keys = [key for issuer in (first, second) for key in publisher_of(issuer).issuing]

    made = Publisher(ledger, keys, TEST).publish_due()

    assert [(crl.issuer_id, crl.number) for crl in made] == [
        (first.id, 1), (second.id, 1), (second.id, 2), (second.id, 3)
    ]  # fmt: skip


def test_while_one_issuers_token_is_away_only_its_own_lists_are_looked_at_again(
    ledger: Ledger, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = RecordedIssuer(ledger)
    second = RecordedIssuer(ledger, "citizens", PracticeIssuer("Practice citizens"), crl_shards=2)
    here, other = (publisher_of(issuer).issuing[0] for issuer in (first, second))
    token = Token(other.signer)
    publisher = Publisher(ledger, [replace(other, signer=token), here], TEST)
    made = publisher.publish_due()
    read, weighed = Counted(endings), Counted(newest_of)
    monkeypatch.setattr("ca.publication.entries.endings", read)
    monkeypatch.setattr("ca.publication.publisher.newest_of", weighed)
    token.away = True
    revoked = [issuer.intend() for issuer in (first, second)]
    for issuer, (intent_id, _) in zip((first, second), revoked, strict=True):
        issuer.revoke(intent_id, clock.now())

    for _ in range(20):
        clock.turn(seconds=1)
        with pytest.raises(KeyUnusable, match="there is no token"):
            publisher.publish_due()
    meanwhile = newest_numbers(ledger, first, second)
    token.away = False
    clock.turn(seconds=1)
    late = publisher.publish_due()

    assert len(made) == 4
    assert (weighed.times, read.times) == (0, 2)  # of each issuer its change, once
    assert meanwhile == [2, 3]
    assert [(crl.issuer_id, crl.shard) for crl in late] == [(second.id, None), (second.id, revoked[1][1] % 2)]


@dataclass
class Token:
    """A key whose token may be away."""

    real: Signer
    away: bool = False

    def __post_init__(self) -> None:
        """The key is as ever."""
        self.algorithm, self.public_key = self.real.algorithm, self.real.public_key

    def sign(self, message: bytes) -> bytes:
        self.require()
        return self.real.sign(message)

    def require(self) -> None:
        if self.away:
            raise KeyUnusable("there is no token")


@dataclass
class Counted:
    """A function, and how often it was called."""

    real: Callable[..., Any]
    times: int = 0

    def __call__(self, *given: Any, **named: Any) -> Any:
        """As the function does."""
        self.times += 1
        return self.real(*given, **named)


def newest_numbers(ledger: Ledger, *issuers: RecordedIssuer) -> list[int]:
    """The greatest number of a list of each issuer."""
    with ledger.read() as session:
        return [max(session.scalars(select(Crl.number).where(Crl.issuer_id == one.id))) for one in issuers]


def test_a_crl_without_changes_is_renewed_after_a_day_and_not_before(ca: PracticeCa) -> None:
    room = ca.room()
    room.turn()

    ca.ledger.clock.turn(hours=17)  # type: ignore[attr-defined]
    early = room.turn().crls
    ca.ledger.clock.turn(hours=7)  # type: ignore[attr-defined]
    due = room.turn().crls

    assert early == []
    assert [crl.number for crl in due] == [2, 2, 2, 2]


def test_an_issuer_keeps_the_shards_that_it_was_made_with_and_its_certificates_name_them(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    (home.path / "base-port").write_text("8440\n")
    register_person(ledger, FIRST)

    for shards in (3, 5):
        numbers = Configuration(crl_shards=shards)
        monkeypatch.setattr(lists, "verified", lambda session, numbers=numbers: numbers)
        hold_practice_ceremony(ledger, home, [FIRST], clock=ledger.clock)

    with ledger.read() as session:
        made = {issuer.name: (issuer.crl_shards, issuer.crl_url) for issuer in session.scalars(select(Issuer))}
        services = select(Certificate.der, Intent.dense_number).join(Intent, Intent.id == Certificate.id)
        services = services.join(Issuer, Issuer.id == Intent.issuer_id).where(Issuer.name == "services")
        named = {dense: parse_certificate(bytes(der)).crl_urls for der, dense in session.execute(services)}
    stem = made["services"][1].removesuffix(".crl")
    pointed = {dense: urls for dense, urls in named.items() if urls}  # a responder's has no pointers to status
    assert {name: shards for name, (shards, _) in made.items()} == {
        "root": None, "root-pq": None, "officers": 3, "officers-pq": 3, "citizens": 3, "services": 3
    }  # fmt: skip
    assert len(pointed) > 3
    assert pointed == {dense: (f"{stem}-{dense % 3}.crl",) for dense in pointed}
