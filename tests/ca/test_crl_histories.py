"""Whatever happens to certificates, in whatever order: all lists and OCSP say the same (RV-09)."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ca.configuration import Configuration
from ledger.ledger import Ledger
from ocsp.store import StatusStore
from pki.issuer import view_for
from pki.status import CertificateStatus, Held, Revoked
from tests.ca.agreeing import agree
from tests.ca.publishing import Published, view_of
from tests.doubles import TurnedClock
from tests.issuing import PracticeIssuer
from tests.recorded import RecordedIssuer

SHARDS = 3
NAMES = count(1)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["issue", "hold", "release", "revoke", "crash", "expire", "publish"]), st.integers(0, 9)
    ),
    min_size=8, max_size=16,
)  # fmt: skip
FEW = settings(
    max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


class History:
    """One thing after the other happens to an issuer's certificates."""

    def __init__(self, ledger: Ledger, clock: TurnedClock) -> None:
        number = next(NAMES)
        key = PracticeIssuer(f"Practice officers {number}")
        self.issuer = RecordedIssuer(ledger, f"officers-{'x' * (number % 10)}{number}", key, crl_shards=SHARDS)
        self.clock, self.store = clock, StatusStore(ledger)
        self.published = Published(self.issuer, clock)
        self.living: list[str] = []
        self.held: list[tuple[str, str]] = []
        self.serials: list[int] = []

    def go_through(self, acts: Sequence[tuple[str, int]]) -> None:
        for act, place in acts:
            self.clock.turn(seconds=1)
            getattr(self, act)(place)
        self.issue(0)
        self.revoke(0)

    def issue(self, place: int) -> None:
        intent_id, number = self.issuer.intend()
        self.issuer.finish(intent_id, self.issuer.issuer.leaf("ສົມພອນ", number))
        self.living.append(intent_id)
        self.serials.append(number)

    def crash(self, place: int) -> None:
        """An intent that is left without a certificate ends too."""
        intent_id, number = self.issuer.intend()
        self.issuer.revoke(intent_id, self.clock.now(), "cessationOfOperation")
        self.serials.append(number)

    def hold(self, place: int) -> None:
        if self.living:
            intent_id = self.living.pop(place % len(self.living))
            self.held.append((intent_id, self.issuer.hold(intent_id, self.clock.now())))

    def release(self, place: int) -> None:
        if self.held:
            intent_id, hold_id = self.held.pop(place % len(self.held))
            self.issuer.release(hold_id, self.clock.now())
            self.living.append(intent_id)

    def revoke(self, place: int) -> None:
        candidates = self.living if place % 2 == 0 or not self.held else [intent_id for intent_id, _ in self.held]
        if candidates:
            intent_id = candidates[place % len(candidates)]
            self.issuer.revoke(intent_id, self.clock.now(), "superseded")
            self.living = [one for one in self.living if one != intent_id]
            self.held = [one for one in self.held if one[0] != intent_id]

    def expire(self, place: int) -> None:
        """Years go by: nothing leaves a list."""
        self.clock.turn(days=400 * (place % 2), hours=place)

    def publish(self, place: int) -> None:
        self.published.publish()

    def by_ocsp(self) -> dict[int, tuple[datetime, str]]:
        self.store.look()
        authority = next(one for one in self.store.authorities() if one.name == self.issuer.name)
        told = {serial: _ended(self.store.status(authority, serial)) for serial in self.serials}
        return {serial: ended for serial, ended in told.items() if ended is not None}

    def by_lists(self, *shards: int | None) -> list[tuple[int, tuple[datetime, str]]]:
        entries = (entry for shard in shards for entry in self.published.known(shard).values())
        return sorted((entry.serial, (entry.at, entry.reason)) for entry in entries)


def _ended(status: CertificateStatus) -> tuple[datetime, str] | None:
    match status:
        case Revoked(at, reason):
            return at, reason
        case Held(at):
            return at, "certificateHold"
    return None


def assert_all_agree(history: History) -> None:
    """The whole list, the shards together and OCSP tell the same, and no number of a list is left out."""
    told = sorted(history.by_ocsp().items())
    assert history.by_lists(None) == told
    assert history.by_lists(*range(SHARDS)) == told
    assert history.published.numbers() == list(range(1, len(history.published.numbers()) + 1))


@FEW
@given(acts=ACTS)
def test_shards_whole_list_and_ocsp_agree_after_any_history(
    ledger: Ledger, clock: TurnedClock, acts: list[tuple[str, int]]
) -> None:
    history = History(ledger, clock)

    history.go_through(acts)
    history.published.publish()

    assert_all_agree(history)


@FEW
@given(acts=ACTS)
def test_deltas_over_their_base_agree_with_ocsp_after_any_history(
    ledger: Ledger, clock: TurnedClock, acts: list[tuple[str, int]]
) -> None:
    history = History(ledger, clock)
    agree(ledger, Configuration(crl_delta=True))

    history.publish(0)
    history.go_through(acts)
    history.publish(0)

    assert_all_agree(history)


@FEW
@given(acts=ACTS)
def test_a_serial_number_is_in_no_other_list_than_its_certificate_names(
    ledger: Ledger, clock: TurnedClock, acts: list[tuple[str, int]]
) -> None:
    history = History(ledger, clock)

    history.go_through(acts)
    history.published.publish()

    view = view_of(history.issuer)
    lists = [one for one in map(history.published.newest, range(SHARDS)) if one is not None]
    places = {(entry.serial, one.scope.distribution_point) for one in lists for entry in one.entries}
    assert len(lists) == SHARDS
    assert places == {(serial, view_for(view, serial).crl_url) for serial in history.by_ocsp()}
