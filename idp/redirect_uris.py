"""Whether an address to come back to is one that was registered: text against text (RFC 9700 clause 4.1.3)."""

import re
from collections.abc import Collection

_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/.*)")


def is_registered(uri: str, registered: Collection[str], *, any_port: bool = False) -> bool:
    """Whether it is; with `any_port` a loopback address may have another port (RFC 8252 clause 7.3)."""
    portless = _without_port(uri) if any_port else None
    return uri in registered or (portless is not None and portless in map(_without_port, registered))


def _without_port(uri: str) -> str | None:
    """A loopback address with its port cut out and nothing else changed; None for any other."""
    parts = _LOOPBACK.fullmatch(uri)
    return "".join(parts.groups()) if parts else None
