"""The door for machines by plain http as it ships, but that one client may knock as often as it can."""

from dataclasses import replace

from flask import Flask

from ca.app import create_machines_http_app
from ca.routes.entrance import Paces


def create_app() -> Flask:
    """`gunicorn benchmarks.machines_app:create_app()`."""
    app, paces = create_machines_http_app(), Paces(1_000_000)
    app.extensions["paces"] = paces
    app.extensions["cmp"] = replace(app.extensions["cmp"], admit=paces.allowance)
    return app
