"""The OpenID provider beside npm `oidc-provider`, in turns, in one run; both by TLS, over kept connections.

    ./scripts/bench idp

Ours as it ships, by two workers: an entry for whatever is given, on disk before it is answered, on embedded SQLite and
on PostgreSQL (the latter where it is installed). The peer is one process of Node that keeps everything in memory and
audits nothing. Passwords are not hashed on either side. `µs of CPU` are those that the servers' processes took for
each answer, the database's among them: they hardly change with what else the machine does. Ratios of these are the
peer's over ours, so that more is better in both.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import requests
import urllib3
from sqlalchemy import create_engine, text

from benchmarks.idp_logins import log_in
from benchmarks.idp_population import MACHINE, RESOURCE, SERVICE, Asked, ours_asked, peer_asked, people, prepare
from benchmarks.idp_servers import Tree, ours, peer
from benchmarks.ocsp_servers import free_port
from benchmarks.result import Result, at_least, times_the_peer, under
from pki.jwk import spki_of
from pki.jws import verify
from tests.postgresql import BINARIES, durable_cluster

ROUNDS, SECONDS, CONNECTIONS, BROWSERS = 3, 2, 32, 16
WARM = 1
"""Rounds before those that count."""
GOALS = {
    "client_credentials": times_the_peer(1),
    "refresh": times_the_peer(1),
    "login": times_the_peer(0.5),
    "discovery": times_the_peer(1),
    "JWKS": times_the_peer(1),
    "introspection": at_least(2000),
    "userinfo": at_least(2000),
}
"""For the rates."""
Line = tuple[str, str, str, str]
"""Method, path, Authorization, body."""


@dataclass
class Round:
    """What one turn came to."""

    rate: float
    cpu: float
    """µs of the server for each answer."""


@dataclass
class Server:
    """One that is measured: how it is asked, its processes, and what was found so far."""

    name: str
    asked: Asked
    tree: Tree
    url: str = ""
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    requests: float = 0.0
    tokens: list[dict[str, Any]] = field(default_factory=list)

    def rate(self, what: str) -> float:
        """Answers a second."""
        return median(one.rate for one in self.rounds[what][WARM:])

    def cpu(self, what: str) -> float:
        """µs an answer."""
        return median(one.cpu for one in self.rounds[what][WARM:])


def run(rounds: int = ROUNDS) -> list[Result]:
    """Rates and CPU of each kind of answer, memory of a worker, requests and growth of the database for each login.

    `rounds` count, after one that warms.
    """
    if shutil.which("wrk") is None:
        raise SystemExit("the load generator is not there: apt-get install wrk")
    urllib3.disable_warnings()
    with TemporaryDirectory(prefix="laotrust-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        port, process = stack.enter_context(peer(folder / "peer"))
        theirs = Server("oidc-provider", peer_asked(port), Tree(process))
        servers = [_ours(stack, folder / "sqlite", f"sqlite:///{folder / 'sqlite.db'}", "SQLite")]
        if BINARIES:
            cluster, head = stack.enter_context(durable_cluster(folder / "cluster"))
            cluster.execute("CREATE DATABASE idp OWNER laotrust_owner")
            role = cluster.url("idp", "laotrust_idp")
            servers.append(_ours(stack, folder / "postgresql", cluster.url("idp"), "PostgreSQL", head, role=role))
        return list(_measured(folder, servers, theirs, rounds))


def _ours(stack: ExitStack, folder: Path, url: str, name: str, *more: int, role: str = "") -> Server:
    """`role` is the URL of the process's own role, where the owner of the database is another."""
    home = prepare(folder, url, free_port() - 3)
    process = stack.enter_context(ours(home, role or url))
    return Server(name, ours_asked(home), Tree(process, *more), url)


def _measured(folder: Path, servers: Sequence[Server], theirs: Server, rounds: int) -> Iterator[Result]:
    grown, logins = {server.name: 0.0 for server in servers}, {server.name: 1 for server in servers}
    everyone = [theirs, *servers]
    for turn in range(WARM + rounds):
        for server in everyone:
            size = _octets(server.url) if server.url else 0.0
            given = _logins(server, SECONDS)
            if turn == WARM and server.url:
                grown[server.name], logins[server.name] = _octets(server.url) - size, given
        for what, lines in _KINDS.items():
            for server in everyone:
                _turn(folder, server, what, lines)
    for server in servers:
        for what, goal in GOALS.items():
            yield Result(f"idp {server.name}, {what}", server.rate(what), "answers/s", theirs.name,
                         server.rate(what) / theirs.rate(what), goal)  # fmt: skip
            yield Result(f"idp {server.name}, {what}", server.cpu(what), "µs of CPU", theirs.name,
                         theirs.cpu(what) / server.cpu(what))  # fmt: skip
        yield Result(f"idp {server.name}, requests a login", server.requests, "requests", theirs.name,
                     server.requests / theirs.requests)  # fmt: skip
        yield Result(f"idp {server.name}, memory of a worker", server.tree.largest(), "MiB resident",
                     goal=under(150 * 1e6 / (1 << 20)))  # fmt: skip
        yield Result(f"idp {server.name}, memory of a worker", server.tree.largest_share(), "MiB by its share")
        octets = grown[server.name] / logins[server.name] * 1000 / (1 << 20)
        yield Result(f"idp {server.name}, 1,000 logins in the database", octets, "MiB")


def _logins(server: Server, seconds: float) -> int:
    """A turn of logins, whose tokens the further turns use. Returns how many there were."""
    began = server.tree.seconds()
    found = log_in(server.asked, people()[:BROWSERS], seconds)
    spent = server.tree.seconds() - began
    server.requests, server.tokens = found.requests, found.tokens
    number = len(found.tokens)
    server.rounds.setdefault("login", []).append(Round(number / found.seconds, 1e6 * spent / number))
    _verify(server, found.tokens[0]["id_token"], "JWT")
    return number


def _turn(folder: Path, server: Server, what: str, lines: Callable[[Server], list[Line]]) -> None:
    chain = what == "refresh"
    if chain:
        server.tokens += log_in(server.asked, people()[:BROWSERS], 30, 3 * CONNECTIONS).tokens
    asked = lines(server)
    for line in asked[:: max(1, len(asked) // 4)] if not chain else asked[-1:]:
        _look(server, what, line)
    file = folder / "requests"
    file.write_text("".join("\t".join(line) + "\n" for line in (asked[:-1] if chain else asked)))
    began = server.tree.seconds()
    number, rate = _wrk(server.asked.issuer, file, chain=chain)
    spent = server.tree.seconds() - began
    server.rounds.setdefault(what, []).append(Round(rate, 1e6 * spent / number))


def _wrk(url: str, file: Path, *, chain: bool) -> tuple[int, float]:
    """How many answers there were, and how many a second."""
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", "benchmarks/idp.lua", url, "--", str(file)]
    command += ["chain"] if chain else []
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    number = re.search(r"(\d+) requests in", done.stdout)
    if rate is None or number is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"wrk could not measure: {done.stdout[-500:]} {done.stderr[-500:]}")
    return int(number[1]), float(rate[1])


def _own_tokens(server: Server) -> list[Line]:
    body = urlencode({"grant_type": "client_credentials", "resource": RESOURCE})
    return [("POST", server.asked.token, server.asked.basic(MACHINE), body)]


def _refreshes(server: Server) -> list[Line]:
    return [("POST", server.asked.token, server.asked.basic(SERVICE), token)
            for token in [one["refresh_token"] for one in server.tokens[-(3 * CONNECTIONS):]]]  # fmt: skip


def _discoveries(_server: Server) -> list[Line]:
    return [("GET", "/.well-known/openid-configuration", "", "")]


def _key_sets(server: Server) -> list[Line]:
    return [("GET", server.asked.jwks, "", "")]


def _introspections(server: Server) -> list[Line]:
    basic, tokens = server.asked.basic(SERVICE), server.tokens[-64:]
    return [("POST", server.asked.introspection, basic, urlencode({"token": one["access_token"]})) for one in tokens]


def _userinfos(server: Server) -> list[Line]:
    return [("GET", server.asked.userinfo, f"Bearer {one['access_token']}", "") for one in server.tokens[-64:]]


_KINDS: dict[str, Callable[[Server], list[Line]]] = {
    "client_credentials": _own_tokens,
    "discovery": _discoveries,
    "JWKS": _key_sets,
    "introspection": _introspections,
    "userinfo": _userinfos,
    "refresh": _refreshes,
}
"""In this order: refreshing uses tokens up."""


def _look(server: Server, what: str, line: Line) -> None:
    """An answer of this kind is right, as far as one can see."""
    method, path, authorization, body = line
    body = body if what != "refresh" else urlencode({"grant_type": "refresh_token", "refresh_token": body})
    headers = {"Authorization": authorization} if authorization else {}
    headers |= {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    answer = requests.request(method, server.asked.issuer + path, headers=headers, data=body, verify=False, timeout=9)  # noqa: S501
    assert answer.status_code == 200, (server.name, what, answer.text)
    found = answer.json()
    if what == "client_credentials":
        claims = _verify(server, found["access_token"], "at+jwt")
        assert claims["aud"] == RESOURCE, claims
    if what == "refresh":
        _verify(server, found["id_token"], "JWT")
        assert found["refresh_token"] not in body
    if what in {"introspection", "userinfo"}:
        assert found["sub"], found
        assert found.get("active", True), found
    if what in {"discovery", "JWKS"}:
        assert found.get("issuer", server.asked.issuer) == server.asked.issuer
        assert found.get("keys", True), found


def _verify(server: Server, token: str, kind: str) -> dict[str, Any]:
    """The claims of a token that one of the server's published keys has signed."""
    published = requests.get(server.asked.issuer + server.asked.jwks, verify=False, timeout=9).json()["keys"]  # noqa: S501
    claims = verify(token, {key["kid"]: spki_of(key) for key in published}, {"", kind}).claims()
    assert claims["iss"] == server.asked.issuer, claims
    return claims


def _octets(url: str) -> float:
    """How large the database is."""
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            size = connection.execute(text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
        else:
            size = connection.execute(text("SELECT pg_database_size(current_database())"))
        found = float(size.scalar_one())
    engine.dispose()
    return found
