"""Every selection names exactly the living certificates of which all is so that it says."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ca.reissue.selection import Selection, affected, digest_of, fits, parse_selection
from ledger.decision import Refuse
from ledger.ledger import Ledger
from tests.ca.reissue.population import DAYS, DESKS, ISSUERS, KEYS, PROFILES, Known, populate
from tests.doubles import START, TurnedClock

_DAYS = [(START + timedelta(days=day)).date().isoformat() for day in range(-1, DAYS + 1)]
SELECTIONS = st.builds(
    Selection,
    issuers=st.lists(st.sampled_from(list(ISSUERS)), unique=True).map(tuple),
    desk=st.sampled_from(DESKS),
    algorithm=st.sampled_from([None, "ES256", "ES384", "RS256"]),
    profile=st.sampled_from([None, *PROFILES]),
    since=st.sampled_from([None, *_DAYS]),
    key_type=st.sampled_from([None, *KEYS]),
).filter(lambda one: one != Selection())


def meant(known: list[Known], selection: Selection) -> list[str]:
    """The same by a plain filter."""
    return [
        one.id
        for one in known
        if one.living
        and (not selection.issuers or one.issuer in selection.issuers)
        and selection.desk in (None, one.desk)
        and selection.algorithm in (None, one.algorithm)
        and selection.profile in (None, one.profile)
        and (selection.since is None or one.day >= selection.since)
        and selection.key_type in (None, one.key_type)
    ]


def test_it_names_what_a_plain_filter_names(ledger: Ledger, clock: TurnedClock) -> None:
    known = populate(ledger, clock, 70)

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(SELECTIONS)
    def holds(selection: Selection) -> None:
        with ledger.read() as session:
            found = affected(session, selection, ledger.clock.now())
        assert [one.certificate_id for one in found] == meant(known, selection)

    holds()


@given(SELECTIONS)
def test_it_is_read_back_from_what_a_campaign_keeps(selection: Selection) -> None:
    assert parse_selection(selection.body) == selection


def test_its_digest_is_of_what_it_names_and_of_every_certificate(ledger: Ledger, clock: TurnedClock) -> None:
    populate(ledger, clock, 20)
    by_desk, by_profile = Selection(desk="center"), Selection(profile="device")
    with ledger.read() as session:
        one, other = (affected(session, selection, ledger.clock.now()) for selection in (by_desk, by_profile))

    digests = {
        digest_of(by_desk, one), digest_of(by_desk, one[1:]), digest_of(by_profile, one), digest_of(by_profile, other),
    }  # fmt: skip

    assert len(digests) == 4


@pytest.mark.parametrize(
    ("selection", "code"),
    [
        (Selection(), "reissue.selection-empty"),
        (Selection(issuers=("officers-9",)), "issuer.unknown"),
        (Selection(profile="officer"), "reissue.profile-unknown"),
        (Selection(algorithm="SHA1"), "reissue.algorithm-unknown"),
        (Selection(desk="nowhere"), "desk.unknown"),
        (Selection(since="31.1.2027"), "reissue.day"),
    ],
)
def test_what_is_not_there_is_refused(ledger: Ledger, clock: TurnedClock, selection: Selection, code: str) -> None:
    populate(ledger, clock, 4)

    with ledger.read() as session:
        assert fits(session, selection, ledger.clock.now()) == Refuse(code)
