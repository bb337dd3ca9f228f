"""PKCS#11 URIs taken apart (RFC 7512): which module, which token in it, which object in that, and where the PIN is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from signers.errors import KeyUnusable
from signers.sources import file_at, split

DEFAULT_MODULE = "/usr/lib/softhsm/libsofthsm2.so"
MODULE_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/lib/aarch64-linux-gnu/pkcs11", "/usr/lib/pkcs11", "/usr/lib64/pkcs11",
    "/usr/local/lib/pkcs11", "/usr/lib/softhsm", "/usr/lib/x86_64-linux-gnu", "/usr/lib",
)  # fmt: skip
"""Where `module-name` is looked for, in this order."""
_TOKEN = ("token", "serial", "manufacturer", "model", "slot-id")
_PATH = (*_TOKEN, "object", "id", "type")
_QUERY = ("pin-source", "module-path", "module-name", "padding")
"""`padding` is ours (RFC 7512 clause 2.4 leaves room for such): `pss` has an RSA key sign as RFC 7518 clause 3.5."""
_TYPES = ("private", "public")
"""Of RFC 7512's types, those that a key pair has; the pair is meant whichever of them is named."""

_NEEDS = "a pkcs11: URI needs token=, object= and ?pin-source=file:/path of the PIN (or serial=, slot-id=, id=)"


@dataclass(frozen=True)
class TokenUri:
    """A URI's parts. What is not named matches anything (RFC 7512 clause 2.5)."""

    module: str
    pin_file: Path
    label: str = ""
    key_id: bytes = b""
    token: Mapping[str, str] = field(default_factory=dict)
    """By attribute: `token`, `serial`, `manufacturer`, `model`, `slot-id`."""
    pss: bool = False

    @property
    def token_name(self) -> str:
        """The token in words."""
        named = self.token.get("token")
        return repr(named) if named else " ".join(f"{name} {value!r}" for name, value in self.token.items())

    @property
    def key_name(self) -> str:
        """The key in words."""
        return f"key {self.label!r}" if self.label else f"key with id {self.key_id.hex()}"

    def __str__(self) -> str:
        return f"{self.key_name} in token {self.token_name}"


def parse(uri: str) -> TokenUri:
    """The parts of the URI of a key. Raises KeyUnusable for what is missing, doubled or not known here."""
    where = parse_token(uri)
    if not where.label and not where.key_id:
        raise KeyUnusable(f"{_NEEDS}; object= is missing")
    return where


def parse_token(uri: str) -> TokenUri:
    """The parts of the URI of a token; it need not name a key. Raises KeyUnusable."""
    found = split(uri)
    path, query = _pairs(found.path, ";", _PATH), _pairs(found.query, "&", _QUERY)
    pin = file_at(unquote(query.get("pin-source", "")))
    token = {name: unquote(path[name]) for name in _TOKEN if path.get(name)}
    if pin is None or not token.keys() & {"token", "serial", "slot-id"}:
        raise KeyUnusable(_NEEDS)
    if path.get("type", "private") not in _TYPES:
        raise KeyUnusable(f"type={path['type']} is no key pair: leave type= out, or write type=private")
    if not token.get("slot-id", "0").isdecimal():
        raise KeyUnusable("slot-id= is a number: `softhsm2-util --show-slots` or the maker's tool lists them")
    if query.get("padding", "pss") != "pss":
        raise KeyUnusable("padding= is pss, for an RSA key that signs with PS256, or is left out")
    label, key_id = unquote(path.get("object", "")), unquote_to_bytes(path.get("id", ""))
    return TokenUri(_module(query), pin, label, key_id, token, "padding" in query)


def _pairs(text: str, separator: str, known: tuple[str, ...]) -> dict[str, str]:
    """Attributes by name, still percent-encoded: an `id` is octets, not text."""
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, _, value = part.partition("=")
        if name == "pin-value":  # RFC 7512 clause 2.4 has it; a command line or settings file is no place for it
            raise KeyUnusable(f"{_NEEDS}; never the PIN itself")
        if name not in known:
            raise KeyUnusable(f"{name}= is not known here: a pkcs11: URI has {', '.join((*_PATH, *_QUERY))}")
        if name in found:
            raise KeyUnusable(f"{name}= stands twice in the pkcs11: URI: leave one out (RFC 7512 clause 2.3)")
        found[name] = value
    return found


def _module(query: Mapping[str, str]) -> str:
    """The library's file. `module-path` alone is it, or the folder in which `module-name` is (RFC 7512 clause 2.4)."""
    path, name = unquote(query.get("module-path", "")), unquote(query.get("module-name", ""))
    if not name:
        return path or DEFAULT_MODULE
    if "/" in name:
        raise KeyUnusable("module-name= has no path and no ending: give module-path= instead")
    folders = (path,) if path else MODULE_FOLDERS
    for folder in folders:
        for file in (Path(folder) / f"lib{name}.so", Path(folder) / f"{name}.so"):
            if file.is_file():
                return str(file)
    raise KeyUnusable(f"no module {name} in {', '.join(folders)}: install the token's library, or set module-path=")
