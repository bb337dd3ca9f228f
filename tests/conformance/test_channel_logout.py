"""Plans Back-Channel and Front-Channel Logout: every service of a session learns that it is over."""

from joserfc import jwt

from tests.conformance.description import Provider
from tests.conformance.listener import Listener
from tests.conformance.modules import module
from tests.conformance.relying import Relying
from tests.conformance.tokens import ALGORITHMS, chance, header, now
from tests.conformance.visitor import Visitor

EVENT = "http://schemas.openid.net/event/backchannel-logout"
END, REGISTRATION = "end_session_endpoint", "registration_endpoint"
SIGNED_OUT = "https://localhost:1/signed-out"


@module("oidcc-backchannel-logout-discovery-endpoint-verification", "backchannel_logout_supported")
def test_discovery_says_that_sessions_are_named(provider: Provider) -> None:
    assert provider.metadata["backchannel_logout_supported"] is True
    assert provider.metadata["backchannel_logout_session_supported"] is True
    assert provider.announces(END)


@module("oidcc-backchannel-rp-initiated-logout", "backchannel_logout_supported", END, REGISTRATION)
def test_a_service_is_sent_a_valid_logout_token(plain: Relying, visitor: Visitor, listener: Listener) -> None:
    path = f"/back/{chance()}"
    service = plain.registered(
        backchannel_logout_uri=listener.url + path,
        backchannel_logout_session_required=True,
        post_logout_redirect_uris=[SIGNED_OUT],
    )
    login = service.login(visitor)

    page = visitor.sign_out(_hinted(login.tokens["id_token"]), SIGNED_OUT)
    sent = listener.first(lambda received: received.path == path)

    assert page.url.startswith(SIGNED_OUT)
    assert sent.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert set(sent.form) == {"logout_token"}
    token = sent.form["logout_token"]
    claims = jwt.decode(token, plain.provider.key_set(), algorithms=ALGORITHMS).claims
    assert header(token).get("typ", "logout+jwt") in {"logout+jwt", "JWT"}
    assert header(token)["alg"] == header(login.tokens["id_token"])["alg"]
    assert (claims["iss"], claims["sub"]) == (plain.provider.issuer, login.claims["sub"])
    assert claims["aud"] in (service.client.client_id, [service.client.client_id])
    assert claims["sid"] == login.claims["sid"]
    assert claims["events"] == {EVENT: {}}
    assert claims["jti"]
    assert "nonce" not in claims
    assert abs(claims["iat"] - now()) < 60


@module("oidcc-frontchannel-logout-discovery-endpoint-verification", "frontchannel_logout_supported")
def test_discovery_says_that_frames_name_the_session(provider: Provider) -> None:
    assert provider.metadata["frontchannel_logout_supported"] is True
    assert provider.metadata["frontchannel_logout_session_supported"] is True


@module("oidcc-frontchannel-rp-initiated-logout", "frontchannel_logout_supported", END, REGISTRATION)
def test_a_page_shows_the_frame_of_each_service(plain: Relying, visitor: Visitor, listener: Listener) -> None:
    uri = f"{listener.url}/front/{chance()}"
    service = plain.registered(
        frontchannel_logout_uri=uri,
        frontchannel_logout_session_required=True,
        post_logout_redirect_uris=[SIGNED_OUT],
    )
    login = service.login(visitor)

    visitor.sign_out(_hinted(login.tokens["id_token"]), SIGNED_OUT)

    text = "".join(page.text for page in visitor.seen).replace("&amp;", "&").replace("%3A", ":").replace("%2F", "/")
    assert f'<iframe src="{uri}?' in text or f"src='{uri}?" in text or f'src="{uri}?' in text
    assert f"sid={login.claims['sid']}" in text
    assert f"iss={plain.provider.issuer}" in text


def _hinted(token: str) -> dict[str, str]:
    return {"id_token_hint": token, "post_logout_redirect_uri": SIGNED_OUT, "state": chance()}
