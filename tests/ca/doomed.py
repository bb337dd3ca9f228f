"""`ceremony-run` in a process of its own, killed before the first outside step that none before it came past.

An outside step is what outlives the process: a key made or destroyed in a token, a signature, a transaction, a file.
What a process left that was killed before one step is what it leaves when it is killed behind the step before.
"""

import os
import re
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import ledger.seal
import scripts.ceremony_run  # noqa: F401 - what each process needs is loaded once, before any begins
import signers.pkcs11
from ca.issuance.second_judge import warm
from ledger.ledger import Ledger
from ledger.outside import Outside
from signers.file import FileKey
from tests.ca.vault import Vault

warm()


@dataclass(frozen=True)
class Doomed:
    """Processes that hold the ceremony of this vault, one after the other. `passed` is a file for them alone."""

    vault: Vault
    softhsm: str
    """Where SoftHSM's configuration is."""
    passed: Path

    def held(self) -> int:
        """The exit code of the next process: -9 when it was killed."""
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__])
        process = context.Process(target=_hold, args=(self,))
        process.start()
        process.join(120)
        assert process.exitcode is not None, "the ceremony hangs"
        return process.exitcode

    @property
    def steps(self) -> list[tuple[int, str]]:
        """Every outside step before which a process was killed: how many lines the transcript had, and the step."""
        pairs = (line.partition(" ") for line in self.passed.read_text().splitlines())
        return [(int(lines), what) for lines, _, what in pairs]


SEALING = ("commit leaves", "commit a checkpoint", "keep a checkpoint", "file newest.note", "sign by a key in a file")
"""Steps of the one sealing for which each certificate waits: they are the same every time."""


def _hold(doomed: Doomed) -> None:
    os.environ["SOFTHSM2_CONF"] = doomed.softhsm
    os.environ.pop("LAOTRUST_DATABASE_URL", None)
    _instrument(_Reaper(doomed.vault.home.path / "laotrust.db", doomed.passed))
    code, _ = doomed.vault.run()
    os._exit(code)


@dataclass(frozen=True)
class _Reaper:
    database: Path
    passed: Path

    def before(self, what: str) -> None:
        """The process ends here, unless an earlier one did before the same step."""
        step = f"{0 if what in SEALING else self._lines()} {what}\n"
        with self.passed.open("a+") as file:
            file.seek(0)
            if step in file.readlines():
                return
            file.write(step)
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    def _lines(self) -> int:
        with closing(sqlite3.connect(self.database)) as connection:
            return int(connection.execute("SELECT count(*) FROM ceremony_line").fetchone()[0])


def _instrument(reaper: _Reaper) -> None:
    """Every outside step of this process is told to the reaper first."""

    def step(owner: Any, name: str, told: Callable[..., str]) -> None:
        real = getattr(owner, name)

        def reaped(*given: Any, **named: Any) -> Any:
            reaper.before(told(*given))
            return real(*given, **named)

        setattr(owner, name, reaped)

    step(signers.pkcs11, "generate", lambda uri, *_: f"make {signers.pkcs11.parse(uri).label}")
    step(signers.pkcs11, "destroy", lambda uri, *_: f"destroy {signers.pkcs11.parse(uri).label}")
    step(signers.pkcs11.TokenKey, "sign", lambda key, *_: f"sign by {key._uri.label}")
    step(FileKey, "sign", lambda *_: "sign by a key in a file")
    step(Ledger, "_write", lambda _ledger, written, *_: "commit " + ",".join(row["kind"] for row, _ in written))
    step(ledger.seal, "insert_tables", lambda *_: "commit leaves")
    step(ledger.seal, "_commit_note", lambda *_: "commit a checkpoint")
    step(Outside, "keep", lambda *_: "keep a checkpoint")
    step(Path, "replace", lambda _draft, target: "file " + re.sub(r"\d+", "#", Path(target).name))
