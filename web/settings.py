"""Environment → one frozen `HouseSettings` per process, once, at start; all faults are reported together.

A process that is set up wrong does not start: it names each fault and what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from web.home import PORTS, Home, HomeUnfit, Mode, ca_of
from web.smtp import MailServer
from web.words import WORDS

Network = IPv4Network | IPv6Network
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
DEFAULT_HOME = "var/demo"
_KEY_PREFIX = "LAOTRUST_KEYS_"


class SettingsUnfit(Exception):
    """The settings are wrong; `faults` has one sentence for each, with what to do. It says so in Lao and English."""

    code = "home.settings"
    """Of the words in both languages (`web/words/ceremonies.py`)."""

    def __init__(self, faults: list[str]) -> None:
        self.lao, english = WORDS[self.code]
        self.english = "\n".join([english, *(f"- {fault}" for fault in faults)])
        super().__init__(f"{self.lao}\n{self.english}")
        self.faults = faults


@dataclass(frozen=True)
class HouseSettings:
    """What a process of a house needs to know. A house with settings of its own subclasses it and overrides `own`."""

    house: str
    home: Home
    mode: Mode
    database_url: str
    issuer: str
    bind: str = "127.0.0.1"
    process: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    outbound_allow: tuple[Network, ...] = ()
    outbound_ca: Path | None = None
    mail_server: MailServer | None = None
    """Where letters go; without one they wait in the outbox."""

    @property
    def practice(self) -> bool:
        """Whether every page and document carries the practice band."""
        return self.mode is Mode.PRACTICE

    def key_uri(self, name: str) -> str:
        """The URI of a key: as the environment says, else the file in the home."""
        return self.keys.get(name) or self.home.key_uri(name)

    @classmethod
    def own(cls, environment: Mapping[str, str], faults: list[str]) -> dict[str, Any]:  # noqa: ARG003 - a hook
        """A house's further fields; what is wrong is appended to `faults`."""
        return {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], house: str, process: str | None = None) -> Self:
        """The settings of `house`, running as `process` (one of `web.home.PORTS`, or a loop). Raises SettingsUnfit."""
        faults: list[str] = []
        home = Home(Path(environment.get("LAOTRUST_HOME") or DEFAULT_HOME).absolute())
        fields: dict[str, Any] = {
            "mode": _mode(environment, home, faults),
            "database_url": _database_url(environment, home, faults),
            "issuer": _issuer(environment, home, faults),
            "bind": environment.get("LAOTRUST_BIND") or "127.0.0.1",
            "keys": _keys(environment, faults),
            "outbound_allow": _networks(environment, faults),
            "outbound_ca": _outbound_ca(environment, faults),
            "mail_server": _mail_server(environment, faults),
        }
        if fields["mode"] is Mode.PRODUCTION:
            faults.extend(_production_faults(fields["keys"]))
        fields |= cls.own(environment, faults)
        if faults:
            raise SettingsUnfit(faults)
        return cls(house=house, home=home, process=process or house, **fields)

    @property
    def port(self) -> int:
        """The port on which this process listens."""
        return self.home.port(self.process)

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash, of this process."""
        return self.home.url(self.process if self.process in PORTS else self.house)


def _mode(environment: Mapping[str, str], home: Home, faults: list[str]) -> Mode | None:
    try:
        written = home.mode()
    except HomeUnfit as unfit:
        faults.append(str(unfit))
        return None
    except ValueError:
        faults.append(f"{home.path / 'mode'} is neither practice nor production: restore it from the backup")
        return None
    asked = environment.get("LAOTRUST_MODE")
    if asked is None:
        faults.append(f"LAOTRUST_MODE is not set: set it to {written.value}, the mode of the home {home.path}")
    elif asked != written.value:
        faults.append(f"LAOTRUST_MODE is {asked!r}, the home {home.path} is for {written.value}: set one right")
    return written


def _database_url(environment: Mapping[str, str], home: Home, faults: list[str]) -> str:
    url = environment.get("LAOTRUST_DATABASE_URL") or home.database_url
    if url.startswith("sqlite:///"):
        if not url.startswith("sqlite:////"):
            faults.append("LAOTRUST_DATABASE_URL has a relative path: write sqlite:////absolute/path/laotrust.db")
    elif not url.startswith("postgresql+psycopg://"):
        faults.append("LAOTRUST_DATABASE_URL is neither sqlite:////… nor postgresql+psycopg://…: use one of them")
    return url


def _issuer(environment: Mapping[str, str], home: Home, faults: list[str]) -> str:
    issuer = environment.get("LAOTRUST_ISSUER")
    if issuer is None:
        try:
            return home.url("idp")
        except HomeUnfit as unfit:
            faults.append(str(unfit))
            return ""
    parts = urlsplit(issuer)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or issuer.endswith("/"):
        faults.append(f"LAOTRUST_ISSUER {issuer!r} must be https://host[:port], without slash, query or fragment")
    return issuer


def _keys(environment: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    keys = {}
    for variable, uri in environment.items():
        if variable.startswith(_KEY_PREFIX) and uri:
            name = variable.removeprefix(_KEY_PREFIX).lower().replace("_", "-")
            keys[name] = uri
            if not uri.startswith(("file:/", "pkcs11:")):
                faults.append(f"{variable} must be a key URI: file:/absolute/path… or pkcs11:…")
    return keys


def _networks(environment: Mapping[str, str], faults: list[str]) -> tuple[Network, ...]:
    text = environment.get("LAOTRUST_OUTBOUND_ALLOW")
    if text is None:
        return LOOPBACK
    networks: list[Network] = []
    for word in text.replace(",", " ").split():
        try:
            networks.append(ip_network(word))
        except ValueError:
            faults.append(f"LAOTRUST_OUTBOUND_ALLOW: {word!r} is no network: write for instance 10.20.0.0/16")
    return tuple(networks)


def _outbound_ca(environment: Mapping[str, str], faults: list[str]) -> Path | None:
    text = environment.get("LAOTRUST_OUTBOUND_CA")
    if not text:
        return None
    if not Path(text).is_file():
        faults.append(f"LAOTRUST_OUTBOUND_CA: there is no file {text}: give a PEM bundle")
    return Path(text)


def _mail_server(environment: Mapping[str, str], faults: list[str]) -> MailServer | None:
    url = environment.get("LAOTRUST_SMTP")
    if not url:
        return None
    files: list[Path | None] = []
    for name in ("LAOTRUST_SMTP_PASSWORD_FILE", "LAOTRUST_SMTP_CA"):
        path = Path(environment[name]) if environment.get(name) else None
        if path is not None and not path.is_file():
            faults.append(f"{name}: there is no file {path}: give one, or leave it out")
        files.append(path)
    try:
        return MailServer.parse(url, *files)
    except ValueError as fault:
        faults.append(str(fault))
        return None


def _production_faults(keys: Mapping[str, str]) -> list[str]:
    """In production no key of a CA, of whichever generation, may be a file.

    Which of them a process needs is not asked here: the signing room's are those of the issuers that have work by the
    ledger (`scripts/issue.py`).
    """
    named = [name for name, uri in keys.items() if ca_of(name) is not None and uri.startswith("file:")]
    return [
        f"production refuses file keys for issuing CAs: set {_KEY_PREFIX}{name} to a pkcs11: URI"
        for name in (one.upper().replace("-", "_") for one in named)
    ]
