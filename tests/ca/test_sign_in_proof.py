"""What the provider's token must say before a holder's wish counts, and what no token is good for (RV-02)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from ca.endings.asking import act_for
from ca.endings.channels import Wish
from ca.endings.grounds import GROUNDS, OF_HOLDERS, ground_of
from ca.endings.pausing import hold, open_hold
from ca.endings.proven import Provider
from ca.endings.revocation import Receipt, revoke_certificate
from ca.endings.sign_in import SignedIn, nonce_of, verify_sign_in
from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ledger.acts import Act, ActInvalid
from ledger.certificates import Certificate, HoldRelease
from ledger.decision import Refuse
from ledger.ledger import Ledger
from ledger.people import Cutoff
from pki.jws import sign
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.test_holder_pages import Away
from tests.issuing import KeySigner
from web.sign_on import RelyingParty

ISSUER, CLIENT, SALT = "https://localhost:8443", "client-1", b"s" * 16
PARTY = RelyingParty(ISSUER, CLIENT, KeySigner(), "https://localhost:8452/certificates/back", Away())


@dataclass
class Hand:
    """A provider's key that is certified in the ledger, and a holder's certificate."""

    desk: Desk
    key: KeySigner = field(default_factory=KeySigner)

    def __post_init__(self) -> None:
        self.signer = self.desk.certify(None, "token-signer", self.key)
        self.certificate = self.desk.certify(f"p{HOLDER}", "officer-signing")

    @property
    def now(self) -> datetime:
        return self.desk.ledger.clock.now()

    def act(self, reason: str = "key-unusable", of: Certificate | None = None, at: datetime | None = None) -> Act:
        kind = "certificate.hold" if reason == "certificateHold" else "certificate.revoke"
        return act_for(kind, (of or self.certificate).sha256, reason, at or self.now)

    def token(self, act: Act, key: KeySigner | None = None, typ: str = "JWT", **changed: Any) -> str:
        """The token about this act, with what a test changes in it; None leaves a claim out."""
        now = int(self.now.timestamp())
        usual = {
            "iss": ISSUER, "sub": "s", "aud": CLIENT, "iat": now, "exp": now + 300, "acr": "urn:laotrust:acr:2",
            "amr": ["mfa"], "auth_time": now - 60, "sid": "session-1", "nonce": nonce_of(act, SALT),
        }  # fmt: skip
        claims = {name: value for name, value in (usual | changed).items() if value is not None}
        return sign({"typ": typ}, claims, key or self.key)

    def verified(self, act: Act, token: str) -> SignedIn:
        with self.desk.ledger.read() as session:
            return verify_sign_in(session, PARTY, act, SALT, token, f"p{HOLDER}", self.now)

    def unaccounted(self, owner: str | None = f"p{HOLDER}") -> list[tuple[str, str]]:
        """The endings whose cause is not found, with the code; the provider says whose the session was."""
        provider = Provider(lambda *meant: meant == (ISSUER, CLIENT), {"session-1": owner}.get)
        with self.desk.ledger.read() as session:
            return [(one.id, one.code) for one in uncaused(Provenance(session), provider)]

    def refused(self, act: Act, token: str) -> str:
        with pytest.raises(ActInvalid) as refusal:
            self.verified(act, token)
        return refusal.value.code


@pytest.fixture
def hand(ledger: Ledger) -> Hand:
    return Hand(Desk(ledger))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://evil.example"}, "sign-on.token"),
        ({"aud": "client-2"}, "sign-on.token"),
        ({"aud": [CLIENT, "client-2"]}, "sign-on.token"),
        ({"azp": "client-2"}, "sign-on.token"),
        ({"nonce": "n" * 43}, "sign-on.token"),
        ({"nonce": None}, "sign-on.token"),
        ({"exp": 1}, "sign-on.token"),
        ({"exp": "9999999999"}, "sign-on.token"),
        ({"iat": 9_999_999_999}, "sign-on.token"),
        ({"auth_time": None}, "sign-on.token"),
        ({"sid": None}, "sign-on.token"),
        ({"acr": None}, "sign-on.token"),
        ({"auth_time": 1}, "sign-on.stale"),
        ({"acr": "urn:laotrust:acr:1"}, "sign-on.level"),
        ({"acr": "urn:laotrust:acr:22"}, "sign-on.level"),
        ({"typ": "at+jwt"}, "sign-on.token"),
        ({"typ": "logout+jwt"}, "sign-on.token"),
    ],
)
def test_a_token_that_does_not_say_so_proves_nothing(hand: Hand, changed: dict[str, Any], code: str) -> None:
    act = hand.act()

    assert hand.refused(act, hand.token(act, **changed)) == code


def test_a_token_of_six_minutes_after_the_sign_in_is_taken_and_one_second_later_it_is_stale(hand: Hand) -> None:
    act, now = hand.act(), int(hand.now.timestamp())

    taken = hand.verified(act, hand.token(act, auth_time=now - 360))

    assert taken.person_id == f"p{HOLDER}"
    assert hand.refused(act, hand.token(act, auth_time=now - 361)) == "sign-on.stale"


def test_what_was_confirmed_a_quarter_of_an_hour_ago_or_will_be_is_not_done(hand: Hand) -> None:
    late, early = hand.act(at=hand.now - timedelta(minutes=16)), hand.act(at=hand.now + timedelta(seconds=1))

    assert [hand.refused(act, hand.token(act)) for act in (late, early)] == ["sign-on.stale", "sign-on.stale"]


def test_a_key_that_no_certificate_of_ours_names_signs_no_token(hand: Hand) -> None:
    act = hand.act()
    own = hand.token(act)
    foreign = hand.refused(act, hand.token(act, KeySigner()))

    hand.desk.issuer.revoke(hand.signer.id, hand.now)

    assert (foreign, hand.refused(act, own)) == ("sign-on.token", "sign-on.token")


def test_a_token_about_one_act_is_none_about_another(hand: Hand) -> None:
    token = hand.token(hand.act())
    other = hand.desk.certify(f"p{HOLDER}", "mail-signing")

    acts = [hand.act("key-loss"), hand.act("certificateHold"), hand.act(of=other)]

    assert [hand.refused(act, token) for act in acts] == ["sign-on.token"] * 3


def test_who_was_cut_off_after_he_signed_in_does_nothing_more(hand: Hand) -> None:
    act = hand.act()
    hand.desk.write(Cutoff(id="cut", person_id=f"p{HOLDER}", at=hand.now, reason="keyCompromise"))

    assert hand.refused(act, hand.token(act)) == "sign-on.cut-off"


def test_a_sign_in_ends_nothing_of_another_s_even_if_it_is_an_officer_s(hand: Hand) -> None:
    act = hand.act()
    by_clerk = replace(hand.verified(act, hand.token(act)), person_id=f"p{CLERK}")

    outcome = revoke_certificate(hand.desk.ledger, hand.certificate.sha256, "key-unusable", by_clerk)

    assert outcome == Refuse("revocation.no-duty")
    assert hand.desk.requests() == []


def test_a_sign_in_about_one_certificate_ends_no_other(hand: Hand) -> None:
    act, other = hand.act(), hand.desk.certify(f"p{HOLDER}", "mail-signing")
    shown = hand.verified(act, hand.token(act))

    outcome = revoke_certificate(hand.desk.ledger, other.sha256, "key-unusable", shown)

    assert outcome == Refuse("revocation.not-about-this")


def test_an_end_by_sign_in_is_accounted_for_and_one_with_another_s_token_is_named(hand: Hand) -> None:
    act = hand.act()
    revoke_certificate(hand.desk.ledger, hand.certificate.sha256, "key-unusable", hand.verified(act, hand.token(act)))
    honest = hand.unaccounted()
    other = hand.desk.certify(f"p{HOLDER}", "mail-signing")
    about_it = hand.act(of=other)
    shown = hand.verified(about_it, hand.token(about_it))
    strange = replace(shown, token=replace(shown.token, text=hand.token(about_it, KeySigner())))

    revoke_certificate(hand.desk.ledger, other.sha256, "key-unusable", strange)

    assert (honest, hand.unaccounted()) == ([], [(other.id, "unproven.act-void")])


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "client-2"},
        {"aud": [CLIENT, "client-2"]},
        {"iat": 1},
        {"iat": 9_999_999_999},
        {"iat": "now"},
        {"acr": "urn:laotrust:acr:1"},
    ],
)
def test_an_end_by_a_token_that_the_page_would_have_refused_is_named(hand: Hand, changed: dict[str, Any]) -> None:
    act = hand.act()
    shown = hand.verified(act, hand.token(act))
    other = replace(shown.token, text=hand.token(act, **changed), acr=changed.get("acr", shown.token.acr))

    revoke_certificate(hand.desk.ledger, hand.certificate.sha256, "key-unusable", replace(shown, token=other))

    assert hand.unaccounted() == [(hand.certificate.id, "unproven.act-void")]


@pytest.mark.parametrize("owner", [f"p{CLERK}", None])
def test_an_end_by_another_s_session_is_named(hand: Hand, owner: str | None) -> None:
    act = hand.act()

    revoke_certificate(hand.desk.ledger, hand.certificate.sha256, "key-unusable", hand.verified(act, hand.token(act)))

    assert hand.unaccounted(owner) == [(hand.certificate.id, "unproven.act-void")]


@pytest.mark.parametrize("ground", [one.code for one in GROUNDS if one.code not in OF_HOLDERS])
def test_a_ground_that_others_must_give_is_refused_beneath_the_page_too(hand: Hand, ground: str) -> None:
    act = hand.act(ground)

    outcome = revoke_certificate(hand.desk.ledger, hand.certificate.sha256, ground, hand.verified(act, hand.token(act)))

    assert outcome == Refuse("revocation.no-duty")


@pytest.mark.parametrize("ground", OF_HOLDERS)
def test_each_ground_of_a_holder_s_is_one_of_the_closed_list_and_revokes(hand: Hand, ground: str) -> None:
    act = hand.act(ground)

    outcome = revoke_certificate(hand.desk.ledger, hand.certificate.sha256, ground, hand.verified(act, hand.token(act)))

    assert ground_of(ground) in GROUNDS
    assert isinstance(outcome, Receipt) and outcome.reason == ground
    assert hand.desk.requests() == [("signed-in", Wish.REVOKE.value, "sign-in", "granted")]


def test_one_token_pauses_once_even_if_an_officer_released_in_between(hand: Hand) -> None:
    act = hand.act("certificateHold")
    shown = hand.verified(act, hand.token(act))
    held = hold(hand.desk.ledger, hand.certificate.sha256, shown)
    twice = hold(hand.desk.ledger, hand.certificate.sha256, shown)
    with hand.desk.ledger.read() as session:
        pause = open_hold(session, hand.certificate.id)
    assert pause is not None
    hand.desk.write(HoldRelease(hold_id=pause.id, at=hand.now))

    again = hold(hand.desk.ledger, hand.certificate.sha256, shown)

    assert isinstance(held, Receipt)
    assert (twice, again) == (Refuse("revocation.already-held"), Refuse("sign-on.used"))
