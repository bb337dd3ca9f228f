"""The suite's own interface for programs: a plan is created, its modules are started, watched and read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import requests

_NOTHING = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5E"
    "rkJggg=="
)
"""A picture of one point, where a person would put a picture of the page: what it shows is for people to look at."""
_LOOK_EVERY = 0.4
OVER = ("FINISHED", "INTERRUPTED")


@dataclass(frozen=True)
class Address:
    """Where the suite wants the person's browser to go."""

    url: str
    method: str


@dataclass(frozen=True)
class Module:
    """A module of a plan that was created."""

    plan: str
    name: str
    variant: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """`result` is the suite's word: PASSED, WARNING, REVIEW (a picture is to be looked at), SKIPPED, FAILED."""

    module: str
    status: str
    result: str
    findings: Sequence[str]
    """Each failure and warning in a sentence."""

    @property
    def is_good(self) -> bool:
        """Whether nothing is held against the provider."""
        return self.status == "FINISHED" and self.result in ("PASSED", "REVIEW", "SKIPPED")


class SuiteRefused(Exception):
    """The suite did not do what it was asked; the sentence has its answer."""


class Suite:
    """The suite at `url`, an origin, behind a certificate of `authority`."""

    def __init__(self, url: str, authority: Path) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = str(authority)

    def create(self, plan: str, variant: Mapping[str, str], configuration: Mapping[str, Any]) -> list[Module]:
        """The modules of the plan, in the suite's order."""
        asked = {"planName": plan, "variant": json.dumps(variant)}
        said = self._json("POST", "/api/plan", asked, configuration)
        return [Module(said["id"], one["testModule"], one.get("variant") or {}) for one in said["modules"]]

    def start(self, module: Module) -> str:
        """The number of the run."""
        asked = {"test": module.name, "plan": module.plan, "variant": json.dumps(module.variant)}
        return str(self._json("POST", "/api/runner", asked)["id"])

    def state(self, run: str) -> str:
        return str(self._json("GET", f"/api/info/{run}")["status"])

    def proceed(self, run: str) -> None:
        """A run that is configured begins."""
        self._json("POST", f"/api/runner/{run}")

    def addresses(self, run: str) -> list[Address]:
        """Where the browser is to go and was not yet."""
        said = self._json("GET", f"/api/runner/{run}").get("browser") or {}
        return [Address(one["url"], one["method"]) for one in said.get("urlsWithMethod", ())]

    def visited(self, run: str, url: str) -> None:
        self._http.post(f"{self.url}/api/runner/browser/{run}/visit", params={"url": url}, timeout=30)

    def illustrate(self, run: str) -> None:
        """Every picture that the suite waits for is there."""
        for entry in self.log(run):
            if entry.get("upload"):
                path = f"{self.url}/api/log/{run}/images/{entry['upload']}"
                self._http.post(path, data=_NOTHING, headers={"Content-Type": "text/plain"}, timeout=30)

    def log(self, run: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._json("GET", f"/api/log/{run}")
        return found

    def stop(self, run: str) -> None:
        self._http.delete(f"{self.url}/api/runner/{run}", timeout=30)

    def outcome(self, module: Module, run: str) -> Outcome:
        """What the suite says of a run that is over."""
        said, findings = self._json("GET", f"/api/info/{run}"), []
        for entry in self.log(run):
            if entry.get("result") in ("FAILURE", "WARNING"):
                clauses = ", ".join(entry.get("requirements", ()))
                findings.append(f"{entry['result']} {entry.get('src')}: {entry.get('msg')} [{clauses}]")
        return Outcome(module.name, said["status"], said.get("result") or "UNKNOWN", findings)

    def wait(self, seconds: float = 180.0) -> None:
        """The suite answers. Raises SuiteRefused."""
        until = monotonic() + seconds
        while monotonic() < until:
            try:
                if self._http.get(f"{self.url}/api/server", timeout=10).status_code < 500:
                    return
            except requests.RequestException:
                pass
            sleep(1)
        raise SuiteRefused(f"nothing answers at {self.url}: start the suite first")

    def _json(self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body)
        own = {"Content-Type": "application/json"}
        answer = self._http.request(method, self.url + path, params=query, data=sent, headers=own, timeout=60)
        if answer.status_code >= 400:
            raise SuiteRefused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()


def pause() -> None:
    """Between two looks at a run."""
    sleep(_LOOK_EVERY)
