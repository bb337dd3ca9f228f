"""The authorization request, checked by a table read from top to bottom: a line a check, a column an endpoint.

Until client and redirect URI are known to belong together a refusal is a page of ours; after that it goes to the
client (RFC 6749 clause 4.1.2.1). Nothing of a request is trusted because an earlier page carried it: the stored
request passes the column `resume` once more before a code is issued.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl, urlencode

from idp.assurance import HIGHEST, asked_level
from idp.essential import essential_level
from idp.scopes import SCOPES
from idp.tables import Client

PROMPTS = ("none", "login", "consent", "select_account")
LONGEST = 4096
"""Characters of one parameter at most: refused beyond, never cut."""
_STORED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "response_mode", "prompt", "max_age", "acr_values", "claims", "id_token_hint", "ui_locales",
)  # fmt: skip
"""What is kept of a request. A login hint names a person and is not."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Answer(Enum):
    """How a refusal reaches whoever asked."""

    PAGE = "page"
    REDIRECT = "redirect"


@dataclass(frozen=True)
class Draft:
    """What came in, before it is checked. `client` is what the ledger holds under the `client_id`, if anything."""

    pairs: Sequence[tuple[str, str]]
    client: Client | None
    client_lives: bool

    def get(self, name: str) -> str:
        """The parameter's value; empty when it is missing (RFC 6749 clause 3.1 treats both alike)."""
        return dict(self.pairs).get(name, "")


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
    """The request in the form in which it is stored and shown in our own links."""


@dataclass(frozen=True)
class Refused:
    """The request cannot be served. `redirect_uri` and `state` are set only when the answer may go to the client."""

    code: str
    answer: Answer
    client_id: str | None = None
    redirect_uri: str = ""
    state: str = ""


Checked = AuthenticationRequest | Refused


def no_parameter_is_repeated(draft: Draft) -> str | None:
    """RFC 6749 clause 3.1."""
    names = [name for name, _ in draft.pairs]
    return "authorize.parameter-repeated" if len(names) != len(set(names)) else None


def no_value_is_unfit(draft: Draft) -> str | None:
    """No control characters, nothing beyond LONGEST."""
    unfit = any(len(value) > LONGEST or _CONTROL.search(value) for _, value in draft.pairs)
    return "authorize.parameter-unfit" if unfit else None


def client_is_live(draft: Draft) -> str | None:
    """The client is registered and not retired."""
    return None if draft.client is not None and draft.client_lives else "authorize.client-unknown"


def redirect_uri_is_registered(draft: Draft) -> str | None:
    """RFC 9700 clause 4.1.3: compared character by character, without any normalisation."""
    registered = draft.client.redirect_uris.split(" ") if draft.client else []
    return None if draft.get("redirect_uri") in registered else "authorize.redirect-uri-unregistered"


def there_is_no_request_object(draft: Draft) -> str | None:
    """OpenID Connect Core clause 6: said in discovery to be unsupported, so never silently ignored."""
    return "authorize.request-object" if draft.get("request") else None


def there_is_no_request_uri(draft: Draft) -> str | None:
    """As above, by reference."""
    return "authorize.request-uri" if draft.get("request_uri") else None


def there_is_no_registration(draft: Draft) -> str | None:
    """OpenID Connect Core clause 7.2.1: only for self-issued providers."""
    return "authorize.registration" if draft.get("registration") else None


def response_type_is_given(draft: Draft) -> str | None:
    """RFC 6749 clause 3.1.1."""
    return None if draft.get("response_type") else "authorize.response-type-missing"


def response_type_is_code(draft: Draft) -> str | None:
    """RFC 9700 clause 2.1.2: no token ever passes through the browser."""
    return None if draft.get("response_type") == "code" else "authorize.response-type"


def response_mode_is_query(draft: Draft) -> str | None:
    """OAuth 2.0 Multiple Response Types clause 2.1."""
    return None if draft.get("response_mode") in {"", "query"} else "authorize.response-mode"


def scope_asks_for_openid(draft: Draft) -> str | None:
    """OpenID Connect Core clause 3.1.2.1; scopes we do not know are left out, not refused."""
    return None if "openid" in draft.get("scope").split(" ") else "authorize.scope"


def pkce_is_sound(draft: Draft) -> str | None:
    """RFC 7636 clause 4.3 with S256 alone; a challenge without a method would mean `plain`."""
    challenge, method = draft.get("code_challenge"), draft.get("code_challenge_method")
    if not challenge and not method:
        return None
    return None if method == "S256" and _CHALLENGE.fullmatch(challenge) else "authorize.pkce"


def code_is_bound(draft: Draft) -> str | None:
    """RFC 9700 clause 2.1.1: PKCE, so that a stolen code is of no use; a `standard` client may do without it.

    Its code is redeemed with its secret alone (RFC 6749 clause 4.1.3); docs/decisions/0012.
    """
    standard = draft.client is not None and draft.client.profile == "standard"
    return None if standard or draft.get("code_challenge") else "authorize.pkce-missing"


def prompt_is_known(draft: Draft) -> str | None:
    """OpenID Connect Core clause 3.1.2.1: `none` stands alone."""
    asked = set(draft.get("prompt").split())
    return None if asked <= set(PROMPTS) and not ("none" in asked and len(asked) > 1) else "authorize.prompt"


def max_age_is_a_number(draft: Draft) -> str | None:
    """Seconds, zero or more."""
    text = draft.get("max_age")
    return None if not text or (text.isascii() and text.isdigit() and len(text) < 10) else "authorize.max-age"


def claims_can_be_read(draft: Draft) -> str | None:
    """OpenID Connect Core clause 5.5: unsupported but for an essential `acr`, which nobody may be let past."""
    return None if essential_level(draft.get("claims")) is not None else "authorize.claims"


def level_can_be_reached(draft: Draft) -> str | None:
    """OpenID Connect Core clause 5.5.1.1: an essential `acr` that cannot be met is a failed authentication.

    `acr_values` is a wish: the answer then says what was reached.
    """
    return None if _demanded(draft) <= HIGHEST else "authorize.level-unreachable"


PAGE, REDIRECT = Answer.PAGE, Answer.REDIRECT
MATRIX: tuple[tuple[Callable[[Draft], str | None], Answer | None, Answer | None], ...] = (
    # check                        authorize  resume
    (no_parameter_is_repeated,     PAGE,      PAGE),
    (no_value_is_unfit,            PAGE,      PAGE),
    (client_is_live,               PAGE,      PAGE),
    (redirect_uri_is_registered,   PAGE,      PAGE),
    (there_is_no_request_object,   REDIRECT,  None),
    (there_is_no_request_uri,      REDIRECT,  None),
    (there_is_no_registration,     REDIRECT,  None),
    (response_type_is_given,       REDIRECT,  REDIRECT),
    (response_type_is_code,        REDIRECT,  REDIRECT),
    (response_mode_is_query,       REDIRECT,  REDIRECT),
    (scope_asks_for_openid,        REDIRECT,  REDIRECT),
    (pkce_is_sound,                REDIRECT,  REDIRECT),
    (code_is_bound,                REDIRECT,  REDIRECT),
    (prompt_is_known,              REDIRECT,  REDIRECT),
    (max_age_is_a_number,          REDIRECT,  REDIRECT),
    (claims_can_be_read,           REDIRECT,  REDIRECT),
    (level_can_be_reached,         REDIRECT,  REDIRECT),
)  # fmt: skip
"""None: the check is not made there, since what it is about is not stored."""


def check(draft: Draft, *, resume: bool = False) -> Checked:
    """The request if every check of the column holds, else the first refusal."""
    for holds, authorize_answer, resume_answer in MATRIX:
        answer = resume_answer if resume else authorize_answer
        code = holds(draft) if answer else None
        if answer and code:
            return _refused(draft, code, answer)
    return _request(draft)


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The parameters of an `application/x-www-form-urlencoded` text, in order."""
    return parse_qsl(query, keep_blank_values=True)


def with_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """The redirect URI with the non-empty `parameters` added to its query (RFC 6749 clause 4.1.2)."""
    added = urlencode({name: value for name, value in parameters.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{added}" if added else uri


def _refused(draft: Draft, code: str, answer: Answer) -> Refused:
    client_id = draft.client.id if draft.client is not None else None
    if answer is PAGE:
        return Refused(code, answer, client_id)
    return Refused(code, answer, client_id, draft.get("redirect_uri"), draft.get("state"))


def _demanded(draft: Draft) -> int:
    registered = draft.client.minimum_level if draft.client is not None else 0
    return max(registered, essential_level(draft.get("claims")) or 0)


def _request(draft: Draft) -> AuthenticationRequest:
    client = draft.client
    assert client is not None, "client_is_live has passed"
    asked = draft.get("scope").split(" ")
    return AuthenticationRequest(
        client=client,
        redirect_uri=draft.get("redirect_uri"),
        scope=tuple(scope for scope in SCOPES if scope in asked and scope in client.scopes.split(" ")),
        state=draft.get("state"),
        nonce=draft.get("nonce") or None,
        code_challenge=draft.get("code_challenge") or None,
        prompt=frozenset(draft.get("prompt").split()),
        max_age=int(draft.get("max_age")) if draft.get("max_age") else None,
        level=max(_demanded(draft), min(asked_level(draft.get("acr_values").split()), HIGHEST)),
        login_hint=draft.get("login_hint"),
        id_token_hint=draft.get("id_token_hint"),
        ui_locales=tuple(draft.get("ui_locales").split()),
        query=urlencode([(name, draft.get(name)) for name in _STORED if draft.get(name)]),
    )
