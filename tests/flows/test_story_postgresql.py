"""The story on PostgreSQL, where each process has its own role and may do nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import postgresql
from tests.ports import free_base
from tests.postgresql import Cluster


@pytest.mark.timeout(600)  # It takes three minutes where it has a core for itself.
def test_the_whole_story_is_true_with_one_role_a_process(cluster: Cluster, tmp_path: Path) -> None:
    name = f"story_{os.getpid()}"
    cluster.execute(f"CREATE DATABASE {name} OWNER {postgresql.OWNER}")
    environment = {**os.environ, "LAOTRUST_DATABASE_URL": cluster.url(name)}
    command = [sys.executable, "-m", "scripts.demonstration", "--once", "--home", str(tmp_path / "demo")]

    done = subprocess.run(
        [*command, "--port", str(free_base())], env=environment, capture_output=True, text=True, check=False
    )
    cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "all true" in done.stdout
