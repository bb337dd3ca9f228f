"""Chapter 5: officers sign in once."""

import base64
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from scripts.demonstration.journal import require
from scripts.story.browser import Browser, Page
from scripts.story.scene import Account, Scene


def tell(scene: Scene) -> None:
    """Every step of the chapter holds."""
    journal, home = scene.journal, scene.installation.home
    journal.chapter("5 Single sign-on")
    edocument, estaff = home.url("edocument"), home.url("estaff")
    with journal.step("an officer signs in to e-Document with password and one-time code") as said:
        page = sign_in(scene, scene.browser("signer"), f"{edocument}/login", scene.signer)
        _require_shown(page, scene.signer, ("pwd", "otp"))
        said.say("his names, post and organisation are shown")
    with journal.step("to e-Staff he comes without being asked again"):
        page = scene.browser("signer").open(f"{estaff}/login")
        require(page.url.startswith(estaff), f"stopped at {page.url}")
        _require_shown(page, scene.signer, ("pwd", "otp"))
    with journal.step("another officer signs in with his certificate, on a port of its own"):
        key = scene.installation.personal(scene.holder.number, "authentication")
        browser = Browser(home.certificate("root"), (key.certificate, key.key))
        scene.browsers["holder"] = browser
        page = sign_in_by_certificate(browser, f"{edocument}/login", home.url("idp-mtls"))
        require(page.url.startswith(edocument), f"stopped at {page.url}: {page.text[:300]}")
        _require_shown(page, scene.holder, ())
    with journal.step("a third service gets an ID token, and userinfo by its access token") as said:
        claims = _code_flow(scene)
        said.say(f"acr {claims['acr']}, amr {claims['amr']}")
    with journal.step("a wrong password, a replayed code and an unknown user are refused alike"):
        _refusals(scene)


def sign_in(scene: Scene, browser: Browser, url: str, account: Account, stop_at: str | None = None) -> Page:
    """The page after password and code were given at `url`."""
    page = browser.open(url, stop_at)
    form = page.form_with("current-password")
    values = {"username": account.username, "current-password": account.password}
    page = browser.submit(page, form, values, stop_at)
    if page.status == 0:
        return page
    form = page.form_with("one-time-code")
    scene.codes[account.username] = code_of(scene, account)
    return browser.submit(page, form, {"one-time-code": scene.codes[account.username]}, stop_at)


def code_of(scene: Scene, account: Account) -> str:
    """The code that the account's authenticator app shows now."""
    return pyotp.TOTP(account.totp_secret).at(scene.installation.clock.now())


def sign_in_by_certificate(browser: Browser, url: str, mutual_tls: str) -> Page:
    """The page after the link to the mutual-TLS port on the sign-in page was followed."""
    page = browser.open(url)
    link = next(word for word in page.text.split('"') if word.startswith(mutual_tls)).replace("&amp;", "&")
    return browser.open(link)


def _require_shown(page: Page, account: Account, methods: tuple[str, ...]) -> None:
    require(page.status == 200, f"{page.url} answered {page.status}: {page.text[:300]}")
    for word in (account.number, *methods):
        require(word in page.text, f"{page.url} does not show {word}")


def _code_flow(scene: Scene) -> dict[str, object]:
    """Authorization code with PKCE as any OpenID client does it; single sign-on answers at once."""
    client, home = scene.client, scene.installation.home
    metadata = scene.installation.web.get(f"{home.url('idp')}/.well-known/openid-configuration", timeout=10).json()
    verifier = _base64url(scene.installation.randomness(36))
    challenge = _base64url(sha256(verifier.encode()).digest())
    question = {
        "response_type": "code", "client_id": client.client_id, "redirect_uri": client.redirect_uri,
        "scope": "openid profile organisation", "state": "there-and-back", "nonce": "once",
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    url = f"{metadata['authorization_endpoint']}?{urlencode(question)}"
    page = agree(scene.browser("signer"), url, client.redirect_uri)
    answer = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    require(answer.get("state") == "there-and-back" and "code" in answer, f"the answer was {page.url}")
    redeemed = scene.installation.web.post(
        metadata["token_endpoint"],
        data={
            "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": client.redirect_uri,
            "code_verifier": verifier,
        },
        auth=(client.client_id, client.client_secret),
        timeout=10,
    )  # fmt: skip
    require(redeemed.status_code == 200, f"the token endpoint answered {redeemed.text}")
    tokens = redeemed.json()
    scene.tokens.update(access=tokens["access_token"], refresh=tokens.get("refresh_token", ""))
    keys = KeySet.import_key_set(scene.installation.web.get(metadata["jwks_uri"], timeout=10).json())
    algorithms = metadata["id_token_signing_alg_values_supported"]
    claims = jwt.decode(tokens["id_token"], keys, algorithms=algorithms).claims
    require(claims["iss"] == metadata["issuer"] and claims["aud"] == client.client_id, f"the claims are {claims}")
    told = userinfo(scene, tokens["access_token"])
    require(told.status_code == 200, f"userinfo answered {told.status_code} {told.text}")
    require(told.json()["sub"] == claims["sub"], "userinfo speaks of somebody else")
    return claims


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def agree(browser: Browser, url: str, redirect_uri: str) -> Page:
    """The answer to an authorization request, a consent page agreed to if there is one."""
    page = browser.open(url, redirect_uri)
    if page.status == 200 and page.forms:
        form = page.forms[-1]
        page = browser.submit(page, form, {}, redirect_uri)
    return page


def userinfo(scene: Scene, token: str) -> requests.Response:
    """What userinfo answers to this access token."""
    url = f"{scene.installation.home.url('idp')}/userinfo"
    return scene.installation.web.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)


def _refusals(scene: Scene) -> None:
    start = f"{scene.installation.home.url('edocument')}/login"
    texts = []
    for username, password in ((scene.clerk.username, "wrong-password"), ("99999999", "wrong-password")):
        browser = Browser(scene.installation.home.certificate("root"))
        page = browser.open(start)
        values = {"username": username, "current-password": password}
        page = browser.submit(page, page.form_with("current-password"), values)
        require("one-time-code" not in page.text or "current-password" in page.text, "a wrong password went through")
        texts.append(page.text.count("<"))
    require(texts[0] == texts[1], "a known and an unknown user are answered differently")
    browser = Browser(scene.installation.home.certificate("root"))
    page = browser.open(start)
    values = {"username": scene.signer.username, "current-password": scene.signer.password}
    page = browser.submit(page, page.form_with("current-password"), values)
    typed = {"one-time-code": scene.codes[scene.signer.username]}  # that one, not the one of now, which may be new
    again = browser.submit(page, page.form_with("one-time-code"), typed)
    require("/callback" not in " ".join(again.passed), "a replayed code went through")
