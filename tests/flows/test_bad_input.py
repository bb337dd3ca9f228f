"""What is wrong is refused with its status, its code and a sentence in Lao and English, and entered where it is ours.

Everything goes through real servers and verbs. What strangers send to OCSP, the time-stamp authority and userinfo
is counted, never entered.
"""

import subprocess
import sys
from collections.abc import Callable
from hashlib import sha1
from html import unescape
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from asn1crypto import ocsp, parser, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as question
from joserfc import jwt
from joserfc.jwk import ECKey
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from sqlalchemy import select

from ca.statement import terms
from ca.tables.registration import Enrolment
from scripts.demonstration.certifying import apply_for
from scripts.demonstration.installation import VerbResult
from scripts.story.browser import Browser, Page
from scripts.story.documents import decree_text
from scripts.story.scene import Account
from scripts.story.sign_on import agree, code_of, sign_in_by_certificate
from tests.flows.running import Running
from tests.idp.visitor import CHALLENGE, VERIFIER
from tests.ports import free_base
from web.words import WORDS

HUGE = 100 * 1024 * 1024


def request_of(key: Any) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def without_possession() -> bytes:
    request = bytearray(request_of(ec.generate_private_key(ec.SECP256R1())))
    request[-1] ^= 1
    return bytes(request)


def enrol(place: Running, folder: Path, request: bytes, number: str) -> VerbResult:
    """The verb `enrol`, by the first registration officer."""
    (folder / "request").write_bytes(request)
    (folder / "number").write_text("SAMPLE-1")
    admin = place.ready.admins[0]
    return place.installation.verb(
        "enrol", str(folder / "request"), "--person", number, "--profile", "officer-authentication",
        "--paper", "chip-identity-card", "--paper-number", str(folder / "number"), "--paper-issuer", "MPS",
        "--issued", "2025-12-17", "--expires", "2035-12-16", "--scan", str(folder / "number"), "--desk", "center",
        "--terms", terms.current().digest, "--agreed", "written",
        "--as", admin, "--key", place.installation.personal(admin, "authentication").uri,
    )  # fmt: skip


def require_told(done: VerbResult, code: str) -> None:
    """The verb refused with this code, in both languages."""
    lao, english = WORDS[code]
    assert (done.exit, dict(done.values)) == (1, {"error": code, "en": english, "lo": lao})


def require_problem(place: Running, ask: Callable[[str], requests.Response], status: int, code: str) -> None:
    """The answer's status and code, and its sentence in the language asked for."""
    lao, english = ask("lo"), ask("en")
    assert (lao.status_code, lao.json()["code"], english.json()["code"]) == (status, code, code)
    assert (lao.json()["detail"], english.json()["detail"]) == WORDS[code]


def ours(place: Running, before: int) -> list[tuple[str, str | None]]:
    """Kind and code of the entries since, without what our loops do by themselves."""
    entries = place.since(before)
    return [(one["kind"], one.get("code")) for one in entries if not one["actor"].startswith("system:")]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n", "enrolment.request-malformed"),
        (without_possession, "enrolment.proof-of-possession"),
        (lambda: request_of(rsa.generate_private_key(65537, 2048)), "enrolment.key-weak"),
        (lambda: request_of(rsa.generate_private_key(3, 3072)), "enrolment.key-weak"),
        (lambda: request_of(ec.generate_private_key(ec.SECP192R1())), "enrolment.key-weak"),
    ],
    ids=["broken", "without possession", "RSA-2048", "e=3", "P-192"],
)
def test_an_unfit_request_is_not_taken_up(
    running: Running, tmp_path: Path, make: Callable[[], bytes], code: str
) -> None:
    before = running.newest()

    refused = enrol(running, tmp_path, make(), running.officer().number)

    require_told(refused, code)
    assert ours(running, before) == [("enrolment.refused", code)]


def test_a_key_that_is_somebody_elses_is_not_certified(running: Running, tmp_path: Path) -> None:
    before, other = running.newest(), running.installation.personal(running.officer().number, "authentication")

    refused = enrol(running, tmp_path, other.request(), running.officer().number)

    require_told(refused, "enrolment.key-used")
    assert ours(running, before) == [("enrolment.refused", "enrolment.key-used")]


def test_nobody_decides_on_his_own_request(running: Running) -> None:
    admin = running.ready.admins[0]
    key = running.installation.personal(admin, "signing-2")
    key.key.unlink(missing_ok=True)
    apply_for(running.installation, [(admin, "again")], running.ready.admins[1])
    with running.installation.ledger("ca").read() as session:
        enrolment = session.scalar(select(Enrolment.id).order_by(Enrolment.id.desc()).limit(1)) or ""
    before, uri = running.newest(), running.installation.personal(admin, "authentication").uri

    refused = running.installation.verb("decide", enrolment, "--yes", "--desk", "center", "--as", admin, "--key", uri)

    require_told(refused, "decision.own-request")
    assert ours(running, before) == [("decision.refused", "decision.own-request")]


@pytest.mark.parametrize(
    ("octets", "status"),
    [(b"garbage", "malformed_request"), (b"\x30" * 5000, "malformed_request"), (None, "unauthorized")],
    ids=["garbage", "oversize", "wrong issuer"],
)
def test_what_strangers_ask_of_ocsp_is_answered_and_not_entered(
    running: Running, octets: bytes | None, status: str
) -> None:
    stranger = question.OCSPRequestBuilder().add_certificate_by_hash(bytes(32), bytes(32), 1, SHA256()).build()
    before = running.newest()

    answer = running.installation.web.post(
        f"{running.home.url('ocsp')}/",
        data=stranger.public_bytes(Encoding.DER) if octets is None else octets,
        headers={"Content-Type": "application/ocsp-request"},
        timeout=10,
    )

    assert answer.status_code == 200
    assert ocsp.OCSPResponse.load(answer.content)["response_status"].native == status
    assert ours(running, before) == []


def authorize_url(place: Running, **changes: str) -> str:
    client = place.ready.clients["standard-1"]
    asked = {
        "response_type": "code", "client_id": client.client_id, "redirect_uri": client.redirect_uri,
        "scope": "openid profile", "state": "s" * 43, "nonce": "n" * 43,
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip
    return f"{place.home.url('idp')}/authorize?{urlencode(asked | changes)}"


def password_page(place: Running, username: str, password: str, language: str = "lo") -> tuple[Browser, Page]:
    """What comes after this name and password, in a fresh browser."""
    browser = Browser(place.home.certificate("root"))
    browser.session.headers["Accept-Language"] = language
    page = browser.open(authorize_url(place))
    values = {"username": username, "current-password": password}
    return browser, browser.submit(page, page.form_with("current-password"), values)


def shown(page: Page) -> str:
    return unescape(page.text)


def account(place: Running, turn: int) -> Account:
    """An officer's account that no other test here types into."""
    return [one for one in place.ready.accounts if one.kind == "officer"][turn]


@pytest.mark.parametrize(("language", "which"), [("lo", 0), ("en", 1)])
def test_a_wrong_password_is_refused_in_the_persons_language(running: Running, language: str, which: int) -> None:
    before = running.newest()

    _, page = password_page(running, account(running, 0).username, "wrong password", language)

    assert page.status == 422
    assert WORDS["sign-in.wrong"][which] in shown(page)
    assert [one for one in ours(running, before) if one[0] == "sign-in.refused"] == [
        ("sign-in.refused", "sign-in.wrong")
    ]


def test_an_unknown_user_meets_the_same_words_after_the_same_time(running: Running) -> None:
    def quickest(username: str) -> float:
        return min(_seconds(lambda: password_page(running, username, "wrong password")) for _ in range(3))

    known, unknown = account(running, 1).username, "99999999"
    texts = {shown(password_page(running, name, "x")[1]).count(WORDS["sign-in.wrong"][0]) for name in (known, unknown)}
    ratio = quickest(known) / quickest(unknown)

    assert len(texts) == 1
    assert texts != {0}
    assert 0.5 < ratio < 2


def _seconds(act: Callable[[], object]) -> float:
    began = monotonic()
    act()
    return monotonic() - began


def test_a_code_is_taken_once(running: Running) -> None:
    person = account(running, 2)
    code = code_of(running.scene(), person)
    redirect_uri = running.ready.clients["standard-1"].redirect_uri
    browser, page = password_page(running, person.username, person.password)
    browser.submit(page, page.form_with("one-time-code"), {"one-time-code": code}, redirect_uri)
    other, page = password_page(running, person.username, person.password)
    before = running.newest()

    replayed = other.submit(page, page.form_with("one-time-code"), {"one-time-code": code}, redirect_uri)

    assert WORDS["sign-in.code-used"][0] in shown(replayed)
    refusals = [one for one in ours(running, before) if one[0] != "sign-in.attempt-taken"]
    assert refusals == [("sign-in.refused", "sign-in.code-used")]


def test_a_locked_account_opens_when_it_is_unlocked(running: Running) -> None:
    person, admin = account(running, 3), running.ready.admins[0]
    for _ in range(10):
        password_page(running, person.username, "wrong password")
    before = running.newest()

    _, locked = password_page(running, person.username, person.password)
    entered = ours(running, before)
    words = ("--as", admin, "--key", running.installation.personal(admin, "authentication").uri)
    unlocked = running.installation.verb("account-unlock", person.username, *words)
    _, opened = password_page(running, person.username, person.password)

    assert WORDS["sign-in.locked"][0] in shown(locked)
    assert entered == [("sign-in.attempts-flooded", None)]
    assert unlocked.exit == 0
    assert opened.form_with("one-time-code")


def test_an_unregistered_redirect_uri_is_a_page_and_no_redirect(running: Running) -> None:
    url, before = authorize_url(running, redirect_uri="https://elsewhere.example/callback"), running.newest()

    page = Browser(running.home.certificate("root")).open(url)

    assert (page.status, page.passed) == (400, (url,))
    assert WORDS["authorize.redirect-uri-unregistered"][0] in shown(page)
    assert ours(running, before) == [("client.refused", "authorize.redirect-uri-unregistered")]


def code_for(place: Running) -> str:
    """An authorization code of the first standard client, for an officer signed in by certificate."""
    browser = place.browser(place.officer().number)
    sign_in_by_certificate(browser, f"{place.home.url('edocument')}/login", place.home.url("idp-mtls"))
    page = agree(browser, authorize_url(place), place.ready.clients["standard-1"].redirect_uri)
    return parse_qs(urlsplit(page.url).query)["code"][0]


def redeem(place: Running, code: str, verifier: str = VERIFIER) -> requests.Response:
    client = place.ready.clients["standard-1"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
    own = (client.client_id, client.client_secret)
    sent = {**form, "code_verifier": verifier}
    return place.installation.web.post(f"{place.home.url('idp')}/token", data=sent, auth=own, timeout=10)


def userinfo(place: Running, token: str) -> requests.Response:
    bearer = {"Authorization": f"Bearer {token}"}
    return place.installation.web.get(f"{place.home.url('idp')}/userinfo", headers=bearer, timeout=10)


def test_a_code_that_comes_twice_ends_what_it_gave(running: Running) -> None:
    code = code_for(running)
    first = redeem(running, code).json()
    alive, before = userinfo(running, first["access_token"]).status_code, running.newest()

    second = redeem(running, code)

    assert (alive, second.status_code) == (200, 400)
    assert (second.json()["error"], second.json()["error_description"]) == ("invalid_grant", "token.code-used")
    assert userinfo(running, first["access_token"]).status_code == 401
    assert ours(running, before) == [("grant.ended", None), ("client.refused", "token.code-used")]


def test_a_wrong_verifier_gets_no_token(running: Running) -> None:
    code, before = code_for(running), running.newest()

    refused = redeem(running, code, "w" * 64)

    assert (refused.status_code, refused.json()["error_description"]) == (400, "token.pkce")
    assert ("client.refused", "token.pkce") in ours(running, before)
    assert "code.redeemed" not in [kind for kind, _ in ours(running, before)]


def test_a_token_of_a_stranger_is_dead_at_userinfo(running: Running) -> None:
    claims = {"iss": running.home.url("idp"), "sub": "x", "exp": 4102444800}
    token = jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, ECKey.generate_key("P-256"))
    before = running.newest()

    refused = userinfo(running, token)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert "invalid_token" in refused.headers["WWW-Authenticate"]
    assert ours(running, before) == []


def unsigned(place: Running) -> bytes:
    return decree_text(place.installation)


def encrypted(place: Running) -> bytes:
    writer, target = copy_into_new_writer(PdfFileReader(BytesIO(unsigned(place)))), BytesIO()
    writer.encrypt("owner", "user")  # type: ignore[no-untyped-call]
    writer.write(target)  # type: ignore[no-untyped-call]
    return target.getvalue()


def huge(_place: Running) -> bytes:
    return bytes(HUGE)


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (unsigned, 422, "document.unsigned"),
        (encrypted, 422, "document.encrypted"),
        (huge, 413, "request.too-large"),
        (lambda _place: b"no document", 422, "document.not-pdf"),
    ],
    ids=["unsigned", "encrypted", "100 MB", "no PDF"],
)
def test_a_document_that_cannot_be_judged_is_refused(
    running: Running, make: Callable[[Running], bytes], status: int, code: str
) -> None:
    document, before = make(running), running.newest()

    def ask(language: str) -> requests.Response:
        sent = {"file": ("decree.pdf", document, "application/pdf")}
        url, headers = f"{running.home.url('validation')}/v1/validations", {"Accept-Language": language}
        return running.installation.web.post(url, files=sent, headers=headers, timeout=30)

    require_problem(running, ask, status, code)
    assert ours(running, before) == []


def test_a_time_stamp_over_an_unknown_hash_is_not_given(running: Running) -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": sha1(b"x").digest()}
    query = tsp.TimeStampReq({"version": 1, "message_imprint": imprint})
    before = running.newest()

    answer = running.installation.web.post(
        f"{running.home.url('tsa')}/",
        data=query.dump(),
        headers={"Content-Type": "application/timestamp-query"},
        timeout=10,
    )

    status = tsp.PKIStatusInfo.load(parser.parse(answer.content)[4])
    assert (answer.status_code, status["status"].native) == (200, "rejection")
    assert status["fail_info"].native == {"bad_alg"}
    assert ours(running, before) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.encode("utf-16"), "register.file-encoding"),
        (lambda text: text.replace("given_lo", "given", 1).encode(), "register.file-header"),
        (lambda text: text.splitlines(keepends=True)[0].encode(), "register.file-empty"),
    ],
    ids=["UTF-16", "bad header", "zero lines"],
)
def test_an_unfit_list_is_refused_whole(
    running: Running, tmp_path: Path, change: Callable[[str], bytes], code: str
) -> None:
    listed = (running.home.path / "data" / "hr.csv").read_text()
    (tmp_path / "hr.csv").write_bytes(change(listed))
    before = running.newest()

    refused = running.installation.verb("register-plan", str(tmp_path / "hr.csv"))

    require_told(refused, code)
    assert ours(running, before) == []


def demonstration(home: Path, base: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.demonstration", "--home", str(home), "--port", str(base)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_ports_that_are_taken_are_named(running: Running, tmp_path: Path) -> None:
    refused = demonstration(tmp_path / "home", running.home.base_port())

    assert refused.returncode == 1
    assert f"ports in use: {running.home.base_port()}," in refused.stdout
    assert "--port BASE with a new --home" in refused.stdout


def test_a_home_stays_at_its_ports(running: Running) -> None:
    refused = demonstration(running.home.path, free_base())

    assert refused.returncode == 1
    assert f"is for ports from {running.home.base_port()}: leave --port out" in refused.stdout
