"""The authorization request, checked by a table read from top to bottom: a line a check, a column an endpoint.

Until client and redirect URI are known to belong together a refusal is a page of ours; after that it goes to the
client (RFC 6749 clause 4.1.2.1). Nothing of a request is trusted because an earlier page carried it: the stored
request passes the column `resume` once more before a code is issued.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from urllib.parse import urlencode

from idp.assurance import HIGHEST, asked_level
from idp.claims_parameter import NOTHING_ASKED, UNREADABLE, AskedClaims, essential_level, parse_claims
from idp.declared import NOTHING, Declared, declared_by
from idp.details import PARAMETER, Detail, DetailsUnfit, may_be_asked, parse_details, text_of
from idp.parameters import encoded
from idp.profiles import Profile, profile_of
from idp.pushed import Pushed
from idp.redirect_uris import is_registered
from idp.response_modes import mode_of_refusal, named, permitted
from idp.scopes import SCOPES
from idp.tables import Client

PROMPTS, DISPLAYS = ("none", "login", "consent", "select_account"), ("page", "popup", "touch", "wap")
LONGEST = 4096
"""Characters of one parameter at most: refused beyond, never cut. Details have a limit of their own."""
REPEATABLE = frozenset({"resource", "audience"})
"""RFC 8707 clause 2; everything else is sent once."""
_STORED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "response_mode", "prompt", "max_age", "acr_values", "claims", "id_token_hint", "ui_locales", "claims_locales",
    "display", "resource", "dpop_jkt",
)  # fmt: skip
"""What is kept of a request. A login hint names a person and is not, nor are details."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_SCOPE = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Answer(Enum):
    """How a refusal reaches whoever asked."""

    PAGE = "page"
    REDIRECT = "redirect"
    JSON = "json"


class Column(Enum):
    """The endpoint at which a request is checked."""

    AUTHORIZE = 0
    PAR = 1
    RESUME = 2
    ELSEWHERE = 3


@dataclass(frozen=True)
class Draft:
    """What came in, before it is checked. `client` is what the ledger holds under the `client_id`, if anything."""

    pairs: Sequence[tuple[str, str]]
    client: Client | None
    client_lives: bool
    fault: str | None = None
    """Why a request object or a handed-in request could not be taken in."""
    pushed: Pushed | None = None
    """The handed-in request that the pairs are from."""
    query: str = ""
    """What finds this request again in our own links, when its pairs are not to be shown there."""
    signed: bool = False
    """The pairs are from an object that the client has signed, or were handed in since it has to sign."""
    stored: str = ""
    """The form in which they were stored, where they come from there."""

    def get(self, name: str) -> str:
        """The parameter's value; empty when it is missing (RFC 6749 clause 3.1 treats both alike)."""
        return self._last.get(name, "")

    @cached_property
    def _last(self) -> dict[str, str]:
        return dict(self.pairs)

    def every(self, name: str) -> list[str]:
        """All values of a parameter that may be repeated."""
        return [value for key, value in self.pairs if key == name and value]

    @property
    def profile(self) -> Profile:
        """The rules that hold for the client, which `client_is_live` has found."""
        assert self.client is not None, "client_is_live has passed"
        return profile_of(self.client)

    @property
    def declared(self) -> Declared:
        """What the client says of itself besides; nothing for one that is not there."""
        return declared_by(self.client) if self.client is not None else NOTHING


@dataclass(frozen=True)
class AuthenticationRequest:
    """A request that passed every check (OpenID Connect Core clause 3.1.2.1); only `check` makes it."""

    client: Client
    redirect_uri: str
    scope: tuple[str, ...]
    state: str
    nonce: str | None
    code_challenge: str | None
    prompt: frozenset[str]
    max_age: int | None
    level: int
    """The assurance level to reach: what is demanded, or more if the request wishes for more that can be reached."""
    login_hint: str
    id_token_hint: str
    ui_locales: tuple[str, ...]
    query: str
    """What finds the request again in our own links."""
    parameters: str = ""
    """The request in the form in which it is stored."""
    response_mode: str = "query"
    claims: AskedClaims = NOTHING_ASKED
    claims_locales: str = ""
    display: str = "page"
    resources: tuple[str, ...] = ()
    dpop_jkt: str | None = None
    """The thumbprint of the key that the code is bound to (RFC 9449 clause 10)."""
    pushed_id: str | None = None
    """The handed-in request that a code uses up."""
    details: tuple[Detail, ...] = ()

    @property
    def whole(self) -> str:
        """The request with what it wants in detail, which may name a person and is kept among personal values only."""
        details = urlencode({PARAMETER: text_of(self.details)}) if self.details else ""
        return "&".join(filter(None, (self.parameters, details)))


@dataclass(frozen=True)
class Refused:
    """The request cannot be served. `redirect_uri` and `state` are set only when the answer may go to the client."""

    code: str
    answer: Answer
    client_id: str | None = None
    redirect_uri: str = ""
    state: str = ""
    response_mode: str = "query"
    client: Client | None = None


Checked = AuthenticationRequest | Refused


def no_parameter_is_repeated(draft: Draft) -> str | None:
    """RFC 6749 clause 3.1."""
    names = [name for name, _ in draft.pairs if name not in REPEATABLE]
    return "authorize.parameter-repeated" if len(names) != len(set(names)) else None


def no_value_is_unfit(draft: Draft) -> str | None:
    """No control characters, nothing beyond LONGEST."""
    long = any(len(value) > LONGEST for name, value in draft.pairs if name != PARAMETER)
    unfit = long or any(_CONTROL.search(value) for _, value in draft.pairs)
    return "authorize.parameter-unfit" if unfit else None


def client_is_live(draft: Draft) -> str | None:
    """The client is registered and not retired."""
    return None if draft.client is not None and draft.client_lives else "authorize.client-unknown"


def redirect_uri_is_registered(draft: Draft) -> str | None:
    """RFC 9700 clause 4.1.3: compared character by character, without any normalisation.

    Only the port of a program's own listener on this machine may be another (RFC 8252 clause 7.3). Where what was not
    taken in would have said the address, its own fault is told, which is often that somebody was slow.
    """
    registered, said = draft.client.redirect_uris.split() if draft.client else [], draft.get("redirect_uri")
    if is_registered(said, registered, any_port=draft.profile.loopback):
        return None
    return draft.fault if draft.fault and not said else "authorize.redirect-uri-unregistered"


def request_was_taken_in(draft: Draft) -> str | None:
    """RFC 9101 clause 6, RFC 9126 clause 4: what could not be verified or found is never silently ignored."""
    return draft.fault


def request_was_pushed(draft: Draft) -> str | None:
    """FAPI 2.0 clause 5.3.2.2, RFC 9126 clause 6: whoever must hand it in does not bring it through the browser."""
    demanded = draft.profile.pushed_demanded or draft.declared.pushed_always
    return "authorize.not-pushed" if demanded and draft.pushed is None else None


def push_is_plain(draft: Draft) -> str | None:
    """RFC 9126 clause 2.1: a request that is handed in refers to no other."""
    return "authorize.request-uri" if draft.get("request_uri") else None


def request_is_signed(draft: Draft) -> str | None:
    """RFC 9101 clause 10.5: a client that says it signs always is not believed without."""
    always = draft.client is not None and draft.client.signed_requests
    return "authorize.request-unsigned" if always and not draft.signed else None


def code_is_registered_for(draft: Draft) -> str | None:
    """RFC 7591 clause 2: who named its grants and not this one gets no code, and nobody signs in for it in vain."""
    return None if draft.declared.may_use("authorization_code") else "authorize.grant"


def there_is_no_registration(draft: Draft) -> str | None:
    """OpenID Connect Core clause 7.2.1: only for self-issued providers."""
    return "authorize.registration" if draft.get("registration") else None


def response_type_is_given(draft: Draft) -> str | None:
    """RFC 6749 clause 3.1.1."""
    return None if draft.get("response_type") else "authorize.response-type-missing"


def response_type_is_code(draft: Draft) -> str | None:
    """RFC 9700 clause 2.1.2: no token ever passes through the browser."""
    return None if draft.get("response_type") == "code" else "authorize.response-type"


def response_mode_is_known(draft: Draft) -> str | None:
    """OAuth 2.0 Multiple Response Types clause 2.1, Form Post Response Mode, JARM clause 2.3; the client's own."""
    known = named(draft.get("response_mode")) in permitted(draft.profile, draft.declared)
    return None if known else "authorize.response-mode"


def scope_asks_for_openid(draft: Draft) -> str | None:
    """OpenID Connect Core clause 3.1.2.1, RFC 6749 clause 3.3; scopes we do not know are left out, not refused."""
    scope = draft.get("scope")
    return None if "openid" in scope.split(" ") and _SCOPE.fullmatch(scope) else "authorize.scope"


def pkce_is_sound(draft: Draft) -> str | None:
    """RFC 7636 clause 4.3 with S256 alone; a challenge without a method would mean `plain`."""
    challenge, method = draft.get("code_challenge"), draft.get("code_challenge_method")
    if not challenge and not method:
        return None
    return None if method == "S256" and _CHALLENGE.fullmatch(challenge) else "authorize.pkce"


def code_is_bound(draft: Draft) -> str | None:
    """RFC 9700 clause 2.1.1: PKCE, so that a stolen code is of no use; old software may do without it.

    Its code is redeemed with its secret alone (RFC 6749 clause 4.1.3); docs/decisions/0012.
    """
    needed = draft.profile.pkce_demanded and not draft.get("code_challenge")
    return "authorize.pkce-missing" if needed else None


def key_is_a_thumbprint(draft: Draft) -> str | None:
    """RFC 9449 clause 10: 32 octets, base64url."""
    jkt = draft.get("dpop_jkt")
    return None if not jkt or _CHALLENGE.fullmatch(jkt) else "authorize.dpop-jkt"


def resources_are_registered(draft: Draft) -> str | None:
    """RFC 8707 clause 2: absolute, without fragment, and one that this client may ask tokens for."""
    registered = (draft.client.resources or "").split(" ") if draft.client else []
    return None if set(draft.every("resource")) <= set(registered) else "authorize.resource"


def details_may_be_asked(draft: Draft) -> str | None:
    """RFC 9396 clause 5: types and members of ours alone, and those that the registration has."""
    registered = (draft.client.resources or "").split(" ") if draft.client else []
    try:
        fit = may_be_asked(parse_details(draft.get(PARAMETER)), draft.declared.details_types, registered)
    except DetailsUnfit:
        fit = False
    return None if fit else "authorize.details"


def prompt_is_known(draft: Draft) -> str | None:
    """OpenID Connect Core clause 3.1.2.1: `none` stands alone."""
    asked = set(draft.get("prompt").split())
    return None if asked <= set(PROMPTS) and not ("none" in asked and len(asked) > 1) else "authorize.prompt"


def max_age_is_a_number(draft: Draft) -> str | None:
    """Seconds, zero or more."""
    text = draft.get("max_age")
    return None if not text or (text.isascii() and text.isdigit() and len(text) < 10) else "authorize.max-age"


def claims_can_be_read(draft: Draft) -> str | None:
    """OpenID Connect Core clause 5.5."""
    return "authorize.claims" if parse_claims(draft.get("claims")) is UNREADABLE else None


def level_can_be_reached(draft: Draft) -> str | None:
    """OpenID Connect Core clause 5.5.1.1: an essential `acr` that cannot be met is a failed authentication.

    `acr_values` is a wish: the answer then says what was reached.
    """
    return None if _demanded(draft) <= HIGHEST else "authorize.level-unreachable"


PAGE, REDIRECT, JSON = Answer.PAGE, Answer.REDIRECT, Answer.JSON
MATRIX: tuple[tuple[Callable[[Draft], str | None], Answer | None, Answer | None, Answer | None], ...] = (
    # check                        authorize  par        resume
    (no_parameter_is_repeated,     PAGE,      JSON,      PAGE),
    (no_value_is_unfit,            PAGE,      JSON,      PAGE),
    (client_is_live,               PAGE,      JSON,      PAGE),
    (push_is_plain,                None,      JSON,      None),
    (request_was_taken_in,         None,      JSON,      None),
    (redirect_uri_is_registered,   PAGE,      JSON,      PAGE),
    (request_was_taken_in,         REDIRECT,  None,      None),
    (request_was_pushed,           REDIRECT,  None,      REDIRECT),
    (request_is_signed,            REDIRECT,  JSON,      REDIRECT),
    (code_is_registered_for,       REDIRECT,  JSON,      REDIRECT),
    (there_is_no_registration,     REDIRECT,  JSON,      None),
    (response_mode_is_known,       REDIRECT,  JSON,      REDIRECT),
    (response_type_is_given,       REDIRECT,  JSON,      REDIRECT),
    (response_type_is_code,        REDIRECT,  JSON,      REDIRECT),
    (scope_asks_for_openid,        REDIRECT,  JSON,      REDIRECT),
    (pkce_is_sound,                REDIRECT,  JSON,      REDIRECT),
    (code_is_bound,                REDIRECT,  JSON,      REDIRECT),
    (key_is_a_thumbprint,          REDIRECT,  JSON,      REDIRECT),
    (resources_are_registered,     REDIRECT,  JSON,      REDIRECT),
    (details_may_be_asked,         REDIRECT,  JSON,      REDIRECT),
    (prompt_is_known,              REDIRECT,  JSON,      REDIRECT),
    (max_age_is_a_number,          REDIRECT,  JSON,      REDIRECT),
    (claims_can_be_read,           REDIRECT,  JSON,      REDIRECT),
    (level_can_be_reached,         REDIRECT,  JSON,      REDIRECT),
)  # fmt: skip
"""None: the check is not made there, or at another place: what an object said that is not taken in, is not known."""
ELSEWHERE = frozenset({
    no_parameter_is_repeated, no_value_is_unfit, client_is_live, request_was_taken_in, scope_asks_for_openid,
    resources_are_registered, details_may_be_asked, max_age_is_a_number, claims_can_be_read, level_can_be_reached,
})  # fmt: skip
"""The checks where no browser is sent anywhere: of device (RFC 8628) and backchannel requests (CIBA), all in JSON."""
_CHECKS = {one: [(holds, said) for holds, *answers in MATRIX if
                 (said := answers[one.value] if one is not Column.ELSEWHERE else JSON if holds in ELSEWHERE else None)]
           for one in Column}  # fmt: skip


def check(draft: Draft, column: Column = Column.AUTHORIZE) -> Checked:
    """The request if every check of the column holds, else the first refusal."""
    for holds, answer in _CHECKS[column]:
        if code := holds(draft):
            return _refused(draft, code, answer)
    return _request(draft)


def _refused(draft: Draft, code: str, answer: Answer) -> Refused:
    client_id = draft.client.id if draft.client is not None else None
    if answer is not REDIRECT:
        return Refused(code, answer, client_id)
    mode = mode_of_refusal(draft.get("response_mode"), draft.profile, draft.declared)
    return Refused(code, answer, client_id, draft.get("redirect_uri"), draft.get("state"), mode, draft.client)


def _demanded(draft: Draft) -> int:
    registered = draft.client.minimum_level if draft.client is not None else 0
    return max(registered, essential_level(parse_claims(draft.get("claims"))))


def _request(draft: Draft) -> AuthenticationRequest:
    client = draft.client
    assert client is not None, "client_is_live has passed"
    asked = draft.get("scope").split(" ")
    parameters = draft.stored or encoded([(name, value) for name in _STORED for value in draft.every(name)])
    details = parse_details(draft.get(PARAMETER))
    return AuthenticationRequest(
        client=client,
        redirect_uri=draft.get("redirect_uri"),
        scope=tuple(scope for scope in SCOPES if scope in asked and scope in client.scopes.split(" ")),
        state=draft.get("state"),
        nonce=draft.get("nonce") or None,
        code_challenge=draft.get("code_challenge") or None,
        prompt=frozenset(draft.get("prompt").split()),
        max_age=int(draft.get("max_age")) if draft.get("max_age") else draft.declared.default_max_age,
        level=max(_demanded(draft), min(asked_level(_acr_values(draft)), HIGHEST)),
        login_hint=draft.get("login_hint"),
        id_token_hint=draft.get("id_token_hint"),
        ui_locales=tuple(draft.get("ui_locales").split()),
        query=draft.query or parameters,
        parameters=parameters,
        response_mode=named(draft.get("response_mode")),
        claims=parse_claims(draft.get("claims")),
        claims_locales=draft.get("claims_locales"),
        display=draft.get("display") if draft.get("display") in DISPLAYS else "page",
        resources=tuple(dict.fromkeys((*draft.every("resource"), *(one.place for one in details)))),
        dpop_jkt=draft.get("dpop_jkt") or (draft.pushed.dpop_jkt if draft.pushed else None),
        pushed_id=draft.pushed.id if draft.pushed else None,
        details=details,
    )


def _acr_values(draft: Draft) -> Sequence[str]:
    """Those asked for in either way, else those of the registration (Dynamic Client Registration clause 2)."""
    asked = draft.get("acr_values").split() or parse_claims(draft.get("claims")).acr_values
    return asked or draft.declared.default_acr_values
