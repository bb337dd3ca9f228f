"""The home: the one folder where an installation keeps its database, keys, certificates and logs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

PORTS = (
    "ca", "ocsp", "tsa", "idp", "idp-mtls", "validation", "audit", "register", "edocument", "estaff",
    "outside-1", "outside-2", "holder", "machines", "machines-http", "idp-clients-mtls",
)  # fmt: skip
"""The processes that listen, in the order of their ports from the home's base port; at `outside-…` programs of others
may listen, for which clients are registered."""
_PLAIN = ("ca", "ocsp", "tsa", "machines-http")
"""Those that are asked without TLS: whoever is about to check a certificate would have to check theirs first."""
CAS = ("root", "officers", "citizens", "services")
"""Names of our CAs; `-pq` behind one is its like for the time of quantum computers."""
ROOTS = ("root", "root-pq")
"""Those of them that are roots."""
_CA_KEY = re.compile(rf"((?:{'|'.join(CAS)})(?:-pq)?)(?:-[0-9]+)?")


class Mode(Enum):
    """Practice issuers carry PRACTICE in their name; production refuses file keys for CAs and demo accounts."""

    PRACTICE = "practice"
    PRODUCTION = "production"


class HomeUnfit(Exception):
    """The home is not what the process needs; the sentence says what to do.

    `code` is for the words in Lao and English (`web/words/ceremonies.py`).
    """

    def __init__(self, sentence: str, code: str = "home.no-ceremony") -> None:
        super().__init__(sentence)
        self.code = code


def ca_of(key_name: str) -> str | None:
    """The CA whose key has this name, in whichever generation: `officers-pq-2` is of `officers-pq`; None of `tsa`."""
    found = _CA_KEY.fullmatch(key_name)
    return found[1] if found else None


@dataclass(frozen=True)
class Home:
    """Paths and small facts of an installation. Nothing is made by looking."""

    path: Path

    @property
    def database_url(self) -> str:
        """The embedded database."""
        return f"sqlite:///{self.path.resolve() / 'laotrust.db'}"

    @property
    def checkpoints(self) -> Path:
        """Where the sealer keeps checkpoints outside the database."""
        return self.path / "checkpoints"

    def key(self, name: str) -> Path:
        """The encrypted PKCS#8 file of a key; the root's is apart from everything online."""
        return self.path / ("offline" if name.partition("-")[0] == "root" else "keys") / f"{name}.key.pem"

    def key_uri(self, name: str) -> str:
        """The `file:` URI of a key with its passphrase beside it."""
        path = self.key(name).resolve()
        return f"file:{path}?passphrase-source=file:{path.with_suffix('').with_suffix('.pass')}"

    def certificate(self, name: str) -> Path:
        """The PEM file of a certificate of ours."""
        return self.path / "certificates" / f"{name}.pem"

    def mode(self) -> Mode:
        """The mode that the first ceremony wrote. Raises HomeUnfit when there was none."""
        try:
            return Mode((self.path / "mode").read_text().strip())
        except FileNotFoundError:
            raise HomeUnfit(f"{self.path} has no ceremony yet: run `python -m scripts ceremony-root` first") from None

    def base_port(self) -> int:
        """The first of this home's twenty ports, fixed when the home was made. Raises HomeUnfit."""
        file = self.path / "base-port"
        try:
            return int(file.read_text())
        except (FileNotFoundError, ValueError):
            sentence = f"{file} holds no port: write the first of this home's twenty ports into it, for instance 8440"
            raise HomeUnfit(sentence, "home.base-port") from None

    def port(self, process: str) -> int:
        """The port of one of `PORTS`."""
        return self.base_port() + PORTS.index(process)

    def addresses(self) -> Mapping[str, str]:
        """Under which base URLs the world reaches our processes, as far as the file `addresses` says. Raises HomeUnfit.

        A line is `ca = http://pki.gov.la`. Those of `ca` and `ocsp` stand in every certificate for as long as it lives.
        """
        file = self.path / "addresses"
        try:
            return _addresses(file, file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}

    def url(self, process: str) -> str:
        """The base URL, without a trailing slash, of a process: on this machine where `addresses` says none."""
        said = self.addresses().get(process)
        if said is not None:
            return said
        if process in _PLAIN:
            return f"http://127.0.0.1:{self.port(process)}"
        return f"https://localhost:{self.port(process)}"


@lru_cache(16)
def _addresses(file: Path, text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, equals, url = (part.strip() for part in line.partition("#")[0].partition("="))
        if not (name or equals):
            continue
        scheme = "http" if name in _PLAIN else "https"
        if name not in PORTS or name in found or not _is_base(url, scheme):
            raise HomeUnfit(
                f"{file}, line {number}: write one of {', '.join(PORTS)}, once, and its base URL, without a slash "
                f"behind it: `ca = http://pki.gov.la`, `idp = https://sso.gov.la`",
                "home.addresses",
            )
        found[name] = url
    return found


def _is_base(url: str, scheme: str) -> bool:
    """Whether it is `scheme://host[:port]` in lower case and no more."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return bool(host) and url == f"{scheme}://{host}" + ("" if port is None else f":{port}")
