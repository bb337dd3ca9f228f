"""A browser and a service for each person: whole logins, one after another, by hand-made HTTP over kept connections."""

import asyncio
import re
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from json import loads
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import uvloop

from benchmarks.idp_population import CALLBACK, PASSWORD, SCOPE, SERVICE, Asked

VERIFIER = "v" * 43
_CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"set-cookie: *([^=;\s]+)=([^;\r]*)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)
_HIDDEN = re.compile(rb'name="form_token" value="([^"]+)"')
_ACTION = re.compile(rb'<form method="post" action="([^"]+)"')
_CHUNKED = re.compile(rb"transfer-encoding: *chunked", re.IGNORECASE)


@dataclass
class Logins:
    """What came of a round: the tokens of each login, how long it took, and how many requests a login had."""

    tokens: list[dict[str, Any]]
    seconds: float
    requests: float


@dataclass
class _Connection:
    """One kept connection."""

    asked: Asked
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    cookies: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    async def send(self, method: str, path: str, body: str = "", authorization: str = "") -> tuple[bytes, bytes]:
        """Head and body of the answer."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self.asked.port}"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if authorization:
            lines.append(f"Authorization: {authorization}")
        if body:
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        self.writer.write("\r\n".join([*lines, "", body]).encode())
        self.requests += 1
        head = await self.reader.readuntil(b"\r\n\r\n")
        for name, value in _COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        return head, await self._body(head)

    async def _body(self, head: bytes) -> bytes:
        length = _LENGTH.search(head)
        if length or not _CHUNKED.search(head):
            return await self.reader.readexactly(int(length[1])) if length else b""
        body = b""
        while size := int((await self.reader.readuntil(b"\r\n")).strip(), 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readuntil(b"\r\n")
        return body


def log_in(asked: Asked, people: Sequence[str], seconds: float, at_most: int = 1 << 30) -> Logins:
    """Whole logins of these people, each over and over, for so long. Raises AssertionError at the first that fails."""
    return uvloop.run(_all(asked, people, seconds, at_most))


async def _all(asked: Asked, people: Sequence[str], seconds: float, at_most: int) -> Logins:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    began, tokens = perf_counter(), []
    numbers, asked_for = iter(range(at_most)), 0

    async def one_after_the_other(person: str) -> None:
        nonlocal asked_for
        connection = _Connection(asked, *await asyncio.open_connection("127.0.0.1", asked.port, ssl=context))
        while perf_counter() - began < seconds and next(numbers, None) is not None:
            tokens.append(await _login(connection, person))
        asked_for += connection.requests
        connection.writer.transport.abort()

    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(one_after_the_other(person))
    return Logins(tokens, perf_counter() - began, asked_for / len(tokens))


async def _login(connection: _Connection, person: str) -> dict[str, Any]:
    """From the authorization request of a fresh browser to the tokens."""
    connection.cookies.clear()
    asked = connection.asked
    wanted = {
        "response_type": "code", "client_id": SERVICE, "redirect_uri": CALLBACK, "scope": SCOPE, "state": "st",
        "nonce": "n-0S6_WzA2Mj", "code_challenge": _CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip
    head, page = await connection.send("GET", f"{asked.authorize}?{urlencode(wanted)}")
    head, page = await _followed(connection, head, page)
    action, hidden = _ACTION.search(page), _HIDDEN.search(page)
    assert action, page[:300]
    typed = {"username": person, "password": PASSWORD, **({"form_token": hidden[1].decode()} if hidden else {})}
    head, page = await connection.send("POST", unescape(action[1].decode()), urlencode(typed))
    head, page = await _followed(connection, head, page)
    found = re.search(rb"[?&]code=([^&\s]+)", head)
    assert found, (head, page[:300])
    form = {"grant_type": "authorization_code", "code": found[1].decode(), "redirect_uri": CALLBACK}
    body = urlencode({**form, "code_verifier": VERIFIER})
    connection.cookies.clear()
    head, page = await connection.send("POST", asked.token, body, asked.basic(SERVICE))
    assert head.startswith(b"HTTP/1.1 200"), (head, page[:300])
    tokens: dict[str, Any] = loads(page)
    assert {"access_token", "id_token", "refresh_token"} <= tokens.keys(), tokens
    return tokens


async def _followed(connection: _Connection, head: bytes, page: bytes) -> tuple[bytes, bytes]:
    """Through redirects of the provider's own, until a page or the service."""
    while (place := _LOCATION.search(head)) and not place[1].startswith(CALLBACK.encode()):
        path = place[1].decode().removeprefix(connection.asked.issuer)
        head, page = await connection.send("GET", path)
    return head, page

