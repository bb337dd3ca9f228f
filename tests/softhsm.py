"""SoftHSM tokens in a folder of the test's own; a conftest or test that wants them imports `token`."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pkcs11
import pytest

from signers.pkcs11 import DEFAULT_MODULE

PIN = "123456"
SO_PIN = "87654321"


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Makes an empty token of a label; gives the beginning of its URI, to which an object is put by `{}`."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))

    def made(label: str) -> str:
        command = f"softhsm2-util --init-token --free --label {label} --pin {PIN} --so-pin {SO_PIN}"
        subprocess.run(command.split(), check=True, capture_output=True)
        pkcs11.lib(DEFAULT_MODULE).reinitialize()  # a module learns of new tokens when it starts
        pin = tmp_path / f"{label}.pin"
        pin.touch(mode=0o600)
        pin.write_text(f"{PIN}\n")
        return f"pkcs11:token={label};object={{}}?pin-source=file:{pin}"

    yield made
    pkcs11.lib(DEFAULT_MODULE).finalize()
