"""Templates: every house's pages extend `web/page.html`; styles are inline, each allowed by its hash."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from web import csrf, headers, language
from web.asked import current_app, g
from web.site import site

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
