"""What who runs our provider does while services are at work."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.conformance.description import Provider


def verb(provider: Provider, *words: str) -> dict[str, Any]:
    """What the verb said, given by the first person of the description. Fails where there is no such verb."""
    [person, *_] = provider.accounts
    assert person.certificate is not None, "nobody of the description has a key to act by"
    acting = ("--as", person.username, "--key", f"file:{person.certificate[1].resolve()}")
    command = [sys.executable, "-m", "scripts", *words, *acting, "--json", "--home", str(provider.home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
