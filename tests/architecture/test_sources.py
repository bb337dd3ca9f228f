"""What the sources must not say."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.inventory import HOUSES, ROOT, sources, tree

CHANGES = {"update", "delete"}
ERASING = ROOT / "ledger" / "erasing.py"
"""The one file that takes rows away; the database asks it for an entry that names each."""
FILES = [path for path in sources() if path != ERASING and path.relative_to(ROOT).parts[:2] != ("scripts", "story")]


def _imported_from_sqlalchemy(path: Path) -> set[str]:
    found = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in found if (node.module or "").startswith("sqlalchemy") for alias in node.names}


def _texts(path: Path) -> list[str]:
    nodes = ast.walk(tree(path))
    return [node.value.upper() for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_updated_or_deleted(path: Path) -> None:
    statements = [text for text in _texts(path) if text.startswith(("UPDATE ", "DELETE FROM ", "TRUNCATE "))]

    assert _imported_from_sqlalchemy(path) & CHANGES == set()
    assert statements == []


@pytest.mark.parametrize("house", HOUSES)
def test_only_the_edge_of_a_house_knows_flask(house: str) -> None:
    inner = [path for path in sources(house) if path.name != "app.py" and "routes" not in path.parts]

    imports = {path.name for path in inner for node in ast.walk(tree(path)) if _is_flask(node)}
    assert imports == set()


def _is_flask(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in {"flask", "werkzeug"}
    return isinstance(node, ast.Import) and any(name.name.split(".")[0] in {"flask", "werkzeug"} for name in node.names)


def test_imports_only_go_down() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]

    contracts = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert contracts.returncode == 0, contracts.stdout


@pytest.mark.parametrize("path", sorted(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
