"""Progress and score are read on both engines, also of a campaign that nobody agreed on."""

from datetime import timedelta

from ca.reissue.campaign import _again, _untold
from ca.reissue.progress import State
from ca.reissue.running import campaign_of
from ca.reissue.score import score
from ca.tables.reissue import Reissue, ReissueAttempt, ReissueListing, ReissueMember, ReissueNotice, ReissueWave
from ledger.ledger import Deed, Ledger
from tests.ca.reissue.population import populate
from tests.doubles import TurnedClock
from tests.recorded import TESTER, Noted


def test_each_member_is_where_its_facts_say(ledger: Ledger, clock: TurnedClock) -> None:
    living = [one for one in populate(ledger, clock, 12) if one.living]
    now = ledger.clock.now()
    row = Reissue(id="r", selection='{"profile":"device"}', before=now, wave=2, pause_seconds=0, reason="superseded")
    members = [
        ReissueMember(
            id=f"m{place}", reissue_id="r", certificate_id=one.id, turn=1, number=place, lane="devices",
            way="gone" if place == 4 else "desk", holder_id="p1",
        )
        for place, one in enumerate(living[:4], start=1)
    ]  # fmt: skip
    facts = [
        row, *members, ReissueListing(reissue_id="r", members=4), ReissueWave(id="w", reissue_id="r", number=1, at=now),
        ReissueNotice(id="n1", member_id="m1", number=1), ReissueNotice(id="n2", member_id="m2", number=1),
        ReissueAttempt(id="a", member_id="m2", number=1, code="enrolment.key-weak", at=now - timedelta(seconds=1)),
    ]  # fmt: skip
    ledger.entries([Deed(Noted("r"), TESTER, facts)])

    with ledger.read() as session:
        campaign = campaign_of(session, session.get_one(Reissue, "r"))
        found = score(session, campaign, now)
        wave = session.get_one(ReissueWave, "w")
        again = [one.id for one in session.scalars(_again(campaign, wave, now))]
        untold = [one.id for one in session.scalars(_untold(campaign, 2))]

    states = [one.state for one in found.progress.standings]
    assert states == [State.TOLD, State.FAILED, State.WAITS, State.GONE]
    assert (found.failures, found.letters_due, found.lost, found.doubled) == ({"enrolment.key-weak": 1}, 2, 0, 0)
    assert (again, untold) == (["m2"], ["m3"])
