"""What the server under load serves: the provider, by a clock that the test sets forward."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from idp.app import build, provider_of
from ledger.clock import SystemClock
from web.settings import HouseSettings

AHEAD = "LAOTRUST_TEST_AHEAD"


class SetForward:
    """The machine's clock and so many seconds as stand in a file, which all processes of a test read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(seconds=float(self.file.read_text()))

    def turn(self, seconds: float) -> None:
        """Forward, for everybody at once."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(float(self.file.read_text()) + seconds))
        fresh.replace(self.file)


def create_app() -> Flask:
    """As `idp.app.create_app` makes it, but for the clock."""
    settings = HouseSettings.from_environment(os.environ, "idp", "idp")
    return build(settings, provider_of(settings, SetForward(Path(os.environ[AHEAD]))))
