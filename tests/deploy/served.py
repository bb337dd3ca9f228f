"""What the server under test serves: a house's application that also says who showed which certificate."""

import os

from flask import Flask, request

from web.app import create_app as create_house
from web.settings import HouseSettings


def create_app() -> Flask:
    """Set up from the environment, as every house is."""
    app = create_house("web", HouseSettings.from_environment(os.environ, "web"))
    app.add_url_rule("/peer", "peer", peer)
    return app


def peer() -> dict[str, int]:
    """The length of the certificate that was shown; 0 when none was."""
    shown = request.environ["gunicorn.socket"].getpeercert(binary_form=True)
    return {"octets": len(shown or b"")}
