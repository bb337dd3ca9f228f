"""What an operator sees who lets services call each other, word for word."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from idp.tables import ManagementProof
from ledger.ledger import Ledger
from scripts.__main__ import main
from tests.idp.desk import NUMBER
from tests.idp.test_verbs import ADD, Operator, operator, today

__all__ = ["operator", "today"]
TRANSCRIPT = Path(__file__).parent / "transcripts/calls.txt"
NAMES = ("FIRST", "SECOND")
"""Of calls, in the order in which they are allowed."""


@dataclass
class Shell:
    """A shell in which ids are shown and typed by names."""

    operator: Operator
    named: dict[str, str] = field(default_factory=dict)

    def says(self, line: str) -> str:
        """All that a line of the transcript brings to the screen."""
        how, _, words = line.partition(" ")
        for own, name in self.named.items():
            words = words.replace(name, own)
        acting = ["--as", NUMBER, "--key", self.operator.home.key_uri("desk")] if how == "*" else []
        result = CliRunner().invoke(main, [*words.split(), *acting, "--home", str(self.operator.home.path)])
        if words.startswith("call-allow") and result.exit_code == 0:
            self.named[result.stdout.split()[1]] = NAMES[len(self.named) - 2]
        shown = result.output + (f"[{result.exit_code}]\n" if result.exit_code else "")
        for own, name in self.named.items():
            shown = shown.replace(own, name)
        return f"{line}\n{shown}"


@pytest.fixture
def shell(operator: Operator) -> Shell:
    shop, store = (operator.act("client-add", *ADD)[1]["client_id"] for _ in range(2))
    return Shell(operator, {shop: "SHOP", store: "STORE"})


def test_the_screen_shows_what_the_transcript_has(shell: Shell, today: Ledger) -> None:
    written = TRANSCRIPT.read_text().partition("\n\n")[2]
    typed = [line for line in written.splitlines() if line.startswith(("$ ", "* "))]

    shown = "".join(map(shell.says, typed))

    with today.read() as reading:
        acts = sorted(set(reading.scalars(select(ManagementProof.kind))))
    assert shown == written
    assert acts == ["call.allow", "call.end", "client.register", "client.retire"]
