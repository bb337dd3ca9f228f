"""A home in a temporary folder, and an application with a few probing routes."""

import json
from pathlib import Path

import pytest
from flask import Flask, render_template_string, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.ledger import Ledger
from web import csrf, limits
from web.app import create_app
from web.errors import RequestRefused
from web.home import Home, Mode
from web.pages import FormError
from web.settings import HouseSettings

AT = "https://localhost:8443"
FORM = """
{% extends "web/page.html" %}{% import "web/form.html" as form with context %}
{% block card %}{{ form.summary(errors) }}<form method="post">{{ form_token() }}
{{ form.input("username", "ຊື່", errors, typed, autocomplete="username", hint="ຄຳແນະນຳ") }}
{{ form.input("password", "ລະຫັດ", errors, typed, type="password") }}
{{ form.select("office", "ຫ້ອງການ", [("a", "ກ"), ("b", "ຂ")], "b") }}
{{ form.button("ສົ່ງ", "action", "send") }}</form>{% endblock %}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "mode").write_text("practice\n")
    (tmp_path / "base-port").write_text("8440")
    return Home(tmp_path)


@pytest.fixture
def settings(home: Home, database_url: str) -> HouseSettings:
    return HouseSettings("web", home, Mode.PRACTICE, database_url, "https://localhost:8443")


@pytest.fixture
def app(settings: HouseSettings, ledger: Ledger) -> Flask:
    return with_probes(create_app("web", settings, ledger=ledger))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def code_of(answer: TestResponse) -> str:
    """The public code in a problem."""
    return str(json.loads(answer.text)["code"])


def with_probes(app: Flask) -> Flask:
    """Routes that show what the factory does around them."""

    @app.route("/form", methods=["GET", "POST"])
    def form() -> str:
        errors = [FormError("username", "ກະລຸນາໃສ່ຊື່")] if request.method == "POST" else []
        return render_template_string(FORM, errors=errors, typed=request.form.get("username", ""))

    @app.post("/other-form")
    def other_form() -> str:
        return "taken"

    @app.post("/program")
    @csrf.exempt
    @limits.body(200_000)
    def program() -> str:
        return str(len(request.get_data()))

    @app.get("/once")
    def once() -> dict[str, str]:
        return limits.once(request.args)

    @app.get("/refused")
    def refused() -> str:
        raise RequestRefused("request.forbidden", 403, headers={"Retry-After": "7"}, extra={"field": "x"})

    @app.get("/broken")
    def broken() -> str:
        raise ValueError("the secret is swordfish")

    return app
