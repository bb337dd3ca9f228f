"""Templates: every house's pages extend `web/page.html`; styles are inline, each allowed by its hash."""

import re
from base64 import b64encode
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from web import csrf, headers, language
from web.asked import current_app, g
from web.site import site

MOST_KEPT = 64
"""Pages of a house that are not made anew."""
_WEB = Path(__file__).parent


@dataclass(frozen=True)
class FormError:
    """One problem of a form: the field it belongs to (its id) and the sentence that says what to do."""

    field: str
    sentence: str


def _styles() -> dict[str, tuple[str, str]]:
    found = {}
    for path in (_WEB / "static").glob("*.css"):
        css = "".join(line.strip() for line in path.read_text().splitlines())
        found[path.stem] = (css, f"sha256-{b64encode(sha256(css.encode()).digest()).decode()}")
    return found


_STYLES = _styles()


def style(name: str) -> Markup:
    """The inline style element of `web/static/<name>.css`; its hash goes into this answer's policy."""
    css, css_hash = _STYLES[name]
    headers.allow_style(css_hash)
    return Markup(f"<style>{css}</style>")  # noqa: S704 - a file of ours


def render(template: str, **values: object) -> str:
    """The page."""
    return current_app.jinja_env.get_template(template).render(values)


def render_kept(template: str, marked: Mapping[str, str], form_to: str, **values: Hashable) -> str:
    """The same page as `render` would make of all of these, with a form for `form_to`; made once for the same `values`.

    What is `marked` only stands in the page, and nothing in the template depends on it: so do the token of the form
    and the way to the other language, which each answer has of its own.
    """
    kept: dict[Any, _Pieces] = current_app.extensions.setdefault("kept-pages", {})
    key = (template, language.language(), tuple(marked), tuple(values.items()))
    if key not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = _in_pieces(template, [*marked, *_OF_EACH], values)
    for css_hash in kept[key].styles:
        headers.allow_style(css_hash)
    own = {**marked, "form_token": csrf.field(form_to), "other_language_url": language.other_language_url()}
    there = {name: str(escape(value)) for name, value in own.items()}
    return "".join([there[piece] if number % 2 else piece for number, piece in enumerate(kept[key].pieces)])


@dataclass(frozen=True)
class _Pieces:
    """Text of a page and names of what is marked, in turns; and what styles it has."""

    pieces: Sequence[str]
    styles: Sequence[str]


def _in_pieces(template: str, names: Sequence[str], values: Mapping[str, object]) -> _Pieces:
    """Nobody can have written a mark into the values beforehand: it is made for this page."""
    mark = site().randomness(16).hex()
    marks = {name: f"{mark}-{name}-{mark}" for name in names}
    called = {name: lambda *_, name=name: marks[name] for name in _OF_EACH}
    page = render(template, **{**marks, **called, **values})
    return _Pieces(re.split(f"{mark}-([a-z_]+)-{mark}", page), tuple(g.get("style_hashes", ())))


_OF_EACH = ("form_token", "other_language_url")
"""Names that templates call."""


def install(app: Flask) -> None:
    """Pages of the house first, then ours; names that every template knows."""
    own = FileSystemLoader(Path(app.root_path) / "templates")
    app.jinja_loader = ChoiceLoader([own, FileSystemLoader(_WEB / "templates")])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        _=language.gettext,
        words=language.words,
        language=language.language,
        other_language_url=language.other_language_url,
        form_token=csrf.field,
        style=style,
        practice=lambda: site().settings.practice,
        request_number=lambda: g.get("request_id", ""),
    )
