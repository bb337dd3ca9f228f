"""The holder's own page: he signs in, reads what follows, and ends or pauses what is his own (RV-01, RV-02)."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from json import dumps, loads
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from ca.endings.asking import act_for
from ca.endings.sign_in import nonce_of
from ca.tables.endings import EndingRequest, SignInProof
from idp.handles import digest
from idp.pushed import URN
from idp.tables import PushedRequest
from idp.tables import Session as ProvidersSession
from ledger.certificates import Certificate, Hold, KeyBlock, Revocation
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.people import Cutoff
from ocsp.store import StatusStore
from pki.jws import thumbprint, verify
from pki.status import Good, Held, Revoked
from scripts.story.browser import Form, Page
from tests.ca.desk import CLERK, HOLDER, Desk
from tests.ca.provided import BACK, OWN, PAGES, Provided
from tests.ca.surfer import Surfer
from tests.conftest import url_of
from tests.doubles import SteadyChance, TurnedClock
from tests.idp.visitor import ISSUER
from web.relying_party import Answer, OutboundFailed


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return Desk(ledger)


@pytest.fixture
def provided(desk: Desk, tmp_path: Path, clock: TurnedClock, database_url: str) -> Iterator[Provided]:
    own = Ledger(url_of("holder", database_url), clock, SteadyChance(7), "0.1.0", "holder")
    yield Provided(desk, tmp_path, clock, own)
    own.close()


@pytest.fixture
def certificate(desk: Desk) -> Certificate:
    return desk.certify(f"p{HOLDER}", "officer-signing")


@pytest.fixture
def surfer(provided: Provided) -> Surfer:
    return provided.surfer()


def end_of(certificate: Certificate, ground: str = "key-unusable") -> str:
    return f"{OWN}/{certificate.id}/end?ground={ground}"


def pause_of(certificate: Certificate) -> str:
    return f"{OWN}/{certificate.id}/pause"


def confirmed(surfer: Surfer, page: Page, stop_at: str | None = None) -> Page:
    """What comes of the last form of the page, as it is."""
    return surfer.submit(page, page.forms[-1], {}, stop_at)


def handed_in(desk: Desk, page: Page) -> dict[str, list[str]]:
    """What was asked of the provider: the address has its name only."""
    named = parse_qs(urlsplit(page.url).query)["request_uri"][0].removeprefix(URN)
    with desk.ledger.read() as session:
        found = select(PushedRequest.parameters).where(PushedRequest.handle_sha256 == digest(named))
        return parse_qs(session.scalars(found).one())


def count(desk: Desk, table: type) -> int:
    with desk.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def nothing_changed(desk: Desk) -> bool:
    return (count(desk, Revocation), count(desk, Hold), count(desk, EndingRequest)) == (0, 0, 0)


def status_of(desk: Desk, certificate: Certificate) -> object:
    """What OCSP answers from."""
    store = StatusStore(desk.ledger)
    [authority] = store.authorities()
    return store.status(authority, int(certificate.serial_number, 16))


def test_who_is_not_signed_in_is_sent_to_the_provider_and_comes_back_to_the_same_place(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    asked = surfer.open(end_of(certificate), ISSUER)
    page = provided.sign_in(surfer, end_of(certificate))

    query = handed_in(desk, asked)
    assert (query["acr_values"], "max_age" in query) == (["urn:laotrust:acr:2"], False)
    assert page.url == end_of(certificate)
    assert "Revoke this certificate?" in page.text


def test_the_list_shows_what_is_his_and_nothing_of_others_in_both_languages(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    foreign = desk.certify(f"p{CLERK}", "officer-signing")
    seal = desk.certify_body(HOLDER)

    lao = provided.sign_in(provided.surfer("lo"))
    english = provided.sign_in(surfer)

    assert "ໃບຢັ້ງຢືນຂອງທ່ານ" in lao.text and "ສົມພອນ ວົງສາ" in lao.text and "ພະນັກງານ, ເຊັນເອກະສານ" in lao.text
    assert "Your certificates" in english.text and "Somphone Vongsa" in english.text
    for page in (lao, english):
        assert certificate.serial_number in page.text and seal.serial_number in page.text
        assert f">{foreign.serial_number}<" not in page.text
        assert "<script" not in page.text and len(page.text.encode()) < 16_384


def test_a_confirmed_end_revokes_at_once_and_ocsp_says_so(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    before = status_of(desk, certificate)

    done = confirmed(surfer, provided.sign_in(surfer, end_of(certificate)))

    after = status_of(desk, certificate)
    assert (done.status, "It is revoked" in done.text, certificate.serial_number in done.text) == (200, True, True)
    assert isinstance(before, Good)
    assert isinstance(after, Revoked) and after.reason == "cessationOfOperation"
    assert desk.requests() == [("signed-in", "revoke", "sign-in", "granted")]


def test_the_request_keeps_the_provider_s_signed_word_on_this_very_act(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    confirmed(surfer, provided.sign_in(surfer, end_of(certificate)))

    with desk.ledger.read() as session:
        [kept] = session.scalars(select(SignInProof))
        [request] = session.scalars(select(EndingRequest))
        providers = session.get_one(ProvidersSession, kept.session_id)
        entry = session.get_one(Entry, kept.entry_id)
    keys = {thumbprint(provided.token_key.public_key): provided.token_key.public_key}
    claims = verify(kept.token, keys, {"JWT"}).claims()
    act = act_for(kept.kind, certificate.sha256, kept.reason, kept.act_at)
    assert claims["nonce"] == nonce_of(act, kept.nonce_salt)
    assert (claims["acr"], claims["sid"]) == (kept.acr, kept.session_id) == ("urn:laotrust:acr:2", providers.id)
    assert providers.person_id == kept.person_id == request.asked_by == f"p{HOLDER}"
    assert (entry.kind, entry.actor) == ("certificate.revoked", f"person:p{HOLDER}")
    assert (request.entry_id, request.subject) == (entry.id, certificate.id)
    assert kept.token not in entry.body


def test_a_lost_key_ends_what_hangs_on_it_as_the_page_said_before(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    said = provided.sign_in(surfer, end_of(certificate, "key-loss"))

    done = confirmed(surfer, said)
    again = surfer.open(OWN)

    assert "signed out everywhere" in said.text and "never certified again" in said.text
    assert (done.status, count(desk, Cutoff), count(desk, KeyBlock)) == (200, 1, 1)
    assert again.url.startswith(ISSUER), "the session is dead, so the provider asks"


def test_a_ground_that_reaches_further_names_each_certificate_that_ends(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    other = desk.certify(f"p{HOLDER}", "mail-signing")
    citizen = desk.certify(f"p{HOLDER}", "citizen-signing")

    said = provided.sign_in(surfer, end_of(certificate, "lost-role"))
    confirmed(surfer, said)

    assert certificate.serial_number in said.text and other.serial_number in said.text
    assert citizen.serial_number not in said.text
    assert isinstance(status_of(desk, other), Revoked) and isinstance(status_of(desk, citizen), Good)


def test_a_pause_is_confirmed_and_only_an_officer_lifts_it(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    said = provided.sign_in(surfer, pause_of(certificate))

    done = confirmed(surfer, said)
    shown = surfer.open(f"{OWN}/{certificate.id}")

    assert "Only an officer can release it" in said.text and "24/12/2026" in said.text
    assert (done.status, "It is suspended" in done.text) == (200, True)
    assert isinstance(status_of(desk, certificate), Held)
    assert desk.requests() == [("signed-in", "suspend", "sign-in", "granted")]
    assert "Suspended until 24/12/2026" in shown.text and "24/12/2026" in done.text
    assert [form.action for form in shown.forms] == [f"/certificates/{certificate.id}/end"]


def test_the_seal_of_his_body_is_paused_by_him_who_answers_for_it(
    provided: Provided, surfer: Surfer, desk: Desk
) -> None:
    seal = desk.certify_body(HOLDER)

    done = confirmed(surfer, provided.sign_in(surfer, end_of(seal, "key-loss")))

    assert (done.status, count(desk, Cutoff)) == (200, 0)
    assert isinstance(status_of(desk, seal), Revoked)


def test_who_signed_in_too_long_ago_is_asked_again_before_anything_is_done(
    provided: Provided, surfer: Surfer, desk: Desk, clock: TurnedClock, certificate: Certificate
) -> None:
    provided.sign_in(surfer)
    clock.turn(minutes=6)

    asked = confirmed(surfer, surfer.open(end_of(certificate)))
    unchanged = nothing_changed(desk)
    done = provided.prove(surfer, asked)

    assert asked.url.startswith(ISSUER) and asked.form_with("current-password")
    assert unchanged
    assert (done.status, "It is revoked" in done.text) == (200, True)


def test_a_confirmation_without_a_sign_in_leads_to_one_and_does_nothing(
    provided: Provided, surfer: Surfer, desk: Desk, clock: TurnedClock, certificate: Certificate
) -> None:
    page = provided.sign_in(surfer, end_of(certificate))
    clock.turn(hours=2)

    asked = confirmed(surfer, page)
    back = provided.prove(surfer, asked)

    assert asked.url.startswith(ISSUER)
    assert back.url == end_of(certificate), "to be read and confirmed once more"
    assert nothing_changed(desk)


def posted(surfer: Surfer, path: str, ground: str = "key-loss") -> Page:
    """A form of this browser, forged in all but its token, sent to `path`."""
    secret = surfer.at(PAGES).get_cookie("__Host-ca-form", domain="localhost")
    assert secret is not None
    token = bytes(16) + hmac.digest(secret.value.encode(), path.encode(), sha256)[:16]
    form = Form(path, "POST", {"form_token": urlsafe_b64encode(token).decode().rstrip("="), "ground": ground})
    return surfer.submit(Page(OWN, 200, "", {}, ()), form, {})


def test_another_s_certificate_looks_like_none_and_whoever_tries_to_end_it_is_on_record(
    provided: Provided, surfer: Surfer, desk: Desk
) -> None:
    foreign = desk.certify(f"p{CLERK}", "officer-signing")
    provided.sign_in(surfer)

    pages = [surfer.open(f"{OWN}/{key}") for key in (foreign.id, "no-such-id")]
    tried = posted(surfer, f"/certificates/{foreign.id}/end")

    assert [page.status for page in pages] == [404, 404]
    assert "revocation.certificate-unknown" in pages[0].text and "revocation.certificate-unknown" in pages[1].text
    assert tried.status == 404 and nothing_changed(desk)
    with desk.ledger.read() as session:
        [entry] = session.scalars(select(Entry).where(Entry.kind == "revocation.refused"))
    assert loads(entry.body) == {"subject": foreign.id, "code": "revocation.no-duty", "by": f"p{HOLDER}"}


@pytest.mark.parametrize("ground", ["death", "misuse", "replaced", "keyCompromise", "", "lost it somewhere"])
def test_a_ground_that_is_none_of_a_holder_s_is_refused(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate, ground: str
) -> None:
    provided.sign_in(surfer)

    read = surfer.open(end_of(certificate, ground))
    sent = posted(surfer, f"/certificates/{certificate.id}/end", ground)

    assert (read.status, sent.status) == (400, 400)
    assert "Choose one of the grounds in the list" in read.text and 'href="#ground"' in read.text
    assert nothing_changed(desk)


def test_what_has_ended_is_not_ended_again(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    page = provided.sign_in(surfer, end_of(certificate))
    desk.issuer.revoke(certificate.id, provided.clock.now())

    read, sent, held = surfer.open(end_of(certificate)), confirmed(surfer, page), surfer.open(pause_of(certificate))

    assert [one.status for one in (read, sent, held)] == [409, 409, 409]
    assert count(desk, EndingRequest) == 0


def test_a_second_post_and_a_second_arrival_do_nothing_more(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    page = provided.sign_in(surfer, end_of(certificate))
    done = confirmed(surfer, page)

    arrived, sent = surfer.open(done.url), confirmed(surfer, page)

    assert (done.status, arrived.status, sent.status) == (200, 400, 409)
    assert "sign-on.lost" in arrived.text and "revocation.already-revoked" in sent.text
    assert (count(desk, Revocation), count(desk, SignInProof)) == (1, 1)


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_a_form_that_is_not_ours_does_nothing(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate, token: str
) -> None:
    page = provided.sign_in(surfer, end_of(certificate))

    refused = surfer.submit(page, page.forms[-1], {"form_token": token})

    assert (refused.status, "request.form-stale" in refused.text) == (400, True)
    assert nothing_changed(desk)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("state=other&code=ltc_x&iss=https%3A%2F%2Flocalhost%3A8443", "sign-on.lost"),
        ("code=ltc_x&iss=https%3A%2F%2Flocalhost%3A8443", "sign-on.lost"),
        ("state={state}&code=ltc_x&iss=https%3A%2F%2Fevil.example", "sign-on.lost"),
        ("state={state}&code=ltc_x&iss=https%3A%2F%2Flocalhost%3A8443", "sign-on.code"),
        ("state={state}&error=access_denied&iss=https%3A%2F%2Flocalhost%3A8443", "sign-on.refused"),
    ],
)
def test_an_answer_that_is_not_the_provider_s_to_our_question_does_nothing(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate, broken: str, code: str
) -> None:
    asked = confirmed(surfer, provided.sign_in(surfer, end_of(certificate)), f"{ISSUER}/authorize")
    state = handed_in(desk, asked)["state"][0]

    page = surfer.open(f"{BACK}?{broken.format(state=state)}")

    assert (page.status, code in page.text) == (400, True)
    assert nothing_changed(desk)


def test_a_link_of_somebody_else_s_making_brings_a_code_that_counts_in_no_browser(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    asked = confirmed(surfer, provided.sign_in(surfer, end_of(certificate)), f"{ISSUER}/authorize")
    victim = provided.surfer()
    provided.sign_in(victim)

    page = victim.open(asked.url)

    assert page.url.startswith(BACK) and (page.status, "sign-on.lost" in page.text) == (400, True)
    assert nothing_changed(desk)


def test_the_token_of_another_service_signs_nobody_in_here(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate
) -> None:
    provided.sign_in(surfer)
    stolen = surfer.at(PAGES).get_cookie("__Host-holder-access", domain="localhost")
    assert stolen is not None
    provided.client = provided.register(BACK)
    other = Surfer({ISSUER: provided.idp, PAGES: provided.application(provided.home)})
    other.at(PAGES).set_cookie("__Host-holder-access", stolen.value, domain="localhost", secure=True)

    here = surfer.open(OWN, ISSUER)
    there = other.open(OWN, ISSUER)

    assert here.status == 200
    assert there.url.startswith(ISSUER)


def test_who_signs_out_is_out_here_and_may_end_the_session_at_the_provider(
    provided: Provided, surfer: Surfer
) -> None:
    page = provided.sign_in(surfer)

    out = confirmed(surfer, page)
    again = surfer.open(OWN, ISSUER)

    assert out.url == f"{ISSUER}/end-session" and out.forms
    assert again.url.startswith(ISSUER)


@pytest.mark.parametrize(
    "errand",
    [
        {"kind": "certificate.release", "subject": "{sha256}", "reason": "released"},
        {"kind": "certificate.revoke", "subject": "{sha256}", "reason": "death"},
        {"kind": "certificate.revoke", "subject": "{foreign}", "reason": "key-loss"},
        {"kind": "certificate.revoke", "subject": 7, "reason": ["key-loss"]},
        {"kind": "certificate.revoke", "at": 1e300},
        {"further": "x"},
    ],
)
def test_an_errand_that_somebody_wrote_himself_gains_nothing(
    provided: Provided, surfer: Surfer, desk: Desk, certificate: Certificate, errand: dict[str, Any]
) -> None:
    foreign = desk.certify(f"p{CLERK}", "officer-signing")
    asked = confirmed(surfer, provided.sign_in(surfer, end_of(certificate)), f"{ISSUER}/authorize")
    own = surfer.at(PAGES)
    taken = own.get_cookie("__Host-holder-errand", domain="localhost")
    assert taken is not None
    named = {"{sha256}": certificate.sha256, "{foreign}": foreign.sha256}
    written = loads(urlsafe_b64decode(taken.value + "==")) | {
        name: named.get(value, value) if isinstance(value, str) else value for name, value in errand.items()
    }
    own.set_cookie(
        "__Host-holder-errand", urlsafe_b64encode(dumps(written).encode()).decode().rstrip("="), domain="localhost",
        secure=True,
    )  # fmt: skip

    page = surfer.open(asked.url)

    assert page.url.startswith(BACK) and page.status == 400
    assert nothing_changed(desk)


class Away:
    """A provider that does not answer."""

    def get(self, url: str) -> Answer:
        raise OutboundFailed("ConnectionError")

    def post(self, url: str, body: bytes, content_type: str) -> Answer:
        raise OutboundFailed("ConnectionError")


def test_when_the_provider_is_away_the_page_says_which_ways_are_open(provided: Provided) -> None:
    surfer = Surfer({PAGES: provided.application(provided.home, Away())})

    page = surfer.open(OWN)

    assert (page.status, "/report" in page.text) == (503, True)
