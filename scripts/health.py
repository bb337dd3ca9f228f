"""`health`: asks every process of the home whether it can do its work."""

import requests

from scripts.cli import Exit, Outcome, Run, verb
from web.home import PORTS

_WITHOUT_PAGE = {"idp-mtls", "outside-1", "outside-2"}


@verb("health", example="python -m scripts health")
def health(run: Run) -> Outcome:
    """Ask every process whether it can do its work."""
    states = {name: _state(run, name) for name in PORTS if name not in _WITHOUT_PAGE}
    well = all(state == "ready" for state in states.values())
    lines = [f"{name:12} {state}" for name, state in states.items()]
    return Outcome({"processes": states}, lines, Exit.DONE if well else Exit.REFUSED)


def _state(run: Run, name: str) -> str:
    path = "healthz" if name in {"edocument", "estaff"} else "readyz"
    try:
        answer = requests.get(f"{run.home.url(name)}/{path}", timeout=3, verify=str(run.home.certificate("root")))
    except requests.RequestException as fault:
        return f"does not answer ({type(fault).__name__}): start it, or look into {run.home.path / 'log'}"
    return "ready" if answer.ok else f"not ready: {answer.text.strip()[:200]}"
