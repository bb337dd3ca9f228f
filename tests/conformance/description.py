"""A provider under test as its description has it: `demo.json` of ours, or a file of the same form."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
from joserfc.jwk import KeySet


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in. `certificate` is (certificate file, key file), where there is one."""

    username: str
    password: str
    totp_secret: str | None
    certificate: tuple[Path, Path] | None


@dataclass(frozen=True)
class Client:
    """A registered client with its secrets."""

    client_id: str
    client_secret: str | None
    redirect_uris: Sequence[str]
    post_logout_redirect_uris: Sequence[str]
    profile: str
    keys: KeySet | None = None
    certificate: tuple[Path, Path] | None = None
    metadata: Mapping[str, Any] | None = None
    """What it was registered with by itself, if it was."""

    @property
    def redirect_uri(self) -> str:
        return self.redirect_uris[0]


@dataclass(frozen=True)
class Provider:
    """An issuer, how to sign in there, and its clients.

    What the suite of the OpenID Foundation only warns of is held against an `exemplary` one.
    """

    issuer: str
    authority: Path
    accounts: Sequence[Account]
    clients: Sequence[Client]
    certificate_door: str | None
    initial_access_token: str | None
    approval_url: str | None
    service_tls: tuple[Path, Path, Path]
    """Certificate, key and passphrase of a server that it trusts: for what it fetches from services, and sends them."""
    exemplary: bool
    home: Path
    """Where its description was found; ours has its keys and the database there."""

    @cached_property
    def http(self) -> requests.Session:
        """For what programs ask; it keeps no cookies of anybody."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.authority)
        return session

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """What discovery says."""
        answer = self.http.get(f"{self.issuer}/.well-known/openid-configuration", timeout=15)
        found: dict[str, Any] = answer.json()
        return found

    def announces(self, wanted: str) -> bool:
        """Whether discovery has the member, or with `member:value` the value in its list."""
        member, _, value = wanted.partition(":")
        found = self.metadata.get(member)
        return value in (found or ()) if value else bool(found)

    def key_set(self) -> KeySet:
        """The provider's keys at this moment."""
        return KeySet.import_key_set(self.http.get(self.metadata["jwks_uri"], timeout=15).json())

    def of(self, profile: str, number: int = 0) -> Client:
        """The client of that profile and place. Fails when the description has none."""
        found = [client for client in self.clients if client.profile == profile]
        assert len(found) > number, f"the description has no {number + 1} clients of profile {profile}"
        return found[number]

    def advise(self, *, holds: bool, otherwise: str) -> None:
        """Fails an exemplary provider where the suite would warn."""
        assert holds or not self.exemplary, otherwise


def read(path: Path, *, exemplary: bool) -> Provider:
    """The provider that the file describes."""
    said = json.loads(path.read_text())
    certificates = [_pair(one) for one in said["certificates"] if one.get("status") == "good"]
    accounts = [_account(one, [pair for pair in certificates if pair]) for one in said["accounts"]]
    return Provider(
        issuer=said["issuer"],
        authority=Path(said["roots"][0]),
        accounts=sorted(accounts, key=lambda account: account.certificate is None),
        clients=[_client(one) for one in said["clients"]],
        certificate_door=said.get("urls", {}).get("idp_mtls"),
        initial_access_token=said.get("registration", {}).get("initial_access_token"),
        approval_url=said.get("ciba_approval_url"),
        service_tls=_service_tls(path.parent),
        exemplary=exemplary,
        home=path.parent,
    )


def _service_tls(home: Path) -> tuple[Path, Path, Path]:
    name = next(name for name in ("tls-edocument", "peer") if (home / f"certificates/{name}.pem").exists())
    return home / f"certificates/{name}.pem", home / f"keys/{name}.key.pem", home / f"keys/{name}.pass"


def _pair(said: Mapping[str, Any]) -> tuple[Path, Path] | None:
    return (Path(said["certificate"]), Path(said["key"])) if said.get("key") else None


def _account(said: Mapping[str, Any], certificates: Sequence[tuple[Path, Path]]) -> Account:
    own = [pair for pair in certificates if pair[0].name == f"{said['person']}-authentication.pem"]
    return Account(said["username"], said["password"], said["totp_secret"], own[0] if own else None)


def _client(said: Mapping[str, Any]) -> Client:
    private = said.get("jwks_private")
    return Client(
        client_id=said["client_id"],
        client_secret=said["client_secret"],
        redirect_uris=said["redirect_uris"],
        post_logout_redirect_uris=said.get("post_logout_redirect_uris", ()),
        profile=said["profile"],
        keys=KeySet.import_key_set(json.loads(Path(private).read_text())) if private else None,
        certificate=_pair(said),
    )
