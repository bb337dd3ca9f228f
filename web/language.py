"""Lao first, English second: which language a request is answered in, and the sentences by message id.

Catalogues are gettext `.po` files keyed by a dotted message id, read at start: `web/translations/<lang>.po` for all
and `<house>/translations/<lang>.po` for the house. Sentences of refusal codes are in `web/words`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlencode

from babel.messages.pofile import read_po
from flask import Response

from web.asked import extension, g_itself, request_itself
from web.words import WORDS

LANGUAGES = ("lo", "en")
COOKIE = "lang"
_YEAR = 31_536_000
_TRANSLATIONS = Path(__file__).parent / "translations"
_UNKNOWN = "request.unexplained"

Catalogue = Mapping[str, Mapping[str, str]]
"""Language → message id → sentence."""


def read_catalogue(*folders: Path) -> Catalogue:
    """The sentences of `web/translations` and of `folders`, later ones first in rank. Raises on a repeated id."""
    return {language: _read(language, [_TRANSLATIONS, *folders]) for language in LANGUAGES}


def _read(language: str, folders: Iterable[Path]) -> dict[str, str]:
    sentences: dict[str, str] = {}
    for path in (folder / f"{language}.po" for folder in folders):
        if path.is_file():
            with path.open("rb") as file:
                catalog = read_po(file, locale=language, abort_invalid=True)
            sentences |= {str(message.id): str(message.string) for message in catalog if message.id}
    return sentences


def negotiate() -> str:
    """The language of this request: `?lang=`, then the cookie, then Accept-Language, then Lao."""
    request = request_itself()
    for asked in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return asked
    wishes = (wish.split("-")[0].lower() for wish, quality in request.accept_languages if quality > 0)
    return next((wish for wish in wishes if wish in LANGUAGES), "lo")


def language() -> str:
    """The language in which this request is answered, `lo` or `en`."""
    g = g_itself()
    if "language" not in g:
        g.language = negotiate()
    return str(g.language)


def choose(*wishes: str) -> None:
    """The first of `wishes` that we speak (OIDC `ui_locales`) holds for this request, unless the person chose one."""
    request = request_itself()
    spoken = [tag for wish in wishes if (tag := wish.split("-")[0].lower()) in LANGUAGES]
    if spoken and request.args.get("lang") not in LANGUAGES and request.cookies.get(COOKIE) not in LANGUAGES:
        g_itself().language = spoken[0]


def keep_place(path: str) -> None:
    """The language switch of this page leads to `path` (with its query), not to the address that was asked."""
    g_itself().place = path


def gettext(message_id: str, /, **values: object) -> str:
    """The sentence with this id in this request's language; `{name}` in it is replaced. Raises KeyError if missing."""
    catalogue: Catalogue = extension("laotrust").catalogue
    sentence = catalogue[language()][message_id]
    return sentence.format(**values) if values else sentence


def words(code: str, in_language: str | None = None) -> str:
    """The sentence for a refusal's `code`: what happened and what to do."""
    lao, english = WORDS.get(code) or WORDS[_UNKNOWN]
    return lao if (in_language or language()) == "lo" else english


def other_language_url() -> str:
    """The address of this same page in the other language."""
    other, request = "en" if language() == "lo" else "lo", request_itself()
    path, _, query = str(g_itself().get("place", "")).partition("?")
    if path:
        return f"{path}?{query}&lang={other}" if query else f"{path}?lang={other}"
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"{request.path}?{urlencode([*asked, ('lang', other)])}"


def remember(response: Response) -> Response:
    """Names the language of the answer, and keeps a choice made by `?lang=` for a year."""
    if response.mimetype in {"text/html", "application/problem+json"}:
        response.headers["Content-Language"] = language()
    request = request_itself()
    asked = request.args.get("lang")
    if asked in LANGUAGES and asked != request.cookies.get(COOKIE):
        response.set_cookie(COOKIE, asked, max_age=_YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return response
